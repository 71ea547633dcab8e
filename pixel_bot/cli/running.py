"""The database of the bot that runs, for commands that reach it by what they share."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy.exc import DatabaseError

from pixel_bot.cli.database import existing_databases
from pixel_bot.db.engine import Database, is_damaged
from pixel_bot.db.lock import is_held
from pixel_bot.db.schema import HEAD, check_file, damaged, revision
from pixel_bot.db.server.cluster import in_use
from pixel_bot.errors import DatabaseRefused
from pixel_bot.settings import Settings


async def is_running(database: Database) -> bool:
    """Whether a bot runs on a database."""
    return is_held(database.path) if database.path is not None else await in_use(database)


@asynccontextmanager
async def database_of_bot(settings: Settings) -> AsyncGenerator[tuple[Database, bool]]:
    """The database of the running bot, and True; else the one that the next start would use, and False.

    Raises:
        DatabaseRefused: there is none yet, it has an older schema, or it is damaged.
    """
    wanted = settings.database_for("live" if settings.live else "sandbox")
    known = existing_databases(settings)
    if not known:
        raise DatabaseRefused("There is no database yet. Start the bot once: python -m pixel_bot")
    known.sort(key=lambda url: url != wanted)
    databases = [Database(url) for url in known]
    try:
        running = [database for database in databases if await is_running(database)]
        chosen = (running or databases)[0]
        await _check(chosen)
        yield chosen, bool(running)
    finally:
        for database in databases:
            await database.close()


async def _check(database: Database) -> None:
    if database.path is not None:
        check_file(database.path)
    try:
        present = await revision(database)
    except DatabaseError as exc:
        raise (
            damaged(database.path)
            if is_damaged(exc)
            else DatabaseRefused(f"{database.name} cannot be read: {exc.orig}.")
        ) from exc
    if present != HEAD:
        raise DatabaseRefused(f"{database.name} has another schema. Run: python -m pixel_bot db upgrade")
