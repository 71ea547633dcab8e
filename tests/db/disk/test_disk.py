"""Awards wait while the disk is full, and are paid once."""

import asyncio
import random
import sqlite3
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from pixel_bot.clock import from_micros
from pixel_bot.db.write_outage import FULL
from pixel_bot.earning import awards as awards_module
from pixel_bot.earning import backlog as backlog_module
from pixel_bot.run.running_bot import health, opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.db.disk.awards import SECONDS, balances, becomes, event, file_of, line, mark, of_sqlite, person, pester, said
from tests.earning.messages import follow
from tests.harness.database import findings
from tests.harness.disk import BadDisk
from tests.harness.rounds import rounds
from tests.harness.seed import query
from tests.harness.waiting import until

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(sys.platform != "linux", reason="the disks of these tests are Linux's"),
]


# Awards


async def test_awards_wait_and_are_paid_once_when_there_is_room(
    services: Services, disk: BadDisk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "pixel_bot")
    trouble = services.awards.write_outage
    disk.fill()
    events = [asyncio.create_task(services.awards.event(event(f"e{i}"))) for i in (1, 1, 2)]
    for i in range(50):
        services.awards.chat(line(f"m{i}", i, f"user{i}"))
    await becomes(trouble, FULL)
    assert await health(services, lambda: ["Twitch is away."]) == [str(FULL), "Twitch is away."]
    late = line("late", 61, "user1")
    follow(services, from_micros(late.at))
    services.awards.chat(late)
    assert await balances(services) == {}
    disk.free()
    async with asyncio.timeout(SECONDS):
        assert sorted(await asyncio.gather(*events)) == [False, True, True]
        await services.awards.drained()
    await becomes(trouble, None)
    assert await balances(services) == {f"user{i}": 1 + (i == 1) for i in range(50)} | {"alice": 100}
    assert await health(services, list) == []
    assert await findings(services) == []
    assert (said(caplog, "cannot be written"), said(caplog, "can be written again")) == (1, 1)


async def test_trouble_that_nobody_writes_in_lasts_as_long_as_it_is_there(
    services: Services, disk: BadDisk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "pixel_bot")
    disk.fill()
    with pytest.raises(OperationalError):
        await mark(services.database, "no")
    await until(lambda: said(caplog, "still cannot be written") >= 3, SECONDS)
    assert services.awards.write_outage.now == FULL
    disk.free()
    await becomes(services.awards.write_outage, None)
    assert query(file_of(services), "SELECT key FROM meta WHERE key IN ('probe', 'test')") == []


async def test_it_is_not_over_while_awards_cannot_be_written(
    services: Services, disk: BadDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk that is nearly full the small look may fit where many awards do not."""
    tried = asyncio.Event()
    write = services.awards._transaction.write

    async def too_much(batch: Any) -> Any:
        tried.set()
        raise OperationalError("COMMIT", {}, of_sqlite(sqlite3.SQLITE_FULL))

    monkeypatch.setattr(services.awards._transaction, "write", too_much)
    services.awards.chat(line("m1"))
    for _ in range(4):
        tried.clear()
        async with asyncio.timeout(SECONDS):
            await tried.wait()
    assert services.awards.write_outage.now == FULL
    monkeypatch.setattr(services.awards._transaction, "write", write)
    await becomes(services.awards.write_outage, None)
    assert await balances(services) == {"alice": 1}


async def test_chat_is_heard_on_and_what_waits_is_bounded(
    services: Services, disk: BadDisk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(awards_module, "MAX_WAITING", 20)
    monkeypatch.setattr(backlog_module, "MAX_MESSAGES", 100)
    disk.fill()
    for i in range(30):
        services.awards.chat(line(f"early{i}", 0, f"early{i}"))
    assert services.awards.is_full
    async with asyncio.timeout(SECONDS):
        await services.awards.wait_for_capacity()  # whoever reads the socket
    await becomes(services.awards.write_outage, FULL)
    for i in range(300):
        for again in range(3):
            services.awards.chat(line(f"m{i}-{again}", 5 * again, f"user{i}"))
    assert not services.awards.is_full
    assert said(caplog, "some of what chat earns is lost") == 1
    disk.free()
    await becomes(services.awards.write_outage, None)
    await services.awards.drained()
    expected = {f"early{i}": 1 for i in range(30)} | {f"user{i}": 1 for i in range(100)}
    assert await balances(services) == expected
    # Of the 200 others each of the three messages could have earned something.
    assert said(caplog, "600 awards found no room to wait") == 1
    assert await findings(services) == []


async def test_events_that_wait_are_bounded(services: Services, disk: BadDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "MAX_EVENTS", 3)
    disk.fill()
    await pester(services)
    events = [asyncio.create_task(services.awards.event(event(f"e{i}"))) for i in range(5)]
    done, waiting = await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
    assert [await one for one in done] == [False, False]
    disk.free()
    async with asyncio.timeout(SECONDS):
        assert await asyncio.gather(*waiting) == [True] * 3
    assert (await balances(services))["alice"] == 150


@pytest.mark.parametrize("seed", range(rounds(1)))
async def test_what_chat_earns_is_the_same_with_trouble_and_without(tmp_path: Path, disk: BadDisk, seed: int) -> None:
    """Messages a little out of order, and a disk that is full for a while in the middle."""
    dice = random.Random(seed)
    chat = [line(f"m{i}", dice.uniform(0, 600), f"user{dice.randrange(5)}") for i in range(400)]
    chat.sort(key=lambda one: one.at + dice.uniform(0, 4_000_000))
    first = [line(f"first{i}", -100, f"user{i}") for i in range(5)]
    paid: list[dict[str, int]] = []
    for full in (False, True):
        async with _running(tmp_path / str(full)) as services:
            for one in first:
                services.awards.chat(one)
            await services.awards.drained()
            if full:
                disk.fill()
                await pester(services)
            for one in chat[:200]:
                follow(services, from_micros(one.at))
                services.awards.chat(one)
            disk.free()
            await becomes(services.awards.write_outage, None)
            await services.awards.drained()
            for one in chat[200:]:
                follow(services, from_micros(one.at))
                services.awards.chat(one)
            await services.awards.drained()
            assert await findings(services) == []
            paid.append({name: points for name, points in (await balances(services)).items() if name != "pester"})
    assert paid[0] == paid[1]


@asynccontextmanager
async def _running(folder: Path) -> AsyncGenerator[Services]:
    async with opened(settings_in(folder), "sandbox", SettableClock()) as services:
        services.awards.start()
        try:
            yield services
        finally:
            await services.awards.stop()


async def test_who_asks_does_not_wait_for_the_end_of_the_trouble(services: Services, disk: BadDisk) -> None:
    disk.fill()
    services.awards.chat(line("m1"))
    await becomes(services.awards.write_outage, FULL)
    async with asyncio.timeout(1):
        await services.awards.flushed_for(person("alice"))


async def test_who_asked_before_the_trouble_began_does_not_wait_either(services: Services, disk: BadDisk) -> None:
    disk.fill()
    services.awards.chat(line("m1"))
    async with asyncio.timeout(1):
        await services.awards.flushed_for(person("alice"))
    assert services.awards.write_outage.now == FULL


async def test_the_end_comes_also_on_a_full_disk_and_names_what_is_lost(
    tmp_path: Path, disk: BadDisk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(awards_module, "RETRY_SECONDS", (0, 0.01))
    monkeypatch.setattr(awards_module, "MAX_BATCH", 5)
    async with _running(tmp_path) as services:
        disk.fill()
        await pester(services)
        for i in range(20):
            services.awards.chat(line(f"m{i}", 0, f"user{i}"))
        waiter = asyncio.create_task(services.awards.event(event("e1", "alice")))
        await asyncio.sleep(0)
        async with asyncio.timeout(SECONDS):
            await services.awards.stop()
        with pytest.raises(OperationalError):
            await waiter
    assert said(caplog, "22 awards lost.") == 1
    assert said(caplog, "Lost: follow, 50 points for alice.") == 1
