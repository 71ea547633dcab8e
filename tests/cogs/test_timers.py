"""Timers: while the stream is on, in turn, where chat talks, over restarts, and in one process of several."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.model.stream_state import Broadcast
from pixel_bot.testing import SettableClock, Stage, stage
from tests.cogs.commands.scene import mod
from tests.cogs.loaded import cog_class
from tests.harness.database import rows


async def chats(chat: Stage, lines: int) -> None:
    """Viewers write so many lines."""
    for number in range(lines):
        await chat.say(f"viewer{number}", "hi")


async def test_a_timer_speaks_while_the_stream_is_on_once_chat_has_talked(chat: Stage) -> None:
    assert await mod(chat, "!timer add water 10 Drink! $(count)") == [
        "Added the timer water: every 10 minutes while the stream is on, once chat has written 5 lines."
    ]
    await chats(chat, 5)
    assert await chat.passes(3_600) == []
    await chat.goes_live()
    assert await chat.passes(599) == []
    assert await chat.passes(60) == ["Drink! 1"]
    assert await chat.passes(3_600) == []  # nobody has written since
    await chats(chat, 4)
    assert await chat.passes(60) == []
    await chats(chat, 1)
    assert await chat.passes(60) == ["Drink! 2"]
    await chats(chat, 5)
    assert await chat.passes(540) == []
    assert await chat.passes(120) == ["Drink! 3"]
    await chats(chat, 5)
    await chat.goes_offline()
    assert await chat.passes(3_600) == []


async def test_two_timers_speak_in_turn_and_never_at_once(chat: Stage) -> None:
    for name in ("a", "b", "c"):
        await mod(chat, f"!timer add {name} 5 {name.upper()}")
        await mod(chat, f"!timer lines {name} 0")
    await chat.goes_live()
    said: list[tuple[int, str]] = []
    for minute in range(1, 16):
        lines = await chat.passes(60)
        assert len(lines) <= 1
        said += [(minute, line) for line in lines]
    assert said == [(5, "A"), (6, "B"), (7, "C"), (10, "A"), (11, "B"), (12, "C"), (15, "A")]


async def test_a_timer_is_switched_listed_and_removed(chat: Stage) -> None:
    assert await mod(chat, "!timers") == ["There are no timers yet. Add one with !timer add NAME MINUTES TEXT"]
    await mod(chat, "!timer add water 5 Drink!")
    await mod(chat, "!timer lines water 0")
    assert await mod(chat, "!timer disable water") == ["The timer water is off."]
    assert await mod(chat, "!timers") == ["Timers: water every 5 min after 0 lines, off"]
    await chat.goes_live()
    assert await chat.passes(600) == []
    assert await mod(chat, "!timer enable water") == ["The timer water is on."]
    assert await chat.passes(60) == ["Drink!"]
    assert await mod(chat, "!timer remove water") == ["Removed the timer water."]
    assert await chat.passes(600) == []


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("!timer", "Type it like this: !timer add NAME MINUTES TEXT, or remove, on, off NAME, or lines NAME N"),
        ("!timer add water", "Type it like this: !timer add NAME MINUTES TEXT"),
        ("!timer add water soon Drink", "Type it like this: !timer add NAME MINUTES TEXT"),
        ("!timer add water 0 Drink", "Type it like this: !timer add NAME MINUTES TEXT"),
        ("!timer add water 1441 Drink", "Type it like this: !timer add NAME MINUTES TEXT"),
        ("!timer lines water many", "Type it like this: !timer lines NAME N"),
        ("!timer on water", "There is no timer water. !timers lists them."),
        ("!timer remove water", "There is no timer water. !timers lists them."),
    ],
)
async def test_what_cannot_be_is_refused(chat: Stage, words: str, answer: str) -> None:
    assert await mod(chat, words) == [answer]
    assert await chat.say("alice", words) == ["Only mods can do that."]


async def test_what_a_timer_says_is_no_command_and_problems_are_not_said(chat: Stage) -> None:
    for name, words in {"a": "!points add x", "b": "$(weather Berlin)"}.items():
        await mod(chat, f"!timer add {name} 5 {words}")
        await mod(chat, f"!timer lines {name} 0")
    await chat.goes_live()
    assert await chat.passes(460) == ["points add x"]


async def test_a_restart_changes_nothing_of_a_turn(tmp_path: Path) -> None:
    clock = SettableClock()
    async with stage(tmp_path, clock) as chat:
        await mod(chat, "!timer add water 10 Drink!")
        await mod(chat, "!timer lines water 3")
        await chat.goes_live()
        since = clock.now()
        await chats(chat, 3)
        assert await chat.passes(300) == []
    async with stage(tmp_path, clock) as chat:
        chat.happenings.streams["twitch"].went_live(Broadcast("s", since))
        assert await chat.passes(240) == []
        assert await chat.passes(120) == ["Drink!"]
        assert await chat.passes(1_200) == []


async def test_of_two_processes_one_speaks(chat: Stage) -> None:
    """Both look at the same moment: the turn is noted in the database before anything is said."""
    await mod(chat, "!timer add water 5 Drink!")
    await mod(chat, "!timer lines water 0")
    await chat.goes_live()
    await chat.passes(59)
    cog = cog_class(chat.bot, "Timers")
    chat.clock.advance(300)
    before = len(chat.sent)
    await asyncio.gather(*(cog.speak() for _ in range(3)))
    await chat.settled()
    assert {str(line) for line in chat.sent[before:]} == {"Drink!"}
    assert await rows(chat, "SELECT turns FROM cog_timers_timer") == [(1,)]


async def test_a_clock_that_was_set_back_delays_no_timer_for_long(chat: Stage) -> None:
    await mod(chat, "!timer add water 5 Drink!")
    await mod(chat, "!timer lines water 0")
    await chat.goes_live()
    assert await chat.passes(310) == ["Drink!"]
    async with chat.bot.write() as session:
        await session.execute(text("UPDATE cog_timers_timer SET last_at = '2036-01-01 00:00:00.000000'"))
        await session.execute(text("UPDATE cog_timers_chat SET spoke_at = '2036-01-01 00:00:00.000000'"))
    assert await chat.passes(310) == ["Drink!"]
