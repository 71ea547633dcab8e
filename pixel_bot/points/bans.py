"""Bans: who is banned from the channel for good is on no leaderboard until the ban is lifted, and keeps the points."""

from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import sql
from pixel_bot.db.models import stamp
from pixel_bot.model.chat_message import BanChange

# Events may arrive in another order than that in which they happened: the later one counts.
_NOTE = """
INSERT INTO bans (platform, platform_id, banned, changed_at) VALUES (:platform, :id, :banned, :at)
ON CONFLICT (platform, platform_id) DO UPDATE SET banned = excluded.banned, changed_at = excluded.changed_at
WHERE excluded.changed_at >= bans.changed_at
"""


class Bans:
    """The bans that a platform told of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, change: BanChange) -> None:
        """Write down that somebody was banned, or that the ban was lifted."""
        values = {"platform": change.platform, "id": change.author_id, "banned": change.banned, "at": stamp(change.at)}
        async with self._database.write() as session:
            await session.execute(sql(_NOTE), values)
