"""One writer at a time: in order, five seconds at most, and none inside of another."""

import asyncio
import logging

import pytest
from sqlalchemy import text

from pixel_bot.concurrency import open_writers
from pixel_bot.concurrency.open_writers import HeldTooLong, NestedWriter, SpokeTooSoon
from pixel_bot.model.people import Viewer
from pixel_bot.services import Services
from tests.harness.database import rows


async def test_a_writer_inside_of_a_writer_raises_at_once(services: Services, alice: Viewer, bob: Viewer) -> None:
    database = services.database

    async def nested() -> None:
        with pytest.raises(NestedWriter, match=r"tx\.debit, tx\.credit and tx\.session"):
            await services.economy.give(alice, bob, 5)
        with pytest.raises(NestedWriter):
            async with database.sessions() as session:
                await session.execute(text("SELECT 1"))
        with pytest.raises(NestedWriter):
            async with services.transactions.open("other", "slots", "slots"):
                pytest.fail("It was opened.")
        with pytest.raises(SpokeTooSoon):
            open_writers.refuse_speech()

    async with asyncio.timeout(2):
        async with services.transactions.open("k", "slots", "slots"):
            await nested()
        async with database.sessions() as session:
            await session.execute(text("SELECT 1"))
            await nested()
            await session.commit()
            await services.viewers.find("alice")
            async with services.transactions.writing("slots", "rows") as inner:  # the other one has ended
                await inner.execute(text("SELECT 1"))
        async with database.sessions() as session, database.readers() as reader:  # reading is never refused
            await session.execute(text("SELECT 1"))
            await reader.execute(text("SELECT 1"))
    open_writers.refuse_speech()


async def ended_inside(services: Services, viewer: Viewer, way: str) -> None:
    async with services.transactions.open("k", "slots", "slots") as tx:
        await tx.credit(viewer, 5)
        async with tx.session.begin_nested():
            await tx.credit(viewer, 1)
        if way == "commit":
            await tx.session.commit()
        elif way == "rollback":
            await tx.session.rollback()
        else:
            raise KeyError


@pytest.mark.parametrize(("way", "error"), [("commit", RuntimeError), ("rollback", RuntimeError), ("raise", KeyError)])
async def test_a_block_is_ended_by_nobody_else(
    services: Services, alice: Viewer, way: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await ended_inside(services, alice, way)
    assert await rows(services, "SELECT points FROM users") == [(0,)]
    # It was not claimed; and a savepoint is the cog's own affair.
    async with services.transactions.open("k", "slots", "slots") as tx, tx.session.begin_nested():
        await tx.credit(alice, 5)
    assert await rows(services, "SELECT points FROM users") == [(5,)]


async def test_writers_of_all_kinds_wait_for_each_other_in_order(services: Services, alice: Viewer) -> None:
    order: list[int] = []

    async def one(number: int) -> None:
        if number % 2:
            async with services.transactions.open(f"k{number}", "slots", "slots") as tx:
                await tx.credit(alice, 1)
                order.append(number)
        else:
            async with services.database.sessions() as session:
                await session.execute(text("UPDATE users SET voice = :n"), {"n": str(number)})
                order.append(number)
                await session.commit()

    async with asyncio.timeout(20):
        await asyncio.gather(*(one(number) for number in range(20)))
    assert sorted(order) == list(range(20))
    assert await rows(services, "SELECT points FROM users") == [(10,)]


async def hold(services: Services, viewer: Viewer, kind: str) -> None:
    if kind == "sessions":
        async with services.database.sessions() as session:
            await session.execute(text("UPDATE users SET points = 5"))
            await asyncio.Event().wait()
    async with services.transactions.open("k", "slots", "jackpot") as tx:
        await tx.credit(viewer, 5)
        if kind == "transaction":
            await asyncio.Event().wait()
        loop = asyncio.get_running_loop()
        end = loop.time() + 0.06
        while loop.time() < end:  # it never gives the event loop a turn
            pass


@pytest.mark.parametrize("kind", ["transaction", "sessions", "busy"])
async def test_a_block_that_is_held_too_long_is_rolled_back_and_named(
    services: Services, alice: Viewer, kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for module in (open_writers, __import__("pixel_bot.concurrency.writer_session", fromlist=[""])):
        monkeypatch.setattr(module, "HOLD_SECONDS", 0.05)
    with pytest.raises(HeldTooLong), caplog.at_level(logging.ERROR):
        await hold(services, alice, kind)
    assert await rows(services, "SELECT points FROM users") == [(0,)]
    assert ("jackpot" in caplog.text) == (kind != "sessions")
    assert "cog slots" in caplog.text or kind == "sessions"
    async with services.transactions.open("k", "slots", "jackpot") as tx:  # others go on, and nothing was claimed
        await tx.credit(alice, 5)


# Luck
