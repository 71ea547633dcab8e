"""Shout-outs: everybody is thanked, in few lines, and nobody's name commands anything."""

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count as counting
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixel_bot.bot.thanks import MAX_KNOWN, Kind, Thanks, harmless, listed
from pixel_bot.model.channel_events import ChannelEvent, Cheer, Follow, Gift, Raid, Sub
from pixel_bot.model.people import Person
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import Stage, settings_in
from pixel_bot.texts import CHAT_LIMIT, visible

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
ids = counting()


class Clockwork:
    """Timers that go off when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waiting: list[tuple[float, int, Callable[[Kind], None], Kind]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[Kind], None], kind: Kind, /) -> None:
        heapq.heappush(self.waiting, (when, next(ids), callback, kind))


class Channel:
    """A channel in which things happen, and what is said there, with the second when it was."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.timers = Clockwork()
        self.said: list[tuple[float, str]] = []
        self.thanks = Thanks(settings_in(folder, **options), self.say, timers=self.timers)

    async def say(self, text: str) -> None:
        self.said.append((self.timers.now, text))

    async def passes(self, seconds: float) -> list[str]:
        """So many seconds pass. Returns what was said meanwhile."""
        before, until = len(self.said), self.timers.now + seconds
        while self.timers.waiting and self.timers.waiting[0][0] <= until:
            self.timers.now, _, callback, kind = heapq.heappop(self.timers.waiting)
            callback(kind)
            await self.thanks._tasks.idle()
        self.timers.now = until
        return [text for _, text in self.said[before:]]

    async def hears(self, *channel_events: ChannelEvent) -> list[str]:
        """They happen in one moment. Returns what is said to it."""
        for channel_event in channel_events:
            self.thanks.hear(channel_event)
        return await self.passes(2)


@pytest.fixture
def channel(tmp_path: Path) -> Channel:
    return Channel(tmp_path)


def person(name: str) -> Person:
    return Person(f"id-{name}", name.lower(), name)


def event(name: str | None) -> tuple[str, Person | None, datetime]:
    return f"event-{next(ids)}", person(name) if name else None, AT


def follow(name: str) -> Follow:
    return Follow(*event(name))


def gift(name: str | None, total: int) -> Gift:
    return Gift(*event(name), total=total)


def cheer(name: str | None, bits: int) -> Cheer:
    return Cheer(*event(name), bits=bits)


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
    channel.thanks.hear(cheer("Alice", 100))
    assert await channel.passes(1.9) == []
    channel.thanks.hear(cheer("Bob", 50))
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
    channel.thanks.hear(follow("Alice"))
    assert channel.timers.waiting == []
    assert await channel.hears(cheer("Alice", 1)) == ["Alice cheered 1 bit. Thank you!"]


async def test_close_says_what_is_gathered(channel: Channel) -> None:
    channel.thanks.hear(follow("Alice"))
    channel.thanks.hear(cheer("Bob", 5))
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

    thanks = Thanks(settings_in(tmp_path), say)
    thanks.hear(cheer("Bob", 5))
    closing = asyncio.create_task(thanks.close())
    await asyncio.sleep(0)
    assert not closing.done()
    go.set()
    await closing
    assert said == ["Bob cheered 5 bits. Thank you!"]


async def test_on_the_event_loop_it_speaks_by_itself(tmp_path: Path) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    thanks = Thanks(settings_in(tmp_path), said.put, seconds=0.01)
    for i in range(3):
        thanks.hear(gift("Alice", i + 1))
    assert await asyncio.wait_for(said.get(), 5) == "Alice gifted 6 subs. Thank you!"
    assert said.empty()


async def test_an_attack_of_followers_is_three_lines_and_then_one_in_thirty_seconds(channel: Channel) -> None:
    for second in range(120):
        for i in range(1_000):
            channel.thanks.hear(follow(f"bot{second}_{i}"))
        await channel.passes(1)
    times = [at for at, _ in channel.said]
    assert times == [2, 4, 6, 32, 62, 92]
    assert "and 25,995 more" in channel.said[3][1]


async def test_in_an_attack_no_more_is_kept_than_needed(channel: Channel) -> None:
    for i in range(20_000):
        channel.thanks.hear(follow(f"bot{i}"))
    burst = channel.thanks._bursts["follow"]
    assert len(burst._known) == MAX_KNOWN
    assert len(burst.names) == 5
    assert len(channel.timers.waiting) == 1
    assert await channel.passes(2) == [
        "Welcome, bot0, bot1, bot2, bot3, bot4 and 19,995 more! Thank you for the follow."
    ]


async def test_after_a_calm_minute_follows_are_thanked_at_once_again(channel: Channel) -> None:
    for _ in range(3):
        assert len(await channel.hears(follow("alice"))) == 1
    assert await channel.hears(follow("bob")) == []
    assert len(await channel.passes(30)) == 1
    await channel.passes(100)
    for _ in range(3):
        assert len(await channel.hears(follow("carol"))) == 1


async def test_other_kinds_are_never_held_back(channel: Channel) -> None:
    for _ in range(10):
        assert len(await channel.hears(cheer("Alice", 1))) == 1


@pytest.mark.parametrize(
    "name", ["/ban alice", ".timeout alice", "!addcom x", "?points", "\u200b/clear", "\U000e0000!x"]
)
async def test_a_name_never_begins_a_command(tmp_path: Path, name: str) -> None:
    channel = Channel(tmp_path, command_prefix="?")
    (line,) = await channel.hears(Cheer("1", Person("1", "login", name), AT, bits=5))
    assert line == f"· {visible(name)} cheered 5 bits. Thank you!"


@pytest.mark.parametrize("template", ["/announce {user}", "  .w {user} hi", "!so {user}", "{prefix}so {user}"])
async def test_a_template_never_begins_a_command(tmp_path: Path, template: str) -> None:
    channel = Channel(tmp_path, shoutout_cheer=template, command_prefix="pb")
    (line,) = await channel.hears(cheer("Alice", 5))
    assert line.startswith("· ")


async def test_names_call_nobody_else_and_stay_on_the_line(channel: Channel) -> None:
    name = "@every\none \u202e@you" + "x" * 500
    (line,) = await channel.hears(Cheer("1", Person("1", "login", name), AT, bits=5))
    assert line == "everyone you" + "x" * 27 + "… cheered 5 bits. Thank you!"


@pytest.mark.parametrize(("name", "login", "said"), [("\u200b", "alice", "alice"), ("@", "\n@", "Somebody")])
async def test_a_name_that_nobody_sees_is_replaced(channel: Channel, name: str, login: str, said: str) -> None:
    assert await channel.hears(Cheer("1", Person("1", login, name), AT, bits=5)) == [
        f"{said} cheered 5 bits. Thank you!"
    ]


async def test_a_name_is_no_template(channel: Channel) -> None:
    assert await channel.hears(cheer("{count}", 5)) == ["{count} cheered 5 bits. Thank you!"]


async def test_a_long_template_fits_one_message(tmp_path: Path) -> None:
    channel = Channel(tmp_path, shoutout_cheer="{user} " * 40)
    (line,) = await channel.hears(*(cheer("x" * 25 + str(i), 5) for i in range(9)))
    assert len(line) <= CHAT_LIMIT


async def test_an_event_that_comes_twice_is_thanked_for_once(chat: Stage) -> None:
    for event_id in ("f1", "f1", "f2"):
        await chat.hear("channel.follow", frames.follow(sandbox_user("bob"), chat.clock.now()), event_id)
    await chat.bot.thanks.close()
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
