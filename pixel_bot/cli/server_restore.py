"""``db restore`` to a server: its present rows are saved to a backup, then those of the file replace them."""

import sys
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.lock import only_one
from pixel_bot.db.meta import Mode, mode_of, recall
from pixel_bot.db.schema import revision
from pixel_bot.db.server.cluster import in_use
from pixel_bot.db.tables import core_tables
from pixel_bot.errors import DatabaseRefused, RestoreRefused, SecondInstance
from pixel_bot.settings import Settings
from pixel_bot.texts import count
from pixel_bot.upkeep.backup_facts import BackupFacts
from pixel_bot.upkeep.backup_file import beside, never
from pixel_bot.upkeep.backups import Backups, in_thread
from pixel_bot.upkeep.copy import Copied, copy_rows, drop_others, snapshot
from pixel_bot.upkeep.restore import copy_beside, refuse_other_mode
from pixel_bot.upkeep.upgrade import upgrade
from pixel_bot.upkeep.verify_backup import findings_in


async def restore_to_server(settings: Settings, url: str, file: Path, facts: BackupFacts) -> int:
    """Verify a backup, keep what is on the server as a backup, and put the rows of the first there in one transaction.

    Args:
        settings: of this bot; the file is copied and verified in DATA_DIR.
        url: of the database on the server, which may be empty.
        file: the backup, of this or an older schema.
        facts: what ``facts_of`` returned for it.

    Returns:
        0.

    Raises:
        RestoreRefused: it is no backup that can be used there, or a bot is running. No row was changed.
        StartError: the server or DATA_DIR cannot be used, or what is there cannot be kept. No row was changed.
    """
    mode = await mode_on_server(url)
    there = Database(url)
    refuse_other_mode(file, facts, mode, there.name)
    try:
        async with _verified(settings, file) as here:
            await _refuse_while_in_use(there, file)
            await upgrade(there, settings.backup_dir)
            kept = await _kept(settings, there, mode or "live")
            if kept is not None:
                _say(f"Kept the database that was there as {kept}.")
            copied = await _put(here, there, file)
    finally:
        await there.close()
    what = f"{count(copied.rows['users'], 'viewer')}, {count(copied.rows['transactions'], 'transaction')}"
    _say(f"Restored {file} to {there.name}: {what}, verified.")
    _say("Start the bot: python -m pixel_bot")
    return 0


async def mode_on_server(url: str) -> Mode | None:
    """The mode that a database on a server is marked with; None without a mark.

    Raises:
        DatabaseRefused: it does not answer, or says no.
    """
    database = Database(url)
    try:
        if await revision(database) is None:
            return None
        async with database.readers() as session:
            return mode_of(await recall(session, "mode"))
    except DBAPIError as exc:
        raise DatabaseRefused(f"{database.name} cannot be read: {exc.orig}.") from exc
    finally:
        await database.close()


@asynccontextmanager
async def _verified(settings: Settings, file: Path) -> AsyncGenerator[Database]:
    """A verified copy of the file at the present schema; it is removed afterwards."""
    scratch = settings.data_dir / "server.db"
    with ExitStack() as held:
        try:
            held.enter_context(only_one(scratch))
        except SecondInstance as exc:
            raise RestoreRefused(file, "Another restore is running.") from exc
        remedy = "copy it into an empty database with `python -m pixel_bot db copy`"
        made = await in_thread(lambda _: copy_beside(file, scratch, findings_in, remedy))
        here = Database(f"sqlite+aiosqlite:///{made.path.as_posix()}")
        try:
            with TemporaryDirectory(dir=settings.data_dir) as aside:
                upgraded = await upgrade(here, Path(aside))
            if upgraded.changed and (findings := await in_thread(lambda _: findings_in(made.path, never))):
                raise RestoreRefused(file, f"Its ledger is not right: {findings[0]} Take another backup.")
            yield here
        finally:
            await here.close()
            for ending in ("", "-wal", "-shm"):
                beside(made.path, ending).unlink(missing_ok=True)


async def _refuse_while_in_use(there: Database, file: Path) -> None:
    if await in_use(there):
        raise RestoreRefused(file, f"A bot is running on {there.name}. Stop it first.")


async def _kept(settings: Settings, there: Database, mode: Mode) -> Path | None:
    """The backup of the present content; None when it has no viewers."""
    if not await there.look_up("SELECT 1 FROM users LIMIT 1", {}):
        return None
    backups = Backups(there.url, settings.backup_dir, settings.backup_keep, Clock(), mode)
    # No older one is removed for it: that may be the very file.
    return (await backups.add()).path


async def _put(here: Database, there: Database, file: Path) -> Copied:
    try:
        async with snapshot(here) as old, there.engine.execution_options(begin="IMMEDIATE").begin() as new:
            await _empty(new)
            # From here on nobody else can read or write a table; who came before that is seen.
            await _refuse_while_in_use(there, file)
            return await copy_rows(old, new)
    except DBAPIError as exc:
        raise RestoreRefused(file, f"{there.name} did not take it: {exc.orig}.") from exc


async def _empty(new: AsyncConnection) -> None:
    await drop_others(new, ())
    await new.execute(text(f"TRUNCATE {', '.join(table.name for table in core_tables())}"))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
