"""Watch time is paid once for each slot of a stream, whatever restarts and clocks do."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from pixel_bot.earning import watch_time
from pixel_bot.run.running_bot import opened
from pixel_bot.testing import settings_in
from tests.earning.watch.stream import SLOT, WatchedStream, kill


async def test_whoever_is_there_when_a_slot_ends_earns_for_it(show: WatchedStream) -> None:
    show.live()
    await show.passes(SLOT - 1)
    assert await show.points() == {}
    show.crowd.names = ["alice", "carol"]
    await show.passes(1)
    assert await show.points() == {"alice": 5, "carol": 5}
    await show.passes(SLOT)
    assert await show.points() == {"alice": 10, "carol": 10}
    assert {award.kind for award in show.paid} == {"watch"}
    assert show.paid[0].event_id == "watch:1:1:twitch:id-alice"


async def test_it_sleeps_until_the_end_of_the_slot_but_not_for_long(show: WatchedStream) -> None:
    show.live()
    assert await show.watch.look() == 60
    assert await show.passes(SLOT - 12.5) == 12.5
    assert await show.passes(12.5) == 60
    show.stream.went_offline()
    assert await show.watch.look() is None


async def test_a_stream_that_begins_in_the_future_pays_nothing(show: WatchedStream) -> None:
    show.live(since=show.clock.now() + timedelta(hours=1))
    assert await show.watch.look() == 60
    assert show.crowd.asked == 0


async def test_a_slot_is_paid_once(show: WatchedStream) -> None:
    show.live()
    await show.passes(SLOT)
    await show.watch.look()
    await show.passes(10)
    assert await show.points() == {"alice": 5, "bob": 5}
    assert show.crowd.asked == 1


async def test_a_restart_pays_nobody_again_and_nobody_who_came_later(show: WatchedStream) -> None:
    show.live()
    await show.passes(SLOT)
    show.crowd.names.append("carol")
    show.begin()
    await show.passes(100)
    assert await show.points() == {"alice": 5, "bob": 5}
    assert show.crowd.asked == 1
    await show.passes(SLOT - 100)
    assert await show.points() == {"alice": 10, "bob": 10, "carol": 5}


async def test_a_bot_that_comes_back_pays_the_slot_that_ended_last_and_no_older_one(show: WatchedStream) -> None:
    show.live(since=show.clock.now() - timedelta(seconds=5 * SLOT + 100))
    await show.watch.look()
    assert await show.points() == {"alice": 5, "bob": 5}
    assert show.paid[0].event_id == "watch:1:5:twitch:id-alice"


async def test_the_next_stream_has_slots_of_its_own(show: WatchedStream) -> None:
    show.live("1")
    await show.passes(SLOT)
    show.stream.went_offline()
    await show.passes(SLOT)
    show.live("2")
    await show.passes(SLOT - 1)
    assert await show.points() == {"alice": 5, "bob": 5}
    await show.passes(1)
    assert await show.points() == {"alice": 10, "bob": 10}


async def test_a_stream_that_was_only_gone_for_a_moment_goes_on_counting(show: WatchedStream) -> None:
    began = show.clock.now()
    show.live(since=began)
    await show.passes(SLOT)
    show.stream.went_offline()
    await show.passes(5)
    show.live(since=began)
    await show.passes(5)
    assert await show.points() == {"alice": 5, "bob": 5}
    await show.passes(SLOT)
    assert await show.points() == {"alice": 10, "bob": 10}


async def test_a_kill_in_the_middle_pays_the_rest_after_the_restart(
    show: WatchedStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_time, "CHUNK", 3)
    show.crowd.names = [f"viewer{i}" for i in range(10)]
    show.live()
    show.clock.advance(SLOT)
    await kill(show, after=5)
    some = await show.points()
    assert 3 <= len(some) <= 6
    show.begin()
    await show.watch.look()
    assert await show.points() == {f"viewer{i}": 5 for i in range(10)}


async def test_two_bots_at_once_pay_once(show: WatchedStream, tmp_path: Path) -> None:
    show.live()
    show.clock.advance(SLOT)
    async with opened(settings_in(tmp_path), "sandbox", show.clock) as services:
        services.awards.start()
        one, other = show.watch, show.another(services)
        other._pay = services.awards.event
        show.crowd.gate.clear()
        looks = [asyncio.create_task(w.look()) for w in (one, other)]
        while show.crowd.asked < 2:
            show.crowd.was_asked.clear()
            await show.crowd.was_asked.wait()
        show.crowd.gate.set()
        await asyncio.gather(*looks)
        await services.awards.stop()
    assert await show.points() == {"alice": 5, "bob": 5}


async def test_a_clock_that_jumps_ahead_pays_one_slot(show: WatchedStream) -> None:
    show.live()
    await show.passes(40 * SLOT + 7)
    assert await show.points() == {"alice": 5, "bob": 5}
    assert await show.watch.look() == 60
    assert show.crowd.asked == 1


async def test_a_clock_that_is_set_back_pays_nothing_twice_and_goes_on(show: WatchedStream) -> None:
    show.live()
    await show.passes(10 * SLOT)
    await show.passes(-8 * SLOT)
    await show.passes(-SLOT - 50)
    assert await show.points() == {"alice": 5, "bob": 5}
    await show.passes(SLOT)
    assert await show.points() == {"alice": 10, "bob": 10}
    for _ in range(9):  # up to the slot that was paid before the clock was set, and it is not paid again
        await show.passes(SLOT)
    assert await show.points() == {"alice": 50, "bob": 50}
