"""Cooldowns by user and key, durable in the table ``cooldowns``."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import GRACE, Clock
from pixel_bot.concurrency.throttle import throttle_after
from pixel_bot.db.direct import run
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.db.models import read_stamp, stamp
from pixel_bot.points.account_sql import ACCOUNT
from pixel_bot.points.idempotency import write_once

EXPIRED_RETENTION = timedelta(hours=1)

AT_ONCE = 500
"""Rows deleted in one transaction."""

CHAT, XP = "chat", "xp"
"""The keys of the two chat awards."""

_RUNNING = sql("SELECT user_id, key, expires_at, started_at FROM cooldowns WHERE expires_at > :now")
_RESTING = sql("SELECT key, everyone_until FROM redeems WHERE everyone_until > :now")
_REST_UNTIL = sql("UPDATE redeems SET everyone_until = :at WHERE key = :key")
_BEGUN_BY_ITEMS = sql(
    "SELECT id, cooldown_until, everyone_until FROM queue_items "
    "WHERE refunded_at IS NULL AND (cooldown_until > :now OR everyone_until > :now)"
)
_ENDS_OF_ITEM = sql("UPDATE queue_items SET cooldown_until = :own, everyone_until = :everyone WHERE id = :id")

LONGEST = timedelta(days=366)
"""No cooldown lasts longer. It bounds those of older versions, which did not keep when they began."""

_UPSERT = (
    "INSERT INTO cooldowns (user_id, key, expires_at, started_at) {source} "
    "ON CONFLICT (user_id, key) DO UPDATE SET expires_at = excluded.expires_at, started_at = excluded.started_at"
)


def seconds_left(until: str | datetime | None, since: str | datetime | None, now: datetime) -> float:
    """How long a cooldown still lasts; never longer than its own length, whatever the clock was set to.

    Args:
        until, since: its end and its beginning, as the database has them.
        now: the present moment.

    Returns:
        Seconds; 0 when it is over. One that began more than a minute after now was begun by a clock that was set back
        since, and is over.
    """
    if until is None:
        return 0.0
    end = read_stamp(until)
    if since is None:
        return (end - now).total_seconds() if timedelta() < end - now <= LONGEST else 0.0
    began = read_stamp(since)
    if now < began - GRACE:
        return 0.0
    return max(0.0, min(end - now, end - began).total_seconds())


async def begin_all(session: AsyncSession, rows: Sequence[tuple[int, str, str, str]]) -> None:
    """Begin many cooldowns in the caller's transaction: user id, key, end and beginning, the latter as stamps."""
    if rows:
        source = unfold(
            session, {"user_id": "bigint", "key": "text", "expires_at": "timestamp", "started_at": "timestamp"}
        )
        select = f"SELECT row.user_id, row.key, row.expires_at, row.started_at FROM {source} WHERE true"
        await run(session, _UPSERT.format(source=select), {"rows": fold(rows)})


async def begin(session: AsyncSession, user_id: int, key: str, since: datetime, until: datetime) -> None:
    """Begin a cooldown in the caller's transaction."""
    await begin_all(session, [(user_id, key, stamp(until), stamp(since))])


async def _move_ends_of_items(session: AsyncSession, now: datetime, by: timedelta) -> None:
    """An item knows its cooldowns by when they end: they move with them, so that a refund still releases those."""

    def moved(at: str | datetime | None) -> str | None:
        if at is None:
            return None
        end = read_stamp(at)
        return stamp(end - by if end > now else end)

    rows = (await session.execute(_BEGUN_BY_ITEMS, {"now": stamp(now)})).all()
    if rows:
        ends = [{"id": item, "own": moved(own), "everyone": moved(everyone)} for item, own, everyone in rows]
        await session.execute(_ENDS_OF_ITEM, ends)


class Cooldowns:
    """Reads and sets the cooldowns of commands and redeems. The award batches write those of chat awards."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def left(self, user_id: int, key: str) -> float:
        """Seconds left, 0 when there is no cooldown."""
        query = sql("SELECT expires_at, started_at FROM cooldowns WHERE user_id = :user AND key = :key")
        async with self._database.readers() as session:
            row = (await session.execute(query, {"user": user_id, "key": key})).first()
        return 0.0 if row is None else seconds_left(row[0], row[1], self._clock.now())

    async def start(self, session: AsyncSession, user_id: int, key: str, seconds: float) -> None:
        """Begin a cooldown in the caller's transaction."""
        await self.start_until(session, user_id, key, self._clock.now() + timedelta(seconds=seconds))

    async def start_until(self, session: AsyncSession, user_id: int, key: str, until: datetime) -> None:
        """Begin a cooldown that ends at an aware moment, in the caller's transaction."""
        await begin(session, user_id, key, self._clock.now(), until)

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
            f"SELECT key, expires_at, started_at FROM cooldowns WHERE user_id = {ACCOUNT} AND expires_at > :now "
            "ORDER BY key"
        )
        async with self._database.readers() as session:
            rows = (await session.execute(query, {"user": user_id, "now": stamp(now)})).all()
        return {key: left for key, at, began in rows if (left := seconds_left(at, began, now))}

    async def reset(self, user_id: int) -> int:
        """End all cooldowns of one user. Returns how many had been running."""
        running = await self.running(user_id)
        async with write_once(self._database) as session:
            await session.execute(sql(f"DELETE FROM cooldowns WHERE user_id = {ACCOUNT}"), {"user": user_id})
        return len(running)

    async def move_back(self, by: timedelta) -> int:
        """The clock was set back by so much: all that run end as much earlier, after as long as before.

        Returns:
            How many there were.
        """
        now = self._clock.now()
        async with self._database.write() as session:
            rows = (await session.execute(_RUNNING, {"now": stamp(now)})).all()
            moved = [(user, key, read_stamp(at), began) for user, key, at, began in rows]
            await begin_all(
                session,
                [
                    (user, key, stamp(at - by), stamp(read_stamp(began) - by if began is not None else now - by))
                    for user, key, at, began in moved
                ],
            )
            redeems = (await session.execute(_RESTING, {"now": stamp(now)})).all()
            for key, at in redeems:
                await session.execute(_REST_UNTIL, {"key": key, "at": stamp(read_stamp(at) - by)})
            await _move_ends_of_items(session, now, by)
        return len(rows) + len(redeems)

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
