"""What taking an item promises: each is taken once, its track runs one at a time, and nothing else is touched."""

from datetime import datetime, timedelta

import pytest

from pixel_bot.model.outcome import PlaySound, Run, Speak
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.claim_items import claim_concurrent, claim_head
from pixel_bot.redeems.queue_items import Item, Q
from pixel_bot.services import Services
from tests.harness.queue_rows import in_all_states, queued, rows

DING, WORK, HELLO = PlaySound("ding"), Run("work"), Speak("hello")


@pytest.fixture
def now(services: Services) -> datetime:
    """A moment after all of them were bought."""
    return services.clock.now() + timedelta(seconds=3)


async def claim(services: Services, item_id: int, now: datetime, page: str | None = "page") -> Item | None:
    async with services.database.write() as session:
        (found,) = await queue_items.load(session, Q.id == item_id)
        return await claim_head(session, found, now, page, 7)


async def test_the_head_runs_from_now_on_its_page_for_this_process(services: Services, now: datetime) -> None:
    ids = await queued(services, DING, DING)
    before = await rows(services)
    item = await claim(services, ids[0], now)
    assert item is not None
    assert (item.id, item.status, item.page) == (ids[0], "running", "page")
    after = await rows(services)
    assert after[ids[0]] == {**before[ids[0]], "status": "running", "started_at": now, "page": "page", "owner": 7}
    assert after[ids[1]] == before[ids[1]]


async def test_the_page_that_had_it_keeps_it(services: Services, now: datetime) -> None:
    (first,) = await queued(services, DING, page="before")
    item = await claim(services, first, now)
    assert item is not None
    assert item.page == "before"


async def test_what_was_noted_since_it_was_found_counts(services: Services, now: datetime) -> None:
    (first,) = await queued(services, DING)
    async with services.database.write() as session:
        (found,) = await queue_items.load(session, Q.id == first)
        await queue_items.begin(session, first, now)
        item = await claim_head(session, found, now, None)
    assert item is not None
    assert (found.begun_at, item.begun_at, item.page) == (None, now, None)


@pytest.mark.parametrize("state", ["running", "done", "failed"])
async def test_what_does_not_wait_any_more_is_not_taken(services: Services, now: datetime, state: str) -> None:
    ids = await in_all_states(services, HELLO)
    if state != "running":
        async with services.database.write() as session:
            await queue_items.end(session, [Q.id == ids["running"]], "done", now, "", told=True)
    before = await rows(services)
    assert await claim(services, ids[state], now) is None
    assert await rows(services) == before


async def test_a_track_runs_one_item_at_a_time(services: Services, now: datetime) -> None:
    first, second = await queued(services, DING, DING)
    assert await claim(services, first, now) is not None
    before = await rows(services)
    assert await claim(services, second, now) is None
    assert await rows(services) == before
    async with services.database.write() as session:
        assert await queue_items.done(session, first, now, "")
    assert await claim(services, second, now) is not None


async def test_other_tracks_and_work_beside_them_hold_up_nobody(services: Services, now: datetime) -> None:
    await queued(services, HELLO, WORK, status="running")
    await queued(services, DING, status="done")
    (first,) = await queued(services, DING)
    assert await claim(services, first, now) is not None


async def test_work_is_taken_oldest_first_and_no_more_than_asked(services: Services, now: datetime) -> None:
    await queued(services, DING, HELLO)
    ids = await queued(services, *[WORK] * 3)
    before = await rows(services)
    async with services.database.write() as session:
        taken = await claim_concurrent(session, now, 2, owner=7)
    assert [(i.id, i.status) for i in taken] == [(ids[0], "running"), (ids[1], "running")]
    after = await rows(services)
    claimed = {"status": "running", "started_at": now, "owner": 7}
    for item_id, row in before.items():
        assert after[item_id] == {**row, **(claimed if item_id in ids[:2] else {})}


async def test_work_is_taken_once(services: Services, now: datetime) -> None:
    ids = await in_all_states(services, WORK)
    for taken in ([ids["pending"]], []):
        async with services.database.write() as session:
            assert [i.id for i in await claim_concurrent(session, now, 10)] == taken


async def test_each_platform_takes_its_own_work(services: Services, now: datetime) -> None:
    here = await queued(services, WORK, message_id="m1") + await queued(services, WORK)
    there = await queued(services, WORK, message_id="joystick:m2")
    async with services.database.write() as session:
        assert [i.id for i in await claim_concurrent(session, now, 10, "joystick")] == there
        assert [i.id for i in await claim_concurrent(session, now, 10, "twitch")] == here
