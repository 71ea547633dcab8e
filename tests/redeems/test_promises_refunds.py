"""What giving back promises: once, what was paid, to whom it was paid for, with the cooldowns of that very purchase."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pixel_bot.cog_data.transaction import Transaction
from pixel_bot.db.models import QueueItem
from pixel_bot.model.outcome import PlaySound
from pixel_bot.model.people import Person, Viewer
from pixel_bot.redeems.channel_points import RedemptionRef
from pixel_bot.redeems.hooks import Bought, Hooks
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.queue_items import FOLLOW_UP_IDS, Item
from pixel_bot.redeems.refunds import Refund
from pixel_bot.redeems.shop import Order
from pixel_bot.services import Services
from pixel_bot.testing import FakeOverlay, SettableClock
from tests.harness.queue_rows import in_all_states, queued, rows

DING = Offer("ding", "Ding", cost=15, cooldown=10, everyone_cooldown=5)
SAY = Offer("say", "Say", cost=25, cooldown=10, everyone_cooldown=5)
SOUND = PlaySound("ding")


@pytest.fixture
async def alice(services: Services) -> Viewer:
    """Somebody with 100 points."""
    await services.redeems.offer([DING, SAY])
    viewer = await services.viewers.meet(Person("1", "alice", "Alice"))
    await services.economy.add(viewer, viewer, 100)
    return viewer


async def bought(services: Services, viewer: Viewer, offer: Offer = DING, **more: Any) -> int:
    return (await services.shop.buy(Order(offer, viewer, SOUND, exempt=True, **more))).item_id


async def points(services: Services) -> int:
    return (await services.viewers.find("alice")).points


async def found(services: Services, query: str) -> Sequence[tuple[Any, ...]]:
    async with services.database.readers() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def latest(services: Services, viewer: Viewer) -> Item | None:
    async with services.database.readers() as session:
        return await services.refunds.latest_of(session, viewer)


async def after_the_fact(services: Services, item: Item) -> Refund | None:
    async with services.database.write() as session:
        return await services.refunds.refund_finished(session, item)


# What is given back


async def test_only_what_fits_and_has_not_ended_is_given_back(services: Services, alice: Viewer) -> None:
    ids = await in_all_states(services, SOUND, user_id=alice.id, cost=7)
    (other,) = await queued(services, SOUND, user_id=alice.id, cost=50)
    before = await rows(services)
    now = services.clock.now()
    given = await services.refunds.fail(QueueItem.id != other, reason="It broke.")
    assert [(r.item.id, r.amount, r.back) for r in given] == [
        (ids["pending"], 7, "7 points"),
        (ids["running"], 7, "7 points"),
    ]
    assert await points(services) == 114
    end = {"status": "failed", "finished_at": now, "refunded_at": now, "note": "It broke.", "told": False}
    for item_id, row in (await rows(services)).items():
        assert row == {**before[item_id], **(end if item_id in (ids["pending"], ids["running"]) else {})}


async def test_only_those_in_the_states_that_are_asked_for(services: Services, alice: Viewer) -> None:
    ids = await in_all_states(services, SOUND, user_id=alice.id, cost=7)
    given = await services.refunds.fail(reason="It broke.", told=True, status=("pending",))
    assert [r.item.id for r in given] == [ids["pending"]]
    assert [row["told"] for row in (await rows(services)).values()] == [True] * 4
    assert [row["status"] for row in (await rows(services)).values()] == ["failed", "running", "done", "failed"]


async def test_what_was_given_back_before_is_not_given_back_again(services: Services, alice: Viewer) -> None:
    """Also when a hand has put the item back into the queue."""
    item_id = await bought(services, alice)
    await services.refunds.fail(reason="It broke.")
    item = await latest(services, alice)
    async with services.database.write() as session:
        await session.execute(text("UPDATE queue_items SET status = 'pending', refunded_at = NULL"))
    assert item is None
    assert await services.refunds.fail(reason="It broke again.") == []
    assert await points(services) == 100
    events = f"SELECT kind, points, xp FROM events WHERE id = 'refund:{item_id}'"
    assert await found(services, events) == [("refund", 15, 0)]
    assert await found(services, "SELECT amount FROM transactions WHERE reason = 'refund:ding'") == [(15,)]


async def test_what_nobody_bought_gives_nobody_anything(services: Services, alice: Viewer) -> None:
    await queued(services, SOUND, cost=9)
    await queued(services, SOUND, user_id=alice.id, cost=0)
    given = await services.refunds.fail(reason="It broke.")
    assert [r.amount for r in given] == [0, 0]
    assert await found(services, "SELECT amount FROM transactions WHERE reason LIKE 'refund%'") == []
    assert all(row["refunded_at"] is not None for row in (await rows(services)).values())


async def test_a_finished_item_can_be_given_back_once(services: Services, alice: Viewer) -> None:
    first, second = await queued(services, SOUND, SOUND, user_id=alice.id, cost=7, status="done")
    item = await latest(services, alice)
    assert item is not None
    assert item.id == second
    given = await after_the_fact(services, item)
    assert given is not None
    assert given.amount == 7
    assert await after_the_fact(services, item) is None
    assert await points(services) == 107
    before = await latest(services, alice)
    assert before is not None
    assert before.id == first
    assert [row["refunded_at"] is None for row in (await rows(services)).values()] == [True, False]


async def test_in_a_transaction_of_the_caller_chat_is_to_hear_of_it(services: Services, alice: Viewer) -> None:
    await bought(services, alice)
    async with services.database.write() as session:
        assert [r.amount for r in await services.refunds.fail_in(session, reason="It broke.")] == [15]
        assert await services.refunds.fail_in(session, reason="It broke.") == []
    assert [row["told"] for row in (await rows(services)).values()] == [False]


async def test_the_redeem_takes_back_what_it_did_of_that_very_item(services: Services, alice: Viewer) -> None:
    taken_back: list[Any] = []

    async def keep(tx: Transaction) -> dict[str, int]:
        return {"balance": await tx.balance(alice)}

    async def take_back(_: Transaction, bought: Bought) -> None:
        taken_back.append((bought.viewer, bought.kept["balance"]))

    for cost in (5, 6):
        luck = Offer(f"luck{cost}", "Luck", cost=cost)
        await services.redeems.offer([luck])
        services.hooks.add(luck.key, Hooks(on_refund=take_back))
        await services.shop.buy(Order(luck, alice, SOUND, on_buy=keep))
    await services.refunds.fail(QueueItem.redeem == "luck6", reason="It broke.")
    assert taken_back == [(alice.id, 89)]


# Cooldowns


async def test_cooldowns_of_other_redeems_and_of_later_purchases_go_on(
    services: Services, clock: SettableClock, alice: Viewer
) -> None:
    ids: list[int] = []
    for seconds, offer in ((0, DING), (0, SAY), (10, DING)):
        clock.advance(seconds)
        ids.append((await services.shop.buy(Order(offer, alice, SOUND))).item_id)
        async with services.database.write() as session:
            await session.execute(text("UPDATE queue_items SET status = 'done'"))
    async with services.database.write() as session:
        await session.execute(text("UPDATE queue_items SET status = 'pending'"))
    resting = "SELECT key FROM redeems WHERE everyone_until IS NOT NULL ORDER BY key"
    await services.refunds.fail(QueueItem.id == ids[0], reason="It broke.")
    assert await services.cooldowns.left(alice.id, "ding") == 10
    assert await found(services, resting) == [("ding",), ("say",)]
    await services.refunds.fail(QueueItem.id == ids[2], reason="It broke.")
    assert await services.cooldowns.left(alice.id, "ding") == 0
    assert await found(services, resting) == [("say",)]
    assert "say" in {key for (key,) in await found(services, "SELECT key FROM cooldowns")}


# What a mod can give back


async def test_what_followed_for_free_is_not_what_is_given_back(services: Services, alice: Viewer) -> None:
    bought_ = await bought(services, alice, message_id="m1")
    for follower in FOLLOW_UP_IDS.values():
        await queued(services, SOUND, user_id=alice.id, cost=0, message_id=follower)
    item = await latest(services, alice)
    assert item is not None
    assert item.id == bought_


@pytest.mark.parametrize(
    "columns", [{"cost": 0, "message_id": "m2"}, {"cost": 5, "message_id": None}, {"cost": 0, "redemption": "r1"}]
)
async def test_what_was_asked_for_or_paid_is_given_back(
    services: Services, alice: Viewer, columns: dict[str, Any]
) -> None:
    (asked,) = await queued(services, SOUND, user_id=alice.id, **columns)
    item = await latest(services, alice)
    assert item is not None
    assert item.id == asked


async def test_channel_points_come_back_only_before_the_effect(services: Services, alice: Viewer) -> None:
    item_id = await bought(services, alice, redemption=RedemptionRef("r1", "reward"), message_id="m1")
    item = await latest(services, alice)
    assert item is not None
    assert Refund(item, 0).back == "the channel points"
    async with services.database.write() as session:
        await session.execute(text("UPDATE queue_items SET status = 'done'"))
    assert await latest(services, alice) is None
    await queued(services, SOUND, user_id=alice.id, cost=5, status="done")
    newer = await latest(services, alice)
    assert newer is not None
    assert newer.id != item_id


async def test_only_what_is_the_viewers_own(services: Services, alice: Viewer) -> None:
    bob = await services.viewers.meet(Person("2", "bob", "Bob"))
    await queued(services, SOUND, user_id=bob.id, cost=5)
    assert await latest(services, alice) is None


# Off the page


async def test_what_a_page_may_still_show_is_taken_off(services: Services, alice: Viewer) -> None:
    page = FakeOverlay(services.overlay, "page")
    await page.open()
    await queued(services, SOUND, user_id=alice.id)
    shown, by_hand = await queued(services, SOUND, SOUND, user_id=alice.id, page="page")
    tokens = {item_id: row["token"] for item_id, row in (await rows(services)).items()}
    await services.refunds.fail(QueueItem.id != by_hand, reason="It broke.")
    assert page.stopped == [tokens[shown]]


async def test_what_was_given_back_lately_is_known_by_its_token(services: Services, clock: SettableClock) -> None:
    since = clock.now()
    await queued(services, SOUND, page="page", status="failed", refunded_at=since - timedelta(seconds=1))
    await queued(services, SOUND, page="page", status="failed")
    await queued(services, SOUND, status="failed", refunded_at=since)
    await queued(services, SOUND, page="page", status="done", refunded_at=since)
    await queued(services, SOUND, page="page", status="failed", refunded_at=since, token="")
    first, second = await queued(services, SOUND, SOUND, page="page", status="failed", refunded_at=since)
    tokens = {item_id: row["token"] for item_id, row in (await rows(services)).items()}
    assert sorted(await services.refunds.recent_tokens(since)) == sorted(tokens[i] for i in (first, second))
    await queued(services, *[SOUND] * 50, page="page", status="failed", refunded_at=since)
    assert len(await services.refunds.recent_tokens(since)) == 50
