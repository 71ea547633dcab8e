"""Waiting for a second event on the same sub: for its notice, and before it is announced."""

import asyncio

import pytest

from pixel_bot.bot import sub_waits
from pixel_bot.bot.sub_waits import NoticeWaits, PendingAnnouncements
from pixel_bot.model.people import Person

ALICE, BOB = Person("1", "alice", "Alice"), Person("2", "bob", "Bob")
AT_ONCE = 0.0


async def begun(waits: NoticeWaits, person: Person | None) -> asyncio.Task[None]:
    """Somebody's share waits, or has gone on."""
    task = asyncio.create_task(waits.until_notice(person))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


async def test_a_share_waits_for_the_notice_of_the_same_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sub_waits, "NOTICE_SECONDS", 60.0)
    waits = NoticeWaits()
    waits.are_heard = lambda: True
    for _ in range(2):
        task = await begun(waits, ALICE)
        waits.on_notice(BOB)
        waits.on_notice(None)
        await asyncio.sleep(0)
        assert not task.done()
        waits.on_notice(ALICE)
        await asyncio.wait_for(task, 10)
    waits.on_notice(ALICE)


async def test_whoever_is_anonymous_or_without_notices_waits_for_nothing() -> None:
    waits = NoticeWaits()
    assert (await begun(waits, ALICE)).done(), "nobody has said yet that Twitch sends notices"
    waits.are_heard = lambda: True
    assert (await begun(waits, None)).done()


async def test_a_notice_that_does_not_come_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sub_waits, "NOTICE_SECONDS", AT_ONCE)
    waits = NoticeWaits()
    waits.are_heard = lambda: True
    await waits.until_notice(ALICE)


class Announced:
    """What was announced, and when something was."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.one = asyncio.Event()

    async def announce(self, name: str) -> None:
        await asyncio.sleep(0)
        self.names.append(name)
        self.one.set()


async def test_an_announcement_waits_and_is_made_once() -> None:
    told, pending = Announced(), PendingAnnouncements(AT_ONCE)
    pending.add(1, lambda: told.announce("alice"))
    assert told.names == []
    await told.one.wait()
    pending.drop(1)
    await pending.flush()
    assert told.names == ["alice"]


async def test_what_another_event_announces_is_dropped() -> None:
    told, pending = Announced(), PendingAnnouncements(AT_ONCE)
    pending.add(1, lambda: told.announce("alice"))
    pending.add(2, lambda: told.announce("bob"))
    pending.drop(1)
    pending.drop(3)
    await told.one.wait()
    await pending.flush()
    assert told.names == ["bob"]


async def test_flushing_announces_all_that_waits() -> None:
    told, pending = Announced(), PendingAnnouncements(3600)
    for number, name in enumerate(("alice", "bob")):
        pending.add(number, lambda name=name: told.announce(name))
    await pending.flush()
    assert told.names == ["alice", "bob"]
