"""Chat while the disk is full."""

import asyncio
import sys
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from pixel_bot.bot import channel as channel_module
from pixel_bot.db.write_outage import FULL
from pixel_bot.model.channel_events import Follow
from pixel_bot.model.people import Person
from pixel_bot.queue import refund_notifier as notifier_module
from pixel_bot.queue import result_writer as writer_module
from pixel_bot.testing import Stage
from tests.db.disk.awards import REFUSED, SECONDS, START, becomes, file_of, said
from tests.harness.database import findings
from tests.harness.disk import BadDisk
from tests.harness.seed import query
from tests.harness.waiting import until

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(sys.platform != "linux", reason="the disks of these tests are Linux's"),
]


# Chat


async def test_commands_that_read_are_answered_and_the_others_refused(chat: Stage, disk: BadDisk) -> None:
    await chat.viewer("alice", points=100)
    await chat.viewer("bob")
    disk.fill()
    assert await chat.say("alice", "!give @bob 5") == [REFUSED]
    assert await chat.say("alice", "!sound") == [REFUSED]
    assert await chat.say("newcomer", "!points") == [REFUSED]
    assert await chat.say("", "!points add @bob 5", role="broadcaster") == [REFUSED]
    assert await chat.say("alice", "!points") == ["You have 100 points."]
    assert await chat.say("bob", "!top") != [REFUSED]
    (status,) = await chat.say("", "!status", role="broadcaster")
    assert "nothing can be saved: the disk is full" in status
    assert (await chat.points("alice"), chat.overlay.played) == (100, [])
    disk.free()
    await becomes(chat.services.awards.write_outage, None)
    (answer,) = await chat.say("alice", "!sound")
    assert answer.endswith("85 points left.")
    assert await chat.say("newcomer", "!points") == ["You have 0 points."]
    (status,) = await chat.say("", "!status", role="broadcaster")
    assert "saved" not in status
    assert await findings(chat.services) == []


async def test_what_plays_when_the_disk_fills_up_ends_once_when_there_is_room(
    chat: Stage, disk: BadDisk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer_module, "RETRY_SECONDS", 0.02)
    await chat.viewer("alice", points=100)
    chat.overlay.plays = False
    await chat.say("alice", "!sound", wait=False)
    async with asyncio.timeout(SECONDS):
        await chat.overlay.asked(1)
    chat.overlay.started()
    disk.fill()
    chat.overlay.finished()
    await becomes(chat.services.awards.write_outage, FULL)
    assert query(file_of(chat.services), "SELECT status FROM queue_items") == [("running",)]
    disk.free()
    async with asyncio.timeout(SECONDS):
        await chat.bot.dispatcher.settled()
    assert query(file_of(chat.services), "SELECT status FROM queue_items") == [("done",)]
    assert (len(chat.overlay.played), await chat.points("alice")) == (1, 85)
    assert said(caplog, "The queue cannot be written") == 1
    assert await findings(chat.services) == []


async def test_what_cannot_be_noted_as_told_is_told_once_all_the_same(
    chat: Stage, disk: BadDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier_module, "RETRY_SECONDS", 0.02)
    log_failure, failures = notifier_module.RefundNotifier._log_failure, list[DBAPIError]()

    def counted(notifier: notifier_module.RefundNotifier, exc: DBAPIError) -> None:
        failures.append(exc)
        log_failure(notifier, exc)

    monkeypatch.setattr(notifier_module.RefundNotifier, "_log_failure", counted)
    post = chat.bot.twitch_http.post_chat_message

    async def post_and_fill(**message: Any) -> Any:
        disk.fill()
        return await post(**message)

    await chat.viewer("alice", points=100)
    chat.overlay.close()
    await chat.say("alice", "!sound")
    chat.sent.clear()
    monkeypatch.setattr(chat.bot.twitch_http, "post_chat_message", post_and_fill)
    chat.clock.advance(120)
    chat.bot.dispatcher.wake()
    await becomes(chat.services.awards.write_outage, FULL)
    await until(lambda: len(failures) >= 5)
    disk.free()
    monkeypatch.setattr(chat.bot.twitch_http, "post_chat_message", post)
    async with asyncio.timeout(SECONDS):
        await chat.bot.dispatcher.settled()
    assert chat.sent == ["@alice sound: The overlay was away for too long. Your 15 points are back."]
    assert query(file_of(chat.services), "SELECT told FROM queue_items") == [(1,)]


async def test_events_that_wait_do_not_keep_chat_from_being_heard(
    chat: Stage, disk: BadDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "MAX_COMMANDS", 5)
    disk.fill()
    for i in range(20):
        who = Person(f"id-fan{i}", f"fan{i}", f"fan{i}")
        chat.bot.events.start(Follow(f"follow{i}", who, START), chat.bot.channels["twitch"])
    await becomes(chat.services.awards.write_outage, FULL)
    assert not chat.bot.notifications.is_congested
    disk.free()
    await chat.settled()
    assert await chat.points("fan7") == 50
