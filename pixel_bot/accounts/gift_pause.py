"""After two accounts were joined, their points cannot be given away for an hour.

Somebody may be tricked into giving a stranger's code. In that hour the stranger can bring nothing to safety, and once a
mod has taken the accounts apart, all is back that was not spent on redeems.
"""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.json_rows import sql
from pixel_bot.db.models import read_stamp, stamp
from pixel_bot.errors import ChatError
from pixel_bot.points.account_sql import ACCOUNT
from pixel_bot.points.cooldowns import UPSERT
from pixel_bot.texts import duration

KEY = "+give"
"""The key of its row among the cooldowns; no redeem can have it."""

PAUSE = timedelta(hours=1)


class GivingPaused(ChatError):
    """Whoever wants to give was linked a short while ago; ``seconds`` are left."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(
            f"Your accounts were joined a moment ago, so giving points rests for another {duration(seconds)}."
        )


async def begin(session: AsyncSession, user_id: int, now: datetime) -> None:
    """From now on this account gives nothing away for a while; in the caller's transaction, as all here."""
    source = "VALUES (:user, :key, :at)"
    await session.execute(sql(UPSERT.format(source=source)), {"user": user_id, "key": KEY, "at": stamp(now + PAUSE)})


async def end(session: AsyncSession, user_id: int) -> None:
    """It may give again."""
    await session.execute(
        sql("DELETE FROM cooldowns WHERE user_id = :user AND key = :key"), {"user": user_id, "key": KEY}
    )


async def refuse(session: AsyncSession, user_id: int, now: datetime) -> None:
    """Let nobody give who may not yet.

    Raises:
        GivingRests: the account behind that id was joined less than an hour ago.
    """
    query = sql(f"SELECT expires_at FROM cooldowns WHERE user_id = {ACCOUNT} AND key = :key AND expires_at > :now")
    until = (await session.execute(query, {"user": user_id, "key": KEY, "now": stamp(now)})).scalar()
    if until is not None:
        raise GivingPaused((read_stamp(until) - now).total_seconds())
