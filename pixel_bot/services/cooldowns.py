"""Cooldowns by user and key: durable in the table, with a look-up in memory in front."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models import read_stamp, stamp
from pixel_bot.db.sets import sql
from pixel_bot.services.memory import Memory

KEEP_EXPIRED = timedelta(hours=1)

CHAT, XP = "chat", "xp"
"""The keys of the two chat awards."""

UPSERT = (
    "INSERT INTO cooldowns (user_id, key, expires_at) {source} "
    "ON CONFLICT (user_id, key) DO UPDATE SET expires_at = excluded.expires_at"
)


class Cooldowns:
    """Asks and sets the cooldowns of commands and redeems. Those of chat awards are kept by the awards themselves."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._front: Memory[tuple[int, str], datetime] = Memory(20_000)

    async def left(self, user_id: int, key: str) -> float:
        """Seconds that are left, 0 when there is none."""
        # Memory is believed when it says that one runs. "None" may be outdated, so then the table is asked.
        remembered = self._front.get((user_id, key))
        if remembered is not None and remembered > self._clock.now():
            return (remembered - self._clock.now()).total_seconds()
        query = sql("SELECT expires_at FROM cooldowns WHERE user_id = :user AND key = :key")
        async with self._database.readers() as session:
            found = (await session.execute(query, {"user": user_id, "key": key})).scalar()
        if found is None:
            return 0.0
        expires = read_stamp(found)
        self._front.put((user_id, key), expires)
        return max(0.0, (expires - self._clock.now()).total_seconds())

    async def start(self, session: AsyncSession, user_id: int, key: str, seconds: float) -> None:
        """Begin a cooldown in the caller's transaction."""
        expires = self._clock.now() + timedelta(seconds=seconds)
        await session.execute(
            sql(UPSERT.format(source="VALUES (:user, :key, :at)")),
            {"user": user_id, "key": key, "at": stamp(expires)},
        )
        # Forgotten rather than set: should the caller roll back, the table is asked again.
        self._front.forget((user_id, key))

    async def running(self, user_id: int) -> dict[str, float]:
        """Seconds left by key, of all cooldowns of one user that have not expired."""
        now = self._clock.now()
        query = sql("SELECT key, expires_at FROM cooldowns WHERE user_id = :user AND expires_at > :now ORDER BY key")
        async with self._database.readers() as session:
            rows = (await session.execute(query, {"user": user_id, "now": stamp(now)})).all()
        return {key: (read_stamp(at) - now).total_seconds() for key, at in rows}

    async def reset(self, user_id: int) -> int:
        """End all cooldowns of one user. Returns how many had been running."""
        running = await self.running(user_id)
        async with self._database.write() as session:
            await session.execute(sql("DELETE FROM cooldowns WHERE user_id = :user"), {"user": user_id})
        self._front.clear()
        return len(running)

    async def clean_up(self) -> int:
        """Remove cooldowns that expired an hour ago. Returns how many."""
        limit = stamp(self._clock.now() - KEEP_EXPIRED)
        async with self._database.write() as session:
            result = await session.execute(sql("DELETE FROM cooldowns WHERE expires_at < :limit"), {"limit": limit})
        return getattr(result, "rowcount", 0)
