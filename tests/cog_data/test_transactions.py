"""``bot.transaction``: points and rows together, once for a message, within five seconds, and nothing inside of it."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pixel_bot.bot.error_replies import SORRY
from pixel_bot.cog_data.limits import LimitReached
from pixel_bot.cog_data.transactions import AlreadyDone
from pixel_bot.concurrency import open_writers
from pixel_bot.concurrency.open_writers import HeldTooLong, NestedWriter, SpokeTooSoon
from pixel_bot.errors import BadAmount, NotEnoughPoints
from pixel_bot.model.people import Viewer
from pixel_bot.services import Services
from pixel_bot.testing import Stage, stage
from tests.cog_data.cogs_of import cog_with, cogs_in
from tests.harness.database import findings, rows

SLOTS = cog_with("""
    @command(usage="N")
    async def slots(self, ctx: Context, stake: Amount) -> None:
        \"\"\"Double or nothing; it always doubles.\"\"\"
        async with self.bot.transaction(ctx, "slots") as tx:
            staked = await tx.debit(ctx.viewer, stake)
            balance = await tx.credit(ctx.viewer, 2 * staked)
        await ctx.reply(f"{staked} staked, {balance} now.")

    @command()
    async def broken(self, ctx: Context) -> None:
        \"\"\"Fails between two calls.\"\"\"
        async with self.bot.transaction(ctx, "slots") as tx:
            await tx.debit(ctx.viewer, 5)
            raise RuntimeError("between two calls")

    @command()
    async def talks(self, ctx: Context) -> None:
        \"\"\"Speaks too early.\"\"\"
        async with self.bot.transaction(ctx, "slots") as tx:
            await tx.debit(ctx.viewer, 5)
            await ctx.reply("too early")

    @command()
    async def pays(self, ctx: Context) -> None:
        \"\"\"Pays in the way of a mod.\"\"\"
        await self.bot.economy.add(ctx.viewer, ctx.viewer, 50)
""")


async def table(chat: Stage, *columns: str) -> list[tuple[Any, ...]]:
    return await rows(chat, f"SELECT {', '.join(columns)} FROM transactions WHERE reason = 'slots' ORDER BY id")


@asynccontextmanager
async def slots(folder: Path) -> AsyncGenerator[Stage]:
    async with stage(folder, cogs_dir=cogs_in(folder, slots=SLOTS)) as chat:
        await chat.viewer("alice", 100)
        yield chat
        assert await findings(chat) == []


async def test_a_command_spends_and_wins_with_its_own_reason(tmp_path: Path) -> None:
    async with slots(tmp_path) as chat:
        assert await chat.say("alice", "!slots half") == ["50 staked, 150 now."]
        assert await table(chat, "amount", "balance_after", "change_id") == [(-50, 50, None), (100, 150, None)]
        await chat.say("mia", "!undo", "moderator")  # takes back the streamer's 100 points, not what was won
        assert await chat.points("alice") == 50


async def test_a_message_that_is_delivered_again_does_nothing_in_silence(tmp_path: Path) -> None:
    async with slots(tmp_path) as chat:
        assert await chat.say("alice", "!slots 10", message_id="m1") == ["10 staked, 110 now."]
    async with stage(tmp_path, cogs_dir=tmp_path / "cogs") as chat:
        assert await chat.say("alice", "!slots 10", message_id="m1") == []
        assert await chat.points("alice") == 110


@pytest.mark.parametrize(("typed", "answer"), [("!slots 101", "That takes 101 points, you have 100 (1 short).")])
async def test_who_has_too_little_hears_so_and_nothing_happened(tmp_path: Path, typed: str, answer: str) -> None:
    async with slots(tmp_path) as chat:
        assert await chat.say("alice", typed) == [answer]
        assert await table(chat, "amount") == []


async def test_an_error_between_two_calls_keeps_no_stake(tmp_path: Path) -> None:
    async with slots(tmp_path) as chat:
        assert await chat.say("alice", "!broken") == [SORRY]
        assert await chat.points("alice") == 100


async def test_speaking_inside_is_refused_and_nothing_is_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with slots(tmp_path) as chat:
        assert await chat.say("alice", "!talks") == [SORRY]
        assert await chat.points("alice") == 100
    assert "Leave the block first, then speak" in caplog.text


async def test_a_mods_way_of_paying_is_refused_with_the_right_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with slots(tmp_path) as chat:
        assert await chat.say("alice", "!pays", "moderator") == [SORRY]  # whoever types it, it is no command for mods
        assert await chat.points("alice") == 100
        assert await chat.say("mia", "!points add @alice 5", "moderator") == ["Added 5 points: alice has 105."]
    assert "async with self.bot.transaction(ctx" in caplog.text


# The transaction itself


async def test_shares_are_parts_of_the_balance_at_that_moment(services: Services, alice: Viewer) -> None:
    async with services.transactions.open("k1", "slots", "slots") as tx:
        await tx.credit(alice, 150)
        assert await tx.debit(alice, "50%") == 75
        assert await tx.debit(alice, "all") == 75
        with pytest.raises(NotEnoughPoints):
            await tx.debit(alice, "all")
        with pytest.raises(BadAmount):
            await tx.debit(alice, 0)
        with pytest.raises(ValueError, match=r"use tx\.debit"):
            await tx.credit(alice, -1)
        assert await tx.credit(alice.id, 1) == 1
        with pytest.raises(BadAmount, match="less than one point"):
            await tx.debit(alice, "half")
    assert await rows(services, "SELECT points FROM users") == [(1,)]
    with pytest.raises(RuntimeError, match="has ended"):
        await tx.credit(alice, 1)


async def test_a_key_is_done_once_for_each_cog_and_reason(services: Services, alice: Viewer) -> None:
    for cog, reason in (("slots", "daily"), ("slots", "bonus"), ("hugs", "daily")):
        async with services.transactions.open("2026-01-31", cog, reason) as tx:
            await tx.credit(alice, 1)
        with pytest.raises(AlreadyDone):
            async with services.transactions.open("2026-01-31", cog, reason) as tx:
                await tx.credit(alice, 100)
    assert await rows(services, "SELECT points FROM users") == [(3,)]


async def test_what_was_rolled_back_was_not_claimed(services: Services, alice: Viewer) -> None:
    for expected in (KeyError, None):
        try:
            async with services.transactions.open("k", "slots", "slots") as tx:
                await tx.credit(alice, 7)
                if expected:
                    raise expected("x")
        except KeyError:
            continue
    assert await rows(services, "SELECT points FROM users") == [(7,)]


@pytest.mark.parametrize("reason", ["", "give", "mod:add", "redeem:spin", "x" * 41])
async def test_a_reason_of_the_bots_own_is_refused(services: Services, reason: str) -> None:
    with pytest.raises(ValueError, match="reason in the ledger"):
        async with services.transactions.open("k", "slots", reason):
            pytest.fail("It was opened.")


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


async def test_a_draw_keeps_what_it_can_be_verified_with(services: Services) -> None:
    async with services.transactions.open("k", "slots", "slots") as tx:
        drawn = [await tx.draw({"cherry": 3, "bell": 1, "never": 0}) for _ in range(40)]
        bad: dict[Any, float]
        for bad in ({}, {"a": 0.0}, {"a": -1.0}, {"a": float("nan")}, {1: 1.0, "1": 1.0}):
            with pytest.raises(ValueError, match="draw"):
                await tx.draw(bad)
    assert {draw.choice for draw in drawn} == {"cherry", "bell"}
    stored = await rows(services, "SELECT id, cog, reason, choice, seed FROM fair_draws ORDER BY id")
    assert stored == [(draw.id, "slots", "slots", draw.choice, draw.seed) for draw in drawn]


async def test_a_limit_counts_for_each_viewer_and_period(services: Services, alice: Viewer, bob: Viewer) -> None:
    async with services.transactions.open("k", "catch", "catch") as tx:
        assert [await tx.limit(alice, "catch", 2), await tx.limit(alice, "catch", 2)] == [1, 0]
        with pytest.raises(LimitReached, match="2 times today"):
            await tx.limit(alice, "catch", 2)
        assert await tx.limit(bob, "catch", 2) == 1
        assert await tx.limit(alice, "throw", 1, "stream") == 0
        with pytest.raises(LimitReached):
            await tx.limit(alice, "nothing", 0)
        with pytest.raises(ValueError, match="per hour"):
            await tx.limit(alice, "catch", 2, "year")  # pyright: ignore[reportArgumentType]


async def claimed_and_failed(services: Services) -> None:
    async with services.transactions.open("a", "catch", "catch") as tx:
        assert [await tx.claim("spawn:7"), await tx.claim("spawn:7")] == [True, False]
        raise KeyError


async def test_the_first_claim_wins_and_an_error_frees_it(services: Services) -> None:
    with pytest.raises(KeyError):
        await claimed_and_failed(services)
    async with services.transactions.open("b", "catch", "catch") as tx:
        assert await tx.claim("spawn:7")
    async with services.transactions.open("c", "boss", "boss") as tx:
        assert await tx.claim("spawn:7")  # another cog's


async def test_a_pot_is_shared_by_stakes_and_the_rest_is_named(services: Services, alice: Viewer, bob: Viewer) -> None:
    async with services.transactions.open("k", "boss", "boss") as tx:
        shares = await tx.share(100, {alice: 2, bob: 1})
        assert (dict(shares.parts), shares.rest) == ({alice: 66, bob: 33}, 1)
        assert (await tx.share(100, {alice: 0})).rest == 100
        assert (await tx.share(7, {})).rest == 7
        with pytest.raises(ValueError, match="from zero up"):
            await tx.share(-1, {alice: 1})
    assert await rows(services, "SELECT points FROM users ORDER BY id") == [(66,), (33,)]
