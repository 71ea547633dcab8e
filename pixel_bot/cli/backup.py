"""``db backup``, ``db restore`` and ``db cleanup``."""

import sqlite3
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from pixel_bot.cli.database import existing_databases
from pixel_bot.cli.server_restore import mode_on_server, restore_to_server
from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database, sqlite_path
from pixel_bot.db.lock import only_one
from pixel_bot.db.meta import Mode
from pixel_bot.db.schema import HEAD, check_file, damaged, revision
from pixel_bot.errors import DatabaseRefused, SecondInstance
from pixel_bot.settings import Settings
from pixel_bot.texts import count
from pixel_bot.upkeep.backup_facts import BackupFacts, facts_of
from pixel_bot.upkeep.backup_file import Backup, mode_in, open_to_read
from pixel_bot.upkeep.backups import Backups, in_thread, megabytes
from pixel_bot.upkeep.cleanup import Cleanup
from pixel_bot.upkeep.disk_space import free_space_in, release_space
from pixel_bot.upkeep.forgetting import forget_again
from pixel_bot.upkeep.restore import Restored, restore
from pixel_bot.upkeep.retention import Retention
from pixel_bot.upkeep.verify_backup import findings_in


async def back_up_database(settings: Settings, file: Path | None) -> int:
    """Copy each database into BACKUP_DIR; or the one in use to that file, or into that folder.

    Returns:
        0; or 1 when there is no database, or when its ledger is not right. Such a copy stays, because it is as good as
        the original; but somebody should look.

    Raises:
        StartError: no backup was made. The sentence says why.
    """
    urls = existing_databases(settings)
    if not urls:
        _say(f"There is no database at {sqlite_path(settings.database_for('live')) or 'DATABASE_URL'} yet.")
        return 1
    right = True
    for url in urls if file is None else urls[:1]:
        backup = await _back_up(settings, url, file)
        _say(f"Copied {Database(url).name} to {backup.path} ({megabytes(backup.size)}); the copy is verified.")
        for finding in backup.findings:
            _say(finding)
        if backup.findings:
            right = False
            _say("That is so in the original, too; the copy is true to it. Older backups were all kept.")
    return 0 if right else 1


async def _back_up(settings: Settings, url: str, file: Path | None) -> Backup:
    path = sqlite_path(url)
    if path is None:
        mode = await mode_on_server(url)
    else:
        check_file(path)
        mode = _mode_of(path)
    backups = Backups(url, settings.backup_dir, settings.backup_keep, Clock(), mode or "live")
    return await (backups.make() if file is None else backups.make_at(file))


def _mode_of(path: Path) -> Mode | None:
    try:
        with closing(open_to_read(path)) as connection:
            return mode_in(connection)
    except sqlite3.OperationalError as exc:
        raise DatabaseRefused(f"{path} cannot be read: {exc}.") from exc
    except sqlite3.DatabaseError as exc:
        raise damaged(path) from exc


async def restore_database(settings: Settings, file: Path) -> int:
    """Restore a backup to the database of its mode: DATABASE_URL, else the file in DATA_DIR.

    Returns:
        0.

    Raises:
        RestoreRefused: it is no backup that can be used, or a bot is running. Nothing was changed.
        FolderNotWritable: the folder of the database cannot be written.
    """
    facts = await in_thread(lambda _: facts_of(file))
    url = settings.database_for(facts.mode or "live")
    target = sqlite_path(url)
    if target is None:
        await restore_to_server(settings, url, file, facts)
    else:
        done = await in_thread(lambda _: restore(file, target, facts, datetime.now(UTC), findings_in))
        _tell_restored(file, done)
    await _forget_again(settings, url, facts.mode or "live")
    return 0


async def _forget_again(settings: Settings, url: str, mode: Mode) -> None:
    """Whoever was forgotten since the backup was made; a database of an older schema does it at the next start."""
    database = Database(url)
    try:
        if await revision(database) != HEAD:
            return
        again = await forget_again(database, datetime.now(UTC), settings.backup_dir, mode)
    finally:
        await database.close()
    if again:
        _say(f"{count(again, 'account')} that had been forgotten since then {'was' if again == 1 else 'were'} again.")


def _tell_restored(file: Path, done: Restored) -> None:
    if done.aside is not None:
        _say(f"Kept the database that was there as {done.aside}.")
    facts: BackupFacts = done.facts
    what = f"{count(facts.viewers, 'viewer')}, {count(facts.transactions, 'transaction')}"
    _say(f"Restored {file} to {done.path}: {what}, {megabytes(done.size)}, verified.")
    if facts.schema != HEAD:
        _say("It has an older schema. The next start upgrades it, after a backup.")
    _say("Start the bot: python -m pixel_bot")


async def clean_up_database(settings: Settings) -> int:
    """Remove old rows that are no longer needed, and return space to the disk where a quarter of the file is free.

    Returns:
        0; or 1 when there is nothing to clean, or it could not be done.
    """
    urls = existing_databases(settings)
    if not urls:
        _say(f"There is no database at {sqlite_path(settings.database_for('live')) or 'DATABASE_URL'} yet.")
        return 1
    return max([await _clean_up(url, settings) for url in urls])


async def _clean_up(url: str, settings: Settings) -> int:
    path = sqlite_path(url)
    if path is not None:
        check_file(path)
    database = Database(url)
    try:
        if await revision(database) != HEAD:
            _say(f"{database.name} has an older schema. Run: python -m pixel_bot db upgrade")
            return 1
        cleaned = await Cleanup(database, Clock()).run()
        texts = await Retention(database, Clock(), settings.keep_days, settings.data_dir).run()
    except DBAPIError as exc:
        raise DatabaseRefused(f"{database.name} could not be cleaned up: {exc.orig}.") from exc
    finally:
        await database.close()
    _say(
        f"{database.name}: removed {count(cleaned.cooldowns, 'expired cooldown')}, "
        f"{count(cleaned.items, 'old queue item')} and {count(cleaned.events, 'old event id')}."
    )
    if texts:
        _say(f"{database.name}: deleted {count(texts, 'text')} older than KEEP_DAYS.")
    return 0 if path is None else await in_thread(lambda _: _give_back(path))


def _give_back(path: Path) -> int:
    space = free_space_in(path)
    if not space.is_worth_it:
        return 0
    with ExitStack() as stack:
        try:
            stack.enter_context(only_one(path))
        except SecondInstance:
            if not space.is_brief:
                _say(
                    f"{megabytes(space.free)} of it are free. Stop the bot and run this again to give them to the disk."
                )
                return 0
        try:
            _say(f"Gave {megabytes(release_space(path))} back to the disk.")
        except sqlite3.Error as exc:
            _say(f"The free room, {megabytes(space.free)}, could not be given back: {exc}.")
            return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
