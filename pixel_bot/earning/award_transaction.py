"""One batch of awards in one transaction: its ids are claimed, its entries posted, its levels raised, or nothing is."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models import stamp
from pixel_bot.earning.award_batch import Batch, spell_out
from pixel_bot.earning.award_pauses import held_back
from pixel_bot.earning.chat_gate import ChatGate, ChatRound, Decision
from pixel_bot.earning.event_claims import ClaimResult, claim_event
from pixel_bot.model.people import Person
from pixel_bot.points import ledger, processed_ids
from pixel_bot.points.ignore_list import Ignored, IgnoreList
from pixel_bot.points.levels import Levels, LevelUp
from pixel_bot.points.processed_ids import AlreadyClaimed, ProcessedId
from pixel_bot.points.upsert_viewers import KnownAccount
from pixel_bot.points.viewers import Viewers


class AwardTransaction:
    """Writes batches, each at once and as a whole."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        viewers: Viewers,
        levels: Levels,
        gate: ChatGate,
        ignore_list: IgnoreList,
    ) -> None:
        self._database = database
        self._clock = clock
        self._viewers = viewers
        self._levels = levels
        self._gate = gate
        self._ignore_list = ignore_list

    async def write(self, batch: Batch) -> list[LevelUp]:
        """Write a batch, and note in it what it came to. Returns the levels that were reached.

        Raises:
            DBAPIError: it could not be written, and nothing of it was.
        """
        try:
            # Each process on a shared database receives the same messages: the others may have claimed most of them.
            return await self._write_once(batch, careful=self._database.is_shared)
        except AlreadyClaimed:
            # A claim that fails has spoilt the whole transaction, so the batch begins anew, and looks first.
            return await self._write_once(batch, careful=True)

    async def _write_once(self, batch: Batch, *, careful: bool) -> list[LevelUp]:
        async with self._database.write() as session:
            # Only now that no other writer can come between: the one before us may have changed what the gate keeps
            # in memory, and what is read here stays true until the commit.
            batch.chat = chat = ChatRound(self._gate, batch.messages)
            people = [*chat.strangers, *(w.award.person for w in batch.pending if w.award.person is not None)]
            known = await self._viewers.upsert(session, people) if people else {}
            await chat.learn(session, known)
            ignored = await self._ignore_list.read(session)
            chat.leave_out(ignored, known)
            decisions = await self._decide(session, chat, careful=careful)
            await self._claim_events(session, batch, known, ignored)
            entries, gains = spell_out(decisions, batch, known)
            batch.points = sum(e.amount for e in entries)
            batch.xp = sum(g.amount for g in gains)
            await ledger.post(session, entries)
            ups = await self._levels.add(session, gains)
            await chat.keep(session)
        return ups

    async def _decide(self, session: AsyncSession, chat: ChatRound, *, careful: bool) -> list[Decision]:
        """What the messages earn, with their ids claimed.

        Nearly always all ids are new, so at first that is taken for granted, and shown by the claim.

        Raises:
            AlreadyClaimed: some are not; the transaction must end, and start again with ``careful``.
        """
        gave: dict[str, tuple[int, int]] = {}
        decisions = chat.decide(gave)
        # What was paid before can change what the others earn, so decide anew while there is more of it.
        while careful and (before := await processed_ids.awards_of(session, [d.message.id for d in decisions])):
            gave |= before
            decisions = chat.decide(gave)
        await processed_ids.claim_all(session, [(d.message.id, "chat", d.points, d.xp, stamp(d.at)) for d in decisions])
        return decisions

    async def _claim_events(
        self, session: AsyncSession, batch: Batch, known: Mapping[Person, KnownAccount], ignored: Ignored
    ) -> None:
        """Claim the events of a batch, and note which are new, and which give nothing."""
        # All before the ids are claimed: afterwards every one of the batch would count as processed before.
        batch.claims = await _claim_what_happened(session, batch)
        batch.unpaid = {a.event_id for a in batch.awards if _is_ignored(a.person, known, ignored)}
        batch.unpaid |= {event_id for event_id, claim in batch.claims.items() if not claim.pays}
        paying = [a for a in batch.awards if a.event_id not in batch.unpaid]
        batch.unpaid |= await held_back(session, paying, known, self._clock.now())
        processed = [
            ProcessedId(a.event_id, a.kind, *((0, 0) if a.event_id in batch.unpaid else (a.points, a.xp)), a.at)
            for a in batch.awards
        ]
        batch.fresh = await processed_ids.claim(session, processed)
        for award in batch.awards:
            if award.also is not None and award.event_id in batch.fresh:
                await award.also(session)


async def _claim_what_happened(session: AsyncSession, batch: Batch) -> dict[str, ClaimResult]:
    """Claim what the new events of a batch tell of, one after another: two of a batch may tell of the same."""
    telling = [(award.event_id, award.evidence) for award in batch.awards if award.evidence is not None]
    if not telling:
        return {}
    before = await processed_ids.awards_of(session, [event_id for event_id, _ in telling])
    return {event_id: await claim_event(session, what) for event_id, what in telling if event_id not in before}


def _is_ignored(person: Person | None, known: Mapping[Person, KnownAccount], ignored: Ignored) -> bool:
    if person is None:
        return False
    account = known[person]
    return ignored.has(account.id, account.name) or ignored.has_identity(person)
