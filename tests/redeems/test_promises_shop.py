"""What the one look before a purchase counts, and what it leaves out: of others, of other redeems, of other lanes."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pixel_bot.errors import Blocked, NotEnoughPoints, NotPlaying, OnCooldown, QueueFull, RedeemOff, Withdrawn
from pixel_bot.model.outcome import PlaySound, Run, ShowOverlay, Speak
from pixel_bot.model.people import Person, Viewer
from pixel_bot.points.idempotency import AlreadyProcessed, use_idempotency_key
from pixel_bot.redeems.channel_points import RedemptionRef
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.shop import Order
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.queue_rows import queued, rows

DING = Offer("ding", "Ding", cost=15, cooldown=10)
SAY = Offer("say", "Say", cost=25)
SOUND, HELLO = PlaySound("ding"), Speak("hello")


@pytest.fixture
async def alice(services: Services) -> Viewer:
    """Somebody with 100 points, where there are two redeems."""
    await services.redeems.offer([DING, SAY])
    return await rich(services, "alice")


@pytest.fixture
async def bob(services: Services) -> Viewer:
    return await rich(services, "bob")


async def rich(services: Services, login: str) -> Viewer:
    viewer = await services.viewers.meet(Person(login, login, login))
    await services.economy.add(viewer, viewer, 100)
    return await services.viewers.find(login)


async def points(services: Services, login: str = "alice") -> int:
    return (await services.viewers.find(login)).points


async def by_hand(services: Services, statement: str, **values: Any) -> None:
    async with services.database.write() as session:
        await session.execute(text(statement), values)


def order(viewer: Viewer, **more: Any) -> Order:
    return Order(DING, viewer, SOUND, **more)


# Who plays, blocks and cooldowns


async def test_whoever_is_ignored_buys_nothing_and_everybody_else_may(
    services: Services, alice: Viewer, bob: Viewer
) -> None:
    nightbot, streamlabs = await rich(services, "nightbot"), await rich(services, "streamlabs")
    await services.ignoring.ignore("bob", "twitch")
    await services.ignoring.unignore("streamlabs", "twitch")
    for viewer in (bob, nightbot):
        for check in (services.shop.check(DING, viewer), services.shop.buy(order(viewer))):
            with pytest.raises(NotPlaying):
                await check
        assert await points(services, viewer.name) == 100
    for viewer in (alice, streamlabs):
        await services.shop.check(DING, viewer)
        await services.shop.buy(order(viewer))


async def test_a_block_holds_for_its_viewer_and_its_redeem(services: Services, alice: Viewer, bob: Viewer) -> None:
    await services.redeems.block(bob, "ding")
    await services.redeems.block(alice, "say")
    await services.shop.check(DING, alice)
    await services.shop.buy(order(alice))
    for check in (services.shop.check(DING, bob), services.shop.buy(order(bob)), services.shop.check(SAY, alice)):
        with pytest.raises(Blocked):
            await check


async def test_a_cooldown_holds_for_its_viewer_and_its_redeem(
    services: Services, clock: SettableClock, alice: Viewer, bob: Viewer
) -> None:
    await services.shop.buy(order(alice))
    await services.shop.check(DING, bob)
    await services.shop.check(SAY, alice)
    for passed in (0, 9.5):
        clock.advance(passed)
        with pytest.raises(OnCooldown, match="You are on cooldown"):
            await services.shop.check(DING, alice)
    clock.advance(0.5)
    await services.shop.check(DING, alice)
    assert await services.cooldowns.left(bob.id, "ding") == 0


async def test_a_cooldown_for_everyone_is_of_that_redeem(
    services: Services, clock: SettableClock, alice: Viewer, bob: Viewer
) -> None:
    await services.redeems.set_cooldown("ding", 20, everyone=True)
    await services.shop.buy(order(alice))
    await services.shop.check(SAY, bob)
    with pytest.raises(OnCooldown, match="resting for everyone"):
        await services.shop.check(DING, bob)
    await services.shop.check(DING, bob, exempt=True)
    clock.advance(20)
    await services.shop.check(DING, bob)


# The queue


@pytest.mark.parametrize("state", ["pending", "running"])
async def test_each_lane_holds_twenty_that_wait_or_run(
    services: Services, alice: Viewer, bob: Viewer, state: str
) -> None:
    await queued(services, *[SOUND] * 19, status=state, user_id=bob.id)
    await queued(services, *[HELLO] * 9, user_id=bob.id)
    await queued(services, SOUND, status="done", user_id=bob.id)
    await queued(services, SOUND, status="failed", user_id=bob.id)
    await services.shop.check(DING, alice)
    await services.shop.buy(order(alice))
    carol = await rich(services, "carol")
    for check in (services.shop.check(DING, carol), services.shop.buy(order(carol))):
        with pytest.raises(QueueFull, match="Its queue is full"):
            await check
    assert await points(services, "carol") == 100


async def test_two_of_a_viewer_in_a_lane_are_enough(services: Services, alice: Viewer, bob: Viewer) -> None:
    await queued(services, HELLO, HELLO, user_id=alice.id)
    await queued(services, SOUND, SOUND, user_id=alice.id, status="done")
    await queued(services, SOUND, user_id=alice.id, status="running")
    await queued(services, SOUND, SOUND, user_id=bob.id)
    await services.shop.check(DING, alice)
    await queued(services, SOUND, user_id=alice.id)
    with pytest.raises(QueueFull, match="You have enough waiting"):
        await services.shop.check(DING, alice)


async def test_a_receipt_counts_what_plays_before(services: Services, alice: Viewer, bob: Viewer) -> None:
    await queued(services, HELLO, Run("work"))
    await queued(services, SOUND, status="done")
    await queued(services, SOUND, status="running")
    await queued(services, ShowOverlay("hi", seconds=4))
    first = await services.shop.buy(order(alice))
    assert (first.ahead, first.seconds) == (2, 3 + 5)
    second = await services.shop.buy(order(bob))
    assert (second.ahead, second.seconds) == (3, 3 + 5 + 3)
    work = await services.shop.buy(Order(SAY, bob, Run("work")))
    assert (work.ahead, work.seconds) == (0, 0)


async def test_a_receipt_looks_at_twenty_at_most(tmp_path: Path, clock: SettableClock) -> None:
    async with opened(settings_in(tmp_path, tts_queue_max=50), "sandbox", clock) as services:
        await services.redeems.offer([SAY])
        alice = await rich(services, "alice")
        await queued(services, *[HELLO] * 25)
        assert (await services.shop.buy(Order(SAY, alice, HELLO))).ahead == 20


# What else refuses


async def test_a_redeem_is_called_what_the_streamer_calls_it(services: Services, alice: Viewer) -> None:
    await services.redeems.switch("ding", on=False)
    await by_hand(services, "UPDATE redeems SET display_name = 'Gong' WHERE key = 'ding'")
    for check in (services.shop.check(DING, alice), services.shop.buy(order(alice))):
        with pytest.raises(RedeemOff, match="Gong is"):
            await check
    await services.shop.check(SAY, alice)


async def test_a_redeem_without_a_row_is_off(services: Services, alice: Viewer) -> None:
    await by_hand(services, "DELETE FROM redeems WHERE key = 'ding'")
    for check in (services.shop.check(DING, alice), services.shop.buy(order(alice))):
        with pytest.raises(RedeemOff, match="Ding is"):
            await check


async def test_a_redeem_that_cannot_work_is_refused(services: Services, alice: Viewer) -> None:
    services.redeems.close("ding", "no speaker", for_mods="Plug one in.")
    for check in (services.shop.check(DING, alice), services.shop.buy(order(alice))):
        with pytest.raises(RedeemOff, match="no speaker"):
            await check
    with pytest.raises(RedeemOff, match="Plug one in"):
        await services.shop.check(DING, alice, mod=True)
    services.redeems.open("ding")
    await services.shop.check(DING, alice)


async def test_a_message_that_was_taken_away_buys_nothing(services: Services, alice: Viewer) -> None:
    with pytest.raises(Withdrawn):
        await services.shop.buy(order(alice, withdrawn=lambda: True))
    assert (await rows(services), await points(services)) == ({}, 100)


async def test_a_message_is_bought_for_once(services: Services, alice: Viewer, bob: Viewer) -> None:
    await services.redeems.set_cooldown("ding", 0)
    for number in (1, 2):
        use_idempotency_key(f"m{number}", services.clock.now())
        await services.shop.check(DING, alice)
        await services.shop.buy(order(alice))
    use_idempotency_key("m1", services.clock.now())
    for check in (services.shop.check(DING, bob), services.shop.buy(order(bob))):
        with pytest.raises(AlreadyProcessed):
            await check
    assert (len(await rows(services)), await points(services, "bob")) == (2, 100)


# What is written


async def test_a_redemption_pays_instead_of_points_and_once(services: Services, alice: Viewer, bob: Viewer) -> None:
    receipt = await services.shop.buy(order(alice, redemption=RedemptionRef("r1", "reward")))
    assert (receipt.cost, receipt.balance, await points(services)) == (0, 100, 100)
    ((_, row),) = (await rows(services)).items()
    assert (row["cost"], row["redemption"]) == (0, "r1")
    assert len(await services.economy.history(alice, 10)) == 1, "nothing but the points that were given"
    with pytest.raises(AlreadyProcessed):
        await services.shop.buy(order(bob, redemption=RedemptionRef("r1", "reward")))
    assert len(await rows(services)) == 1
    assert await services.cooldowns.left(bob.id, "ding") == 0


async def test_whoever_was_linked_meanwhile_pays_and_rests_as_one(services: Services, alice: Viewer) -> None:
    other = await services.viewers.meet(Person("other", "other", "other"))
    await by_hand(services, "UPDATE users SET merged_into = :kept WHERE id = :id", kept=alice.id, id=other.id)
    receipt = await services.shop.buy(order(other))
    assert (receipt.balance, await services.cooldowns.left(alice.id, "ding")) == (85, 10)
    ((_, row),) = (await rows(services)).items()
    assert row["user_id"] == alice.id


async def test_a_row_without_numbers_costs_nothing_and_rests_nobody(services: Services, alice: Viewer) -> None:
    await by_hand(services, "UPDATE redeems SET cost = NULL, cooldown_s = NULL WHERE key = 'ding'")
    receipt = await services.shop.buy(order(alice))
    assert (receipt.cost, receipt.balance) == (0, 100)
    assert await services.cooldowns.left(alice.id, "ding") == 0
    ((_, row),) = (await rows(services)).items()
    assert (row["cost"], row["cooldown_until"], row["everyone_until"]) == (0, None, None)


async def test_an_item_remembers_which_cooldowns_it_began(services: Services, alice: Viewer) -> None:
    await services.redeems.set_cooldown("ding", 20, everyone=True)
    now = services.clock.now()
    await services.shop.buy(order(alice))
    ((_, row),) = (await rows(services)).items()
    ends = {"cooldown_until": now + timedelta(seconds=10), "everyone_until": now + timedelta(seconds=20)}
    assert {name: row[name] for name in ends} == ends
    async with services.database.readers() as session:
        held = await session.execute(text("SELECT key FROM redeems WHERE everyone_until IS NOT NULL"))
        assert held.scalars().all() == ["ding"]


async def test_the_queue_is_told_of_each_purchase_and_of_nothing_else(services: Services, alice: Viewer) -> None:
    told: list[str | None] = []
    services.shop.sold.add(told.append)
    await services.shop.buy(order(alice))
    await services.shop.buy(Order(SAY, alice, HELLO))
    await services.redeems.reprice("say", 1_000)
    with pytest.raises(NotEnoughPoints):
        await services.shop.buy(Order(SAY, alice, HELLO))
    assert told == ["sound", "tts"]
