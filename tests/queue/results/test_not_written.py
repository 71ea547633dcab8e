"""What a verdict comes to when the database cannot be written."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from pixel_bot.model.people import Viewer
from pixel_bot.queue import result_writer
from pixel_bot.queue.attempt import DONE, Result
from pixel_bot.queue.result_writer import UNCLEAR
from pixel_bot.redeems import queue_items
from tests.harness.queue_rows import queued
from tests.queue.results.desk import SOUND, Desk, running


async def test_while_the_database_is_away_it_is_tried_again(
    desk: Desk, alice: Viewer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As often as it takes; the log says so once."""
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(result_writer, "asyncio", SimpleNamespace(sleep=wait))
    real, failures = queue_items.done, iter(range(3))

    async def away(*args: Any) -> bool:
        if next(failures, None) is not None:
            raise OperationalError("UPDATE", {}, RuntimeError("database is locked"))
        return await real(*args)

    monkeypatch.setattr(queue_items, "done", away)
    item_id = await running(desk, alice)
    with caplog.at_level(logging.DEBUG, "pixel_bot.queue.result_writer"):
        assert await desk.settled(item_id, DONE, "it is done.") == DONE
    assert ((await desk.row(item_id))["status"], desk.news) == ("done", 1)
    assert waited == [result_writer.RETRY_SECONDS] * 3
    assert [r.levelno for r in caplog.records] == [logging.ERROR, logging.DEBUG, logging.DEBUG]


async def broken(*args: Any, **named: Any) -> Any:
    raise ZeroDivisionError


async def test_a_verdict_that_cannot_be_written_is_a_refund(
    desk: Desk, alice: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_items, "done", broken)
    item_id, other = await running(desk, alice), await running(desk, alice)
    assert await desk.settled(item_id, DONE) == Result.refund(UNCLEAR)
    row = await desk.row(item_id)
    assert (row["status"], row["note"], row["told"], desk.news) == ("failed", UNCLEAR, False, 1)
    assert ((await desk.row(other))["status"], await desk.points()) == ("running", 115)


async def test_a_refund_that_cannot_be_written_is_out_of_the_way(
    desk: Desk, alice: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.services.refunds, "fail", broken)
    item_id, other = await running(desk, alice), await running(desk, alice)
    await desk.settled(item_id, Result.refund("It broke."))
    row = await desk.row(item_id)
    assert (row["status"], row["note"], row["told"], desk.news) == ("failed", UNCLEAR, False, 1)
    assert ((await desk.row(other))["status"], await desk.points()) == ("running", 100)


async def test_only_what_waits_is_given_back_unless_more_is_asked_for(desk: Desk, alice: Viewer) -> None:
    effect_runner = await running(desk, alice)
    (waits,) = await queued(desk.services, SOUND, user_id=alice.id, cost=7)
    await desk.writer.refund(reason="A mod cleared the queue.")
    assert [(await desk.row(i))["status"] for i in (effect_runner, waits)] == ["running", "failed"]
    assert (await desk.points(), desk.news) == (107, 1)
