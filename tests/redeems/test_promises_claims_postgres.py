"""What locks between two processes on one PostgreSQL promise: who is second waits, and only who is in the way."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from pixel_bot.db.models import Base, Lane
from pixel_bot.model.outcome import Effect, PlaySound, Run, Speak
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.claim_items import claim_concurrent, claim_head
from pixel_bot.redeems.queue_items import TABLE, Draft, Item, Q
from pixel_bot.redeems.unannounced import unannounced
from tests.harness.postgres import postgres

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture(scope="module")
def server() -> Generator[str]:
    with postgres() as url:
        yield url


@pytest.fixture
async def sessions(server: str) -> AsyncGenerator[Sessions]:
    """A database with the lanes, and no item."""
    engine = create_async_engine(server)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    made = async_sessionmaker(engine, expire_on_commit=False)
    async with made.begin() as session:
        session.add_all([Lane(kind=kind) for kind in ("tts", "wheel", "effect")])
    yield made
    await engine.dispose()


async def queue(sessions: Sessions, *effects: Effect) -> list[Item]:
    async with sessions.begin() as session:
        ids = [await queue_items.put(session, Draft(effect, "work", None, NOW)) for effect in effects]
        return await queue_items.load(session, Q.id.in_(ids))


async def claim(sessions: Sessions, item: Item) -> Item | None:
    async with sessions.begin() as session:
        return await claim_head(session, item, NOW, "page")


async def waits(sessions: Sessions, task: asyncio.Task[Item | None]) -> bool:
    """Whether a task comes to stand before a lock, or ends without one."""
    async with asyncio.timeout(10), sessions() as session:
        while not task.done():
            if (await session.execute(text("SELECT COUNT(*) FROM pg_locks WHERE NOT granted"))).scalar_one():
                return True
    return False


async def test_the_second_of_a_track_waits_for_the_first_and_is_refused(sessions: Sessions) -> None:
    """Without the lane's lock neither would see that the other runs: both are committed only afterwards."""
    first, second = await queue(sessions, PlaySound("ding"), PlaySound("ding"))
    async with sessions.begin() as session:
        assert await claim_head(session, first, NOW, "page") is not None
        other = asyncio.create_task(claim(sessions, second))
        assert await waits(sessions, other)
    assert await other is None


async def test_lanes_do_not_wait_for_each_other(sessions: Sessions) -> None:
    sound, speech = await queue(sessions, PlaySound("ding"), Speak("hello"))
    async with sessions.begin() as session, asyncio.timeout(10):
        assert await claim_head(session, sound, NOW, "page") is not None
        assert await claim(sessions, speech) is not None


async def test_the_oldest_work_comes_first_wherever_its_row_lies(sessions: Sessions) -> None:
    """A row that was changed lies behind the others, and is read after them where nobody asks for an order."""
    ids = [item.id for item in await queue(sessions, *[Run("work")] * 3)]
    async with sessions.begin() as session:
        await session.execute(update(TABLE).where(Q.id == ids[0]).values(attempts=1))
    async with sessions.begin() as session:
        # An index may know the order by itself, as long as the planner takes it.
        for scan in ("indexscan", "bitmapscan"):
            await session.execute(text(f"SET LOCAL enable_{scan} = off"))
        assert [item.id for item in await claim_concurrent(session, NOW, 2)] == ids[:2]
    async with sessions.begin() as session:
        await session.execute(update(TABLE).values(status="pending", told=False))
        await session.execute(update(TABLE).where(Q.id == ids[0]).values(attempts=2))
    async with sessions.begin() as session:
        assert [item.id for item in await queue_items.load(session)] == ids
        assert [told.item.id for told in await unannounced(session, 2, "twitch")] == ids[:2]


async def test_what_was_put_back_is_the_head_wherever_its_row_lies(sessions: Sessions) -> None:
    first, *_ = await queue(sessions, *[PlaySound("ding")] * 3)
    assert await claim(sessions, first) is not None
    async with sessions.begin() as session:
        await queue_items.put_back(session, [first.id])
    async with sessions.begin() as session:
        head = await queue_items.head(session, "sound")
    assert head is not None
    assert head.id == first.id
