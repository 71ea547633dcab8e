"""The table ``meta``: key and value pairs about the database itself, like its mode."""

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
