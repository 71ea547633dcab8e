"""Connections without threads, which most tests have: what they do with locks is what a thread does."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.db import driver
from pixel_bot.db.driver import Connection, connect
from tests.loop_worker import LoopWorker

pytestmark = pytest.mark.sqlite


@pytest.fixture(params=["loop", "thread"])
async def both(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[tuple[Connection, Connection]]:
    if request.param == "loop":
        monkeypatch.setattr(driver, "make_worker", LoopWorker)
    one, two = await connect(tmp_path / "some.db"), await connect(tmp_path / "some.db", timeout=0.3)
    yield one, two
    await one.close()
    await two.close()


async def test_a_statement_that_meets_a_lock_waits_and_those_behind_it_too(both: tuple[Connection, Connection]) -> None:
    one, two = both
    await one.look_up("BEGIN IMMEDIATE", ())
    asked = [asyncio.create_task(two.look_up(words, ())) for words in ("BEGIN IMMEDIATE", "SELECT 1")]
    assert await asyncio.wait(asked, timeout=0.02) == (set(), set(asked))
    await one.look_up("COMMIT", ())
    assert await asyncio.gather(*asked) == [[], [(1,)]]


async def test_its_patience_ends(both: tuple[Connection, Connection]) -> None:
    one, two = both
    await one.look_up("BEGIN IMMEDIATE", ())
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await two.look_up("BEGIN IMMEDIATE", ())
    assert await two.look_up("SELECT 1", ()) == [(1,)]


async def test_others_have_their_turn_while_it_is_asked(both: tuple[Connection, Connection]) -> None:
    asked = asyncio.create_task(both[0].look_up("SELECT 1", ()))
    await asyncio.sleep(0)
    assert not asked.done()
    assert await asked == [(1,)]
