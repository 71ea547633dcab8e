"""Databases of every version that there was."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from pixel_bot.db.engine import Database
from pixel_bot.upkeep.upgrade import Upgrade, upgrade
from tests.harness.paths import ROOT
from tests.harness.seed import query, url_of

SCHEMAS = ROOT / "tests/harness/schemas"
VERSIONS = tuple(sorted(file.stem for file in SCHEMAS.glob("*.sql")))
LIVED = tuple(version for version in VERSIONS if version not in ("document", "0001"))
WITH_REDEEMS = tuple(version for version in LIVED if version >= "0003")
PASSPHRASE = "a passphrase of the fixtures"
COPIED = datetime(2026, 1, 1, 12, 5, 7, tzinfo=UTC)
"""A moment after the last thing that happened in any of them."""

Rows = dict[str, list[tuple[Any, ...]]]
every_version = pytest.mark.parametrize("version", VERSIONS)


def made(path: Path, version: str) -> Path:
    """A database as that version left it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((SCHEMAS / f"{version}.sql").read_text(encoding="utf-8"))
        if version != "document":
            connection.execute("PRAGMA journal_mode = WAL")
    return path


def brought_up(path: Path, version: str) -> Path:
    """The same, at our schema by now, for tests of what comes after the upgrade."""
    path.write_bytes(_brought_up(version))
    return path


@cache
def _brought_up(version: str) -> bytes:
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as elsewhere:
        path = made(Path(folder) / "old.db", version)
        elsewhere.submit(asyncio.run, upgraded(path)).result()
        return path.read_bytes()


async def upgraded(path: Path) -> Upgrade:
    database = Database(url_of(path))
    try:
        return await upgrade(database, path.parent / "backups")
    finally:
        await database.close()


def columns(path: Path) -> dict[str, list[str]]:
    """The columns of each table; Alembic's own left out."""
    tables = [name for (name,) in query(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        table: [row[1] for row in query(path, f"PRAGMA table_info({table})")]
        for table in tables
        if table != "alembic_version"
    }


def content(path: Path, known: dict[str, list[str]]) -> Rows:
    """All rows, in these columns."""
    listed = {table: ", ".join(f'"{name}"' for name in names) for table, names in known.items()}
    return {table: sorted(query(path, f"SELECT {listed[table]} FROM {table}"), key=repr) for table in known}


def settings_for(path: Path) -> dict[str, Any]:
    return {"database_url": url_of(path), "pixel_secret_key": PASSPHRASE}
