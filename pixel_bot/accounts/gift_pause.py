"""Gift pause: for an hour after two accounts were linked, their points cannot be given away.

A viewer may be tricked into typing a stranger's link code. In that hour the stranger can transfer nothing, and when a
mod unlinks the accounts, all points return that were not spent on redeems.
"""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.json_rows import sql
from pixel_bot.errors import ChatError
from pixel_bot.points import cooldowns
from pixel_bot.points.account_sql import ACCOUNT
from pixel_bot.texts import duration
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

KEY = "+give"
"""Its key in ``cooldowns``; no redeem can have it."""

PAUSE = timedelta(hours=1)


class GivingPaused(ChatError):
    """The giver was linked less than an hour ago; ``seconds`` are left."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        words = later("Your accounts were joined a moment ago, so giving {points} rests for another {time}.")
        super().__init__(_(words, time=duration(seconds)))


async def begin(session: AsyncSession, user_id: int, now: datetime) -> None:
    """Start the pause of an account; in the caller's transaction, as all functions here."""
    await cooldowns.begin(session, user_id, KEY, now, now + PAUSE)


async def end(session: AsyncSession, user_id: int) -> None:
    """End the pause of an account."""
    await session.execute(
        sql("DELETE FROM cooldowns WHERE user_id = :user AND key = :key"), {"user": user_id, "key": KEY}
    )


async def refuse(session: AsyncSession, user_id: int, now: datetime) -> None:
    """Refuse a transfer during the pause.

    Raises:
        GivingPaused: the account of that id was linked less than an hour ago.
    """
    query = sql(f"SELECT expires_at, started_at FROM cooldowns WHERE user_id = {ACCOUNT} AND key = :key")
    row = (await session.execute(query, {"user": user_id, "key": KEY})).first()
    if row is not None and (left := cooldowns.seconds_left(row[0], row[1], now)):
        raise GivingPaused(min(left, PAUSE.total_seconds()))
