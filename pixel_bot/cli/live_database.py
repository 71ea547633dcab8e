"""The live database for imports, whether the bot runs or not."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy.exc import DatabaseError

from pixel_bot.cli.saying import say
from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database, is_damaged, sqlite_path
from pixel_bot.db.meta import note_first_start, recall, remember
from pixel_bot.db.schema import check_file, damaged
from pixel_bot.db.write_outage import in_plain_words
from pixel_bot.imports.errors import ImportRefused
from pixel_bot.settings import Settings
from pixel_bot.upkeep.upgrade import upgrade


@asynccontextmanager
async def opened_live(settings: Settings) -> AsyncGenerator[Database]:
    """The live database, with its errors translated."""
    url = settings.database_for("live")
    path = sqlite_path(url)
    if path is not None:
        check_file(path)
    database = Database(url)
    try:
        with in_plain_words(path):
            yield database
    except DatabaseError as exc:
        if is_damaged(exc):
            raise damaged(path) from exc
        raise
    finally:
        await database.close()


async def bring_up(database: Database, settings: Settings) -> None:
    """Upgrade it to the present schema, and mark it as live, because real points come into it."""
    done = await upgrade(database, settings.backup_dir)
    if done.backup is not None:
        say(f"The database was upgraded, after a copy to {done.backup}.")
    async with database.write() as session:
        mode = await recall(session, "mode")
        refuse_play_money(mode)
        if mode is None:
            await remember(session, "mode", "live")
            await note_first_start(session, Clock().now())  # before points come in: the bot has not run here yet


def refuse_play_money(mode: str | None) -> None:
    """Refuse the sandbox's database.

    Raises:
        ImportRefused: it is that one.
    """
    if mode == "sandbox":
        raise ImportRefused(
            "This is the sandbox's database, and its points are play money. Nothing was changed. "
            "Unset DATABASE_URL, or point it to the live database."
        )
