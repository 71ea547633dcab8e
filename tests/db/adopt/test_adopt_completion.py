"""What an adopted database lacks is added."""

import sqlite3
from pathlib import Path

import pytest

from tests.db.adopt.documents import adopted, findings_at_start, rows_of
from tests.harness.seed import DDL, INDEXES, TABLES, USERS, execute, hand_made, query

pytestmark = pytest.mark.sqlite


# What is missing


@pytest.mark.parametrize("table", [t for t in TABLES if t != "users"])
async def test_a_missing_table_is_added(path: Path, table: str) -> None:
    ddl = "".join(sql for name, sql in TABLES.items() if name != table)
    hand_made(path, ddl, users=[{"name": "alice", "points": 5}])
    done = await adopted(path)
    assert f"Added the table {table}." in done.report
    assert query(path, f"SELECT COUNT(*) FROM {table} WHERE 1") == [(1 if table == "transactions" else 0,)]
    assert await findings_at_start(path) == []


async def test_a_database_with_only_users_is_completed(path: Path) -> None:
    hand_made(path, USERS, users=[{"name": "alice", "points": 5}])
    await adopted(path)
    assert rows_of(path, "alice") == [(5, "adopted", 5)]
    assert {row[0] for row in query(path, "SELECT name FROM sqlite_master WHERE type = 'table'")} >= set(TABLES)


async def test_a_database_without_users_is_completed(path: Path) -> None:
    hand_made(path, TABLES["redeems"], redeems=[{"key": "tts", "display_name": "Say it", "cost": 3}])
    await adopted(path)
    assert query(path, "SELECT key, cost FROM redeems") == [("tts", 3)]
    assert await findings_at_start(path) == []


async def test_missing_columns_are_added_with_their_defaults(path: Path) -> None:
    ddl = """
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL);
    CREATE TABLE transactions (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, amount INTEGER NOT NULL);
    CREATE TABLE redeems (key TEXT PRIMARY KEY, display_name TEXT NOT NULL);
    """
    hand_made(
        path,
        ddl,
        users=[{"id": 1, "name": "alice"}],
        transactions=[{"user_id": 1, "amount": 4}],
        redeems=[{"key": "tts", "display_name": "x"}],
    )
    done = await adopted(path)
    assert "Added the column users.points." in done.report
    assert "Added the column transactions.balance_after." in done.report
    assert query(path, "SELECT name, points FROM users") == [("alice", 0)]
    assert query(path, "SELECT cost, enabled, cooldown_s FROM redeems") == [(0, 1, 0)]
    assert rows_of(path, "alice") == [(4, None, None), (-4, "adopted", 0)]
    assert await findings_at_start(path) == []


async def test_missing_indexes_are_added(path: Path) -> None:
    ddl = "".join(TABLES.values()).replace("TEXT UNIQUE", "TEXT").replace("UNIQUE (user_id, key),", "")
    hand_made(path, ddl, users=[{"name": "alice"}, {"name": "bob"}])
    done = await adopted(path)
    assert "Added the index on users (name)." in done.report
    assert "Added the index on cooldowns (user_id, key)." in done.report
    assert "Added the index on queue_items (kind, status)." in done.report
    with pytest.raises(sqlite3.IntegrityError):
        execute(path, "INSERT INTO users (name) VALUES ('alice')")
    with pytest.raises(sqlite3.IntegrityError):
        execute(path, *["INSERT INTO cooldowns (user_id, key, expires_at) VALUES (1, 'tts', 'x')"] * 2)


async def test_indexes_that_are_there_are_not_made_twice(path: Path) -> None:
    hand_made(path, DDL)
    await adopted(path)
    made = query(path, "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'queue_items'")
    for columns in ("(kind, status)", "(created_at)"):
        assert sum(columns in sql for (sql,) in made) == INDEXES.count(f"queue_items {columns}") == 1


async def test_of_two_cooldowns_of_one_kind_the_later_one_stays(path: Path) -> None:
    ddl = "".join(TABLES.values()).replace("UNIQUE (user_id, key),", "")
    hand_made(
        path,
        ddl,
        users=[{"id": 1, "name": "alice"}],
        cooldowns=[
            {"user_id": 1, "key": "tts", "expires_at": "2026-01-01 12:00:10.000000"},
            {"user_id": 1, "key": "tts", "expires_at": "2026-01-01 12:00:20.000000"},
            {"user_id": 1, "key": "wheel", "expires_at": "2026-01-01 12:00:05.000000"},
        ],
    )
    await adopted(path)
    assert query(path, "SELECT key, expires_at FROM cooldowns ORDER BY key") == [
        ("tts", "2026-01-01 12:00:20.000000"),
        ("wheel", "2026-01-01 12:00:05.000000"),
    ]
