"""Connections: how each is set up, and who waits for whom."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.db.engine import BUSY_TIMEOUT_MS, Database
from tests.db.schema.revisions import file_of, opened, upgraded
from tests.harness.seed import execute, query

pytestmark = pytest.mark.sqlite


# Connections


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": BUSY_TIMEOUT_MS}


@pytest.mark.parametrize("factory", ["sessions", "readers"])
@pytest.mark.parametrize("pragma", PRAGMAS)
async def test_every_connection_is_set_up(fresh: Database, factory: str, pragma: str) -> None:
    make = fresh.sessions if factory == "sessions" else fresh.readers
    async with fresh.readers() as holds_the_first, make() as session:
        await holds_the_first.execute(text("SELECT 1"))
        assert (await session.execute(text(f"PRAGMA {pragma}"))).scalar_one() == PRAGMAS[pragma]


async def test_a_session_excludes_other_writers_from_its_first_read_on(fresh: Database) -> None:
    async with fresh.sessions() as session:
        await session.execute(text("SELECT 1"))
        with closing(sqlite3.connect(file_of(fresh), timeout=0)) as other:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            await session.rollback()
            other.execute("BEGIN IMMEDIATE")


async def test_a_second_writer_waits_and_sees_what_the_first_wrote(fresh: Database, tmp_path: Path) -> None:
    began = asyncio.Event()

    async def second(database: Database) -> int:
        async with database.write() as session:
            points = (await session.execute(text("SELECT points FROM users"))).scalar_one()
            began.set()
            await session.execute(text("UPDATE users SET points = :more"), {"more": points + 1})
            return points

    execute(file_of(fresh), "INSERT INTO users (name, points) VALUES ('alice', 1)")
    async with opened(tmp_path / "pixel.db") as other:
        async with fresh.write() as session:
            await session.execute(text("SELECT points FROM users"))
            task = asyncio.create_task(second(other))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(began.wait(), 0.2)
            await session.execute(text("UPDATE users SET points = 10"))
        assert await task == 10
    assert query(tmp_path / "pixel.db", "SELECT points FROM users") == [(11,)]


async def test_an_open_reader_does_not_block_a_writer(fresh: Database) -> None:
    execute(file_of(fresh), "INSERT INTO users (name) VALUES ('alice')")
    async with fresh.engine.connect() as reader:
        total = text("SELECT SUM(points) FROM users")
        assert (await reader.execute(total)).scalar_one() == 0
        async with asyncio.timeout(5):
            async with fresh.write() as session:
                await session.execute(text("UPDATE users SET points = 5"))
        assert (await reader.execute(total)).scalar_one() == 0, "its transaction is still open"
    async with fresh.readers() as session:
        assert (await session.execute(total)).scalar_one() == 5


async def test_a_reader_sees_only_what_is_committed(fresh: Database) -> None:
    async with fresh.readers() as reader, fresh.write() as session:
        await session.execute(text("INSERT INTO users (name) VALUES ('alice')"))
        assert (await reader.execute(text("SELECT COUNT(*) FROM users"))).scalar_one() == 0


async def test_a_write_that_raises_leaves_nothing_behind(fresh: Database) -> None:
    told: list[str] = []
    fresh.committed.add(lambda: told.append("committed"))
    with suppress(ZeroDivisionError):
        async with fresh.write() as session:
            await session.execute(text("INSERT INTO users (name) VALUES ('alice')"))
            raise ZeroDivisionError
    assert query(file_of(fresh), "SELECT COUNT(*) FROM users") == [(0,)]
    assert told == []


async def test_foreign_keys_are_enforced(fresh: Database) -> None:
    with pytest.raises(Exception, match="FOREIGN KEY"):
        async with fresh.write() as session:
            await session.execute(text("INSERT INTO transactions (user_id, amount) VALUES (99, 1)"))


async def test_closing_folds_the_log_into_the_file(tmp_path: Path) -> None:
    await upgraded(tmp_path / "pixel.db")
    assert [p.name for p in tmp_path.iterdir()] == ["pixel.db"]
