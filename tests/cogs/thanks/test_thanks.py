"""Thanks for follows, subs, gifts, cheers and raids: gathered, and said once."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cogs.thanks.gathering import ChannelThanks, harmless, listed
from cogs.thanks.settings import Settings
from pixel_bot.model.channel_events import ChannelEvent, Raid, Sub
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import Stage, settings_in
from pixel_bot.texts import CHAT_LIMIT, visible
from tests.cogs.loaded import thanks_said
from tests.cogs.thanks.thanked import Channel, cheer, event, follow, gift


@pytest.mark.parametrize(
    ("channel_event", "line"),
    [
        (follow("Alice"), "Welcome, Alice! Thank you for the follow."),
        (Sub(*event("Alice")), "Thank you for the sub, Alice!"),
        (gift("Alice", 1), "Alice gifted 1 sub. Thank you!"),
        (gift("Alice", 50), "Alice gifted 50 subs. Thank you!"),
        (gift(None, 5), "An anonymous gifter gifted 5 subs. Thank you!"),
        (cheer("Alice", 1234), "Alice cheered 1,234 bits. Thank you!"),
        (cheer(None, 100), "Somebody cheered 100 bits. Thank you!"),
        (Raid(*event("Alice"), viewers=12), "Alice raids with 12 viewers. Welcome, all of you!"),
        (Raid(*event("Alice"), viewers=1), "Alice raids with 1 viewer. Welcome, all of you!"),
    ],
)
async def test_one_alone_gets_a_line_of_their_own(channel: Channel, channel_event: ChannelEvent, line: str) -> None:
    assert await channel.hears(channel_event) == [line]
    assert await channel.passes(100) == []


async def test_who_was_given_a_sub_is_not_named(channel: Channel) -> None:
    gifted = [Sub(*event(f"viewer{i}"), gifted=True) for i in range(50)]
    assert await channel.hears(gift("Alice", 50), *gifted) == ["Alice gifted 50 subs. Thank you!"]
    assert channel.timers.waiting == []


async def test_a_gift_bomb_is_one_line_however_twitch_sends_it(channel: Channel) -> None:
    bomb = [gift("Alice", total) for total in (1, 4, 20, 25)]
    assert await channel.hears(*bomb) == ["Alice gifted 50 subs. Thank you!"]


async def test_the_first_waits_two_seconds_for_more(channel: Channel) -> None:
    channel.thanks.on_event(cheer("Alice", 100))
    assert await channel.passes(1.9) == []
    channel.thanks.on_event(cheer("Bob", 50))
    assert await channel.passes(0.1) == ["Alice and Bob cheered 150 bits. Thank you!"]
    assert await channel.hears(cheer("Carol", 1)) == ["Carol cheered 1 bit. Thank you!"]


async def test_kinds_are_not_mixed(channel: Channel) -> None:
    assert await channel.hears(cheer("Alice", 100), gift("Bob", 2), cheer("Carol", 5)) == [
        "Alice and Carol cheered 105 bits. Thank you!",
        "Bob gifted 2 subs. Thank you!",
    ]


async def test_five_are_named_and_the_others_counted(channel: Channel) -> None:
    names = [f"viewer{i}" for i in range(17)]
    assert await channel.hears(*(follow(name) for name in names)) == [
        "Welcome, viewer0, viewer1, viewer2, viewer3, viewer4 and 12 more! Thank you for the follow."
    ]


async def test_the_same_person_is_named_and_counted_once(channel: Channel) -> None:
    people = ["a", "b", "c", "d", "e", "f", "g"]
    cheers = [cheer(name, 10) for name in (*people, *people, "a")]
    assert await channel.hears(*cheers) == ["a, b, c, d, e and 2 more cheered 150 bits. Thank you!"]


async def test_the_anonymous_come_last(channel: Channel) -> None:
    assert await channel.hears(gift(None, 5), gift("Alice", 1), gift(None, 1)) == [
        "Alice and an anonymous gifter gifted 7 subs. Thank you!"
    ]


async def test_templates_may_say_the_months(tmp_path: Path) -> None:
    channel = Channel(tmp_path, shoutout_sub="{user}: {months} months. Type {prefix}points")
    assert await channel.hears(Sub(*event("Alice"), months=1), Sub(*event("Alice"), months=14)) == [
        "Alice: 14 months. Type !points"
    ]


@pytest.mark.parametrize("off", ["", "off", " OFF "])
async def test_a_template_that_is_off_schedules_nothing(tmp_path: Path, off: str) -> None:
    channel = Channel(tmp_path, shoutout_follow=off)
    channel.thanks.on_event(follow("Alice"))
    assert channel.timers.waiting == []
    assert await channel.hears(cheer("Alice", 1)) == ["Alice cheered 1 bit. Thank you!"]


async def test_close_says_what_is_gathered(channel: Channel) -> None:
    channel.thanks.on_event(follow("Alice"))
    channel.thanks.on_event(cheer("Bob", 5))
    await channel.thanks.close()
    lines = ["Welcome, Alice! Thank you for the follow.", "Bob cheered 5 bits. Thank you!"]
    assert [text for _, text in channel.said] == lines
    assert await channel.passes(10) == []


async def test_close_waits_until_it_is_said(tmp_path: Path) -> None:
    go = asyncio.Event()
    said: list[str] = []

    async def say(text: str) -> None:
        await go.wait()
        said.append(text)

    thanks = ChannelThanks(settings_in(tmp_path).for_cog(Settings, "thanks"), "!", say)
    thanks.on_event(cheer("Bob", 5))
    closing = asyncio.create_task(thanks.close())
    await asyncio.sleep(0)
    assert not closing.done()
    go.set()
    await closing
    assert said == ["Bob cheered 5 bits. Thank you!"]


async def test_on_the_event_loop_it_speaks_by_itself(tmp_path: Path) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    thanks = ChannelThanks(settings_in(tmp_path).for_cog(Settings, "thanks"), "!", said.put, seconds=0.01)
    for i in range(3):
        thanks.on_event(gift("Alice", i + 1))
    assert await asyncio.wait_for(said.get(), 5) == "Alice gifted 6 subs. Thank you!"
    assert said.empty()


async def test_an_event_that_comes_twice_is_thanked_for_once(chat: Stage) -> None:
    for event_id in ("f1", "f1", "f2"):
        await chat.hear("channel.follow", frames.follow(sandbox_user("bob"), chat.clock.now()), event_id)
    await thanks_said(chat.bot)
    assert chat.sent == ["Welcome, bob! Thank you for the follow."]


@pytest.mark.parametrize(
    ("names", "more", "words"),
    [
        (["alice"], 0, "alice"),
        (["alice", "bob"], 0, "alice and bob"),
        (["alice", "bob", "carol"], 0, "alice, bob and carol"),
        (["alice", "bob"], 12, "alice, bob and 12 more"),
        (["alice"], 1_000, "alice and 1,000 more"),
        ([], 0, ""),
    ],
)
def test_people_are_listed_as_one_would_say_it(names: list[str], more: int, words: str) -> None:
    assert listed(names, more) == words


@given(text=st.text(max_size=600), prefix=st.text(alphabet="!/.?·-pб", min_size=1, max_size=5))
@example(text="·x", prefix="·")
@example(text="- x", prefix="-")
@settings(derandomize=True, database=None)
def test_no_text_begins_a_command(text: str, prefix: str) -> None:
    said = harmless(" ".join(text.split())[:CHAT_LIMIT], prefix)
    assert not visible(said).startswith(("/", ".", "!", prefix))
    assert len(said) <= CHAT_LIMIT
