"""The leaderboards of points and XP, without the broadcaster, the bot and other bots."""

from collections.abc import Collection
from dataclasses import dataclass

from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import sql
from pixel_bot.model.names import name_of

SERVICE_BOTS = frozenset(
    {
        "botrixoficial",
        "commanderroot",
        "creatisbot",
        "fossabot",
        "kofistreambot",
        "moobot",
        "mixitupapp",
        "nightbot",
        "own3d",
        "phantombot",
        "pokemoncommunitygame",
        "sery_bot",
        "soundalerts",
        "streamelements",
        "streamholics",
        "streamlabs",
        "streamstickers",
        "tangiabot",
        "wizebot",
        "wzbot",
    }
)
"""Logins of service bots that are in many chats."""

SERVICES_ANYWHERE = SERVICE_BOTS | {name_of(login, "joystick") for login in SERVICE_BOTS}


@dataclass(frozen=True, slots=True)
class LeaderboardEntry:
    """One entry of a leaderboard."""

    name: str
    display_name: str
    value: int


class Leaderboard:
    """Reads the highest balances and XP.

    Args:
        database: where they are.
        left_out: names in the database, like ``bob`` or ``bob@joystick``, that are excluded. More may be added to it
            later.
    """

    def __init__(self, database: Database, left_out: Collection[str] = ()) -> None:
        self._database = database
        self._left_out = left_out

    @property
    def left_out(self) -> frozenset[str]:
        """All excluded names."""
        return SERVICES_ANYWHERE | {name.lower() for name in self._left_out}

    async def by_points(self, size: int = 5) -> list[LeaderboardEntry]:
        """The viewers with the most points, without those who have none."""
        return await self._top(
            "SELECT name, display_name, points FROM users WHERE points > 0 ORDER BY points DESC, id LIMIT :most", size
        )

    async def by_xp(self, size: int = 5) -> list[LeaderboardEntry]:
        """The viewers with the most XP."""
        return await self._top(
            "SELECT x.user_name, u.display_name, x.xp FROM xp_records x LEFT JOIN users u ON u.name = x.user_name "
            "WHERE x.xp > 0 ORDER BY x.xp DESC, x.id LIMIT :most",
            size,
        )

    async def _top(self, query: str, size: int) -> list[LeaderboardEntry]:
        # A few more rows than needed: excluded names are filtered here, so that the index alone serves the query.
        left_out = self.left_out
        most = size + len(left_out)
        async with self._database.readers() as session:
            rows = (await session.execute(sql(query), {"most": most})).all()
        entries = [LeaderboardEntry(name, shown or name, value) for name, shown, value in rows if name not in left_out]
        return entries[:size]
