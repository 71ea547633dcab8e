"""``db upgrade`` and ``db check``, for the database in use: DATABASE_URL, else what DATA_DIR holds."""

import sys

from sqlalchemy.exc import DatabaseError

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database, is_damaged, sqlite_path
from pixel_bot.db.schema import HEAD, check_file, damaged, revision
from pixel_bot.db.write_outage import in_plain_words
from pixel_bot.errors import DatabaseRefused
from pixel_bot.services import build_services, curve_of
from pixel_bot.settings import Settings
from pixel_bot.texts import count
from pixel_bot.upkeep.check import check
from pixel_bot.upkeep.upgrade import upgrade


async def upgrade_database(settings: Settings) -> int:
    """Upgrade each database to the present schema; make the live one when there is none."""
    for url in existing_databases(settings) or [settings.database_for("live")]:
        database = Database(url)
        try:
            with in_plain_words(database.path):
                done = await upgrade(database, settings.backup_dir)
                moved = await build_services(settings, database, Clock()).levels.align()
        finally:
            await database.close()
        if done.backup is not None:
            _say(f"Copied {sqlite_path(url)} to {done.backup}.")
        for line in done.report:
            _say(line)
        if moved:
            _say(f"{count(moved, 'viewer')} moved to the level that the XP gives.")
        _say(f"{_name(url)} is {'now' if done.changed else 'already'} at schema {HEAD}.")
    return 0


async def check_database(settings: Settings) -> int:
    """Print what is wrong. Returns 1 when something is, or when there is nothing to check."""
    urls = existing_databases(settings)
    if not urls:
        _say(f"There is no database at {_name(settings.database_for('live'))} yet.")
        return 1
    wrong = 0
    for url in urls:
        findings = await _findings(url, settings)
        for finding in findings:
            _say(finding)
        _say(f"{_name(url)}: {count(len(findings), 'problem')}." if findings else f"{_name(url)}: everything is right.")
        wrong += len(findings)
    return 1 if wrong else 0


async def _findings(url: str, settings: Settings) -> list[str]:
    path = sqlite_path(url)
    if path is not None:
        check_file(path)
    database = Database(url)
    try:
        if await revision(database) != HEAD:
            return ["The database has an older schema. Run: python -m pixel_bot db upgrade"]
        async with database.readers() as session:
            return await check(session, curve_of(settings).level_of)
    except DatabaseError as exc:
        if is_damaged(exc):
            raise damaged(path) from exc
        raise DatabaseRefused(f"{_name(url)} cannot be read: {exc.orig}.") from exc
    finally:
        await database.close()


def existing_databases(settings: Settings) -> list[str]:
    if "database_url" in settings.model_fields_set:
        urls = [settings.database_url]
    else:
        urls = [settings.database_for("live"), settings.database_for("sandbox")]
    return [url for url in urls if (path := sqlite_path(url)) is None or path.exists()]


def _name(url: str) -> str:
    return str(sqlite_path(url) or "The database")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
