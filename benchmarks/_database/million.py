"""A database with a million known viewers, made by SQL in one go, with a ledger that is right."""

import sqlite3
from contextlib import closing
from pathlib import Path

from _database.ledger import DATABASE

from pixel_bot.clock import Clock
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch.users import id_of
from pixel_bot.testing import settings_in

POINTS, XP = 1_000_000_000, 40
"""What each has; so little XP that everybody is on level 1."""

NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :people)"
NOW = "'2026-01-01 12:00:00.000000'"
STATEMENTS = (
    f"{NUMBERS} INSERT INTO users (name, points, created_at, updated_at, platform, platform_id, display_name) "
    f"SELECT 'viewer_' || n, {POINTS}, {NOW}, {NOW}, 'twitch', id_of('viewer_' || n), 'Viewer_' || n FROM numbers",
    "INSERT INTO xp_records (user_name, xp, level, created_at, updated_at) "
    f"SELECT name, {XP}, 1, {NOW}, {NOW} FROM users",
    "INSERT INTO transactions (user_id, amount, reason, balance_after, created_at) "
    f"SELECT id, {POINTS}, 'start', {POINTS}, {NOW} FROM users",
)


async def empty(folder: Path) -> None:
    """A database of the present schema with nobody in it."""
    async with opened(settings_in(folder), "sandbox", Clock()):
        pass


async def crowded(folder: Path, people: int) -> None:
    """A database in which so many are known, under the names and ids of ``known_viewer``."""
    await empty(folder)
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.create_function("id_of", 1, id_of, deterministic=True)
        connection.execute("PRAGMA synchronous = OFF")
        for statement in STATEMENTS:
            connection.execute(statement, {"people": people} if ":people" in statement else {})
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
