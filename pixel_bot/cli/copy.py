"""``db copy FROM TO``: copies a pixel.db to PostgreSQL, or back."""

import sys
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from pixel_bot.db.engine import Database, sqlite_path
from pixel_bot.db.lock import only_one
from pixel_bot.db.schema import HEAD, check_file, revision
from pixel_bot.db.server.cluster import in_use
from pixel_bot.errors import DatabaseRefused
from pixel_bot.services import curve_of
from pixel_bot.settings import Settings
from pixel_bot.texts import count, number
from pixel_bot.upkeep.check import check
from pixel_bot.upkeep.copy import copy_all
from pixel_bot.upkeep.upgrade import upgrade


async def copy_database(settings: Settings, source: str, target: str) -> int:
    """Copy one database into an empty one, and check the copy.

    Args:
        settings: of this bot.
        source, target: URLs, or SQLite files.

    Returns:
        0; 1 when the check found something, which is printed.

    Raises:
        StartError: it cannot be done; the sentence says why. The source is never changed.
    """
    here, there = url_of(source), url_of(target)
    if here == there:
        raise DatabaseRefused("Those two are the same database.")
    path = sqlite_path(here)
    if path is not None:
        if not path.exists():
            raise DatabaseRefused(f"There is no database at {path}.")
        check_file(path)
    with ExitStack() as held:
        # What is earned in the meantime would be missing in the copy.
        held.enter_context(only_one(path))
        held.enter_context(only_one(sqlite_path(there)))
        old, new = Database(here), Database(there)
        try:
            return await _copy(settings, old, new)
        finally:
            await old.close()
            await new.close()


async def _copy(settings: Settings, old: Database, new: Database) -> int:
    if await revision(old) != HEAD:
        raise DatabaseRefused(f"{old.name} has an older schema. Start the bot on it once, then copy.")
    for database in (old, new):
        await _refuse_while_in_use(database)
    await upgrade(new, settings.backup_dir)
    try:
        copied = await copy_all(old, new)
    except IntegrityError as exc:
        raise DatabaseRefused(
            f"{new.name} did not take all rows: {exc.orig}. Run db check on {old.name}; nothing was copied."
        ) from exc
    async with new.readers() as session:
        findings = await check(session, curve_of(settings).level_of)
    for finding in findings:
        _say(finding)
    rows = sum(copied.rows.values())
    viewers = count(copied.rows["users"], "viewer")
    _say(f"Copied {count(rows, 'row')} to {new.name}: {viewers} with {number(copied.points)} points.")
    if not findings:
        _say("The copy was checked: everything is right. Set DATABASE_URL to it, and start the bot.")
    return 1 if findings else 0


async def _refuse_while_in_use(database: Database) -> None:
    if await in_use(database):
        raise DatabaseRefused(f"A bot runs on {database.name}. Stop it first.")


def url_of(written: str) -> str:
    """The URL of a database as it was typed; a path is a SQLite file."""
    if written.startswith(("postgres://", "postgresql://")):
        return "postgresql+asyncpg://" + written.partition("://")[2]
    return written if "://" in written else f"sqlite+aiosqlite:///{Path(written).as_posix()}"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
