"""Processed ids: the first transaction to insert an event's id processes it; for every later one it is a no-op."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.direct import run
from pixel_bot.db.json_rows import ColumnType, fold, unfold
from pixel_bot.db.models import stamp
from pixel_bot.errors import PixelError


class AlreadyClaimed(PixelError):
    """An event was processed before, or by another process at the same moment."""


class ProcessedId(NamedTuple):
    """An event's id and the points and XP that it gave."""

    id: str
    kind: str
    points: int
    xp: int
    at: datetime


async def claim(session: AsyncSession, events: Sequence[ProcessedId]) -> set[str]:
    """Insert the ids in the caller's transaction.

    Returns:
        The new ones. The others were processed before and must give nothing.
    """
    if not events:
        return set()
    # INSERT ... ON CONFLICT DO NOTHING is the check and the claim in one statement: a SELECT before it would race.
    done = await run(session, f"{_insert(session)} RETURNING id", {"rows": _rows(events)})
    return {event_id for (event_id,) in done.rows}


def _insert(session: AsyncSession) -> str:
    columns: dict[str, ColumnType] = {
        "id": "text",
        "kind": "text",
        "points": "bigint",
        "xp": "bigint",
        "created_at": "timestamp",
    }
    return (
        "INSERT INTO events (id, kind, points, xp, created_at) "
        f"SELECT row.id, row.kind, row.points, row.xp, row.created_at FROM {unfold(session, columns)} WHERE true "
        "ON CONFLICT (id) DO NOTHING"
    )


def _rows(events: Sequence[ProcessedId]) -> str:
    return fold([(e.id, e.kind, e.points, e.xp, stamp(e.at)) for e in events])


async def claim_all(session: AsyncSession, events: Sequence[tuple[str, str, int, int, str]]) -> None:
    """Insert ids that are expected to be new.

    Args:
        session: the caller's transaction.
        events: the fields of ``ProcessedId``, the time as ``stamp`` writes it.

    Raises:
        AlreadyClaimed: one of them was processed before; the caller must roll back.
    """
    if not events:
        return
    # The row count shows that one was a repeat but not which: the caller falls back to ``awards_of`` for its batch.
    done = await run(session, _insert(session), {"rows": fold(events)})
    if done.changed != len(events):
        raise AlreadyClaimed("One of these events was processed before.")


async def awards_of(session: AsyncSession, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Points and XP by id, of those events that were processed before."""
    if not ids:
        return {}
    source = unfold(session, {"id": "text"})
    done = await run(
        session,
        f"SELECT e.id, e.points, e.xp FROM events e JOIN {source} ON e.id = row.id",
        {"rows": fold([(i,) for i in ids])},
    )
    return {event_id: (points, xp) for event_id, points, xp in done.rows}
