"""Title, category, announcements, and since when something is there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixel_bot.platforms.twitch.helix import HelixError
from pixel_bot.testing import SettableClock, Stage, stage


async def test_anybody_reads_title_and_category_and_mods_set_them(chat: Stage) -> None:
    assert await chat.say("alice", "!title") == ["Title: An evening in the sandbox"]
    assert await chat.say("alice", "!game") == ["Category: Just Chatting"]
    assert await chat.say("bob", "!title Mine") == ["Only mods can do that."]
    assert await chat.say("bob", "!game Tetris") == ["Only mods can do that."]
    assert await chat.say("mia", "!settitle  Blocks  all night", "moderator") == ["The title is set: Blocks all night"]
    assert await chat.say("mia", "!setgame tetris", "moderator") == ["The category is set: Tetris"]
    assert (chat.twitch.title, chat.twitch.category) == ("Blocks all night", ("27", "Tetris"))
    (near,) = await chat.say("mia", "!game tetri", "moderator")
    assert "Did you mean Tetris or Tetris Effect?" in near


async def test_without_a_category(chat: Stage) -> None:
    chat.twitch.category = ("", "")
    assert await chat.say("alice", "!game") == ["No category is set."]


async def test_a_message_that_comes_twice_brings_no_older_title_back(chat: Stage) -> None:
    for words, answers in (("One", 1), ("Two", 1), ("One", 0)):
        said = await chat.say("mia", f"!title {words}", "moderator", message_id=words)
        assert len(said) == answers
    assert chat.twitch.title == "Two"


async def test_an_announcement_stands_out_on_twitch_and_is_said_on_joystick(chat: Stage) -> None:
    (refused,) = await chat.say("alice", "!announce Hello all")
    assert "mods" in refused
    said = await chat.say("mia", "!announce Hello all", "moderator", message_id="once")
    assert (said, chat.twitch.announcements) == (["Hello all"], ["Hello all"])
    assert await chat.say("mia", "!announce Hello all", "moderator", message_id="once") == []
    assert chat.twitch.announcements == ["Hello all"]
    chat.twitch.failure = HelixError(403, "no")
    (refused,) = await chat.say("mia", "!announce Hello again", "moderator")
    assert "Twitch does not allow it" in refused
    assert await chat.say_there("joy", "!announce Hello there", mod=True) == [
        "Hello there",
        "@joy On Joystick.tv nothing can stand out in chat, so I said it as usual.",
    ]


async def test_how_long_the_stream_is_on(chat: Stage) -> None:
    assert await chat.say("alice", "!uptime") == ["The stream is off."]
    await chat.goes_live()
    await chat.passes(7_500)
    assert await chat.say("alice", "!uptime") == ["The stream has been on for 2h 5m."]
    assert "The stream has been on for 2h 5m." in (await chat.say_there("joy", "!uptime"))[0]


@pytest.mark.parametrize(
    ("since", "age"),
    [
        (datetime(2024, 5, 3, 12, tzinfo=UTC), "2 years 1 month"),
        (datetime(2025, 7, 1, tzinfo=UTC), "11 months"),
        (datetime(2025, 6, 15, 12, tzinfo=UTC), "1 year"),
        (datetime(2026, 6, 13, 12, tzinfo=UTC), "2d"),
    ],
)
async def test_since_when_somebody_follows(tmp_path: Path, since: datetime, age: str) -> None:
    clock = SettableClock()
    clock.advance((datetime(2026, 6, 15, 12, tzinfo=UTC) - clock.now()).total_seconds())
    async with stage(tmp_path, clock) as chat:
        chat.twitch.followers["alice"] = since
        (said,) = await chat.say("alice", "!followage")
        assert said == f"alice has followed since {since.date()} ({age})."


async def test_who_follows_and_whose_account_it_is(chat: Stage) -> None:
    await chat.viewer("bob")
    chat.twitch.followers["alice"] = chat.clock.now() - timedelta(hours=3)
    assert await chat.say("bob", "!followage") == ["bob does not follow the channel."]
    (said,) = await chat.say("carol", "!followage @alice")
    assert said.startswith("I do not know") or "alice" in said
    await chat.say("alice", "hi")
    (said,) = await chat.say("carol", "!followage @alice")
    assert said.endswith("(3h).")
    assert await chat.say("", "!followage", "broadcaster") == ["This is your own channel."]
    (said,) = await chat.say("bob", "!accountage")
    assert said.startswith("The account of bob was made on 2016-12-14 (")
    assert await chat.say("dave", "!accountage @bob") == [said]


async def test_what_joystick_does_not_tell_is_said(chat: Stage) -> None:
    for asked in ("!followage", "!accountage"):
        (said,) = await chat.say_there("joy", asked)
        assert "Joystick.tv does not tell bots that of joy; Twitch does." in said


async def test_in_german(tmp_path: Path) -> None:
    async with stage(tmp_path, bot_language="de") as chat:
        assert await chat.say("alice", "!title") == ["Titel: An evening in the sandbox"]
        assert await chat.say("alice", "!uptime") == ["Der Stream ist aus."]
