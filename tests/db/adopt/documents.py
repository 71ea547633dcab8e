"""Databases of the schema document that the bot adopts."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from pixel_bot.db.engine import Database
from pixel_bot.points.levels import Curve
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from pixel_bot.upkeep.upgrade import Upgrade, upgrade
from tests.harness.database import findings
from tests.harness.seed import DDL, TABLES, query, url_of

CURVE = Curve(100, 1.8, 9_999)


async def adopted(path: Path) -> Upgrade:
    database = Database(url_of(path))
    try:
        return await upgrade(database, path.parent / "backups")
    finally:
        await database.close()


@asynccontextmanager
async def started(path: Path) -> AsyncGenerator[Services]:
    """The services over an adopted database, as at the bot's start."""
    settings = settings_in(path.parent, database_url=url_of(path))
    async with opened(settings, "live", SettableClock()) as services:
        yield services


async def findings_at_start(path: Path) -> list[str]:
    """What is wrong after the bot's start, which adopts what is there."""
    async with started(path) as services:
        return await findings(services)


def rows_of(path: Path, name: str) -> list[tuple[Any, ...]]:
    return query(
        path,
        "SELECT t.amount, t.reason, t.balance_after FROM transactions t JOIN users u ON u.id = t.user_id "
        f"WHERE u.name = '{name}' ORDER BY t.id",
    )


def content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the document's tables, in the document's columns."""
    with closing(sqlite3.connect(":memory:")) as document:
        document.executescript(DDL)
        columns = {t: [r[1] for r in document.execute(f"PRAGMA table_info({t})")] for t in TABLES}
    return {t: query(path, f"SELECT {', '.join(columns[t])} FROM {t} ORDER BY 1") for t in TABLES}
