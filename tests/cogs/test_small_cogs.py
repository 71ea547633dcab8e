"""The cogs `levels`, `cooldowns` and `help`; and that what the cogs say follows the prefix."""

from pathlib import Path

import pytest

from pixel_bot.testing import SettableClock, Stage, stage


async def test_level_of_oneself_and_of_others(chat: Stage) -> None:
    await chat.say("bob", "hello")
    assert await chat.say("bob", "!level") == ["You are level 1 with 1 XP; 99 XP to level 2."]
    assert await chat.say("alice", "!level @bob") == ["bob is level 1 with 1 XP; 99 XP to level 2."]


async def test_cooldowns_count_down(chat: Stage, clock: SettableClock) -> None:
    assert await chat.say("bob", "!cooldowns") == ["You are not on cooldown for anything."]
    await chat.say("bob", "hello")
    clock.advance(10)
    assert await chat.say("bob", "!cooldowns") == ["Still to wait: chat points 50s, chat XP 20s."]


async def test_mods_end_cooldowns(chat: Stage) -> None:
    await chat.say("bob", "hello")
    assert await chat.say("mila", "!cooldowns reset @bob", "moderator") == ["bob is free again: 2 cooldowns ended."]
    await chat.say("bob", "hello again")
    assert await chat.points("bob") == 2


async def test_help_lists_what_one_may_type(chat: Stage) -> None:
    (viewers,) = await chat.say("bob", "!help")
    assert "!give" in viewers
    assert "For mods" not in viewers
    (own,) = await chat.say("mila", "!help", "moderator")
    assert sorted(own.replace(" · For mods: !help mod", "").split()) == sorted(viewers.split())
    (mods,) = await chat.say("mila", "!help mod", "moderator")
    for page in (2, 3):
        mods += (await chat.say("mila", f"!help mod {page}", "moderator"))[0]
    assert "!undo" not in viewers
    assert "!undo" in mods
    assert "!points add" in mods
    assert "!backup" not in mods, "only the streamer may"
    streamer = (await chat.say("pixel_street", "!help mod", "broadcaster"))[0]
    for page in (2, 3):
        streamer += (await chat.say("pixel_street", f"!help mod {page}", "broadcaster"))[0]
    assert "!backup" in streamer
    assert "!undo" in streamer


async def test_help_for_one_command(chat: Stage) -> None:
    assert await chat.say("bob", "!help give") == [
        "Type !give @user N: Give somebody some of your points, or all of them."
    ]
    assert await chat.say("bob", "!help !points") == [
        "Type !points [@user] (also !balance): How many points you have, or somebody else."
    ]
    assert await chat.say("bob", "!help points add") == [
        "Type !points add @user N [REASON]: Give somebody points out of nothing. For mods."
    ]
    assert await chat.say("bob", "!help nonsense") == ["There is no such command here. !help lists them."]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("?tts", "There is nothing in it that can be read out. Type it like this: ?tts hello"),
        ("?pixel", "Ask me something, like this: ?pixel what is a pixel?"),
        ("?sound nonsense", "There is no sound nonsense. ?sounds lists them. Nothing was charged."),
        ("?voice nonsense", "I have no voice called nonsense. Type ?voice to see which ones I have."),
    ],
)
async def test_what_may_be_typed_is_shown_with_the_prefix(tmp_path: Path, line: str, answer: str) -> None:
    async with stage(tmp_path, command_prefix="?") as chat:
        await chat.viewer("bob", points=100)
        assert await chat.say("bob", line) == [answer]
