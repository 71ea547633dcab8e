"""Ids of events that were worked. Whoever claims one first works it; for everybody else it is a no-op."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.models import stamp
from pixel_bot.db.sets import fold, sql, unfold


class Worked(NamedTuple):
    """An event and what it gave."""

    id: str
    kind: str
    points: int
    xp: int
    at: datetime


async def claim(session: AsyncSession, events: Sequence[Worked]) -> set[str]:
    """Write the ids in the caller's transaction.

    Returns:
        Those that were new. The others were worked before and must give nothing.
    """
    if not events:
        return set()
    source = unfold(
        session, {"id": "text", "kind": "text", "points": "bigint", "xp": "bigint", "created_at": "timestamp"}
    )
    result = await session.execute(
        sql(
            "INSERT INTO events (id, kind, points, xp, created_at) "
            f"SELECT row.id, row.kind, row.points, row.xp, row.created_at FROM {source} WHERE true "
            "ON CONFLICT (id) DO NOTHING RETURNING id"
        ),
        {"rows": fold([(e.id, e.kind, e.points, e.xp, stamp(e.at)) for e in events])},
    )
    return set(result.scalars())


async def release(session: AsyncSession, ids: Collection[str]) -> None:
    """Take back claims of the caller's own transaction."""
    source = unfold(session, {"id": "text"})
    await session.execute(
        sql(f"DELETE FROM events WHERE id IN (SELECT row.id FROM {source})"),
        {"rows": fold([(i,) for i in ids])},
    )


async def what_they_gave(session: AsyncSession, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Points and XP that worked events gave, by id."""
    source = unfold(session, {"id": "text"})
    result = await session.execute(
        sql(f"SELECT e.id, e.points, e.xp FROM events e JOIN {source} ON e.id = row.id"),
        {"rows": fold([(i,) for i in ids])},
    )
    return {event_id: (points, xp) for event_id, points, xp in result}
