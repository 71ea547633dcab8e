"""What a bet is kept in while it is under way. Its points are in the ledger, with the round's id."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.plugin import CogModel, Transaction, ViewerId

THE_ONE = 1


class Bet(CogModel):
    """The bet that is under way: one row, or none. It counts as long as its round is open."""

    id: Mapped[int] = mapped_column(primary_key=True)
    round: Mapped[int]
    question: Mapped[str]
    options: Mapped[list[Any]]
    opener: Mapped[ViewerId]
    is_open: Mapped[bool]
    ends_at: Mapped[datetime]
    """When it closes; once it is closed, when it is given back."""


class Stake(CogModel):
    """What a viewer has on one of the options, by its index. On two sides is who has linked a second account since."""

    viewer: Mapped[ViewerId] = mapped_column(primary_key=True)
    option: Mapped[int] = mapped_column(primary_key=True)
    points: Mapped[int]


async def bet_in(tx: Transaction) -> Bet | None:
    """The bet that is under way, in a transaction. Where its round was given back without the cog there is none."""
    bet = await tx.session.get(Bet, THE_ONE)
    if bet is None or all(each.id != bet.round for each in await tx.rounds.all_open()):
        return None
    return bet


async def stakes_in(session: AsyncSession) -> Sequence[Stake]:
    """All stakes of the bet that is under way."""
    return (await session.scalars(select(Stake).order_by(Stake.option, Stake.viewer))).all()


async def has_stake(session: AsyncSession, viewer: int) -> bool:
    """Whether a viewer has a stake in the bet."""
    return (await session.scalars(select(Stake.points).where(Stake.viewer == viewer).limit(1))).first() is not None


async def clear(session: AsyncSession) -> None:
    """There is no bet any more."""
    await session.execute(delete(Stake))
    await session.execute(delete(Bet))


async def merge_stakes(session: AsyncSession, old: int, new: int) -> None:
    """Two accounts are linked: what both have on the same option is added up."""
    for theirs in (await session.scalars(select(Stake).where(Stake.viewer == old))).all():
        kept = await session.get(Stake, (new, theirs.option))
        if kept is not None:
            kept.points += theirs.points
            await session.delete(theirs)


def by_option(stakes: Sequence[Stake], options: int) -> Sequence[Mapping[int, int]]:
    """For each option the points on it, by viewer."""
    sides: list[dict[int, int]] = [{} for _ in range(options)]
    for stake in stakes:
        sides[stake.option][stake.viewer] = stake.points
    return sides
