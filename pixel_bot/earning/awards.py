"""Points and XP for being there, written by one task in batches: group commit without an artificial delay.

Whatever waits is written in one transaction, then its waiters are answered, then the next batch is taken. A lone
message commits at once; a flood commits in large batches. Nothing is answered before it is durable. Only people who
wait for the answer to a command go first, for a few milliseconds.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import chain, repeat

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models import stamp
from pixel_bot.db.write_outage import WriteOutage
from pixel_bot.earning.award_batch import Batch, EventAward, Totals, Waiting, key_of, log_lost, spell_out
from pixel_bot.earning.award_pauses import held_back
from pixel_bot.earning.backlog import Backlog
from pixel_bot.earning.chat_gate import ChatGate, ChatLine, ChatRound, ChatRules, Decision
from pixel_bot.model.people import Person
from pixel_bot.points import ledger, processed_ids
from pixel_bot.points.levels import Levels, LevelUp
from pixel_bot.points.processed_ids import AlreadyClaimed, ProcessedId
from pixel_bot.points.upsert_viewers import KnownAccount
from pixel_bot.points.viewers import Viewers

log = logging.getLogger(__name__)

MAX_BATCH = 8_000
MAX_WAITING = 16_000
"""Messages that may wait. Beyond, whoever reads the socket waits for room, and so does the sender."""

COURTESY_SECONDS = 0.004
"""The most that a batch lets commands go first."""

PATIENCE_SECONDS = 5.0
"""The most that somebody waits to see their own points in the database."""

RETRY_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0)


class Awards:
    """Takes chat messages and events, and makes them points and XP."""

    def __init__(self, database: Database, clock: Clock, viewers: Viewers, levels: Levels, rules: ChatRules) -> None:
        self._database = database
        self._clock = clock
        self._viewers = viewers
        self._levels = levels
        self.gate = ChatGate(rules, shared=database.is_shared)
        self.totals = Totals()
        self.write_outage = WriteOutage(database)
        self.write_outage.changed.add(self._note_outage)
        self._backlog: Backlog | None = None
        self._lines: deque[ChatLine] = deque()
        self._waiting: deque[Waiting] = deque()
        self._in_hand: Batch | None = None
        self._in_a_hurry = False
        self._concluded = asyncio.Event()
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self.no_command_waits: Callable[[], Awaitable[None]] | None = None
        """Returns when nobody waits for the answer to a command."""

    def start(self) -> None:
        """Begin to write. Needs a running event loop."""
        self._task = asyncio.create_task(self._run(), name="awards")
        self._watching = asyncio.create_task(self.write_outage.watch(), name="trouble")

    async def stop(self) -> None:
        """Write what waits, then end. While the database cannot be written, that is tried for some seconds."""
        self._stopping = True
        self._wake.set()
        self.write_outage.urge()
        if self._task is not None:
            await self._task
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])

    def chat(self, line: ChatLine) -> None:
        """A viewer wrote something. Returns at once; ``room`` says when to hold back."""
        self.totals.messages += 1
        if self.gate.is_closed_for(line):
            return
        if self._backlog is not None and not self._backlog.takes_line(line, len(self._lines)):
            return
        self._lines.append(line)
        # Signalled once for all that waits; a flood would else spend its time on it.
        if len(self._lines) == 1 or len(self._lines) >= MAX_WAITING:
            self._signal()

    async def event(self, award: EventAward) -> bool:
        """Pay an event. Returns, when it is durable, whether this id was new.

        While the database cannot be written, it waits; beyond a bound it is lost, and the answer is no.
        """
        if self._backlog is not None and not self._backlog.takes_event(len(self._waiting)):
            return False
        waiting = Waiting(award, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._signal()
        return await waiting.done

    @property
    def is_full(self) -> bool:
        """True when whoever reads the socket should await ``room`` first."""
        return not self._room.is_set()

    async def wait_for_capacity(self) -> None:
        """Wait until there is room for more."""
        await self._room.wait()

    async def settled_for(self, person: Person) -> None:
        """Wait until what this person did so far is durable: who chats and then asks sees the point.

        While awards cannot be written nobody waits; whoever changes something is told about it then.
        """
        key = key_of(person)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while self._owes(key) and not self.write_outage.is_held:
                    self._in_a_hurry = True
                    self._concluded.clear()
                    await self._concluded.wait()

    def _owes(self, key: str) -> bool:
        if self._in_hand is not None and self._in_hand.concerns(key):
            return True
        return any(line.key == key for line in self._lines) or any(w.concerns(key) for w in self._waiting)

    async def drained(self) -> None:
        """Wait until all that was handed over is durable."""
        await self._idle.wait()

    def _signal(self) -> None:
        self._wake.set()
        self._idle.clear()
        if self._backlog is None and len(self._lines) + len(self._waiting) >= MAX_WAITING:
            self._room.clear()

    def _note_outage(self) -> None:
        """While nothing can be written nobody waits for room, because chat goes on: what is kept is bounded."""
        if self.write_outage.now is not None:
            self._backlog = self._backlog or Backlog(self.gate)
            self._room.set()
        elif self._backlog is not None:
            self._backlog.end()
            self._backlog = None

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._lines or self._waiting:
                await self._let_people_pass()
                self._in_a_hurry = False
                self._in_hand = self._take()
                await self._settle(self._in_hand)
                self._in_hand = None
                self._concluded.set()
            self._idle.set()
            if self._stopping and not (self._lines or self._waiting):
                return

    async def _let_people_pass(self) -> None:
        """Somebody who typed a command waits for an answer; chat that earns points does not notice a moment."""
        if self.no_command_waits is not None and not self._in_a_hurry:
            with suppress(TimeoutError):
                async with asyncio.timeout(COURTESY_SECONDS):
                    await self.no_command_waits()

    def _take(self) -> Batch:
        lines = [self._lines.popleft() for _ in range(min(len(self._lines), MAX_BATCH))]
        waiting = list(self._waiting)
        self._waiting.clear()
        if len(self._lines) < MAX_WAITING // 2:
            self._room.set()
        return Batch(lines, waiting)

    async def _settle(self, batch: Batch) -> None:
        """Write a batch, whatever it takes: a database that is away is waited for, a poisoned entry is set aside."""
        for pause in chain(RETRY_SECONDS, repeat(RETRY_SECONDS[-1])):
            try:
                ups = await self._write(batch)
            except OperationalError as exc:
                self.write_outage.hold(exc)
                self._concluded.set()
                if self._stopping and pause == RETRY_SECONDS[-1]:
                    self._give_up_all(batch, exc)
                    return
                await self.write_outage.eased(pause)
            except Exception as exc:  # noqa: BLE001 - one bad entry must not hold up everybody else's points
                await self._settle_apart(batch, exc)
                return
            else:
                self.write_outage.release()
                await self._conclude(batch, ups)
                return

    async def _settle_apart(self, batch: Batch, exc: Exception) -> None:
        if len(batch) <= 1:
            log.error("An award could not be written and was left out: %s", exc, exc_info=exc)
            self._give_up(batch, exc)
            return
        for line in batch.lines:
            await self._settle(Batch([line], []))
        for waiting in batch.waiting:
            await self._settle(Batch([], [waiting]))

    def _give_up_all(self, batch: Batch, exc: OperationalError) -> None:
        """The end has come and nothing can be written: what waits behind the batch goes with it."""
        lost = Batch([*batch.lines, *self._lines], [*batch.waiting, *self._waiting])
        self._lines.clear()
        self._waiting.clear()
        log_lost(lost)
        self._give_up(lost, exc)

    def _give_up(self, batch: Batch, exc: BaseException) -> None:
        for waiting in batch.waiting:
            if not waiting.done.done():
                waiting.done.set_exception(exc)

    async def _write(self, batch: Batch) -> list[LevelUp]:
        try:
            # Another process is at the same messages: most of them it has written already.
            return await self._write_once(batch, careful=self._database.is_shared)
        except AlreadyClaimed:
            return await self._write_once(batch, careful=True)

    async def _write_once(self, batch: Batch, *, careful: bool) -> list[LevelUp]:
        async with self._database.write() as session:
            # Not before it is our turn: whom the gate knows by heart, the one before us may have made it forget.
            batch.chat = chat = ChatRound(self.gate, batch.lines)
            people = [*chat.strangers, *(w.award.person for w in batch.waiting if w.award.person is not None)]
            known = await self._viewers.upsert(session, people) if people else {}
            await chat.learn(session, known)
            decisions = await self._decide(session, chat, careful=careful)
            await self._claim_events(session, batch, known)
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
        while careful and (before := await processed_ids.awards_of(session, [d.line.message_id for d in decisions])):
            gave |= before
            decisions = chat.decide(gave)
        await processed_ids.claim_all(
            session, [(d.line.message_id, "chat", d.points, d.xp, stamp(d.at)) for d in decisions]
        )
        return decisions

    async def _claim_events(self, session: AsyncSession, batch: Batch, known: Mapping[Person, KnownAccount]) -> None:
        """Claim the events of a batch, and note which are new, and which give nothing."""
        batch.held = await held_back(session, batch.awards, known)
        worked = [
            ProcessedId(a.event_id, a.kind, *((0, 0) if a.event_id in batch.held else (a.points, a.xp)), a.at)
            for a in batch.awards
        ]
        batch.fresh = await processed_ids.claim(session, worked)

    async def _conclude(self, batch: Batch, ups: Sequence[LevelUp]) -> None:
        if batch.chat is not None:
            batch.chat.confirm()
        self.totals.points += batch.points
        self.totals.xp += batch.xp
        if batch.points or batch.xp:
            self.totals.last_at = self._clock.now()
        answered: set[str] = set()
        for waiting in batch.waiting:
            event_id = waiting.award.event_id
            if not waiting.done.done():
                waiting.done.set_result(event_id in batch.fresh and event_id not in answered)
            answered.add(event_id)
        await self._levels.notify(ups)
