"""``bot.transaction``: points and rows together, once for a message, within five seconds, and nothing inside of it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.bot.error_replies import SORRY
from pixel_bot.cog_data.transactions import AlreadyDone
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
