"""Databases at a revision, and what their tables look like."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from pixel_bot.db.engine import Database
from pixel_bot.db.schema import MIGRATIONS
from pixel_bot.upkeep.upgrade import Upgrade, upgrade
from tests.harness.seed import query, url_of


@asynccontextmanager
async def opened(path: Path) -> AsyncGenerator[Database]:
    database = Database(url_of(path))
    try:
        yield database
    finally:
        await database.close()


async def upgraded(path: Path) -> Upgrade:
    async with opened(path) as database:
        return await upgrade(database, path.parent / "backups")


def file_of(database: Database) -> Path:
    assert database.path is not None
    return database.path


def alembic_config(**attributes: Any) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes.update(attributes)
    return config


def at_revision(path: Path, wanted: str) -> None:
    """A database as an older Pixel Bot left it."""
    engine = create_engine(f"sqlite:///{path.as_posix()}")
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection=connection), wanted)
    engine.dispose()


def columns(path: Path, table: str) -> dict[str, tuple[str, str | None, bool]]:
    """Type, default and whether it is the primary key, by column."""
    rows = query(path, f"PRAGMA table_info({table})")
    return {name: (kind, _plain_default(default), bool(key)) for _, name, kind, _, default, key in rows}


def _plain_default(default: str | None) -> str | None:
    bare = None if default is None else default.strip("'\"()")
    return {"TRUE": "1", "true": "1"}.get(bare or "", bare)


def indexes(path: Path, table: str) -> set[tuple[bool, tuple[str, ...]]]:
    """Uniqueness and columns of every index, those behind constraints too."""
    found: set[tuple[bool, tuple[str, ...]]] = set()
    for row in query(path, f"PRAGMA index_list({table})"):
        names = tuple(r[2] for r in query(path, f"PRAGMA index_info('{row[1]}')"))
        found.add((bool(row[2]), names))
    return found
