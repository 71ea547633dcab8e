"""How much somebody may lose at games in a day, counted by the ledger's rows of their rounds."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import Integer, String, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.json_rows import sql
from pixel_bot.db.models import stamp
from pixel_bot.errors import BadAmount
from pixel_bot.points.account_sql import ACCOUNT
from pixel_bot.texts import count, duration
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)


@dataclass(frozen=True, slots=True)
class DayLoss:
    """The most that a viewer may lose in a day of the local time, over the rounds of all of these cogs; 0: no limit."""

    most: int = 0
    cogs: Collection[str] = ()


class DayLossReached(BadAmount):
    """A stake could lose somebody more than they may lose in a day; nothing was taken. ``left`` is what they still may.

    Args:
        most: points a day.
        left: of these.
        seconds: until the next day.
    """

    def __init__(self, most: int, left: int, seconds: float) -> None:
        self.left = left
        words = later("One can lose {most} a day at games. You have {left} left for the next {time}.")
        if not left:
            words = later("One can lose {most} a day at games, and you have. You can play again in {time}.")
        super().__init__(_(words, most=count(most, "point"), left=left, time=duration(seconds)))


_SAME = f"SELECT id FROM users WHERE id = {ACCOUNT} OR merged_into = {ACCOUNT}"

# The newest rows of the account come first, and the look back ends a day before: how much somebody earned before does
# not count in the time that this takes. The extra day is for a clock that was set back.
_LOST = text("""
SELECT COALESCE(-SUM(t.amount), 0) FROM transactions t JOIN rounds r ON r.id = t.round_id
WHERE t.user_id IN :accounts AND t.created_at >= :midnight AND r.cog IN :cogs AND t.id > COALESCE((
    SELECT before.id FROM transactions before
    WHERE before.user_id IN :accounts AND before.created_at < :day_before ORDER BY before.id DESC LIMIT 1
), 0)
""").bindparams(bindparam("accounts", None, Integer, expanding=True), bindparam("cogs", None, String, expanding=True))


async def lost_today(session: AsyncSession, user_id: int, cogs: Collection[str], now: datetime) -> int:
    """What somebody has lost at games since midnight: stakes without wins and returns; below zero, what they won.

    Linked accounts count as one. Nobody else writes in the caller's transaction, so no other stake comes between.
    """
    same = (await session.execute(sql(_SAME), {"user": user_id})).scalars()
    midnight = _midnight(now)
    values = {
        "accounts": list(same),
        "cogs": sorted(cogs),
        "midnight": stamp(midnight),
        "day_before": stamp(midnight - timedelta(days=1)),
    }
    return int((await session.execute(_LOST, values)).scalar_one())


async def check_day_loss(session: AsyncSession, user_id: int, points: int, rule: DayLoss, now: datetime) -> None:
    """Refuse a stake that could lose somebody more than they may lose in a day.

    Raises:
        DayLossReached: it could.
    """
    if not rule.most:
        return
    left = max(0, rule.most - await lost_today(session, user_id, rule.cogs, now))
    if points > left:
        until = _midnight(now, days=1)
        raise DayLossReached(rule.most, left, (until - now).total_seconds())


def _midnight(now: datetime, days: int = 0) -> datetime:
    """The beginning of the local day, or of one that follows; days of a change to summer time have 23 hours."""
    day = now.astimezone().date() + timedelta(days=days)
    return datetime.combine(day, time.min).astimezone(now.tzinfo)
