"""The writer of awards: pressure, its end, and databases that fail."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.earning import awards as awards_module
from pixel_bot.errors import BadAmount
from pixel_bot.points.ledger import MAX_BALANCE, Entry, post
from pixel_bot.points.levels import LevelUp
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.earning.messages import START, event, file_of, line, person, say, worth
from tests.harness.database import findings
from tests.harness.seed import query

# Pressure and the end


async def test_whoever_reads_the_socket_is_held_back(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awards_module, "MAX_WAITING", 20)
    monkeypatch.setattr(awards_module, "MAX_BATCH", 5)
    for i in range(19):
        services.awards.chat(line(f"m{i}", 0, f"user{i}"))
    assert not services.awards.is_full
    services.awards.chat(line("m19", 0, "user19"))
    assert services.awards.is_full
    async with asyncio.timeout(5):
        await services.awards.wait_for_capacity()
    assert not services.awards.is_full
    await services.awards.drained()
    assert query(file_of(services), "SELECT SUM(points) FROM users") == [(20,)]


async def test_there_is_room_at_once_when_nothing_waits(services: Services) -> None:
    async with asyncio.timeout(1):
        await services.awards.wait_for_capacity()
        await services.awards.drained()


async def test_messages_on_cooldown_take_no_room(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awards_module, "MAX_WAITING", 20)
    await say(services, [line("m0")])
    for i in range(1, 100):
        services.awards.chat(line(f"m{i}", 1))
    assert not services.awards.is_full
    assert services.awards.totals.messages == 100


async def test_stop_writes_what_waits(tmp_path: Path) -> None:
    async with opened(settings_in(tmp_path), "sandbox", SettableClock()) as services:
        for i in range(2_500):
            services.awards.chat(line(f"m{i}", 0, f"user{i}"))
        waiter = asyncio.create_task(services.awards.event(event("e1")))
        await asyncio.sleep(0)
        services.awards.start()
        await services.awards.stop()
        assert await waiter
        assert query(file_of(services), "SELECT SUM(points), COUNT(*) FROM users") == [(2_550, 2_501)]
        assert await findings(services) == []


# Trouble


def make_flaky(services: Services, monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """The database fails so many times, just before it would commit. Returns a list that grows with each try."""
    tries: list[int] = []
    write = services.database.write

    @asynccontextmanager
    async def flaky() -> AsyncGenerator[AsyncSession]:
        async with write() as session:
            yield session
            tries.append(1)
            if len(tries) <= times:
                raise OperationalError("COMMIT", {}, Exception("disk I/O error"))

    monkeypatch.setattr(services.database, "write", flaky)
    return tries


async def test_a_database_that_fails_is_tried_again_and_nothing_is_lost(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(awards_module, "RETRY_SECONDS", (0, 0, 0))
    tries = make_flaky(services, monkeypatch, times=8)
    for i in range(30):
        services.awards.chat(line(f"m{i}", 0, f"user{i}"))
    assert await services.awards.event(event("e1"))
    await say(services, [line("m1", 0, "user1"), line("later", 60, "user1")])
    assert len(tries) == 10
    assert query(file_of(services), "SELECT SUM(points), COUNT(*) FROM users") == [(30 + 50 + 1, 31)]
    assert (services.awards.totals.points, services.awards.totals.xp) == (81, 41)
    assert await findings(services) == []
    assert sum("cannot be written" in r.getMessage() for r in caplog.records) == 1


async def test_stop_ends_also_when_the_database_never_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(awards_module, "RETRY_SECONDS", (0, 0))
    async with opened(settings_in(tmp_path), "sandbox", SettableClock()) as services:
        make_flaky(services, monkeypatch, times=1_000_000)
        services.awards.start()
        waiter = asyncio.create_task(services.awards.event(event("e1")))
        services.awards.chat(line("m1"))
        async with asyncio.timeout(10):
            await services.awards.stop()
        with pytest.raises(OperationalError):
            await waiter
    assert any("lost" in r.getMessage() for r in caplog.records)


async def fill(services: Services, name: str) -> None:
    """Somebody whose balance takes no more."""
    rich = await services.viewers.meet(person(name))
    async with services.database.write() as session:
        await post(session, [Entry(rich.id, MAX_BALANCE, "test", START)])


async def test_one_message_that_cannot_be_paid_does_not_stop_the_others(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    await fill(services, "rich")
    await say(services, [line("m1"), line("m2", 0, "rich"), line("m3", 0, "bob"), line("m4", 60)])
    assert worth(services) == (2, 2)
    assert worth(services, "bob") == (1, 1)
    assert worth(services, "rich")[0] == MAX_BALANCE
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == [
        "An award could not be written and was left out: That is more than one balance can hold."
    ]
    await say(services, [line("m5", 120)])
    assert worth(services) == (3, 3)
    assert await findings(services) == []


async def test_one_event_that_cannot_be_paid_tells_its_waiter_only(services: Services) -> None:
    await fill(services, "rich")
    answers = await asyncio.gather(
        services.awards.event(event("e1")),
        services.awards.event(event("e2", "rich")),
        services.awards.event(event("e3", "bob")),
        return_exceptions=True,
    )
    assert [answers[0], answers[2]] == [True, True]
    assert isinstance(answers[1], BadAmount)
    assert query(file_of(services), "SELECT id FROM events ORDER BY id") == [("e1",), ("e3",)]


async def test_a_listener_that_fails_does_not_stop_the_writer(tmp_path: Path) -> None:
    (tmp_path / "level_rewards.json").write_text('{"2": {"message": "GG"}}')

    async def fail(_up: LevelUp) -> None:
        raise ValueError("the listener's own trouble")

    async with opened(settings_in(tmp_path), "sandbox", SettableClock()) as services:
        services.levels.on_level_up = fail
        services.awards.start()
        assert await services.awards.event(event("e1", xp=200))
        async with asyncio.timeout(2):
            assert await services.awards.event(event("e2"))
        await services.awards.stop()


async def test_levels_are_told_after_they_are_durable_and_once(tmp_path: Path) -> None:
    (tmp_path / "level_rewards.json").write_text('{"2": {"points": 5, "message": "GG"}}')
    told: list[tuple[str, int, str, int]] = []
    async with opened(settings_in(tmp_path), "sandbox", SettableClock()) as services:

        async def listen(up: LevelUp) -> None:
            told.append((up.shown, up.level, up.message, worth(services)[0]))

        services.levels.on_level_up = listen
        services.awards.start()
        assert await services.awards.event(event("e1", xp=400))
        await services.awards.drained()
        assert told == [("alice", 2, "GG", 55)]
        await services.awards.stop()
