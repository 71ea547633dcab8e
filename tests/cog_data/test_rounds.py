"""Rounds of games: stakes, payouts and returns are rows of the ledger with the round's id, and add up."""

from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.cog_data.rounds import RoundOver, RoundState
from pixel_bot.errors import NotEnoughPoints
from pixel_bot.model.people import Viewer
from pixel_bot.services import Services
from pixel_bot.testing import Stage, stage
from tests.harness.database import findings, rows

BET = '''
from pixel_bot.plugin import Amount, Cog, Context, PixelBot, command


class Bet(Cog):
    @command(usage="N")
    async def stake(self, ctx: Context, amount: Amount) -> None:
        """Stake."""
        async with self.bot.transaction(ctx, "bet") as tx:
            open_ones = await tx.rounds.all_open()
            round = open_ones[0] if open_ones else await tx.rounds.open("bet")
            await tx.rounds.stake(round.id, ctx.viewer, amount)

    @command()
    async def rounds(self, ctx: Context) -> None:
        """How many are open."""
        await ctx.reply(str(len(await self.bot.open_rounds())))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Bet(bot))
'''


async def test_what_comes_in_is_paid_given_back_or_the_houses(services: Services, alice: Viewer, bob: Viewer) -> None:
    async with services.transactions.open("seed", "bet", "start points") as tx:
        await tx.credit(alice, 100)
        await tx.credit(bob, 50)
    async with services.transactions.open("open", "bet", "bet") as tx:
        one = await tx.rounds.open("bet")
        assert await tx.rounds.stake(one.id, alice, "half") == 50
        assert await tx.rounds.stake(one.id, bob, 20) == 20
    async with services.transactions.open("settle", "bet", "bet") as tx:
        assert await tx.rounds.staked(one.id) == {alice.id: 50, bob.id: 20}
        assert await tx.rounds.give_back(one.id, bob) == {bob.id: 20}
        shares = await tx.rounds.share(one.id, 45, {alice.id: 2, bob.id: 1})
        assert (dict(shares.parts), shares.rest) == ({alice.id: 30, bob.id: 15}, 0)
        ended = await tx.rounds.end(one.id)
    assert (ended.house, ended.state) == (5, RoundState.ENDED)
    assert await rows(services, "SELECT amount, reason FROM transactions WHERE round_id = 1 ORDER BY id") == [
        (-50, "bet"), (-20, "bet"), (20, "bet:back"), (30, "bet:won"), (15, "bet:won"),
    ]  # fmt: skip
    assert await findings(services) == []


async def test_a_round_that_has_ended_takes_and_pays_nothing(services: Services, alice: Viewer) -> None:
    async with services.transactions.open("open", "bet", "bet") as tx:
        await tx.credit(alice, 10)
        one = await tx.rounds.open("bet")
        with pytest.raises(NotEnoughPoints):
            await tx.rounds.stake(one.id, alice, 1_000)
        await tx.rounds.stake(one.id, alice, 10)
        assert await tx.rounds.cancel(one.id) == {alice.id: 10}
        for late in (tx.rounds.stake(one.id, alice, 1), tx.rounds.pay(one.id, alice, 1), tx.rounds.end(one.id)):
            with pytest.raises(RoundOver):
                await late
        with pytest.raises(RoundOver):
            await tx.rounds.give_back(77)
    assert await rows(services, "SELECT state, house FROM rounds") == [("returned", 0)]
    assert await findings(services) == []


async def test_a_linked_account_is_given_back_what_both_staked(services: Services, alice: Viewer, bob: Viewer) -> None:
    async with services.transactions.open("open", "bet", "bet") as tx:
        await tx.credit(alice, 10)
        await tx.credit(bob, 10)
        one = await tx.rounds.open("bet")
        await tx.rounds.stake(one.id, alice, 4)
        await tx.rounds.stake(one.id, bob, 3)
    async with services.database.write() as session:
        await session.execute(text("UPDATE users SET merged_into = :a WHERE id = :b"), {"a": alice.id, "b": bob.id})
    async with services.transactions.open("cancel", "bet", "bet") as tx:
        assert await tx.rounds.cancel(one.id) == {alice.id: 7}


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        ("UPDATE rounds SET house = 3", "The bet of round 1 kept 5 points, but 3 are noted."),
        ("UPDATE rounds SET state = 'returned'", "The bet of round 1 was given back, but kept 5 points."),
        ("DELETE FROM rounds", "Transaction 2 belongs to the round 1, which does not exist."),
    ],
)
async def test_a_round_that_does_not_add_up_is_a_finding(
    services: Services, alice: Viewer, damage: str, finding: str
) -> None:
    async with services.transactions.open("open", "bet", "bet") as tx:
        await tx.credit(alice, 10)
        one = await tx.rounds.open("bet")
        await tx.rounds.stake(one.id, alice, 5)
        await tx.rounds.end(one.id)
    async with services.database.write() as session:
        await session.execute(text(damage))
    assert await findings(services) == [finding]


async def bet_on(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    assert await chat.say("alice", "!stake 40") == []
    assert await chat.points("alice") == 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mine"
    made.mkdir()
    (made / "bet.py").write_text(BET)
    return made


async def test_without_its_cog_a_round_is_given_back(tmp_path: Path, folder: Path) -> None:
    async with stage(tmp_path, cogs_dir=folder) as chat:
        await bet_on(chat)
    async with stage(tmp_path, cogs_dir=folder, cogs_off="bet") as chat:
        await chat.passes(240)
        assert await chat.points("alice") == 60
        await chat.passes(180)
        assert await chat.points("alice") == 100
        assert set(chat.sent) == {"The bet is off: one viewer has 40 points back."}  # in each chat
        assert await findings(chat.bot) == []


async def test_a_cog_that_is_loaded_again_goes_on(tmp_path: Path, folder: Path) -> None:
    async with stage(tmp_path, cogs_dir=folder) as chat:
        await bet_on(chat)
        await chat.say("pixel_street", "!cog unload bet", "broadcaster")
        await chat.passes(200)
        await chat.say("pixel_street", "!cog load bet", "broadcaster")
        await chat.passes(600)
        assert await chat.say("alice", "!rounds") == ["1"]
        assert await chat.points("alice") == 60


async def test_history_says_what_a_round_paid(tmp_path: Path, folder: Path) -> None:
    async with stage(tmp_path, cogs_dir=folder) as chat:
        await bet_on(chat)
        async with chat.services.transactions.open("end", "bet", "bet") as tx:
            await tx.rounds.pay(1, await chat.viewer("alice"), 70)
            await tx.rounds.end(1)
        (history,) = await chat.say("alice", "!history")
        assert "+70 bet: won" in history
        assert "-40 bet" in history
