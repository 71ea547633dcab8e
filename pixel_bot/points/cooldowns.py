"""Cooldowns by user and key, durable in the table ``cooldowns``."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.concurrency.throttle import throttle_after
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import sql
from pixel_bot.db.models import read_stamp, stamp
from pixel_bot.points.account_sql import ACCOUNT
from pixel_bot.points.idempotency import write_once

EXPIRED_RETENTION = timedelta(hours=1)

AT_ONCE = 500
"""Rows deleted in one transaction."""

CHAT, XP = "chat", "xp"
"""The keys of the two chat awards."""

UPSERT = (
    "INSERT INTO cooldowns (user_id, key, expires_at) {source} "
    "ON CONFLICT (user_id, key) DO UPDATE SET expires_at = excluded.expires_at"
)


class Cooldowns:
    """Reads and sets the cooldowns of commands and redeems. The award batches write those of chat awards."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def left(self, user_id: int, key: str) -> float:
        """Seconds left, 0 when there is no cooldown."""
        query = sql("SELECT expires_at FROM cooldowns WHERE user_id = :user AND key = :key")
        async with self._database.readers() as session:
            expires_at = (await session.execute(query, {"user": user_id, "key": key})).scalar()
        if expires_at is None:
            return 0.0
        return max(0.0, (read_stamp(expires_at) - self._clock.now()).total_seconds())

    async def start(self, session: AsyncSession, user_id: int, key: str, seconds: float) -> None:
        """Begin a cooldown in the caller's transaction."""
        await self.start_until(session, user_id, key, self._clock.now() + timedelta(seconds=seconds))

    async def start_until(self, session: AsyncSession, user_id: int, key: str, until: datetime) -> None:
        """Begin a cooldown that ends at an aware moment, in the caller's transaction."""
        await session.execute(
            sql(UPSERT.format(source="VALUES (:user, :key, :at)")),
            {"user": user_id, "key": key, "at": stamp(until)},
        )

    async def release(self, session: AsyncSession, user_id: int, key: str, until: datetime) -> None:
        """Conditional delete: end the cooldown that expires at that moment. One that was started since stays."""
        await session.execute(
            sql("DELETE FROM cooldowns WHERE user_id = :user AND key = :key AND expires_at = :at"),
            {"user": user_id, "key": key, "at": stamp(until)},
        )

    async def running(self, user_id: int) -> dict[str, float]:
        """Seconds left by key, of all unexpired cooldowns of one user."""
        now = self._clock.now()
        query = sql(
            f"SELECT key, expires_at FROM cooldowns WHERE user_id = {ACCOUNT} AND expires_at > :now ORDER BY key"
        )
        async with self._database.readers() as session:
            rows = (await session.execute(query, {"user": user_id, "now": stamp(now)})).all()
        return {key: (read_stamp(at) - now).total_seconds() for key, at in rows}

    async def reset(self, user_id: int) -> int:
        """End all cooldowns of one user. Returns how many had been running."""
        running = await self.running(user_id)
        async with write_once(self._database) as session:
            await session.execute(sql(f"DELETE FROM cooldowns WHERE user_id = {ACCOUNT}"), {"user": user_id})
        return len(running)

    async def clean_up(self) -> int:
        """Delete cooldowns that expired an hour ago, in throttled batches. Returns how many."""
        limit = stamp(self._clock.now() - EXPIRED_RETENTION)
        expired = f"SELECT id FROM cooldowns WHERE expires_at < :limit ORDER BY expires_at LIMIT {AT_ONCE}"
        removed = 0
        while True:
            async with throttle_after(self._database.write()) as session:
                result = await session.execute(sql(f"DELETE FROM cooldowns WHERE id IN ({expired})"), {"limit": limit})
                deleted: int = getattr(result, "rowcount", 0)
            removed += deleted
            if deleted < AT_ONCE:
                return removed
