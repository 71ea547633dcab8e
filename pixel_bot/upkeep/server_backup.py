"""A copy of a database on a server, as a SQLite file: of one moment, verified, while others are at work on it."""

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
from pixel_bot.upkeep.copy import copy_rows, one_moment
from pixel_bot.upkeep.upgrade import upgrade


def make_server_backup(url: str, folder: Path, candidates: Iterable[Path], examine: Examine, stop: Stop) -> Backup:
    """Copy the database into a file in the folder, verify it, and give it the first of these names that is free.

    To be called in a thread: it takes a while, and runs its own loop. What is in the file is what ``db copy`` would
    write, so it can be restored to a server or be used as it is.

    Raises:
        BackupFailed: the server does not answer, or the schema there is older.
        FolderNotWritable, DatabaseRefused, NameTaken, Stopped: as ``make_backup``.
    """
    pace = CopyThrottle(stop, fair=True)

    def fill(place: ReservedFile) -> Mapping[str, int]:
        return asyncio.run(_fill(url, place.part, lambda: pace.after_step_of(place)))

    return write_backup(Database(url).name, fill, folder, candidates, examine, pace)


async def _fill(url: str, part: Path, between: Callable[[], None]) -> Mapping[str, int]:
    source = Database(url)
    try:
        if await revision(source) != HEAD:
            raise BackupFailed(f"{source.name} has another schema. Start the bot on it once")
        await _make_tables(part)
        async with one_moment(source) as old, _thrown_away_unless_whole(part) as new:
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
async def _thrown_away_unless_whole(part: Path) -> AsyncGenerator[AsyncConnection]:
    """Without a journal, so that the file takes its own room and no more."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{part.as_posix()}", poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            for pragma in ("journal_mode = OFF", "synchronous = OFF"):
                await connection.exec_driver_sql(f"PRAGMA {pragma}")
            yield connection
            await connection.commit()
    finally:
        await engine.dispose()
