"""Backup of a PostgreSQL database while it is in use: one snapshot of it, as a verified SQLite file."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path

from sqlalchemy import NullPool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from pixel_bot.db.engine import Database
from pixel_bot.db.schema import HEAD, revision
from pixel_bot.errors import BackupFailed
from pixel_bot.upkeep.backup_file import Backup, CopyThrottle, Examine, Stop, write_backup
from pixel_bot.upkeep.backup_folder import ReservedFile
from pixel_bot.upkeep.copy import copy_rows, snapshot
from pixel_bot.upkeep.upgrade import upgrade


def make_server_backup(url: str, folder: Path, candidates: Iterable[Path], examine: Examine, stop: Stop) -> Backup:
    """Copy the database into a file in the folder, verify it, and give it the first of these names that is free.

    Call it in a thread: it runs a while, in a loop of its own. The file has what ``db copy`` would write, so it can be
    restored to a server or be used as it is.

    Raises:
        BackupFailed: the server does not answer, or the schema there is older.
        FolderNotWritable, DatabaseRefused, NameTaken, Stopped: as ``make_backup``.
    """
    throttle = CopyThrottle(stop, fair=True)

    def fill(reserved_file: ReservedFile) -> Mapping[str, int]:
        return asyncio.run(_fill(url, reserved_file.part, lambda: throttle.after_step_of(reserved_file)))

    return write_backup(Database(url).name, fill, folder, candidates, examine, throttle)


async def _fill(url: str, part: Path, between: Callable[[], None]) -> Mapping[str, int]:
    source = Database(url)
    try:
        if await revision(source) != HEAD:
            raise BackupFailed(f"{source.name} has another schema. Start the bot on it once")
        await _make_tables(part)
        async with snapshot(source) as old, _without_journal(part) as new:
            copied = await copy_rows(old, new, between)
    except DBAPIError as exc:
        if isinstance(exc.orig, sqlite3.Error):
            raise exc.orig from exc
        raise BackupFailed(f"{source.name} cannot be read: {exc.orig}") from exc
    finally:
        await source.close()
    return {**copied.rows, "alembic_version": 1}


async def _make_tables(part: Path) -> None:
    new = Database(f"sqlite+aiosqlite:///{part.as_posix()}")
    try:
        await upgrade(new, part.parent)
    finally:
        await new.close()
    with closing(sqlite3.connect(part)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


@asynccontextmanager
async def _without_journal(part: Path) -> AsyncGenerator[AsyncConnection]:
    """A connection without a journal: the part is removed on failure, and so takes no disk space twice."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{part.as_posix()}", poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            for pragma in ("journal_mode = OFF", "synchronous = OFF"):
                await connection.exec_driver_sql(f"PRAGMA {pragma}")
            yield connection
            await connection.commit()
    finally:
        await engine.dispose()
