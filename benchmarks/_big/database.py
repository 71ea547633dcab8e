"""A database in which very many people have very much history, made by SQL in one go, with a ledger that is right."""

import sqlite3
from contextlib import closing
from pathlib import Path

from _database.ledger import DATABASE
from _database.million import empty

from pixel_bot.sandbox.twitch.users import id_of
from pixel_bot.services import curve_of
from pixel_bot.testing import settings_in

NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :people)"
BORN = "'2026-01-01 12:00:00.000000'"
EACH = "1 + u.id * 7919 % 97"
"""Points of each row of one person: all kinds of balances, in no order."""

USERS = f"""
{NUMBERS} INSERT INTO users (id, name, points, created_at, updated_at, platform, platform_id, display_name)
SELECT 1 + n, 'viewer_' || n, 0, {BORN}, {BORN}, 'twitch', id_of('viewer_' || n), 'Viewer_' || n FROM numbers
"""
XP = f"""
INSERT INTO xp_records (user_name, xp, level, created_at, updated_at)
SELECT name, id * 104729 % 250000, level_of(id * 104729 % 250000), {BORN}, {BORN} FROM users
"""
ROUND = f"""
INSERT INTO transactions (user_id, amount, reason, balance_after, created_at)
SELECT u.id, {EACH}, 'chat', ({EACH}) * :round, datetime({BORN}, :round || ' hours') || '.000000'
FROM users u ORDER BY u.id * 611953 % 1299709
"""
BALANCES = f"UPDATE users AS u SET points = ({EACH}) * :rounds"


async def big(folder: Path, people: int, rounds: int) -> Path:
    """So many people with so many rows of the ledger each, theirs between those of all others. Returns the file."""
    await empty(folder)
    path = folder / DATABASE
    with closing(sqlite3.connect(path)) as connection:
        connection.create_function("id_of", 1, id_of, deterministic=True)
        connection.create_function("level_of", 1, curve_of(settings_in(folder)).level_of, deterministic=True)
        # Thrown away when anything fails; and indexes are made faster from all rows than row by row.
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.execute(USERS, {"people": people})
        connection.execute(XP)
        for number in range(1, rounds + 1):
            connection.execute(ROUND, {"round": number})
        connection.execute(BALANCES, {"rounds": rounds})
        for _, sql in indexes:
            connection.execute(sql)
        connection.commit()
        connection.execute("PRAGMA journal_mode = WAL")
    return path
