"""The user's schema document as SQL, and databases made by hand from it."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from pixel_bot.db.engine import Database
from pixel_bot.db.models import stamp

USERS = """
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT UNIQUE NOT NULL,
    points INTEGER DEFAULT 0,
    created_at TIMESTAMP,
    updated_at TIMESTAMP
);
"""
XP_RECORDS = """
CREATE TABLE xp_records (
    id INTEGER PRIMARY KEY,
    user_name TEXT UNIQUE NOT NULL,
    xp INTEGER DEFAULT 0,
    level INTEGER DEFAULT 1,
    created_at TIMESTAMP,
    updated_at TIMESTAMP
);
"""
TRANSACTIONS = """
CREATE TABLE transactions (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    reason TEXT,
    balance_after INTEGER,
    created_at TIMESTAMP,
    FOREIGN KEY (user_id) REFERENCES users(id)
);
"""
COOLDOWNS = """
CREATE TABLE cooldowns (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    UNIQUE (user_id, key),
    FOREIGN KEY (user_id) REFERENCES users(id)
);
"""
QUEUE_ITEMS = """
CREATE TABLE queue_items (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    status TEXT DEFAULT 'pending',
    payload_json JSON,
    created_at TIMESTAMP,
    started_at TIMESTAMP,
    finished_at TIMESTAMP
);
"""
REDEEMS = """
CREATE TABLE redeems (
    key TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    cost INTEGER DEFAULT 0,
    enabled BOOLEAN DEFAULT TRUE,
    cooldown_s INTEGER DEFAULT 0,
    created_at TIMESTAMP,
    updated_at TIMESTAMP
);
"""
JOYSTICK_INSTALLS = """
CREATE TABLE joystick_installs (
    id INTEGER PRIMARY KEY,
    channel_id TEXT UNIQUE NOT NULL,
    access_token TEXT NOT NULL,
    refresh_token TEXT,
    expires_at TIMESTAMP,
    created_at TIMESTAMP,
    updated_at TIMESTAMP
);
"""
TABLES = {
    "users": USERS,
    "xp_records": XP_RECORDS,
    "transactions": TRANSACTIONS,
    "cooldowns": COOLDOWNS,
    "queue_items": QUEUE_ITEMS,
    "redeems": REDEEMS,
    "joystick_installs": JOYSTICK_INSTALLS,
}
INDEXES = """
CREATE INDEX idx_transactions_user_id ON transactions (user_id);
CREATE INDEX idx_transactions_created_at ON transactions (created_at);
CREATE INDEX idx_cooldowns_expires_at ON cooldowns (expires_at);
CREATE INDEX idx_queue_items_kind_status ON queue_items (kind, status);
CREATE INDEX idx_queue_items_created_at ON queue_items (created_at);
"""
"""The document lists them in prose; the unique ones come with the tables."""

DDL = "".join(TABLES.values()) + INDEXES

Rows = Sequence[Mapping[str, object]]


def hand_made(path: Path, ddl: str = DDL, **rows: Rows) -> Path:
    """Make a database from the document, with rows by table: ``users=[{"name": "alice", "points": 5}]``."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(ddl)
        for table, values in rows.items():
            for row in values:
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
        connection.commit()
    return path


def place_of(database: Database) -> Path | str:
    """Where ``query`` and ``execute`` find a database: its file, or its URL."""
    return database.path or database.url


def query(place: Path | str, sql: str) -> list[tuple[Any, ...]]:
    """All rows of a query, with nothing of ours in between; times as text."""
    if isinstance(place, str):
        return _on_server(place, sql)
    with closing(sqlite3.connect(place)) as connection:
        return connection.execute(sql).fetchall()


def execute(place: Path | str, *statements: str) -> None:
    """Change a database behind the bot's back; in a file foreign keys are not enforced."""
    if isinstance(place, str):
        _on_server(place, *statements)
        return
    with closing(sqlite3.connect(place)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def url_of(path: Path) -> str:
    """The SQLAlchemy URL of a database file."""
    return f"sqlite+aiosqlite:///{path.as_posix()}"


def _on_server(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements on a server, from wherever; the rows of the last one."""

    async def run() -> list[tuple[Any, ...]]:
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.begin() as connection:
            results = [await connection.execute(text(statement)) for statement in statements]
            last = results[-1]
            rows = [tuple(row) for row in last] if last.returns_rows else []
        await engine.dispose()
        return [tuple(stamp(v.replace(tzinfo=UTC)) if isinstance(v, datetime) else v for v in row) for row in rows]

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()
