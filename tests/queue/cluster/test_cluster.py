"""Two bots on one database do everything once."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixel_bot.testing import Stage
from tests.cogs.loaded import thanks_said
from tests.harness.database import findings
from tests.harness.postgres import Databases
from tests.harness.rounds import rounds
from tests.harness.seed import query
from tests.harness.waiting import until
from tests.queue.cluster.two_bots import SECONDS, is_failed, items_of, say_to, two_on


async def test_a_message_that_both_hear_pays_once(both: tuple[Stage, Stage]) -> None:
    for number in range(5):
        await say_to(both, "alice", "hello", message_id=f"m{number}")
        both[0].clock.advance(61)
    assert await both[0].points("alice") == await both[1].points("alice") == 5
    assert await findings(both[1]) == []


async def test_who_hears_something_alone_knows_what_the_other_paid(both: tuple[Stage, Stage]) -> None:
    """The one was cut off for a moment: only the table knows that alice is on cooldown."""
    one, two = both
    await say_to(both, "alice", "hello", message_id="m1")
    one.clock.advance(61)
    await two.say("alice", "only you hear me", message_id="m2")
    one.clock.advance(30)
    await say_to(both, "alice", "and now both", message_id="m3")
    assert await one.points("alice") == 2
    assert await findings(one) == []


async def test_a_command_is_answered_by_one(both: tuple[Stage, Stage]) -> None:
    await both[0].viewer("alice", 50)
    for number in range(10):
        assert len(await say_to(both, "alice", "!points", message_id=f"c{number}")) == 1
    assert sum(len(one.sent) for one in both) == 10


async def test_a_redeem_is_bought_played_and_answered_once(both: tuple[Stage, Stage]) -> None:
    await both[0].viewer("alice", 100)
    answers = await say_to(both, "alice", "!sound ding", message_id="buy")
    await asyncio.gather(*(one.settled() for one in both))
    assert len(answers) == 1
    assert await both[1].points("alice") == 85
    assert await items_of(both[0]) == [("sound", "done")]
    assert sum(len(one.overlay.played) for one in both) == 1
    assert await findings(both[0]) == []


async def test_an_event_pays_once_and_is_thanked_once(both: tuple[Stage, Stage]) -> None:
    event = {
        "user_id": "42",
        "user_login": "bob",
        "user_name": "Bob",
        "broadcaster_user_id": "1",
        "broadcaster_user_login": "pixel_street",
        "broadcaster_user_name": "Pixel",
        "followed_at": "2026-01-01T12:00:00Z",
    }
    await asyncio.gather(*(one.hear("channel.follow", event, "follow-1") for one in both))
    assert await both[0].points("bob") == 50
    await asyncio.gather(*(thanks_said(one.bot) for one in both))
    assert sum("Welcome, Bob" in line for one in both for line in one.sent) == 1
    assert sum(len(one.overlay.alerts) for one in both) == 1


async def test_what_one_sells_plays_where_the_page_is(both: tuple[Stage, Stage]) -> None:
    one, two = both
    one.overlay.close()
    await one.viewer("alice", 100)
    async with asyncio.timeout(SECONDS):
        await one.say("alice", "!sound ding", wait=False)
        await two.overlay.asked(1)
    await two.settled()
    assert await items_of(one) == [("sound", "done")]


async def test_what_is_given_back_is_told_once(both: tuple[Stage, Stage]) -> None:
    one, two = both
    for each in both:
        each.overlay.close()
    await one.viewer("alice", 100)
    await one.say("alice", "!sound ding", wait=False)
    await say_to(both, "mia", "!queue clear", "moderator", message_id="clear")
    async with asyncio.timeout(SECONDS):
        while query(one.services.database.url, "SELECT 1 FROM queue_items WHERE NOT told"):
            await asyncio.gather(*(each.settled() for each in both))
    assert await two.points("alice") == 100
    assert sum("Your 15 points are back" in line for each in both for line in each.sent) == 1


async def test_a_pause_holds_for_both(both: tuple[Stage, Stage]) -> None:
    one, two = both
    await one.say("mia", "!queue pause", "moderator")
    async with asyncio.timeout(SECONDS):
        while two.bot.dispatcher.paused != one.bot.dispatcher.paused:
            await asyncio.sleep(0)
    await two.viewer("alice", 100)
    await two.say("alice", "!sound ding")
    assert await items_of(one) == [("sound", "pending")]
    await two.say("mia", "!queue resume", "moderator")
    async with asyncio.timeout(SECONDS):
        while await items_of(one) != [("sound", "done")]:
            await asyncio.gather(*(each.settled() for each in both))


@pytest.mark.parametrize("typed", ["!panic", "!queue skip", "!refund @alice"])
async def test_a_mod_stops_what_the_other_plays(both: tuple[Stage, Stage], typed: str) -> None:
    one, two = both
    one.overlay.close()
    two.overlay.plays = False
    await two.viewer("alice", 100)
    async with asyncio.timeout(SECONDS):
        await two.say("alice", "!sound ding", wait=False)
        await two.overlay.asked(1)
        await one.say("mia", typed, "moderator", wait=False)
        await until(lambda: is_failed(one))
    assert await one.points("alice") == 100
    assert two.overlay.stopped
    assert await findings(one) == []


async def test_the_leaderboard_agrees(both: tuple[Stage, Stage]) -> None:
    for who, points in (("alice", 30), ("bob", 20), ("carol", 10)):
        await both[0].viewer(who, points)
    boards = [await one.bot.leaderboard.by_points() for one in both]
    assert boards[0] == boards[1]
    assert [place.name for place in boards[0]] == ["alice", "bob", "carol"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["alice", "bob"]),
        st.sampled_from(["hello", "!points", "!give @bob 3", "!give @alice all", "!sound ding", "!spin", "!cancel"]),
        st.sampled_from(["one", "two", "both", "both", "twice"]),
        st.integers(0, 70),
    ),
    min_size=1,
    max_size=12,
)


def balances_told(both: tuple[Stage, Stage]) -> int:
    """Answers to ``!points``; what became of a spin may be told at any time."""
    return sum(line.startswith("You have ") for one in both for line in one.sent)


@settings(max_examples=rounds(4), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_whatever_happens_the_ledger_is_right_and_nothing_happens_twice(
    steps: list[tuple[str, str, str, int]], databases: Databases, tmp_path: Path
) -> None:
    databases.drop_all()
    async with two_on(databases.of(tmp_path, "any"), tmp_path) as both:
        for who in ("alice", "bob"):
            await both[0].viewer(who, 120)
        for number, (who, text, where, seconds) in enumerate(steps):
            hearers = {"one": both[:1], "two": both[1:]}.get(where, both)
            times = 2 if where == "twice" else 1
            before = balances_told(both)
            await asyncio.gather(
                *(one.say(who, text, message_id=f"s{number}") for one in hearers for _ in range(times))
            )
            if text == "!points":
                assert balances_told(both) == before + 1
            both[0].clock.advance(seconds)
        async with asyncio.timeout(SECONDS):
            # What the one saw running is looked at again by the other within a second.
            while {status for _, status in await items_of(both[0])} - {"done", "failed"}:
                for one in both:
                    one.bot.dispatcher.wake()
                await asyncio.gather(*(one.settled() for one in both))
        assert await findings(both[0]) == []
        played = [message["id"] for one in both for message in one.overlay.played]
        assert len(played) == len(set(played))
