"""The table ``meta``: key and value pairs about the database itself, like its mode."""

from datetime import datetime
from typing import Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.errors import DatabaseRefused

Mode = Literal["live", "sandbox"]


async def recall(session: AsyncSession, key: str) -> str | None:
    """The value kept under the key, or None."""
    return (await session.execute(text("SELECT value FROM meta WHERE key = :key"), {"key": key})).scalar()


async def remember(session: AsyncSession, key: str, value: str) -> None:
    """Store the value under the key; it replaces an older one."""
    await session.execute(
        text(
            "INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        ),
        {"key": key, "value": value},
    )


FIRST_START = "first_start"


async def note_first_start(session: AsyncSession, now: datetime) -> None:
    """Note once when a bot first started on a database; nothing for one in which somebody is already."""
    if await recall(session, FIRST_START) is None:
        has_users = (await session.execute(text("SELECT 1 FROM users LIMIT 1"))).first() is not None
        await remember(session, FIRST_START, "" if has_users else now.isoformat())


async def first_start(session: AsyncSession) -> datetime | None:
    """When a bot first started on the database; None for one that is older than this note."""
    noted = await recall(session, FIRST_START)
    return datetime.fromisoformat(noted) if noted else None


IMPORTS_OF_COMMANDS = "imports_of_commands"


async def count_import(session: AsyncSession) -> None:
    """Note that commands of another bot were stored or taken back, for a bot that runs meanwhile."""
    await remember(session, IMPORTS_OF_COMMANDS, str(await imports_so_far(session) + 1))


async def imports_so_far(session: AsyncSession) -> int:
    """How often that was."""
    return int(await recall(session, IMPORTS_OF_COMMANDS) or 0)


def mode_of(mark: object) -> Mode | None:
    """The mode that a value of the key ``mode`` stands for; None for any other value."""
    return "live" if mark == "live" else "sandbox" if mark == "sandbox" else None


async def claim_mode(session: AsyncSession, mode: Mode) -> None:
    """Mark a fresh database as live or sandbox.

    Raises:
        DatabaseRefused: it carries the other mark, so that play money and real points never meet.
    """
    marked = await recall(session, "mode")
    if marked is None:
        await remember(session, "mode", mode)
    elif marked != mode:
        hint = "unset DATABASE_URL" if mode == "sandbox" else "point DATABASE_URL to the live database"
        raise DatabaseRefused(
            f"This is a {marked} database and the bot was started for {mode}. It was left untouched. "
            f"To go on, {hint}, or start the bot in {marked} mode."
        )
