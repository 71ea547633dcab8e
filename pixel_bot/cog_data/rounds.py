"""Rounds of games: every point that was staked, paid out and given back is a row of the ledger with the round's id.

So what a round took in is what it paid out, gave back, and left to the house, and anybody can add it up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.models import Transaction as LedgerRow
from pixel_bot.db.models import User
from pixel_bot.db.models_cogs import Round as RoundRow
from pixel_bot.errors import PixelError
from pixel_bot.points import ledger
from pixel_bot.points.ledger import Entry

WON, BACK = ":won", ":back"
"""What the reason of a row ends with that pays out, or gives back; a stake's is the reason alone."""

LONGEST_ENDING = max(len(WON), len(BACK))


class RoundState(StrEnum):
    """Where a round is: open, ended, or all that was staked was given back."""

    OPEN = "open"
    ENDED = "ended"
    RETURNED = "returned"


class RoundOver(PixelError):
    """The round has ended, so nothing can be staked in it or paid from it."""

    def __init__(self, round_id: int) -> None:
        super().__init__(f"The round {round_id} is not open.")


@dataclass(frozen=True, slots=True)
class Round:
    """A round of a game. ``house`` is what came in and was not paid out, once it has ended; it may be negative."""

    id: int
    cog: str
    kind: str
    state: RoundState
    house: int
    opened_at: datetime
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether points can still be staked and paid."""
        return self.state is RoundState.OPEN


async def open_round(session: AsyncSession, cog: str, kind: str, now: datetime) -> Round:
    """Begin a round in the caller's transaction."""
    values = {"cog": cog, "kind": kind, "state": RoundState.OPEN.value, "opened_at": now}
    made = await session.execute(insert(RoundRow).values(values).returning(RoundRow.id))
    return Round(made.scalar_one(), cog, kind, RoundState.OPEN, 0, now, None)


async def round_of(session: AsyncSession, round_id: int) -> Round | None:
    """The round of that id; None when there is none."""
    row = await session.scalar(select(RoundRow).where(RoundRow.id == round_id))
    return _round(row) if row is not None else None


async def open_rounds(session: AsyncSession, cog: str = "") -> list[Round]:
    """The rounds of a cog, or of all, that have not ended; the oldest first."""
    query = select(RoundRow).where(RoundRow.state == RoundState.OPEN.value).order_by(RoundRow.id)
    rows = await session.scalars(query.where(RoundRow.cog == cog) if cog else query)
    return [_round(row) for row in rows]


async def move(session: AsyncSession, round_id: int, entry: Entry) -> int:
    """Take a stake, or pay out. Returns the balance after it.

    Raises:
        RoundOver: the round is not open.
        NotEnoughPoints, BadAmount: as of ``ledger.post``.
    """
    await _require_open(session, round_id)
    return (await ledger.post(session, [entry._replace(round_id=round_id)]))[entry.user_id]


async def staked(session: AsyncSession, round_id: int) -> dict[int, int]:
    """What each viewer has in a round: their stakes without what they got from it. Linked accounts count as one."""
    viewer = func.coalesce(User.merged_into, User.id)
    points = -func.sum(LedgerRow.amount)
    query = (
        select(viewer, points)
        .join(User, User.id == LedgerRow.user_id)
        .where(LedgerRow.round_id == round_id)
        .group_by(viewer)
        .having(points > 0)
        .order_by(func.min(LedgerRow.id))
    )
    return {int(who): int(what) for who, what in await session.execute(query)}


async def give_back(
    session: AsyncSession, round_id: int, reason: str, now: datetime, only: int | None = None
) -> Mapping[int, int]:
    """Give stakes back: to one viewer, or to all. Returns how many points each got.

    Raises:
        RoundOver: the round is not open.
    """
    await _require_open(session, round_id)
    due = await staked(session, round_id)
    if only is not None:
        due = {viewer: points for viewer, points in due.items() if viewer == only}
    await ledger.post(session, [Entry(v, points, reason + BACK, now, round_id=round_id) for v, points in due.items()])
    return due


async def end_round(session: AsyncSession, round_id: int, now: datetime, state: RoundState = RoundState.ENDED) -> Round:
    """End a round. What came in and was not paid out is the house's, by the ledger's own rows.

    Raises:
        RoundOver: it has ended already.
    """
    await _require_open(session, round_id)
    taken = select(-func.coalesce(func.sum(LedgerRow.amount), 0)).where(LedgerRow.round_id == round_id)
    house = int((await session.execute(taken)).scalar_one())
    change = update(RoundRow).where(RoundRow.id == round_id)
    ended = change.values(state=state.value, house=house, ended_at=now).returning(RoundRow)
    return _round((await session.scalars(ended)).one())


async def _require_open(session: AsyncSession, round_id: int) -> None:
    # Locked on PostgreSQL, so that no other process ends it before this transaction does.
    query = select(RoundRow.id).where(RoundRow.id == round_id, RoundRow.state == RoundState.OPEN.value)
    if (await session.execute(query.with_for_update())).first() is None:
        raise RoundOver(round_id)


def _round(row: RoundRow) -> Round:
    return Round(row.id, row.cog, row.kind, RoundState(row.state), row.house, row.opened_at, row.ended_at)
