"""The cog `points`."""

from pathlib import Path

import pytest

from pixel_bot.testing import Stage, live


async def test_points_of_oneself(chat: Stage) -> None:
    await chat.viewer("alice", 12_345)
    assert await chat.say("alice", "!points") == ["You have 12,345 points."]


async def test_who_chats_and_asks_at_once_sees_the_point(tmp_path: Path) -> None:
    async with live(tmp_path) as room:
        for i in range(5):
            await room.say(f"viewer{i}", "hello")
            assert await room.ask(f"viewer{i}", "!points") == "You have 1 point."


async def test_points_of_somebody_else_in_any_case(chat: Stage) -> None:
    await chat.viewer("Bob", 1)
    assert await chat.say("alice", "!Balance @BOB") == ["Bob has 1 point."]


async def test_a_newcomer_has_none(chat: Stage) -> None:
    assert await chat.say("alice", "!points") == ["You have 0 points."]


async def test_nobody_of_that_name(chat: Stage) -> None:
    assert await chat.say("alice", "!points @ghost") == ["I have not seen ghost here yet."]


async def test_give_moves_points(chat: Stage) -> None:
    await chat.viewer("alice", 100)
    await chat.viewer("bob", 5)
    answer = await chat.say("alice", "!give @bob 40")
    assert answer == ["You gave bob 40 points. You have 60 left, bob has 45."]
    assert (await chat.points("alice"), await chat.points("bob")) == (60, 45)


async def test_give_all(chat: Stage) -> None:
    await chat.viewer("alice", 100)
    await chat.viewer("bob")
    await chat.say("alice", "!give bob ALL")
    assert (await chat.points("alice"), await chat.points("bob")) == (0, 100)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("!give @bob 0", "That has to be more than zero."),
        ("!give @bob -5", "I need a number above zero there, like 50."),
        ("!give @bob 1.5", "I need a number above zero there, like 50."),
        ("!give @bob ²", "I need a number above zero there, like 50."),
        ("!give @bob 1e5", "I need a number above zero there, like 50."),
        ("!give @bob nan", "I need a number above zero there, like 50."),
        (f"!give @bob {'9' * 400}", "That is too much at once; 1,000,000,000,000 is the most."),
        ("!give @bob 1000000000001", "That is too much at once; 1,000,000,000,000 is the most."),
        ("!give @bob 101", "That takes 101 points, you have 100 (1 short)."),
        ("!give @alice 5", "You cannot give points to yourself."),
        ("!give @ghost 5", "I have not seen ghost here yet."),
        ("!give @bob", "Type it like this: !give @user N"),
        ("!give", "Type it like this: !give @user N"),
        ('!give "bob 5', "Type it like this: !give @user N"),
        ("!give 5 @ghost", "I have not seen ghost here yet."),
        ("!give 5", "Type it like this: !give @user N"),
    ],
)
async def test_give_refuses(chat: Stage, typed: str, answer: str) -> None:
    await chat.viewer("alice", 100)
    await chat.viewer("bob")
    assert await chat.say("alice", typed) == [answer]
    assert (await chat.points("alice"), await chat.points("bob")) == (100, 0)


async def test_give_all_of_nothing(chat: Stage) -> None:
    await chat.viewer("bob")
    assert await chat.say("alice", "!give bob all") == ["You have no points to give."]


async def test_grouped_numbers_are_numbers(chat: Stage) -> None:
    await chat.viewer("alice", 5_000)
    await chat.viewer("bob")
    await chat.say("alice", "!give bob 1,500")
    assert await chat.points("bob") == 1_500


async def test_top_leaves_out_who_does_not_compete(chat: Stage) -> None:
    for name, points in [("alice", 30), ("bob", 50), ("nightbot", 900), ("pixel_street", 800), ("pixelbot", 700)]:
        await chat.viewer(name, points)
    assert await chat.say("carol", "!top") == ["Most points: 1. bob 50 · 2. alice 30"]


async def test_top_of_nobody(chat: Stage) -> None:
    assert await chat.say("carol", "!leaderboard xp") == ["Nobody is on the board yet. Say something, and it is you!"]


async def test_top_by_xp(chat: Stage) -> None:
    await chat.say("alice", "hi")
    assert await chat.say("bob", "!top xp") == ["Most XP: 1. alice 1"]
