"""Two processes on one PostgreSQL never take the same item, nor two of one track."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from pixel_bot.db.models import Base, Lane, User
from pixel_bot.model.outcome import PlaySound, Run
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.claim_items import claim_concurrent, claim_head
from pixel_bot.redeems.queue_items import Draft, Item, Q
from tests.harness.postgres import postgres

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture(scope="module")
def server() -> Generator[str]:
    with postgres() as url:
        yield url


@pytest.fixture
async def sessions(server: str) -> AsyncGenerator[Sessions]:
    """A database with alice, the lanes, and no item."""
    engine = create_async_engine(server)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    made = async_sessionmaker(engine, expire_on_commit=False)
    async with made.begin() as session:
        session.add_all([User(id=1, name="alice", points=0), *(Lane(kind=k) for k in ("tts", "wheel", "effect"))])
    yield made
    await engine.dispose()


async def queue(sessions: Sessions, effect: Run | PlaySound, count: int) -> list[int]:
    async with sessions.begin() as session:
        return [await queue_items.put(session, Draft(effect, "work", 1, NOW)) for _ in range(count)]


async def test_items_side_by_side_are_taken_once(sessions: Sessions) -> None:
    """While one process has not committed, the other takes what the first has left, and waits for nobody."""
    ids = await queue(sessions, Run("work"), 6)
    async with sessions.begin() as one, sessions.begin() as two, asyncio.timeout(10):
        first = [i.id for i in await claim_concurrent(one, NOW, 4)]
        second = [i.id for i in await claim_concurrent(two, NOW, 4)]
    assert (first, second) == (ids[:4], ids[4:])


async def test_twenty_processes_take_each_item_once(sessions: Sessions) -> None:
    ids = await queue(sessions, Run("work"), 50)

    async def work() -> list[int]:
        taken: list[int] = []
        while True:
            async with sessions.begin() as session:
                claimed = await claim_concurrent(session, NOW, 3)
            if not claimed:
                return taken
            taken += [i.id for i in claimed]

    taken = await asyncio.gather(*(work() for _ in range(10)))
    assert sorted(i for each in taken for i in each) == ids


async def test_a_track_runs_one_item_at_a_time(sessions: Sessions) -> None:
    first, second = await queue(sessions, PlaySound("ding"), 2)
    async with sessions.begin() as session:
        head = await queue_items.head(session, "sound")
        behind = (await queue_items.load(session, Q.id == second))[0]
    assert head is not None
    assert head.id == first

    async def claim(item: Item) -> Item | None:
        async with sessions.begin() as session:
            return await claim_head(session, item, NOW, "page")

    async with asyncio.timeout(10):
        claimed = await asyncio.gather(claim(head), claim(head), claim(behind), claim(behind))
    running = [i for i in claimed if i is not None]
    assert len(running) == 1
    assert (running[0].status, running[0].page) == ("running", "page")
    async with sessions.begin() as session:
        found = await session.execute(select(Q.id).where(Q.status == "running"))
        assert list(found.scalars()) == [running[0].id]


async def test_an_item_ends_once(sessions: Sessions) -> None:
    (item_id,) = await queue(sessions, Run("work"), 1)

    async def end() -> bool:
        async with sessions.begin() as session:
            return await queue_items.done(session, item_id, NOW, "")

    assert sorted(await asyncio.gather(*(end() for _ in range(5)))) == [False] * 4 + [True]
