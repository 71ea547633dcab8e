"""A price that depends: charged exactly, on both databases, and told in the lists."""

import asyncio
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.errors import BadAmount, NotEnoughPoints, OnlyForPoints
from pixel_bot.model.outcome import Outcome, PlaySound, Run
from pixel_bot.plugin import Amount
from pixel_bot.points.amounts import ALL, HALF, amount_or_share
from pixel_bot.redeems.channel_points import RedemptionRef
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.shop import Order
from pixel_bot.testing import stage
from tests.harness.database import findings, rows
from tests.harness.postgres import postgres

BID = Offer("bid", "Bid", cost=10, price="what you bid")
DING = PlaySound("ding")

COG = """
from pixel_bot.plugin import Amount, Cog, Outcome, PlaySound, redeem


class Bids(Cog):
    @redeem(price="what you bid", usage="N")
    async def bid(self, ctx, points: Amount):
        \"\"\"Bid points.\"\"\"
        return Outcome("Your bid counts!", PlaySound("ding"), cost=points)

    @redeem()
    async def guess(self, ctx):
        \"\"\"Guess.\"\"\"
        return Outcome("Hm.", PlaySound("ding"), cost=7)


async def setup(bot):
    await bot.add_component(Bids(bot))
"""


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    if request.param == "sqlite":
        yield ""
        return
    with postgres() as server:
        yield server


async def test_a_price_is_charged_exactly(url: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"database_url": url} if url else {}
    async with stage(tmp_path, **settings) as chat:
        services = chat.services
        await services.redeems.offer([BID])
        alice = await chat.viewer("alice", 100)
        receipt = await services.shop.buy(Order(BID, alice, DING, cost=37))
        assert (receipt.cost, receipt.balance) == (37, 63)
        with pytest.raises(NotEnoughPoints, match="That takes 64 points, you have 63"):
            await services.shop.buy(Order(BID, alice, DING, cost=64))
        with pytest.raises(BadAmount):
            await services.shop.buy(Order(BID, alice, DING, cost=10**13))
        both = await asyncio.gather(
            *(services.shop.buy(Order(BID, alice, DING, cost=Amount(HALF))) for _ in range(2)), return_exceptions=True
        )
        assert sorted(one.cost for one in both if not isinstance(one, BaseException)) in ([31], [16, 31])
        assert await chat.points("alice") in (32, 16)
        await chat.settled()
        left = await chat.points("alice")
        assert (await services.shop.buy(Order(BID, alice, DING, cost=Amount(ALL)))).cost == left
        with pytest.raises(NotEnoughPoints):
            await services.shop.buy(Order(BID, alice, DING, cost=Amount(ALL)))
        assert (await services.shop.buy(Order(BID, alice, DING, cost=0))).cost == 0
        paid = await rows(services, "SELECT -SUM(amount) FROM transactions WHERE reason = 'redeem:bid'")
        assert paid == [(100,)]
        assert await findings(services) == []


async def test_a_share_below_a_point_is_no_price(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.services.redeems.offer([BID])
        alice = await chat.viewer("alice", 5)
        with pytest.raises(BadAmount, match="less than one point"):
            await chat.services.shop.buy(Order(BID, alice, DING, cost=Amount(amount_or_share("1%"))))
        assert await chat.points("alice") == 5


async def test_channel_points_cannot_pay_for_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.services.redeems.offer([BID])
        alice = await chat.viewer("alice", 50)
        order = Order(BID, alice, DING, cost=5, redemption=RedemptionRef("r", "w"))
        with pytest.raises(OnlyForPoints):
            await chat.services.shop.buy(order)
        assert await chat.points("alice") == 50


@pytest.fixture
def cogs(tmp_path: Path) -> Path:
    folder = tmp_path / "my_cogs"
    folder.mkdir()
    (folder / "bids.py").write_text(COG, encoding="utf-8")
    return folder


async def test_lists_and_help_say_that_it_depends(tmp_path: Path, cogs: Path) -> None:
    async with stage(tmp_path, cogs_dir=cogs) as chat:
        await chat.viewer("alice", 100)
        listed = " ".join([*await chat.say("alice", "!redeems"), *await chat.say("alice", "!redeems 2")])
        assert "!bid what you bid" in listed
        (told,) = await chat.say("alice", "!help bid")
        assert told == "Type !bid N: Bid points. Price: what you bid."
        assert (await chat.say("mod", "!redeem cost bid 5", "moderator"))[0].startswith(
            "The price of bid is not always"
        )
        await chat.say("alice", "!guess")
        listed = " ".join([*await chat.say("alice", "!redeems"), *await chat.say("alice", "!redeems 2")])
        assert "!guess it depends" in listed


async def test_a_typed_price_and_its_refund(tmp_path: Path, cogs: Path) -> None:
    async with stage(tmp_path, cogs_dir=cogs) as chat:
        await chat.viewer("alice", 100)
        assert await chat.say("alice", "!bid 40") == ["Your bid counts! That took 40 points; 60 points left."]
        chat.overlay.plays = False
        await chat.say("alice", "!bid all", wait=False)
        await chat.overlay.asked(2)
        assert await chat.points("alice") == 0
        chat.overlay.failed()
        await chat.settled()
        assert await chat.points("alice") == 60
        (refused,) = await chat.say("alice", "!bid 61")
        assert refused.startswith("That takes 61 points, you have 60")


@pytest.mark.parametrize("cost", [2.5, True, "5"])
def test_a_price_is_whole_points(cost: object) -> None:
    with pytest.raises(TypeError, match="whole points or an Amount"):
        Outcome("", Run("x"), cost=cost)  # pyright: ignore[reportArgumentType] - that is what is tried


def test_a_price_is_not_negative() -> None:
    with pytest.raises(ValueError, match="from zero up"):
        Outcome("", Run("x"), cost=-1)
