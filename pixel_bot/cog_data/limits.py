"""How often a viewer may do something in a period: counted in the transaction that it is done in."""

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.json_rows import sql
from pixel_bot.db.models import stamp
from pixel_bot.errors import ChatError
from pixel_bot.model.stream_state import Stream
from pixel_bot.points.account_sql import ACCOUNT
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

Per = Literal["hour", "day", "week", "stream", "ever"]

_WHEN: dict[Per, str] = {
    "hour": later("You have done that {times} in this hour, which is as often as it goes."),
    "day": later("You have done that {times} today, which is as often as it goes."),
    "week": later("You have done that {times} this week, which is as often as it goes."),
    "stream": later("You have done that {times} in this stream, which is as often as it goes."),
    "ever": later("You have done that {times}, which is as often as it goes."),
}

_USE = f"""
INSERT INTO limit_uses (cog, name, period, user_id, uses, at)
SELECT :cog, :name, :period, {ACCOUNT}, 1, :now WHERE :most > 0
ON CONFLICT (cog, name, period, user_id)
DO UPDATE SET uses = limit_uses.uses + 1, at = excluded.at WHERE limit_uses.uses < :most
RETURNING uses
"""


class LimitReached(ChatError):
    """Somebody has done something as often as it may be done; nothing was changed."""

    def __init__(self, most: int, per: Per) -> None:
        super().__init__(_(_WHEN[per], times=_("{n} time", "{n} times", n=most)))


def period_of(per: Per, now: datetime, stream: Stream) -> str:
    """The name of the present period. Days and weeks are those of the local time, as ``BACKUP_TIME``.

    Raises:
        ValueError: there is no such period.
    """
    local = now.astimezone()
    match per:
        case "hour":
            return f"{now:hour %Y-%m-%d %H} UTC"  # local hours repeat when summer time ends
        case "day":
            return f"{local:day %Y-%m-%d}"
        case "week":
            return f"{local:week %G-%V}"
        case "stream":
            # While the stream is off, or not heard of, a day stands for it.
            return f"stream {stream.now.id}" if stream.now is not None else f"{local:offline %Y-%m-%d}"
        case "ever":
            return "ever"
        case _:
            raise ValueError(f"A limit is per {', '.join(get_args(Per))}; not per {per!r}.")


async def use(
    session: AsyncSession, cog: str, name: str, user_id: int, most: int, per: Per, period: str, now: datetime
) -> int:
    """Count one use in the caller's transaction.

    Returns:
        How many are left in the period.

    Raises:
        LimitReached: there are none left.
    """
    values = {"cog": cog, "name": name, "period": period, "user": user_id, "most": most, "now": stamp(now)}
    uses = (await session.execute(sql(_USE), values)).scalar()
    if uses is None:
        raise LimitReached(most, per)
    return most - uses


_GIVE_BACK = f"""
UPDATE limit_uses SET uses = uses - 1
WHERE cog = :cog AND name = :name AND period = :period AND user_id = {ACCOUNT} AND uses > 0
"""


async def give_back(session: AsyncSession, cog: str, name: str, user_id: int, period: str) -> None:
    """Count one use less, in the caller's transaction."""
    values = {"cog": cog, "name": name, "period": period, "user": user_id}
    await session.execute(sql(_GIVE_BACK), values)


_MOVE = """
INSERT INTO limit_uses (cog, name, period, user_id, uses, at)
SELECT l.cog, l.name, l.period, :taker, l.uses, l.at FROM limit_uses l WHERE l.user_id = :giver
ON CONFLICT (cog, name, period, user_id)
DO UPDATE SET uses = limit_uses.uses + excluded.uses,
    at = CASE WHEN excluded.at > limit_uses.at THEN excluded.at ELSE limit_uses.at END
"""


async def move(session: AsyncSession, giver: int, taker: int) -> None:
    """Count the uses of one account as those of another one. Parting them again does not bring them back."""
    await session.execute(sql(_MOVE), {"giver": giver, "taker": taker})
    await session.execute(sql("DELETE FROM limit_uses WHERE user_id = :giver"), {"giver": giver})
