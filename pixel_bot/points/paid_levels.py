"""Processed ids of level rewards: each level is paid once to a person, also to one with two accounts.

While two accounts are linked, a reward paid to one counts as paid to both; rewards paid before are recorded for the
other account, so that linking one account to many, one after another, pays no reward twice.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.points import processed_ids
from pixel_bot.points.processed_ids import ProcessedId

LINKED = "link"
"""The kind of a processed id that was copied from the linked account."""


class Due(NamedTuple):
    """A level that a user reached, and the points that it pays."""

    user_id: int
    level: int
    points: int
    at: datetime

    @property
    def id(self) -> str:
        """The processed id."""
        return _id(self.user_id, self.level)


async def claim(session: AsyncSession, due: Sequence[Due]) -> list[Due]:
    """Insert the processed ids of levels in the caller's transaction. Returns those that were not paid before."""
    new = await processed_ids.claim(session, [ProcessedId(d.id, "level", d.points, 0, d.at) for d in due])
    fresh = [d for d in due if d.id in new]
    if fresh:
        others = await _merged_into(session, {d.user_id for d in fresh})
        copies = [
            ProcessedId(_id(others[d.user_id], d.level), "level", 0, 0, d.at) for d in fresh if d.user_id in others
        ]
        await processed_ids.claim(session, copies)
    return fresh


async def share(session: AsyncSession, one: int, other: int, levels: Collection[int], now: datetime) -> None:
    """Two accounts are merged: rewards paid to either count as paid to the other.

    Args:
        session: the caller's transaction.
        one, other: the user ids.
        levels: those that have a reward.
        now: the time of the merge.
    """
    pairs = [(_id(a, level), _id(b, level)) for level in levels for a, b in ((one, other), (other, one))]
    paid = await processed_ids.awards_of(session, [original for original, _ in pairs])
    await processed_ids.claim(
        session, [ProcessedId(copy, LINKED, 0, 0, now) for original, copy in pairs if original in paid]
    )


async def unshare(session: AsyncSession, one: int, other: int, levels: Collection[int]) -> None:
    """Two accounts are split: each keeps the rewards paid to it, and those paid while they were merged."""
    ids = [(_id(user, level),) for user in (one, other) for level in levels]
    source = unfold(session, {"id": "text"})
    await session.execute(
        sql(f"DELETE FROM events WHERE kind = :kind AND id IN (SELECT row.id FROM {source})"),
        {"kind": LINKED, "rows": fold(ids)},
    )


async def _merged_into(session: AsyncSession, users: set[int]) -> dict[int, int]:
    source = unfold(session, {"user_id": "bigint"})
    result = await session.execute(
        sql(f"SELECT u.merged_into, u.id FROM {source} JOIN users u ON u.merged_into = row.user_id"),
        {"rows": fold([(user,) for user in users])},
    )
    return {int(kept): int(merged) for kept, merged in result}


def _id(user_id: int, level: int) -> str:
    return f"level:{user_id}:{level}"
