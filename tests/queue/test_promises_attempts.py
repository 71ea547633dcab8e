"""One attempt: until it is decided it can be stopped, once; then it stays as it is decided. And what a crash leaves."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import EPOCH
from pixel_bot.db.models import QueueItem
from pixel_bot.model.outcome import PlaySound, Run, to_payload
from pixel_bot.model.people import Person, Viewer
from pixel_bot.queue.attempt import DONE, LEFT, RETRY, Attempt, Result, Stopped
from pixel_bot.queue.effects import Effects, Job, effect
from pixel_bot.queue.recovery import GONE, RESTARTED, recover
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.queue_items import Item
from pixel_bot.services import Services
from pixel_bot.testing import FakeOverlay, SettableClock
from tests.harness.queue_rows import queued, rows

SOUND, WORK, ONCE = PlaySound("ding"), Run("work"), Run("once")
COUNTS = to_payload(SOUND) | {"counts_from": "begun"}
SKIPPED = "A mod skipped it."
ITEM = Item(
    1, "effect", "running", None, "thing", 1, "Alice", 15, "t", {}, 0, EPOCH, None, None, None, None, None, None
)  # fmt: skip


class Work:
    """Work that waits until it may end; ``stubborn`` work ends by itself when it is called off."""

    def __init__(self, *, stubborn: bool = False) -> None:
        self.begun, self.may = asyncio.Event(), asyncio.Event()
        self.called_off = False
        self._stubborn = stubborn

    async def do(self) -> str:
        self.begun.set()
        try:
            await self.may.wait()
        except asyncio.CancelledError:
            self.called_off = True
            if not self._stubborn:
                raise
        return "result"


@pytest.fixture
async def work() -> Work:
    return Work()


async def begun(attempt: Attempt, work: Work) -> "asyncio.Task[str]":
    task = asyncio.create_task(attempt.unless_stopped(work.do()))
    await work.begun.wait()
    return task


# One attempt


async def test_work_that_nobody_stops_brings_its_result(work: Work) -> None:
    task = await begun(Attempt(ITEM), work)
    work.may.set()
    assert await task == "result"
    assert not work.called_off


async def test_a_stop_calls_work_off_and_says_why(work: Work) -> None:
    attempt = Attempt(ITEM)
    task = await begun(attempt, work)
    assert attempt.stop(SKIPPED)
    assert not attempt.stop("Another one.")
    with pytest.raises(Stopped) as caught:
        await task
    assert (caught.value.result, str(caught.value), work.called_off) == (
        Result.refund(SKIPPED),
        "refund",
        True,
    )


async def test_what_cannot_be_stopped_goes_on(work: Work) -> None:
    attempt = Attempt(ITEM, stoppable=False)
    task = await begun(attempt, work)
    assert not attempt.stop(SKIPPED)
    work.may.set()
    assert await task == "result"


async def test_what_is_sealed_cannot_be_stopped_any_more(work: Work) -> None:
    attempt = Attempt(ITEM)
    attempt.forbid_stop()
    assert not attempt.stop(SKIPPED)


@pytest.mark.parametrize("stoppable", [True, False])
async def test_the_end_of_the_bot_leaves_everything_to_the_next_start(work: Work, stoppable: bool) -> None:
    attempt = Attempt(ITEM, stoppable=stoppable)
    task = await begun(attempt, work)
    attempt.leave_to_next_start()
    attempt.leave_to_next_start()
    with pytest.raises(Stopped) as caught:
        await task
    assert caught.value.result == LEFT


async def test_a_stop_before_the_end_of_the_bot_counts(work: Work) -> None:
    attempt = Attempt(ITEM)
    task = await begun(attempt, work)
    attempt.stop(SKIPPED)
    attempt.leave_to_next_start()
    with pytest.raises(Stopped) as caught:
        await task
    assert caught.value.result == Result.refund(SKIPPED)


async def test_work_that_ends_although_it_is_called_off_counts() -> None:
    attempt, work = Attempt(ITEM), Work(stubborn=True)
    task = await begun(attempt, work)
    assert attempt.stop(SKIPPED)
    assert await task == "result"


@pytest.mark.parametrize("stubborn", [True, False])
async def test_whoever_waits_for_work_may_be_called_off_too(stubborn: bool) -> None:
    """As when it takes too long: the work is called off, and its result counts where it has one."""
    work = Work(stubborn=stubborn)
    task = await begun(Attempt(ITEM), work)
    task.cancel()
    with suppress(asyncio.CancelledError):
        assert await task == "result"
    assert (work.called_off, task.cancelled()) == (True, not stubborn)


async def test_an_attempt_ends_once_and_all_who_wait_hear_it() -> None:
    attempt = Attempt(ITEM)
    impatient, patient = (asyncio.create_task(attempt.ended()) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait({impatient})
    attempt.end(DONE)
    attempt.end(Result.refund(SKIPPED))
    assert await patient == DONE
    assert await attempt.ended() == DONE
    assert not attempt.stop(SKIPPED)


def test_a_page_has_let_go_only_where_it_says_so() -> None:
    assert not RETRY.released


# What a crash leaves


class Cog:
    """Work that may begin again after a crash, and work that may not."""

    @effect("work")
    async def work(self, job: Job) -> None: ...

    @effect("once", again=False)
    async def once(self, job: Job) -> None: ...


@pytest.fixture
def effects() -> Effects:
    known = Effects()
    known.add(Cog())
    return known


@pytest.fixture
async def alice(services: Services) -> AsyncGenerator[Viewer]:
    """Somebody with 100 points; afterwards the ledger holds what the statuses say."""
    await services.redeems.offer([Offer("thing", "Thing")])
    viewer = await services.viewers.meet(Person("1", "alice", "Alice"))
    await services.economy.add(viewer, viewer, 100)
    yield viewer
    back = sum(row["cost"] for row in (await rows(services)).values() if row["refunded_at"] is not None)
    assert (await services.viewers.find("alice")).points == 100 + back


@pytest.mark.parametrize(
    ("made", "columns", "status", "attempts", "note"),
    [
        (WORK, {}, "pending", 1, None),
        (WORK, {"attempts": 1}, "pending", 2, None),
        (WORK, {"attempts": 2}, "failed", 2, RESTARTED),
        (WORK, {"begun_at": EPOCH}, "failed", 0, RESTARTED),
        (ONCE, {}, "failed", 0, RESTARTED),
        (Run("unknown"), {}, "pending", 1, None),
        (SOUND, {"page": "page", "attempts": 2}, "pending", 2, None),
        (SOUND, {"page": "page", "begun_at": EPOCH}, "pending", 0, None),
        (SOUND, {"payload_json": {"effect": "tea"}}, "failed", 0, GONE),
        (WORK, {"redeem": "gone"}, "failed", 1, GONE),
        (ONCE, {"redeem": "gone"}, "failed", 0, RESTARTED),
        (SOUND, {"status": "pending"}, "pending", 0, None),
        (SOUND, {"status": "pending", "redeem": "gone"}, "failed", 0, GONE),
        (SOUND, {"redeem": "gone", "begun_at": EPOCH, "payload_json": COUNTS}, "pending", 0, None),
        (SOUND, {"redeem": "gone", "begun_at": EPOCH, "payload_json": COUNTS | {"kept": "x"}}, "failed", 0, GONE),
        (ONCE, {"status": "pending", "begun_at": EPOCH}, "pending", 0, None),
        (SOUND, {"status": "done", "redeem": "gone"}, "done", 0, None),
    ],
)
async def test_what_a_crash_leaves_is_sorted_out(
    services: Services, effects: Effects, alice: Viewer, made: Any, columns: dict[str, Any], status: str,
    attempts: int, note: str | None,
) -> None:  # fmt: skip
    """One that had another beside it, which goes on whatever becomes of the first."""
    (item_id,) = await queued(services, made, user_id=alice.id, cost=15, **({"status": "running"} | columns))
    (other,) = await queued(services, WORK, user_id=alice.id, cost=15, status="running")
    assert await recover(services, effects) == 2 - (status == "done")
    found = await rows(services)
    row = found[item_id]
    assert (row["status"], row["attempts"], row["note"]) == (status, attempts, note)
    assert row["page"] == columns.get("page")
    assert row["told"] == (note is None)
    assert (found[other]["status"], found[other]["attempts"]) == ("pending", 1)


async def test_what_counts_and_has_no_lane_any_more_ends_as_if_it_had_happened(
    services: Services, effects: Effects, alice: Viewer
) -> None:
    counts = {"redeem": "gone", "begun_at": EPOCH, "payload_json": COUNTS, "kind": "duel", "track": "duel"}
    (item_id,) = await queued(services, SOUND, user_id=alice.id, cost=15, status="running", **counts)
    await recover(services, effects)
    assert (await rows(services))[item_id]["status"] == "done"


async def test_only_what_fits_is_sorted_out(services: Services, effects: Effects, alice: Viewer) -> None:
    first, second = await queued(services, ONCE, ONCE, user_id=alice.id, cost=15, status="running")
    assert await recover(services, effects, QueueItem.id == second) == 1
    found = await rows(services)
    assert [found[i]["status"] for i in (first, second)] == ["running", "failed"]


async def test_where_nothing_was_left_nothing_is_written(
    services: Services, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never() -> AsyncSession:
        raise AssertionError("There is nothing to write.")

    monkeypatch.setattr(services.database, "write", never)
    assert await recover(services, effects) == 0


async def test_what_was_given_back_lately_is_taken_off_the_pages(
    services: Services, effects: Effects, clock: SettableClock, alice: Viewer
) -> None:
    page = FakeOverlay(services.overlay, "page")
    await page.open()
    for ago in (301, 300, 10):
        at = clock.now() - timedelta(seconds=ago)
        await queued(services, SOUND, page="page", status="failed", refunded_at=at)
    await recover(services, effects)
    tokens = [row["token"] for _, row in sorted((await rows(services)).items())]
    assert sorted(page.stopped) == sorted(tokens[1:])
