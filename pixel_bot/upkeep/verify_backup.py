"""Verifies a copy of the database: the ledger, the levels and the links, read without changing it."""

import asyncio
import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import aiosqlite
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from pixel_bot.db.driver import connect
from pixel_bot.db.schema import HEAD
from pixel_bot.points.levels import Curve
from pixel_bot.upkeep.backup_file import THROTTLE_EVERY, Stop, read_only
from pixel_bot.upkeep.check import check

_CURVE = re.compile(r"(\d{1,7}\.\d{1,9}):([1-5]\.\d{1,9}):(\d{1,4})", re.ASCII)


def findings_in(copy: Path, stop: Stop) -> list[str]:
    """The findings of ``db check`` in a file that nobody writes to. Runs a loop of its own: call it in a thread.

    Levels are checked by the curve that is stored in it: another one in the settings changes them at the next start. A
    file with an older schema says nothing here: it is upgraded first.
    """
    with closing(sqlite3.connect(read_only(copy), uri=True)) as connection:
        if stored_value(connection, "SELECT version_num FROM alembic_version") != HEAD:
            return []
        kept = _CURVE.fullmatch(stored_value(connection, "SELECT value FROM meta WHERE key = 'curve'") or "")
    curve = Curve(float(kept[1]), float(kept[2]), int(kept[3])) if kept else None
    return asyncio.run(_check(copy, curve, stop))


def stored_value(connection: sqlite3.Connection, query: str) -> str | None:
    """The single text that a query returns; None where there is no such row or table."""
    with suppress(sqlite3.OperationalError):
        row = connection.execute(query).fetchone()
        return str(row[0]) if row is not None else None
    return None


async def _check(copy: Path, curve: Curve | None, stop: Stop) -> list[str]:
    async def opened() -> aiosqlite.Connection:
        connection = await connect(read_only(copy))
        await connection.set_progress_handler(stop, THROTTLE_EVERY)
        return connection

    engine = create_async_engine("sqlite+aiosqlite://", async_creator=opened, poolclass=NullPool)
    try:
        async with AsyncSession(engine) as session:
            return await check(session, curve.level_of) if curve is not None else []
    finally:
        await engine.dispose()
