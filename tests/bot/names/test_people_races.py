"""Whoever is heard is known to every command after it."""

import asyncio
import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from pixel_bot.earning import awards as awards_module
from pixel_bot.sandbox.twitch.users import LURKER
from pixel_bot.testing import Stage, live
from tests.harness.database import findings


@pytest.fixture
def lock(chat: Stage) -> Generator[sqlite3.Connection]:
    """Another program that writes to the database, until it commits."""
    path = chat.services.database.path
    assert path is not None
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


async def test_a_first_message_and_at_once_a_mod(chat: Stage) -> None:
    for i in range(8):
        hello = asyncio.create_task(chat.say(f"carol_{i}", "hello"))
        answer = await chat.say("mila", f"!points add @carol_{i} 10", "moderator")
        assert f"Added 10 points: carol_{i} has 11." in answer
        await hello
    assert chat.users_api.requests == []


async def test_over_sockets(tmp_path: Path) -> None:
    async with live(tmp_path) as room:
        for i in range(8):
            await room.say(f"carol_{i}", "hello")
            await asyncio.sleep(i % 6 / 1_000)  # the moment between the two is what this is about
            answer = await room.ask("mila", f"!points add carol_{i} 10", "moderator")
            assert answer == f"Added 10 points: carol_{i} has 11."


@pytest.mark.sqlite
@pytest.mark.parametrize("patience", [5.0, 0.01])
async def test_while_the_database_is_locked(
    chat: Stage, lock: sqlite3.Connection, patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awards_module, "FLUSH_SECONDS", patience)
    await chat.say("mila", "!points", "moderator")
    lock.execute("BEGIN IMMEDIATE")
    hello = asyncio.create_task(chat.say("Carol", "hello"))
    command = asyncio.create_task(chat.say("mila", "!points add carol 10", "moderator"))
    _, waiting = await asyncio.wait([hello, command], timeout=0.2)
    assert waiting == {hello, command}, "nobody is refused in the meantime"
    lock.execute("COMMIT")
    assert "Added 10 points: Carol has 11." in (await command)
    await hello
    assert await findings(chat.services) == []


@pytest.mark.sqlite
async def test_a_display_name_that_is_not_written_yet(chat: Stage, lock: sqlite3.Connection) -> None:
    await chat.say("mila", "!points", "moderator")
    lock.execute("BEGIN IMMEDIATE")
    hello = asyncio.create_task(chat.say("yuki", "hello", chatter_user_name="ゆき"))
    command = asyncio.create_task(chat.say("mila", "!points add ゆき 10", "moderator"))
    await asyncio.wait([command], timeout=0.05)
    lock.execute("COMMIT")
    assert "Added 10 points: ゆき has 11." in (await command)
    await hello


@pytest.mark.sqlite
async def test_two_display_names_that_are_not_written_yet(
    chat: Stage, lock: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awards_module, "FLUSH_SECONDS", 0.01)
    await chat.say("mila", "!points", "moderator")
    lock.execute("BEGIN IMMEDIATE")
    hello = [asyncio.create_task(chat.say(f"yuki_{i}", "hello", chatter_user_name="ゆき")) for i in (1, 2)]
    command = asyncio.create_task(chat.say("mila", "!points add ゆき 10", "moderator"))
    await asyncio.wait([command], timeout=0.2)
    lock.execute("COMMIT")
    assert "Two people are called ゆき: type the login (yuki_1 or yuki_2)." in (await command)
    await asyncio.gather(*hello)


async def test_a_lurker_is_made_once(chat: Stage) -> None:
    chat.users_api.accounts.settle(LURKER)
    typed = ("!points add lurker_louise 1", "!points add @lurker_louise 1", "!points add lurker_louise@twitch 1")
    await asyncio.gather(*(chat.say("mila", words, "moderator") for words in typed * 5))
    assert await chat.points("lurker_louise") == 15
    assert len(chat.users_api.requests) <= 1
    assert await findings(chat.services) == []
