"""Watch time when Twitch or the database fails, and its own task."""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from pixel_bot.earning.award_batch import EventAward
from pixel_bot.earning.watch_time import CHUNK, PresenceUnknown
from pixel_bot.errors import PixelError
from pixel_bot.model.stream_state import Broadcast, Stream, check_when_due
from pixel_bot.points import processed_ids
from tests.earning.watch.stream import SLOT, WatchedStream


async def test_a_failure_is_told_once_and_tried_again(show: WatchedStream, caplog: pytest.LogCaptureFixture) -> None:
    show.crowd.failures = [PresenceUnknown("Twitch answered 500: oops.") for _ in range(3)]
    show.live()
    with caplog.at_level(logging.INFO, "pixel_bot.earning.watch_time"):
        assert await show.passes(SLOT) == 30
        assert await show.passes(30) == 30
        assert await show.passes(30) == 30
        assert await show.points() == {}
        assert await show.passes(30) == 60
    assert await show.points() == {"alice": 5, "bob": 5}
    assert [r.getMessage() for r in caplog.records] == [
        "Watch time cannot be paid right now. Twitch answered 500: oops. It is tried again every 30 seconds.",
        "Watch time: 2 viewers earned points.",
        "Watch time is paid again.",
    ]


async def test_it_is_tried_until_the_next_slot_ends(show: WatchedStream) -> None:
    show.crowd.failures = [PresenceUnknown("Not now.") for _ in range(2)]
    show.live()
    assert await show.passes(SLOT) == 30
    assert await show.passes(SLOT - 10) == 10
    await show.passes(10)
    assert {award.event_id.split(":")[2] for award in show.paid} == {"2"}
    assert await show.points() == {"alice": 5, "bob": 5}


async def test_without_the_roles_nobody_is_paid_yet(show: WatchedStream) -> None:
    show.begin(points_watch_sub_factor=2)
    show.crowd.roles_of = {"alice": {"sub"}}
    show.crowd.no_roles = True
    show.live()
    assert await show.passes(SLOT) == 30
    assert await show.points() == {}
    show.crowd.no_roles = False
    await show.passes(30)
    assert await show.points() == {"alice": 10, "bob": 5}


async def test_a_database_that_is_away_is_waited_for(
    show: WatchedStream, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(*_: object) -> dict[str, tuple[int, int]]:
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    show.live()
    with monkeypatch.context() as patch:
        patch.setattr(processed_ids, "awards_of", away)
        assert await show.passes(SLOT) == 30
    assert "The database cannot be used (disk I/O error)." in caplog.text
    assert await show.passes(30) == 60
    assert await show.points() == {"alice": 5, "bob": 5}


async def test_one_who_cannot_be_paid_does_not_keep_out_the_others(show: WatchedStream) -> None:
    async def pay(award: EventAward) -> bool:
        if award.person is not None and award.person.login == "alice":
            raise PixelError("That is more than one balance can hold.")
        return await show.pay(award)

    show.watch._pay = pay
    show.live()
    assert await show.passes(SLOT) == 60
    assert await show.points() == {"bob": 5}


async def test_many_people_are_paid_in_chunks(show: WatchedStream) -> None:
    under_way = most = 0

    async def pay(award: EventAward) -> bool:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        new = await show.services.awards.event(award)
        under_way -= 1
        return new

    show.watch._pay = pay
    show.crowd.names = [f"viewer{i}" for i in range(2 * CHUNK + 10)]
    show.live()
    await show.passes(SLOT)
    assert sum((await show.points()).values()) == 5 * (2 * CHUNK + 10)
    assert most == CHUNK


async def test_it_runs_by_itself_and_the_stream_wakes_it(show: WatchedStream) -> None:
    running = asyncio.create_task(show.watch.run())
    await asyncio.sleep(0)
    assert show.crowd.asked == 0
    show.live(since=show.clock.now() - timedelta(seconds=SLOT))
    await asyncio.wait_for(show.crowd.was_asked.wait(), 5)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert show.stream.changed == set()


async def test_looking_goes_on_when_the_time_has_come_or_the_stream_changes() -> None:
    stream = Stream()
    pauses: list[float | None] = [0.0, 0.001, None]
    looks = 0
    at_rest, woken = asyncio.Event(), asyncio.Event()

    async def look() -> float | None:
        nonlocal looks
        looks += 1
        if looks == 3:
            at_rest.set()
        if looks == 4:
            woken.set()
        return pauses[min(looks, 3) - 1]

    looking = asyncio.create_task(check_when_due(stream, look))
    await asyncio.wait_for(at_rest.wait(), 5)
    assert not woken.is_set()
    stream.went_live(Broadcast("1", datetime.now().astimezone()))
    await asyncio.wait_for(woken.wait(), 5)
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking
