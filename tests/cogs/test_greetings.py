"""Greetings, and shout-outs of friends and raiders."""

from pathlib import Path

import pytest

from pixel_bot.platforms.twitch.helix import HelixError
from pixel_bot.plugin import Raid
from pixel_bot.testing import Stage, stage
from pixel_bot.testing.happenings import once
from tests.cogs.commands.scene import mod
from tests.cogs.loaded import cog_class


async def greeted(chat: Stage) -> list[str]:
    """What is said to those who have come."""
    before = len(chat.sent)
    await cog_class(chat.bot, "Greetings").close()
    await chat.settled()
    return once(chat.sent[before:])


async def comes(chat: Stage, *logins: str) -> list[str]:
    for login in logins:
        await chat.say(login, "hi")
    return await greeted(chat)


async def test_unasked_nobody_is_greeted(chat: Stage) -> None:
    await chat.goes_live()
    assert await comes(chat, "alice") == []
    await chat.happens(Raid, "bob", viewers=50)
    assert await greeted(chat) == []


async def test_who_comes_is_greeted_once_in_a_stream(tmp_path: Path) -> None:
    async with stage(tmp_path, greetings_first=True) as chat:
        assert await comes(chat, "alice") == [], "the stream is off"
        await chat.goes_live()
        assert await comes(chat, "alice", "bob", "carol", "alice") == ["Hello, alice, bob and carol!"]
        await chat.say("", "hi", "broadcaster")
        await chat.say("guest", "hi", source_broadcaster_user_id="77")
        await chat.say("nightbot", "hi")
        assert await greeted(chat) == []
        await chat.goes_offline()
        await chat.goes_live()
        assert await comes(chat, "alice") == [], "it only broke off"
    async with stage(tmp_path, chat.clock, greetings_first=True) as chat:
        await chat.goes_live()
        assert await comes(chat, "alice", "dave") == ["Hello, dave!"]
        await chat.goes_offline()
        await chat.passes(5 * 3_600)
        await chat.goes_live()
        assert await comes(chat, "alice") == ["Hello, alice!"]


async def test_eight_are_named(tmp_path: Path) -> None:
    async with stage(tmp_path, greetings_first=True) as chat:
        await chat.goes_live()
        (said,) = await comes(chat, *(f"viewer{number}" for number in range(11)))
        assert said.endswith("viewer7 and 3 more!")


async def test_who_writes_for_the_first_time_ever_is_welcomed(tmp_path: Path) -> None:
    async with stage(tmp_path, greetings_new=True) as chat:
        old = await chat.viewer("old")
        async with chat.bot.transaction("before", "test") as tx:
            await tx.give_xp(old, 50)
        await chat.goes_live()
        assert await comes(chat, "alice", "old") == ["Welcome, alice! Good to see you here."]
        await chat.goes_offline()
        await chat.passes(5 * 3_600)
        await chat.goes_live()
        assert await comes(chat, "alice") == []


async def test_greetings_of_their_own(chat: Stage) -> None:
    for name in ("alice", "bob"):
        await chat.viewer(name)
    assert await mod(chat, "!greeting list") == ["Nobody has a greeting of their own yet."]
    assert await mod(chat, "!greeting set @alice !the queen $(user) is here") == ["alice will be greeted like that."]
    await mod(chat, "!greeting set @bob Bob!")
    (refused,) = await chat.say("alice", "!greeting set @alice me")
    assert "mods" in refused
    assert await mod(chat, f"!greeting set @bob {'x' * 301}") == ["A greeting has up to 300 characters."]
    assert await mod(chat, "!greeting list") == ["Greetings: alice: !the queen $(user) is here · bob: Bob!"]
    assert await mod(chat, "!greeting remove @bob") == ["bob has no greeting of their own any more."]
    assert await mod(chat, "!greeting remove @bob") == ["bob has no greeting of their own."]
    await chat.goes_live()
    assert await comes(chat, "alice", "bob") == ["the queen alice is here"]


async def test_a_blocked_word_is_in_no_greeting(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("gloop\n")
    async with stage(tmp_path, tts_words_file=words) as chat:
        await chat.viewer("alice")
        assert await mod(chat, "!greeting set @alice gloop") == ["There is a blocked word in that greeting."]
        await mod(chat, "!greeting set @alice Hello glorp")
        words.write_text("glorp\n")
        await chat.goes_live()
        (said,) = await comes(chat, "alice")
        assert "glorp" not in said


async def test_a_shout_out_by_a_mod(chat: Stage) -> None:
    await chat.viewer("bob")
    chat.twitch.channels["bob"] = ("Fun", "Tetris")
    (refused,) = await chat.say("alice", "!so @bob")
    assert "mods" in refused
    assert await chat.say("mia", "!so @bob", "moderator", message_id="once") == [
        "Have a look at bob, last seen with Tetris: https://twitch.tv/bob"
    ]
    assert await chat.say("mia", "!so @bob", "moderator", message_id="once") == []
    assert chat.twitch.shoutouts == ["bob"]
    said = await mod(chat, "!so @bob")
    assert said[0].startswith("Have a look at bob")
    assert "Twitch lets me shout out bob again in" in said[1]
    await chat.say_there("joy", "hi")
    assert await mod(chat, "!so joy@joystick") == ["Have a look at joy: https://joystick.tv/u/joy"]
    assert chat.twitch.shoutouts == ["bob"]


async def test_friends_are_shown_when_they_come(chat: Stage) -> None:
    for name in ("ann", "bob"):
        await chat.viewer(name)
    assert await mod(chat, "!so add @ann") == ["I show the channel of ann whenever they come to a stream."]
    assert await mod(chat, "!so add @ann") == ["ann is on the list already."]
    await mod(chat, "!so add @bob")
    await chat.goes_live()
    assert await comes(chat, "ann", "bob", "carol") == [
        "Have a look at these channels: ann (https://twitch.tv/ann) and bob (https://twitch.tv/bob)"
    ]
    assert chat.twitch.shoutouts == ["ann"]
    assert await mod(chat, "!so remove @bob") == ["bob is off the list."]
    assert await mod(chat, "!so remove @bob") == ["bob was not on the list."]


@pytest.mark.parametrize("failure", [None, HelixError(429, "too many")])
async def test_raiders_are_shown_once(tmp_path: Path, failure: HelixError | None) -> None:
    async with stage(tmp_path, greetings_raids=5, greetings_first=True) as chat:
        await chat.goes_live()
        chat.twitch.failure = failure
        await chat.happens(Raid, "bob", viewers=4)
        assert await greeted(chat) == []
        for _ in range(2):
            await chat.happens(Raid, "bob", viewers=5)
        await chat.say("bob", "hi")
        assert await greeted(chat) == ["Have a look at bob: https://twitch.tv/bob"]
        assert chat.twitch.shoutouts == ([] if failure else ["bob"])
        await chat.happens(Raid, "bob", viewers=9)
        assert await greeted(chat) == []


SAID = "Twitch shows {} as soon as it allows the next shout-out."


async def test_what_twitch_does_not_show_yet_is_made_up_for(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.goes_live()
        for name in ("ann", "bob", "carol"):
            await chat.viewer(name)
            said = await mod(chat, f"!so @{name}")
            assert said[1:] == ([] if name == "ann" else [SAID.format(name)])
        await mod(chat, "!so @carol")
        assert chat.twitch.shoutouts == ["ann"]
        await chat.passes(121)
        assert chat.twitch.shoutouts == ["ann", "bob"]
        await chat.passes(60)
        on_air = chat.services.stream.now
        assert on_air is not None
    async with stage(tmp_path, chat.clock) as chat:  # a bot that has forgotten when it showed whom
        for name in ("ann", "bob", "carol"):
            await chat.viewer(name)
        chat.twitch.failure = HelixError(429, "too many")
        await chat.passes(61)
        assert chat.twitch.shoutouts == []
        chat.happenings.streams["twitch"].went_live(on_air)
        await chat.passes(120)
        chat.twitch.failure = None
        assert await chat.passes(61) == []
        assert chat.twitch.shoutouts == ["carol"], "once, however often it was asked for"
        await chat.passes(600)
        assert chat.twitch.shoutouts == ["carol"]


async def test_the_same_channel_is_shown_again_after_an_hour_but_not_after_the_end(chat: Stage) -> None:
    await chat.viewer("ann")
    (refused,) = await mod(chat, "!so @ann")
    assert refused.startswith("Have a look at ann"), "Twitch decides while the stream is off"
    await chat.passes(3_600)
    await chat.goes_live()
    await mod(chat, "!so @ann")
    await mod(chat, "!so @ann")
    before = len(chat.twitch.shoutouts)
    await chat.passes(3_590)
    assert len(chat.twitch.shoutouts) == before
    await chat.passes(11)
    assert len(chat.twitch.shoutouts) == before + 1
    await mod(chat, "!so @ann")
    await chat.goes_offline()
    await chat.goes_live()
    await chat.passes(3_700)
    assert len(chat.twitch.shoutouts) == before + 1


async def test_they_are_linked_and_forgotten(tmp_path: Path) -> None:
    async with stage(tmp_path, greetings_first=True) as chat:
        one, two = await chat.viewer("one"), await chat.viewer("two")
        for name in ("one", "two"):
            await mod(chat, f"!greeting set @{name} I am {name}")
            await mod(chat, f"!so add @{name}")
        await chat.goes_live()
        assert len(await comes(chat, "one", "two")) == 3
        greetings = cog_class(chat.bot, "Greetings")
        assert chat.services.cog_tables.loaded["greetings"] is greetings
        async with chat.bot.write() as session:
            await greetings.merge(session, one.id, two.id)
        assert await mod(chat, "!greeting list") == ["Greetings: two: I am two"]
        async with chat.bot.write() as session:
            await greetings.forget(two, session)
        assert await mod(chat, "!greeting list") == ["Nobody has a greeting of their own yet."]
        assert await mod(chat, "!so remove @two") == ["two was not on the list."]


async def test_in_german(tmp_path: Path) -> None:
    async with stage(tmp_path, bot_language="de", greetings_first=True) as chat:
        await chat.goes_live()
        assert await comes(chat, "alice", "bob") == ["Hallo, alice und bob!"]
