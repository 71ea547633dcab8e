"""What mods do, each as one change with a summary, so that it can be undone as one."""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.json_rows import sql
from pixel_bot.db.models import Change
from pixel_bot.model.people import Viewer
from pixel_bot.points import ledger
from pixel_bot.points.ledger import Entry

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UndoneChange:
    """A change that counts as undone: whose it was, and the XP that it gave to somebody."""

    id: int
    actor: str
    summary: str
    xp_user_id: int | None
    xp_delta: int


@dataclass(frozen=True, slots=True)
class Reversal:
    """What taking a change back came to: from how many people how many points; ``missing`` ones had been spent."""

    people: int
    points: int
    missing: int


CHUNK = 10_000
"""People whose rows are written in one statement."""


async def record(
    session: AsyncSession,
    actor: Viewer,
    summary: str,
    now: datetime,
    *,
    xp_user_id: int | None = None,
    xp_delta: int | None = None,
) -> int:
    """Keep a change in the caller's transaction. Returns its id, for the rows of the ledger that belong to it."""
    log.info("%s: %s", actor.name, summary)
    values = {"summary": summary, "xp_user_id": xp_user_id, "xp_delta": xp_delta, "created_at": now}
    made = await session.execute(insert(Change).values(actor=actor.display_name, **values).returning(Change.id))
    return made.scalar_one()


async def undo_last(session: AsyncSession, now: datetime) -> UndoneChange | None:
    """The last change that stands counts as undone from now on, and the caller takes it back. None without one.

    Imports are not a mod's: those are taken back by their batch.
    """
    last = select(func.max(Change.id)).where(Change.undone_at.is_(None), Change.batch.is_(None)).scalar_subquery()
    row = (
        await session.execute(
            update(Change)
            .where(Change.undone_at.is_(None), Change.id == last)
            .values(undone_at=now)
            .returning(Change.id, Change.actor, Change.summary, Change.xp_user_id, Change.xp_delta)
        )
    ).first()
    return None if row is None else UndoneChange(row.id, row.actor, row.summary, row.xp_user_id, row.xp_delta or 0)


async def undo(session: AsyncSession, change_id: int, now: datetime) -> None:
    """That change counts as undone from now on: it was taken back in another way."""
    await session.execute(
        update(Change).where(Change.id == change_id, Change.undone_at.is_(None)).values(undone_at=now)
    )


async def reverse(session: AsyncSession, change_id: int, now: datetime, note: str) -> Reversal:
    """Write the rows that reverse those of a change. Call it once, for a change that was struck in this transaction.

    What was spent meanwhile cannot be taken back: no balance falls below zero. The points of accounts that were linked
    since are taken from the account that has them now.
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
    people = given = missing = 0
    for start in range(0, len(rows), CHUNK):
        entries: list[Entry] = []
        for user_id, total, points in rows[start : start + CHUNK]:
            # Who is below zero, as an adopted database allows, has nothing to give back, and is given nothing either.
            back = max(-int(total), -max(points, 0))
            missing += back + int(total)
            if back:
                entries.append(Entry(user_id, back, "undo", now, change_id=change_id, note=note))
        await ledger.post(session, entries)
        people += sum(entry.amount < 0 for entry in entries)
        given -= sum(entry.amount for entry in entries)
    return Reversal(people, given, missing)
