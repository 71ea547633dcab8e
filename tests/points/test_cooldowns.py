"""Cooldowns: they last, and no memory in front of them says otherwise."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from pixel_bot.db.engine import Database
from pixel_bot.model.people import Person
from pixel_bot.points.cooldowns import Cooldowns
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock


@pytest.fixture
def cooldowns(services: Services) -> Cooldowns:
    return services.cooldowns


@pytest.fixture
async def alice(services: Services) -> int:
    return (await services.viewers.meet(Person("1", "alice", "alice"))).id


@pytest.fixture
async def bob(services: Services) -> int:
    return (await services.viewers.meet(Person("2", "bob", "bob"))).id


@asynccontextmanager
async def restarted(services: Services) -> AsyncGenerator[Cooldowns]:
    """The cooldowns of a process that knows only the file."""
    database = Database(services.database.url)
    try:
        yield Cooldowns(database, services.clock)
    finally:
        await database.close()


async def start(services: Services, user: int, key: str = "tts", seconds: float = 10) -> None:
    async with services.database.write() as session:
        await services.cooldowns.start(session, user, key, seconds)


async def kept(services: Services) -> int:
    async with services.database.readers() as session:
        return (await session.execute(text("SELECT COUNT(*) FROM cooldowns"))).scalar_one()


async def test_without_a_start_there_is_none(cooldowns: Cooldowns, alice: int) -> None:
    assert await cooldowns.left(alice, "tts") == 0
    assert await cooldowns.running(alice) == {}


async def test_it_runs_down_and_ends_on_time(
    services: Services, cooldowns: Cooldowns, clock: SettableClock, alice: int
) -> None:
    await start(services, alice, seconds=10)
    assert await cooldowns.left(alice, "tts") == 10
    clock.advance(9.999999)
    assert await cooldowns.left(alice, "tts") == pytest.approx(0.000001)
    clock.advance(0.000001)
    assert await cooldowns.left(alice, "tts") == 0
    clock.advance(100)
    assert await cooldowns.left(alice, "tts") == 0


async def test_each_user_and_key_has_its_own(services: Services, cooldowns: Cooldowns, alice: int, bob: int) -> None:
    await start(services, alice, "tts", 10)
    await start(services, bob, "wheel", 30)
    assert await cooldowns.left(alice, "wheel") == 0
    assert await cooldowns.left(bob, "tts") == 0
    assert await cooldowns.running(alice) == {"tts": 10}
    assert await cooldowns.running(bob) == {"wheel": 30}


@pytest.mark.parametrize("seconds", [5, 60])
async def test_a_new_start_takes_the_place_of_the_old(
    services: Services, cooldowns: Cooldowns, alice: int, seconds: int
) -> None:
    await start(services, alice, seconds=30)
    assert await cooldowns.left(alice, "tts") == 30
    await start(services, alice, seconds=seconds)
    assert await cooldowns.left(alice, "tts") == seconds
    assert await kept(services) == 1


async def test_running_lists_only_what_runs(
    services: Services, cooldowns: Cooldowns, clock: SettableClock, alice: int
) -> None:
    for key, seconds in (("tts", 10), ("wheel", 30.5), ("sound", 5)):
        await start(services, alice, key, seconds)
    clock.advance(10)
    assert await cooldowns.running(alice) == {"wheel": 20.5}


async def test_a_start_of_no_seconds_is_over_at_once(services: Services, cooldowns: Cooldowns, alice: int) -> None:
    await start(services, alice, seconds=0)
    assert await cooldowns.left(alice, "tts") == 0
    assert await cooldowns.running(alice) == {}


async def test_it_outlives_a_restart(services: Services, clock: SettableClock, alice: int) -> None:
    await start(services, alice, seconds=10)
    clock.advance(4)
    async with restarted(services) as after:
        assert await after.left(alice, "tts") == 6
        assert await after.running(alice) == {"tts": 6}


async def test_a_caller_that_rolls_back_leaves_none(services: Services, cooldowns: Cooldowns, alice: int) -> None:
    async with services.database.sessions() as session:
        await cooldowns.start(session, alice, "tts", 10)
        await session.rollback()
    assert await cooldowns.left(alice, "tts") == 0
    assert await kept(services) == 0


async def test_a_caller_that_rolls_back_leaves_the_old_one(
    services: Services, cooldowns: Cooldowns, alice: int
) -> None:
    await start(services, alice, seconds=10)
    assert await cooldowns.left(alice, "tts") == 10
    async with services.database.sessions() as session:
        await cooldowns.start(session, alice, "tts", 500)
        await session.rollback()
    assert await cooldowns.left(alice, "tts") == 10


async def test_what_is_not_committed_is_not_seen(services: Services, cooldowns: Cooldowns, alice: int) -> None:
    async with services.database.write() as session:
        await cooldowns.start(session, alice, "tts", 10)
        assert await cooldowns.left(alice, "tts") == 0
    assert await cooldowns.left(alice, "tts") == 10


async def test_a_start_by_another_process_is_seen(services: Services, clock: SettableClock, alice: int) -> None:
    async with restarted(services) as other:
        assert await other.left(alice, "tts") == 0
        await start(services, alice, seconds=10)
        assert await other.left(alice, "tts") == 10
        clock.advance(10)
        assert await other.left(alice, "tts") == 0


async def test_the_memory_never_says_free_for_one_that_was_prolonged(
    services: Services, cooldowns: Cooldowns, clock: SettableClock, alice: int
) -> None:
    await start(services, alice, seconds=10)
    async with services.database.write() as session:
        await cooldowns.start(session, alice, "tts", 60)
        await cooldowns.left(alice, "tts")
    clock.advance(11)
    assert await cooldowns.left(alice, "tts") == 49


async def test_the_memory_never_says_free_for_one_of_another_process(
    services: Services, clock: SettableClock, alice: int
) -> None:
    await start(services, alice, seconds=10)
    async with restarted(services) as other:
        assert await other.left(alice, "tts") == 10
        clock.advance(10)
        await start(services, alice, seconds=10)
        assert await other.left(alice, "tts") == 10


async def test_reset_ends_all_of_one_user(services: Services, cooldowns: Cooldowns, alice: int, bob: int) -> None:
    for key in ("tts", "wheel", "chat"):
        await start(services, alice, key, 60)
    await start(services, bob, "tts", 60)
    assert await cooldowns.left(alice, "tts") == 60
    assert await cooldowns.reset(alice) == 3
    assert await cooldowns.left(alice, "tts") == 0
    assert await cooldowns.running(alice) == {}
    assert await cooldowns.running(bob) == {"tts": 60}
    assert await cooldowns.reset(alice) == 0


async def test_reset_counts_only_what_ran(
    services: Services, cooldowns: Cooldowns, clock: SettableClock, alice: int
) -> None:
    await start(services, alice, "tts", 5)
    await start(services, alice, "wheel", 60)
    clock.advance(5)
    assert await cooldowns.reset(alice) == 1


async def test_clean_up_removes_what_expired_more_than_an_hour_ago(
    services: Services, cooldowns: Cooldowns, clock: SettableClock, alice: int
) -> None:
    for key, seconds in (("oldest", 1), ("old", 9), ("edge", 10), ("newer", 11), ("runs", 7_200)):
        await start(services, alice, key, seconds)
    clock.advance(3_610)
    assert await cooldowns.clean_up() == 2
    async with services.database.readers() as session:
        left = (await session.execute(text("SELECT key FROM cooldowns ORDER BY expires_at"))).scalars().all()
    assert left == ["edge", "newer", "runs"]
    assert await cooldowns.left(alice, "runs") == 7_200 - 3_610


async def test_clean_up_of_nothing(cooldowns: Cooldowns) -> None:
    assert await cooldowns.clean_up() == 0


async def test_clean_up_of_what_another_tool_wrote(
    services: Services, cooldowns: Cooldowns, clock: SettableClock, alice: int
) -> None:
    async with services.database.write() as session:
        for key, at in (("a", "2026-01-01 11:00:00"), ("b", "2026-01-01 10:59:59"), ("c", "2026-01-01 12:00:05")):
            await session.execute(
                text("INSERT INTO cooldowns (user_id, key, expires_at) VALUES (:user, :key, :at)"),
                {"user": alice, "key": key, "at": at},
            )
    assert await cooldowns.running(alice) == {"c": 5}
    clock.advance(0.000001)
    assert await cooldowns.clean_up() == 2
