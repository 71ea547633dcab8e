"""Changes by mods: each has a summary and groups its ledger rows, so that it is undone as one."""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import event, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from pixel_bot.db.json_rows import sql
from pixel_bot.db.models import Change
from pixel_bot.model.people import Viewer
from pixel_bot.points import ledger
from pixel_bot.points.ledger import Entry

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UndoneChange:
    """A change that was marked as undone: its actor, and the XP that it gave."""

    id: int
    actor: str
    summary: str
    xp_user_id: int | None
    xp_delta: int


@dataclass(frozen=True, slots=True)
class Reversal:
    """The outcome of a reversal: points taken from how many people; ``missing`` ones had been spent."""

    people: int
    points: int
    missing: int


CHUNK = 10_000
"""People whose rows are inserted in one statement."""


async def record(
    session: AsyncSession,
    actor: Viewer,
    summary: str,
    now: datetime,
    *,
    xp_user_id: int | None = None,
    xp_delta: int | None = None,
) -> int:
    """Insert a change in the caller's transaction. Returns its id, for its ledger rows.

    The log names the change once the transaction has committed.
    """
    _log_after_commit(session, actor.name, summary)
    values = {"summary": summary, "xp_user_id": xp_user_id, "xp_delta": xp_delta, "created_at": now}
    made = await session.execute(insert(Change).values(actor=actor.display_name, **values).returning(Change.id))
    return made.scalar_one()


def _log_after_commit(session: AsyncSession, actor: str, summary: str) -> None:
    def on_commit(_: Session) -> None:
        log.info("%s: %s", actor, summary)

    event.listen(session.sync_session, "after_commit", on_commit, once=True)


async def mark_undone(session: AsyncSession, now: datetime, change_id: int | None = None) -> UndoneChange | None:
    """Mark an active change as undone, the last one where no id is given; the caller reverses it. None: there is none.

    Imports are excluded: they are undone by their batch.
    """
    which = Change.id == change_id
    if change_id is None:
        last = select(func.max(Change.id)).where(Change.undone_at.is_(None), Change.batch.is_(None))
        which = Change.id == last.scalar_subquery()
    row = (
        await session.execute(
            update(Change)
            .where(Change.undone_at.is_(None), Change.batch.is_(None), which)
            .values(undone_at=now)
            .returning(Change.id, Change.actor, Change.summary, Change.xp_user_id, Change.xp_delta)
        )
    ).first()
    return None if row is None else UndoneChange(row.id, row.actor, row.summary, row.xp_user_id, row.xp_delta or 0)


async def undo(session: AsyncSession, change_id: int, now: datetime) -> None:
    """Conditional update: mark a change as undone that was reversed in another way."""
    await session.execute(
        update(Change).where(Change.id == change_id, Change.undone_at.is_(None)).values(undone_at=now)
    )


async def reverse(session: AsyncSession, change_id: int, now: datetime, note: str) -> Reversal:
    """Insert compensating ledger rows for a change. Call it once, for a change that this transaction marked as undone.

    Points spent since are not taken: no balance falls below zero. Points of accounts that were merged since are taken
    from the kept account.
    """
    result = await session.execute(
        sql(
            "SELECT k.id, SUM(t.amount) AS total, k.points FROM transactions t "
            "JOIN users u ON u.id = t.user_id JOIN users k ON k.id = COALESCE(u.merged_into, u.id) "
            "WHERE t.change_id = :change GROUP BY k.id, k.points ORDER BY k.id"
        ),
        {"change": change_id},
    )
    rows = result.all()
    people = taken = missing = 0
    for start in range(0, len(rows), CHUNK):
        entries: list[Entry] = []
        for user_id, total, points in rows[start : start + CHUNK]:
            # A balance below zero, as an adopted database allows, is neither lowered nor raised.
            back = max(-int(total), -max(points, 0))
            missing += back + int(total)
            if back:
                entries.append(Entry(user_id, back, "undo", now, change_id=change_id, note=note))
        await ledger.post(session, entries)
        people += sum(entry.amount < 0 for entry in entries)
        taken -= sum(entry.amount for entry in entries)
    return Reversal(people, taken, missing)
