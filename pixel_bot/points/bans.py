"""Bans: who is banned from the channel for good is on no leaderboard until the ban is lifted, and keeps the points."""

from pixel_bot.clock import EPOCH
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import sql
from pixel_bot.db.models import read_stamp, stamp
from pixel_bot.model.chat_message import BanChange

# Events may arrive in another order than that in which they happened: the later one counts.
_NOTE = """
INSERT INTO bans (platform, platform_id, banned, changed_at) VALUES (:platform, :id, :banned, :at)
ON CONFLICT (platform, platform_id) DO UPDATE SET banned = excluded.banned, changed_at = excluded.changed_at
WHERE excluded.changed_at >= bans.changed_at
"""

_TO_CHECK = """
SELECT platform_id, banned, changed_at FROM (
  SELECT platform_id, banned, changed_at FROM bans WHERE platform = 'twitch' AND banned
  ORDER BY changed_at DESC LIMIT :most
) AS known
UNION
SELECT u.platform_id, COALESCE(b.banned, FALSE), b.changed_at
FROM (
  SELECT name FROM (SELECT name FROM users WHERE points > 0 ORDER BY points DESC, id LIMIT :best) AS by_points
  UNION
  SELECT name FROM (SELECT user_name AS name FROM xp_records WHERE xp > 0 ORDER BY xp DESC, id LIMIT :best) AS by_xp
) AS board
JOIN users u ON u.name = board.name AND u.platform = 'twitch' AND u.platform_id IS NOT NULL
LEFT JOIN bans b ON b.platform = u.platform AND b.platform_id = u.platform_id
"""

MOST = 2_000
BEST = 100


class Bans:
    """The bans that a platform told of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def to_check(self) -> list[BanChange]:
        """What is known of banned people on Twitch, the latest 2,000, and of the best 100 by points and by XP."""
        async with self._database.readers() as session:
            rows = await session.execute(sql(_TO_CHECK), {"most": MOST, "best": BEST})
            return [BanChange(str(user), bool(banned), read_stamp(at) if at else EPOCH) for user, banned, at in rows]

    async def note(self, change: BanChange) -> None:
        """Write down that somebody was banned, or that the ban was lifted."""
        values = {"platform": change.platform, "id": change.author_id, "banned": change.banned, "at": stamp(change.at)}
        async with self._database.write() as session:
            await session.execute(sql(_NOTE), values)
