"""Statements that go round SQLAlchemy belong to its transaction, and fail as its own do."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, InvalidRequestError, OperationalError

from pixel_bot.db.direct import run
from pixel_bot.db.engine import Database

PUT = "INSERT INTO kept (word) VALUES (:word)"
WORDS = "SELECT word FROM kept ORDER BY word"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    made = Database(f"sqlite+aiosqlite:///{tmp_path / 'words.db'}")
    async with made.write() as session:
        await run(session, "CREATE TABLE kept (word TEXT PRIMARY KEY)", {})
    yield made
    await made.close()


async def words(database: Database) -> list[str]:
    return [word for (word,) in await database.look_up(WORDS, {})]


async def test_rows_and_counts_are_those_of_the_statement(database: Database) -> None:
    async with database.write() as session:
        assert (await run(session, f"{PUT} RETURNING word", {"word": "one"})).rows == [("one",)]
        assert (await run(session, PUT, {"word": "two"})).changed == 1
        assert (await run(session, "UPDATE kept SET word = word || '!'", {})).changed == 2
    async with database.readers() as session:  # one that is not the writer's: through SQLAlchemy
        assert (await run(session, WORDS, {})).rows == [("one!",), ("two!",)]


async def test_what_is_rolled_back_takes_its_statements_with_it(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as session:
            await run(session, PUT, {"word": "one"})
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await words(database) == []


async def test_a_savepoint_that_is_rolled_back_takes_its_statements_with_it(database: Database) -> None:
    """Also where the first statement in it is one of these: SQLAlchemy sends a savepoint with its own first one."""
    async with database.write() as session:
        await run(session, PUT, {"word": "one"})
        with suppress(LookupError):
            async with session.begin_nested():
                await run(session, PUT, {"word": "two"})
                raise LookupError
        await run(session, PUT, {"word": "three"})
    assert await words(database) == ["one", "three"]


async def test_errors_are_those_of_sqlalchemy(database: Database) -> None:
    async with database.write() as session:
        await run(session, PUT, {"word": "one"})
        with pytest.raises(IntegrityError) as twice:
            await run(session, PUT, {"word": "one"})
        with pytest.raises(OperationalError, match="no such table"):
            await run(session, "SELECT 1 FROM nowhere", {})
    assert "UNIQUE" in str(twice.value.orig)
    assert await words(database) == ["one"]


async def test_nothing_runs_behind_the_end_of_the_transaction(database: Database) -> None:
    async with database.write() as session:
        await run(session, PUT, {"word": "one"})
        await session.commit()
        with pytest.raises(InvalidRequestError):
            await run(session, PUT, {"word": "two"})
    assert await words(database) == ["one"]
