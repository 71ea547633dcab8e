"""The lineup of viewers who wait to play."""

import importlib
from pathlib import Path

import pytest

from pixel_bot.sandbox.twitch.users import Role
from pixel_bot.testing import Stage, stage


@pytest.fixture
async def opened(chat: Stage) -> Stage:
    assert await chat.say("mia", "!lineup open", "moderator") == ["The lineup is open: type !join to play along."]
    return chat


async def test_they_join_see_their_place_and_are_called_in_turn(opened: Stage) -> None:
    assert await opened.say("alice", "!join") == ["You are 1st in the lineup."]
    assert await opened.say("bob", "!queue join") == ["You are 2nd in the lineup."]
    assert await opened.say("carol", "!join") == ["You are 3rd in the lineup."]
    assert await opened.say("bob", "!join") == ["You wait already: 2nd."]
    assert await opened.say("bob", "!lineup") == ["Lineup (!join, you are 2nd): 1. alice · 2. bob · 3. carol"]
    assert await opened.say("mia", "!next", "moderator") == ["Your turn: @alice! 2 still wait."]
    assert await opened.say("mia", "!lineup next 5", "moderator") == ["Your turn: @bob, @carol!"]
    assert await opened.say("mia", "!next", "moderator") == ["Nobody waits."]
    assert await opened.say("alice", "!join") == ["You are 1st in the lineup."]


async def test_who_leaves_makes_room(opened: Stage) -> None:
    await opened.say("alice", "!join")
    await opened.say("bob", "!join")
    assert await opened.say("alice", "!leave") == ["You left the lineup."]
    assert await opened.say("alice", "!leave") == ["You are not in the lineup."]
    assert await opened.say("dave", "!lineup") == ["Lineup (!join): 1. bob"]


async def test_closed_nobody_comes_in_and_who_waits_stays(opened: Stage) -> None:
    await opened.say("alice", "!join")
    assert await opened.say("mia", "!lineup close", "moderator") == ["The lineup is closed. 1 wait."]
    assert await opened.say("bob", "!join") == ["The lineup is closed."]
    assert await opened.say("bob", "!lineup") == ["Lineup (closed): 1. alice"]
    assert await opened.say("mia", "!lineup clear", "moderator") == ["The lineup is empty: 1 waited."]
    assert await opened.say("bob", "!lineup") == ["The lineup is closed."]


async def test_it_is_closed_at_first_and_mods_open_it(chat: Stage) -> None:
    assert await chat.say("alice", "!join") == ["The lineup is closed."]
    (refused,) = await chat.say("alice", "!lineup open")
    assert "mods" in refused
    assert await chat.say("alice", "!lineup") == ["The lineup is closed."]


@pytest.mark.parametrize("typed", ["!next 0", "!next 11"])
async def test_as_many_at_once_as_chat_can_read(opened: Stage, typed: str) -> None:
    await opened.say("alice", "!join")
    assert await opened.say("mia", typed, "moderator") == ["Between 1 and 10 at once."]
    assert await opened.say("mia", "!next", "moderator") == ["Your turn: @alice!"]


async def test_only_so_many_wait(tmp_path: Path) -> None:
    async with stage(tmp_path, lineup_max=1) as chat:
        await chat.say("mia", "!lineup open", "moderator")
        await chat.say("alice", "!join")
        assert await chat.say("bob", "!join") == ["The lineup is full."]
        assert await chat.say("alice", "!join") == ["You wait already: 1st."]


async def test_the_richest_first(tmp_path: Path) -> None:
    async with stage(tmp_path, lineup_order="points") as chat:
        await chat.say("mia", "!lineup open", "moderator")
        await chat.viewer("bob", 50)
        await chat.say("alice", "!join")
        assert await chat.say("bob", "!join") == ["You are 1st in the lineup."]
        assert await chat.say("mia", "!next", "moderator") == ["Your turn: @bob! 1 still wait."]


async def test_subscribers_first(tmp_path: Path) -> None:
    async with stage(tmp_path, lineup_order="subs") as chat:
        await chat.say("mia", "!lineup open", "moderator")
        people: list[tuple[str, Role]] = [
            ("alice", "viewer"),
            ("sam", "subscriber"),
            ("bob", "viewer"),
            ("sue", "subscriber"),
        ]
        for who, role in people:
            await chat.say(who, "!join", role)
        assert await chat.say("mia", "!next 4", "moderator") == ["Your turn: @sam, @sue, @alice, @bob!"]


async def test_it_closes_with_the_stream_and_survives_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.goes_live()
        await chat.say("mia", "!lineup open", "moderator")
        await chat.say("alice", "!join")
    async with stage(tmp_path) as chat:
        assert await chat.say("bob", "!join") == ["You are 2nd in the lineup."]
        await chat.goes_live()
        await chat.goes_offline()
        assert await chat.say("dave", "!lineup") == ["Lineup (closed): 1. alice · 2. bob"]


async def test_a_message_that_comes_twice_calls_nobody_else(opened: Stage) -> None:
    await opened.say("alice", "!join")
    await opened.say("bob", "!join")
    first = await opened.say("mia", "!next", "moderator", message_id="once")
    assert first == ["Your turn: @alice! 1 still wait."]
    assert await opened.say("mia", "!next", "moderator", message_id="once") == []
    assert await opened.say("dave", "!lineup") == ["Lineup (!join): 1. bob"]


async def test_a_test_may_import_a_cog_with_tables(tmp_path: Path) -> None:
    importlib.import_module("cogs.lineup")
    async with stage(tmp_path) as chat:
        assert await chat.say("alice", "!join") == ["The lineup is closed."]
