"""The leaderboards of points and XP, and a viewer's rank on them.

Neither the broadcaster and the bot, nor ignored or banned people are on them. Equal values share a rank.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.model.people import Viewer
from pixel_bot.points.ignore_list import IgnoreList

Board = Literal["points", "xp"]

_TABLES: dict[Board, str] = {
    "points": "(SELECT id, name, points AS value FROM users)",
    "xp": "(SELECT id, user_name AS name, xp AS value FROM xp_records)",
}

# Excluded rows are filtered one by one, in the index's order, until there are enough: nothing is sorted.
_TOP = """
SELECT b.name, COALESCE(u.display_name, b.name), b.value FROM {table} b LEFT JOIN users u ON u.name = b.name
WHERE b.value > :above AND b.name NOT IN (SELECT row.name FROM {names})
  AND NOT EXISTS (SELECT 1 FROM ignored_accounts i WHERE i.user_id = u.id AND i.ignored)
  AND NOT EXISTS (
    SELECT 1 FROM bans a WHERE a.platform = u.platform AND a.platform_id = u.platform_id AND a.banned)
ORDER BY b.value {order} LIMIT :most
"""

# Counted by ranges of the index; then the excluded ones in them, who are few, are taken off.
_RANK = """
WITH me AS (SELECT COALESCE((SELECT b.value FROM {table} b WHERE b.name = :name), 0) AS value),
excluded AS (
  SELECT row.name FROM {names}
  UNION SELECT u.name FROM ignored_accounts i JOIN users u ON u.id = i.user_id WHERE i.ignored
  UNION SELECT u.name FROM bans a JOIN users u ON u.platform = a.platform AND u.platform_id = a.platform_id
  WHERE a.banned
),
gone AS (SELECT b.value FROM excluded e JOIN {table} b ON b.name = e.name WHERE b.value > 0)
SELECT (SELECT value FROM me), EXISTS (SELECT 1 FROM excluded WHERE name = :name),
  (SELECT COUNT(*) FROM {table} b WHERE b.value > (SELECT value FROM me))
    - (SELECT COUNT(*) FROM gone WHERE value > (SELECT value FROM me)),
  (SELECT COUNT(*) FROM {table} b WHERE b.value = (SELECT value FROM me))
    - (SELECT COUNT(*) FROM gone WHERE value = (SELECT value FROM me)),
  (SELECT COUNT(*) FROM {table} b WHERE b.value > 0 AND b.value < (SELECT value FROM me))
    - (SELECT COUNT(*) FROM gone WHERE value < (SELECT value FROM me))
"""


@dataclass(frozen=True, slots=True)
class LeaderboardEntry:
    """One entry of a leaderboard. ``place`` counts from 1; equal values have the same."""

    name: str
    display_name: str
    value: int
    place: int


@dataclass(frozen=True, slots=True)
class Rank:
    """A viewer's rank: the place from 1, among how many, and the points or XP that they have.

    Args:
        value: points or XP. With 0 there is no place, which is then 0.
        place, total: counted without those who have nothing or are excluded.
        equals: how many others share the place.
        ahead: one of those at the next better place; None at the first one.
    """

    value: int
    place: int
    total: int
    equals: int
    ahead: LeaderboardEntry | None = None

    @property
    def missing(self) -> int:
        """What is missing to pass the one ahead; 0 at the first place."""
        return self.ahead.value - self.value + 1 if self.ahead else 0


class Leaderboard:
    """Reads the highest balances and XP.

    Args:
        database: where they are.
        ignore_list: who is excluded.
        left_out: names in the database, like ``bob`` or ``bob@joystick``, that are excluded, too. More may be added to
            it later.
    """

    def __init__(self, database: Database, ignore_list: IgnoreList, left_out: Collection[str] = ()) -> None:
        self._database = database
        self._ignore_list = ignore_list
        self._left_out = left_out

    async def by_points(self, size: int = 5) -> list[LeaderboardEntry]:
        """The viewers with the most points, without those who have none; of equal ones those who came first."""
        return await self._top("points", size)

    async def by_xp(self, size: int = 5) -> list[LeaderboardEntry]:
        """The viewers with the most XP."""
        return await self._top("xp", size)

    async def rank(self, viewer: Viewer, board: Board = "points") -> Rank | None:
        """A viewer's rank; None for those who are excluded."""
        async with self._database.readers() as session:
            names = await self._excluded_names(session)
            query = _RANK.format(table=_TABLES[board], names=unfold(session, {"name": "text"}))
            row = (await session.execute(sql(query), {"rows": names, "name": viewer.name})).one()
            value, is_excluded, better, equal, worse = (int(number) for number in row)
            if is_excluded:
                return None
            if value <= 0:
                return Rank(value, 0, better, 0)
            # In the very opposite of the board's order, so that the index serves it.
            ahead = await self._read(session, board, names, value, "ASC, b.id DESC", 1) if better else []
        return Rank(value, better + 1, better + equal + worse, equal - 1, ahead[0] if ahead else None)

    async def _top(self, board: Board, size: int) -> list[LeaderboardEntry]:
        async with self._database.readers() as session:
            names = await self._excluded_names(session)
            return await self._read(session, board, names, 0, "DESC, b.id", size)

    async def _read(
        self, session: AsyncSession, board: Board, names: str, above: int, order: str, most: int
    ) -> list[LeaderboardEntry]:
        query = _TOP.format(table=_TABLES[board], names=unfold(session, {"name": "text"}), order=order)
        rows = (await session.execute(sql(query), {"rows": names, "above": above, "most": most})).all()
        entries: list[LeaderboardEntry] = []
        for index, (name, shown, value) in enumerate(rows, 1):
            place = entries[-1].place if entries and entries[-1].value == value else index
            entries.append(LeaderboardEntry(name, shown, int(value), place))
        return entries

    async def _excluded_names(self, session: AsyncSession) -> str:
        names = (await self._ignore_list.read(session)).names | {name.lower() for name in self._left_out}
        return fold([(name,) for name in sorted(names)])
