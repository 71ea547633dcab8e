"""XP and levels: the level curve, level rewards, and keeping the stored level in step with XP."""

import logging
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import floor
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.direct import run
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.db.meta import remember
from pixel_bot.db.models import stamp
from pixel_bot.model.event import Event
from pixel_bot.model.people import Platform, Viewer, platform_of_name
from pixel_bot.points import ledger, paid_levels
from pixel_bot.points.ledger import Entry
from pixel_bot.points.level_rewards import LevelRewards
from pixel_bot.points.paid_levels import Due

log = logging.getLogger(__name__)

CHUNK = 5_000


class Curve:
    """Total XP needed for level L is ``floor(base * (L - 1) ** exponent)``; level 1 needs none."""

    def __init__(self, base: float, exponent: float, max_level: int) -> None:
        self.name = f"{base}:{exponent}:{max_level}"
        self.max_level = max_level
        self._thresholds = _thresholds(base, exponent, max_level)

    def level_of(self, xp: int) -> int:
        """The level at this total XP."""
        return max(1, bisect_right(self._thresholds, xp))

    def xp_for(self, level: int) -> int | None:
        """Total XP needed for a level; None above the highest one."""
        return self._thresholds[level - 1] if level <= self.max_level else None


@lru_cache(maxsize=8)
def _thresholds(base: float, exponent: float, max_level: int) -> Sequence[int]:
    return [floor(base * step**exponent) for step in range(max_level)]


class Gain(NamedTuple):
    """XP to add to one viewer, earned on that platform."""

    user_id: int
    name: str
    shown: str
    amount: int
    at: datetime
    platform: Platform = "twitch"


@dataclass(frozen=True, slots=True)
class LevelUp(Event):
    """A viewer reached a level, and the message for chat of that platform from the streamer's file (may be empty)."""

    user_id: int
    shown: str
    level: int
    message: str
    platform: Platform = "twitch"


@dataclass(frozen=True, slots=True)
class Standing:
    """A viewer's XP, level, the XP at which that level begins, and that of the next (None at the highest)."""

    xp: int
    level: int
    floor: int
    next: int | None


LevelUpListener = Callable[[LevelUp], Awaitable[None]]


class Levels:
    """Adds XP, stores levels, pays level rewards."""

    def __init__(self, database: Database, clock: Clock, curve: Curve, rewards: LevelRewards) -> None:
        self._database = database
        self._clock = clock
        self.curve = curve
        self.on_level_up: LevelUpListener | None = None
        self.heard: Callable[[LevelUp], None] = lambda _: None
        """Called for each level that somebody reached, after the commit."""
        self._rewards = rewards

    @property
    def rewarded(self) -> Collection[int]:
        """The levels that have a reward."""
        return self._rewards.now().keys()

    async def notify(self, ups: Sequence[LevelUp]) -> None:
        """Announce levels that have a message in chat. Call it after the commit."""
        for up in ups:
            self.heard(up)
            if up.message and self.on_level_up is not None:
                try:
                    await self.on_level_up(up)
                except Exception:
                    log.exception("A new level was not announced in chat.")

    async def standing(self, viewer: Viewer) -> Standing:
        """The viewer's XP and level."""
        async with self._database.readers() as session:
            xp = await self._xp(session, viewer.name)
        level = self.curve.level_of(xp)
        return Standing(xp, level, self.curve.xp_for(level) or 0, self.curve.xp_for(level + 1))

    async def add(self, session: AsyncSession, gains: Sequence[Gain]) -> list[LevelUp]:
        """Add XP in the caller's transaction, and pay every level that was reached."""
        if not gains:
            return []
        gains = await self._with_current_names(session, gains)
        totals: dict[str, int] = defaultdict(int)
        for gain in gains:
            totals[gain.name] += gain.amount
        climbed = await self._add_xp(session, totals, gains[-1].at)
        who = {gain.name: gain for gain in gains}
        return await self._pay(
            session, [(who[name], level) for name, old, new in climbed for level in range(old + 1, new + 1)]
        )

    async def move(self, session: AsyncSession, giver: str, taker: str, most: int | None = None) -> int:
        """Move XP from one name to another in the caller's transaction. Levels follow, and pay nothing.

        Args:
            session: the transaction.
            giver: the name whose XP goes.
            taker: the name that gets it.
            most: the upper limit; None for all of it.

        Returns:
            How much was moved: never more than there was.
        """
        xp = await self._xp(session, giver)
        moved = xp if most is None else min(xp, most)
        if moved > 0:
            await self._add_xp(session, {giver: -moved, taker: moved}, self._clock.now())
        return max(0, moved)

    async def credit(self, session: AsyncSession, amounts: Mapping[str, int], at: datetime) -> int:
        """Add XP by name in the caller's transaction, or take it, but no more than there is. Levels pay nothing.

        Returns:
            How much was added in all; below zero when it was taken.
        """
        if not amounts:
            return 0
        source = unfold(session, {"name": "text"})
        query = sql(f"SELECT x.user_name, x.xp FROM {source} JOIN xp_records x ON x.user_name = row.name")
        rows = await session.execute(query, {"rows": fold([(name,) for name in amounts])})
        there = {str(name): int(xp or 0) for name, xp in rows}
        changes = {name: max(amount, -there.get(name, 0)) for name, amount in amounts.items()}
        await self._add_xp(session, {name: change for name, change in changes.items() if change}, at)
        return sum(changes.values())

    async def _add_xp(
        self, session: AsyncSession, totals: Mapping[str, int], at: datetime
    ) -> list[tuple[str, int, int]]:
        """Upsert XP by name. Returns each changed level: the name, the old level, the new level."""
        source = unfold(session, {"name": "text", "amount": "bigint"})
        done = await run(
            session,
            "INSERT INTO xp_records (user_name, xp, level, created_at, updated_at) "
            f"SELECT row.name, row.amount, 1, :at, :at FROM {source} WHERE true "
            "ON CONFLICT (user_name) DO UPDATE SET xp = xp_records.xp + excluded.xp, "
            "updated_at = excluded.updated_at RETURNING user_name, xp, level",
            {"rows": fold(list(totals.items())), "at": stamp(at)},
        )
        rows = [(name, level, self.curve.level_of(xp)) for name, xp, level in done.rows]
        climbed = [(name, old, new) for name, old, new in rows if new != old]
        if climbed:
            await self._store_levels(session, [(name, new) for name, _, new in climbed])
        return climbed

    async def _with_current_names(self, session: AsyncSession, gains: Sequence[Gain]) -> Sequence[Gain]:
        """Gains with the current account id and name.

        A viewer may have been renamed or linked in the middle of a batch. Only accounts of other platforms are merged
        into another one, and their names contain ``@``: the lookup is skipped when no name in the batch does.
        """
        names = {(gain.user_id, gain.name) for gain in gains}
        users = {user_id for user_id, _ in names}
        if len(names) == len(users) and not any("@" in name for _, name in names):
            return gains
        source = unfold(session, {"user_id": "bigint"})
        query = sql(
            f"SELECT u.id, k.id, k.name FROM {source} JOIN users u ON u.id = row.user_id "
            "JOIN users k ON k.id = COALESCE(u.merged_into, u.id)"
        )
        result = await session.execute(query, {"rows": fold([(user_id,) for user_id in users])})
        now = {int(user_id): (int(kept), str(name)) for user_id, kept, name in result}
        return [gain._replace(user_id=now[gain.user_id][0], name=now[gain.user_id][1]) for gain in gains]

    async def change(self, session: AsyncSession, viewer: Viewer, delta: int) -> tuple[int, list[LevelUp]]:
        """Add XP, or take it (by a mod); never below zero.

        Returns:
            The actual change, and the levels reached.
        """
        platform = platform_of_name(viewer.name)
        gain = Gain(viewer.id, viewer.name, viewer.display_name, 0, self._clock.now(), platform)
        (gain,) = await self._with_current_names(session, [gain])
        delta = max(delta, -await self._xp(session, gain.name))
        if delta >= 0:
            return delta, await self.add(session, [gain._replace(amount=delta)])
        await self._add_xp(session, {gain.name: delta}, gain.at)
        return delta, []

    async def xp_of(self, session: AsyncSession, viewer: Viewer) -> int:
        """The viewer's XP, as the caller's transaction sees it."""
        gain = Gain(viewer.id, viewer.name, viewer.display_name, 0, self._clock.now())
        (gain,) = await self._with_current_names(session, [gain])
        return await self._xp(session, gain.name)

    async def align(self) -> int:
        """Recompute all stored levels after a change of the curve's settings, without rewards.

        Returns:
            How many levels changed.
        """
        if await self._database.look_up("SELECT value FROM meta WHERE key = 'curve'", {}) == [(self.curve.name,)]:
            return 0
        changed = 0
        async with self._database.write() as session:
            rows = (await session.execute(sql("SELECT user_name, xp, level FROM xp_records"))).all()
            computed = ((name, self.curve.level_of(xp or 0), level) for name, xp, level in rows)
            wrong = [(name, level) for name, level, stored in computed if level != stored]
            for start in range(0, len(wrong), CHUNK):
                await self._store_levels(session, wrong[start : start + CHUNK])
            changed = len(wrong)
            await remember(session, "curve", self.curve.name)
        return changed

    async def _xp(self, session: AsyncSession, name: str) -> int:
        query = sql("SELECT xp FROM xp_records WHERE user_name = :name")
        return (await session.execute(query, {"name": name})).scalar() or 0

    async def _store_levels(self, session: AsyncSession, levels: Sequence[tuple[str, int]]) -> None:
        source = unfold(session, {"name": "text", "level": "bigint"})
        await run(
            session,
            f"UPDATE xp_records SET level = row.level FROM {source} WHERE xp_records.user_name = row.name",
            {"rows": fold(levels)},
        )

    async def _pay(self, session: AsyncSession, reached: Sequence[tuple[Gain, int]]) -> list[LevelUp]:
        """Pay rewards. A level pays a viewer once, also when its XP was taken and earned again."""
        rewards = self._rewards.now()
        due = [Due(gain.user_id, level, rewards[level].points, gain.at) for gain, level in reached if level in rewards]
        fresh = await paid_levels.claim(session, due)
        await ledger.post(session, [Entry(d.user_id, d.points, f"level:{d.level}", d.at) for d in fresh if d.points])
        paid = {(d.user_id, d.level) for d in fresh}
        return [
            LevelUp(
                gain.user_id,
                gain.shown,
                level,
                rewards[level].words(gain.shown, level) if (gain.user_id, level) in paid else "",
                gain.platform,
            )
            for gain, level in reached
        ]
