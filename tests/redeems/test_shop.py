"""Buying a redeem: what is refused, in which order, and what a purchase writes."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pixel_bot.errors import Blocked, NotEnoughPoints, OnCooldown, QueueFull, RedeemOff
from pixel_bot.model.outcome import OverlayEffect, PlaySound, Run, ShowOverlay, Speak
from pixel_bot.model.people import Person, Viewer
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.shop import Order
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, Stage
from tests.harness.database import findings, rows

SHOUT = Offer("shout", "Shout", cost=30, cooldown=10, lane="tts")
HELLO = Speak("hello")


@pytest.fixture
async def alice(services: Services) -> Viewer:
    """Somebody with 100 points."""
    await services.redeems.offer([SHOUT])
    return await rich(services, "alice", 100)


async def rich(services: Services, login: str, points: int) -> Viewer:
    viewer = await services.viewers.meet(Person(login, login, login))
    await services.economy.add(viewer, viewer, points)
    return await services.viewers.find(login)


async def clean(services: Services) -> bool:
    return await findings(services) == []


async def test_a_purchase_is_one_debit_one_cooldown_one_item(services: Services, alice: Viewer) -> None:
    receipt = await services.shop.buy(Order(SHOUT, alice, HELLO, message_id="m1"))
    assert (receipt.cost, receipt.balance, receipt.ahead) == (30, 70, 0)
    assert await rows(services, "SELECT amount, reason, balance_after FROM transactions WHERE amount < 0") == [
        (-30, "redeem:shout", 70)
    ]
    assert await services.cooldowns.left(alice.id, "shout") == 10
    ((kind, status, redeem, user, cost, track, message),) = await rows(
        services, "SELECT kind, status, redeem, user_id, cost, track, message_id FROM queue_items"
    )
    assert (kind, status, redeem, user, cost, track, message) == ("tts", "pending", "shout", alice.id, 30, "tts", "m1")
    assert await clean(services)


async def test_nothing_is_written_when_points_are_missing(services: Services, alice: Viewer) -> None:
    await services.redeems.reprice("shout", 130)
    with pytest.raises(NotEnoughPoints, match="That takes 130 points, you have 100 \\(30 short\\)"):
        await services.shop.buy(Order(SHOUT, alice, HELLO))
    assert await rows(services, "SELECT id FROM queue_items") == []
    assert await services.cooldowns.left(alice.id, "shout") == 0
    assert (await services.viewers.find("alice")).points == 100


async def test_refusals_come_in_their_order(services: Services, alice: Viewer, clock: SettableClock) -> None:
    """All reasons hold at once; each is taken away in turn, and the next one is told."""
    shop, redeems = services.shop, services.redeems
    await shop.buy(Order(SHOUT, alice, HELLO))
    clock.advance(11)
    await shop.buy(Order(SHOUT, alice, HELLO))
    await redeems.reprice("shout", 1_000)
    await redeems.block(alice, "shout")
    await redeems.switch("shout", on=False)
    order = Order(SHOUT, alice, HELLO)
    with pytest.raises(RedeemOff, match="Shout is switched off"):
        await shop.buy(order)
    await redeems.switch("shout", on=True)
    with pytest.raises(Blocked, match="A mod has blocked you from Shout"):
        await shop.buy(order)
    await redeems.unblock(alice, "shout")
    with pytest.raises(OnCooldown, match="10s left"):
        await shop.buy(order)
    clock.advance(10)
    with pytest.raises(QueueFull, match="You have enough waiting"):
        await shop.buy(order)
    async with services.database.write() as session:
        await session.execute(text("UPDATE queue_items SET status = 'done'"))
    with pytest.raises(NotEnoughPoints):
        await shop.buy(order)
    assert (await services.viewers.find("alice")).points == 40


async def test_the_early_look_refuses_without_a_price(services: Services, alice: Viewer) -> None:
    await services.redeems.reprice("shout", 10_000)
    await services.shop.check(SHOUT, alice)
    await services.redeems.block(alice, "*")
    with pytest.raises(Blocked):
        await services.shop.check(SHOUT, alice)


async def test_many_at_the_same_moment_buy_once(services: Services, alice: Viewer) -> None:
    orders = [services.shop.buy(Order(SHOUT, alice, HELLO)) for _ in range(8)]
    results = await asyncio.gather(*orders, return_exceptions=True)
    assert sorted(type(r).__name__ for r in results) == ["OnCooldown"] * 7 + ["Receipt"]
    assert (await services.viewers.find("alice")).points == 70


async def test_many_at_once_never_spend_more_than_there_is(services: Services, alice: Viewer) -> None:
    await services.redeems.set_cooldown("shout", 0)
    await services.redeems.reprice("shout", 60)
    orders = [services.shop.buy(Order(SHOUT, alice, HELLO)) for _ in range(8)]
    results = await asyncio.gather(*orders, return_exceptions=True)
    assert sorted(type(r).__name__ for r in results) == ["NotEnoughPoints"] * 7 + ["Receipt"]
    assert (await services.viewers.find("alice")).points == 40
    assert await clean(services)


async def test_the_lane_has_room_for_so_many(services: Services, alice: Viewer) -> None:
    for number in range(10):
        viewer = await rich(services, f"viewer{number}", 30)
        await services.shop.buy(Order(SHOUT, viewer, HELLO))
    with pytest.raises(QueueFull, match="Its queue is full"):
        await services.shop.buy(Order(SHOUT, alice, HELLO))
    quiet = Offer("quiet", "Quiet", cost=1)
    await services.redeems.offer([quiet])
    assert (await services.shop.buy(Order(quiet, alice, PlaySound("ding")))).balance == 99


async def test_whoever_is_exempt_neither_waits_nor_starts_a_cooldown(services: Services, alice: Viewer) -> None:
    await services.shop.buy(Order(SHOUT, alice, HELLO))
    await services.shop.buy(Order(SHOUT, alice, HELLO, exempt=True))
    assert await services.cooldowns.left(alice.id, "shout") == 10
    bob = await rich(services, "bob", 100)
    await services.shop.buy(Order(SHOUT, bob, HELLO, exempt=True))
    assert await services.cooldowns.left(bob.id, "shout") == 0


async def test_a_cooldown_for_everyone(services: Services, alice: Viewer, clock: SettableClock) -> None:
    bob = await rich(services, "bob", 100)
    await services.redeems.set_cooldown("shout", 60, everyone=True)
    await services.shop.buy(Order(SHOUT, alice, HELLO))
    clock.advance(20)
    with pytest.raises(OnCooldown, match="Shout is resting for everyone: 40s left"):
        await services.shop.buy(Order(SHOUT, bob, HELLO))
    clock.advance(40)
    await services.shop.buy(Order(SHOUT, bob, HELLO))


async def test_a_refund_gives_back_points_and_both_cooldowns(services: Services, alice: Viewer) -> None:
    await services.redeems.set_cooldown("shout", 60, everyone=True)
    await services.shop.buy(Order(SHOUT, alice, HELLO))
    (refund,) = await services.refunds.fail(reason="It broke.")
    assert refund.amount == 30
    assert await services.refunds.fail(reason="It broke again.") == []
    assert (await services.viewers.find("alice")).points == 100
    assert await services.cooldowns.left(alice.id, "shout") == 0
    await services.shop.buy(Order(SHOUT, alice, HELLO))
    assert await rows(services, "SELECT reason FROM transactions WHERE reason LIKE 'refund%'") == [("refund:shout",)]
    assert await clean(services)


async def test_a_refund_leaves_a_later_cooldown_alone(services: Services, alice: Viewer, clock: SettableClock) -> None:
    await services.shop.buy(Order(SHOUT, alice, HELLO))
    clock.advance(10)
    await services.shop.buy(Order(SHOUT, alice, HELLO))
    first = (await rows(services, "SELECT MIN(id) FROM queue_items"))[0][0]
    from pixel_bot.db.models import QueueItem

    await services.refunds.fail(QueueItem.id == first, reason="It broke.")
    assert await services.cooldowns.left(alice.id, "shout") == 10
    assert (await services.viewers.find("alice")).points == 70


async def test_rows_belong_to_the_streamer_once_they_are_there(services: Services) -> None:
    await services.redeems.offer([Offer("dance", "Dance", cost=5, cooldown=1)])
    await services.redeems.reprice("dance", 77)
    services.redeems.withdraw(["dance"])
    await services.redeems.offer([Offer("dance", "Dance anew", cost=500, cooldown=9)])
    (price,) = [p for p in await services.redeems.prices() if p.key == "dance"]
    assert (price.display_name, price.cost, price.cooldown) == ("Dance", 77, 1)


@pytest.mark.parametrize("key", ["chat", "xp", "Loud", "two words", ""])
def test_keys_that_cannot_be(key: str) -> None:
    with pytest.raises(ValueError, match="cannot be the key"):
        Offer(key, "Name")


@pytest.mark.parametrize(
    ("effect", "lane", "kind", "track"),
    [
        (HELLO, "effect", "tts", "tts"),
        (OverlayEffect("duel"), "duel", "duel", "duel"),
        (PlaySound("ding"), "effect", "effect", "sound"),
        (ShowOverlay("hi"), "effect", "effect", "sound"),
        (Run("think"), "effect", "effect", None),
    ],
)
async def test_each_effect_finds_its_lane(
    services: Services, alice: Viewer, effect: Any, lane: Any, kind: str, track: str | None
) -> None:
    offer = Offer("thing", "Thing", lane=lane)
    await services.redeems.offer([offer])
    await services.shop.buy(Order(offer, alice, effect))
    assert await rows(services, "SELECT kind, track FROM queue_items") == [(kind, track)]


async def test_a_message_that_comes_again_buys_nothing(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    assert await chat.say("alice", "!sound ding", message_id="m1") == ["Playing ding! 85 points left."]
    chat.bot.channels["twitch"]._seen.clear()
    chat.clock.advance(60)
    assert await chat.say("alice", "!sound ding", message_id="m1") == []
    assert await chat.points("alice") == 85
    assert len(chat.overlay.played) == 1


async def test_mods_may_have_to_wait_too(tmp_path: Path) -> None:
    from pixel_bot.testing import stage

    async with stage(tmp_path, redeem_mods_wait=True) as strict:
        await strict.viewer("mila", points=100)
        assert await strict.say("mila", "!sound ding", "moderator") == ["Playing ding! 85 points left."]
        (answer,) = await strict.say("mila", "!sound ding", "moderator")
        assert answer.startswith("You are on cooldown")


async def test_mods_do_not_wait(chat: Stage) -> None:
    await chat.viewer("mila", points=100)
    for left in (85, 70):
        assert await chat.say("mila", "!sound ding", "moderator") == [f"Playing ding! {left} points left."]
