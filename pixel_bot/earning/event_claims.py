"""Claims what happened, in the transaction that pays for it: whichever events tell of it, it pays once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models import User
from pixel_bot.db.models_claims import EventClaim
from pixel_bot.earning.event_matching import LOOK_BACK, WITHIN, Claimed, Evidence, evidence_of, find_claim, is_gifted
from pixel_bot.model.channel_events import ChannelEvent, Source, Sub
from pixel_bot.model.people import Person

MOST_CLAIMS = 200
"""Claims of one person that are looked at, the newest ones."""

ANNOUNCE_LATE = timedelta(minutes=10)
"""What was paid before a crash, and not announced, is announced after the next start for so long."""


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """What an event's claim came to.

    Args:
        claim_id: of what happened.
        pays: True for the event that pays for it.
        announces: True for the event that is to be announced; one may still wait for another that knows more.
        gifted: whether somebody else paid, as far as is known by now.
        months: as far as is known by now.
    """

    claim_id: int
    pays: bool
    announces: bool
    gifted: bool
    months: int | None


async def claim_event(session: AsyncSession, evidence: Evidence) -> ClaimResult:
    """Claim in the caller's transaction, which must be the only writer."""
    rows = await _rows(session, evidence)
    claims = [_claimed(row) for row in rows]
    known = find_claim(evidence, claims)
    if known is None:
        return await _begin(session, evidence, gifted=is_gifted(evidence, claims))
    row = next(row for row in rows if row.id == known.id)
    return _add(row, evidence)


async def _rows(session: AsyncSession, evidence: Evidence) -> Sequence[EventClaim]:
    """What this person did lately, oldest first."""
    back = LOOK_BACK if evidence.kind == "sub" else WITHIN
    query = (
        select(EventClaim)
        .where(EventClaim.kind == evidence.kind, EventClaim.person == evidence.person)
        .where(EventClaim.at >= evidence.at - back)
        .order_by(EventClaim.at.desc(), EventClaim.id.desc())
        .limit(MOST_CLAIMS)
    )
    return tuple(reversed((await session.execute(query)).scalars().all()))


def _claimed(row: EventClaim) -> Claimed:
    sources = frozenset(Source(source) for source in row.sources.split())
    return Claimed(row.id, row.detail, row.at, sources, row.months, row.gifted, row.duration)


async def _begin(session: AsyncSession, evidence: Evidence, *, gifted: bool) -> ClaimResult:
    announces = _is_complete(evidence, gifted=gifted)
    row = EventClaim(
        kind=evidence.kind,
        person=evidence.person,
        detail=evidence.detail,
        at=evidence.at,
        sources=evidence.source,
        months=evidence.months,
        duration=evidence.duration,
        gifted=gifted,
        announced=announces,
    )
    session.add(row)
    await session.flush()
    return ClaimResult(row.id, not gifted, announces, gifted, row.months)


def _add(row: EventClaim, evidence: Evidence) -> ClaimResult:
    """One more event on what is claimed already."""
    # What was taken for a gift, until the notice says that it was paid for.
    pays = row.gifted and evidence.gifted is False
    row.gifted = row.gifted and not pays
    announces = pays or (not row.announced and _is_complete(evidence, gifted=row.gifted))
    row.announced = row.announced or announces
    row.sources = " ".join(dict.fromkeys([*row.sources.split(), evidence.source]))
    row.months = row.months if row.months is not None else evidence.months
    row.duration = max(row.duration, evidence.duration)
    row.at = min(row.at, evidence.at)
    return ClaimResult(row.id, pays, announces, row.gifted, row.months)


def _is_complete(evidence: Evidence, *, gifted: bool) -> bool:
    """Whether nothing more is to be known: only of a new sub the months come with another event."""
    return evidence.kind != "sub" or gifted or evidence.months is not None


class EventClaims:
    """What was claimed, for those who announce it: each once, by whichever process comes first."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def is_known(self, event: ChannelEvent) -> bool:
        """Whether another event has told of the same."""
        evidence = evidence_of(event)
        if evidence is None:
            return False
        async with self._database.readers() as session:
            claims = [_claimed(row) for row in await _rows(session, evidence)]
        return find_claim(evidence, claims) is not None

    async def begin_to_announce(self, claim_id: int) -> bool:
        """True for the one who is to announce it, now."""
        mark = update(EventClaim).where(EventClaim.id == claim_id, EventClaim.announced.is_(False))
        async with self._database.write() as session:
            result = await session.execute(mark.values(announced=True).returning(EventClaim.id))
            return result.scalar() is not None

    async def missed(self) -> Sequence[tuple[int, Sub]]:
        """Subs that were paid and not announced, because the process ended in between, with their claims' ids."""
        query = (
            select(EventClaim, User.name, User.display_name)
            .join(User, and_(User.platform == "twitch", User.platform_id == EventClaim.person))
            .where(EventClaim.announced.is_(False), EventClaim.kind == "sub")
            .where(EventClaim.at >= self._clock.now() - ANNOUNCE_LATE)
            .order_by(EventClaim.at)
        )
        async with self._database.readers() as session:
            rows = (await session.execute(query)).all()
        return [(row.id, _sub(row, Person(row.person, name, shown or name))) for row, name, shown in rows]


def _sub(row: EventClaim, person: Person) -> Sub:
    return Sub("", person, row.at, months=row.months or 1, tier=int(row.detail), duration=row.duration)
