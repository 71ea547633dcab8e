"""What was on its way, or was bought, while its author was linked."""

import asyncio

import pytest

from pixel_bot.db.models import QueueItem
from pixel_bot.errors import Blocked, OnCooldown
from pixel_bot.model.outcome import PlaySound
from pixel_bot.model.people import Viewer
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.shop import Order
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, Stage, there
from tests.accounts.linked.people import HERE, MOD, THERE, link, path_of, table, worth
from tests.harness.database import findings
from tests.harness.seed import execute

# What was on its way while its author was linked


DING = Offer("ding", "Ding", cost=15, cooldown=60)


async def buy(services: Services, viewer: Viewer) -> None:
    if "ding" not in services.redeems.keys:
        await services.redeems.offer([DING])
    await services.shop.buy(Order(DING, viewer, PlaySound("ding"), message_id="joystick:1"))


async def test_a_purchase_on_its_way_does_not_escape_a_block(chat: Stage) -> None:
    await chat.viewer("Alice", 500)
    await chat.say("Mila", "!block @alice", "moderator")
    await chat.say_there("Ally", "!link")
    code = chat.whispers[-1][1].split()[2]
    await asyncio.gather(
        chat.say("Alice", f"!link {code}", wait=False), chat.say_there("Ally", "!tts hello", wait=False)
    )
    assert (await chat.bot.viewers.meet(THERE)).name == "alice"
    assert await chat.points("alice") == 500


async def test_what_was_bought_on_the_way_is_the_persons(services: Services, clock: SettableClock) -> None:
    before, alice = await services.viewers.meet(THERE), await services.viewers.meet(HERE)
    await services.economy.add(MOD, alice, 100)
    await link(services)
    await buy(services, before)
    with pytest.raises(OnCooldown):
        await buy(services, before)
    with pytest.raises(OnCooldown):
        await services.shop.check(DING, before)
    async with services.database.readers() as session:
        assert await services.refunds.latest_of(session, alice) is not None
    clock.advance(1)
    await services.links.unlink(MOD, alice)
    await services.refunds.fail(QueueItem.redeem == "ding", reason="Gone.")
    assert (worth(services, "alice"), worth(services, "ally@joystick")) == ((100, 0), (0, 0))
    assert await findings(services) == []


async def test_what_mods_and_people_chose_on_the_way_is_the_persons(services: Services) -> None:
    before, alice = await services.viewers.meet(THERE), await services.viewers.meet(HERE)
    await link(services)
    await services.redeems.block(before, "*")
    assert table(services, "SELECT user_id FROM blocks") == [(alice.id,)]
    with pytest.raises(Blocked):
        await buy(services, alice)
    assert await services.redeems.unblock(before, "*") == 1
    await services.viewers.choose_voice(before, "deep")
    assert [await services.viewers.voice_of(viewer) for viewer in (alice, before)] == ["deep", "deep"]
    assert await services.cooldowns.reset(before.id) == 1


# What goes back to whom


@pytest.mark.parametrize("with_prize", [True, False])
async def test_what_was_bought_during_an_earlier_link_stays(
    services: Services, clock: SettableClock, with_prize: bool
) -> None:
    """Alice paid for it, or won it for free; Eve, with whom she is linked later, has nothing to do with it."""
    alice = await services.viewers.meet(HERE)
    await services.economy.add(MOD, alice, 100)
    await link(services)
    clock.advance(1)
    await buy(services, await services.viewers.meet(THERE))
    if with_prize:
        execute(path_of(services), "UPDATE queue_items SET cost = 0", "DELETE FROM transactions WHERE amount = -15")
    clock.advance(1)
    await services.links.unlink(MOD, alice)
    clock.advance(1)
    await link(services, HERE, there("Eve"))
    await services.links.unlink(MOD, alice)
    assert table(services, "SELECT user_id FROM queue_items") == [(alice.id,)]
    await services.refunds.fail(QueueItem.redeem == "ding", reason="Gone.")
    assert worth(services, "eve@joystick") == (0, 0)


async def test_what_somebody_bought_while_the_other_was_linked_elsewhere_comes_back(
    services: Services, clock: SettableClock
) -> None:
    """It is older than the link, and was bought during another one, but not through it."""
    alice, eve = await services.viewers.meet(HERE), await services.viewers.meet(there("Eve"))
    await services.economy.add(MOD, eve, 100)
    await link(services)
    clock.advance(1)
    await buy(services, eve)
    clock.advance(1)
    await services.links.unlink(MOD, alice)
    clock.advance(1)
    await link(services, HERE, there("Eve"))
    await services.links.unlink(MOD, alice)
    await services.refunds.fail(QueueItem.redeem == "ding", reason="Gone.")
    assert (worth(services, "alice"), worth(services, "eve@joystick")) == ((0, 0), (100, 0))
    assert await findings(services) == []


async def test_what_was_refunded_meanwhile_goes_back_to_its_buyer(services: Services, clock: SettableClock) -> None:
    alice, ally = await services.viewers.meet(HERE), await services.viewers.meet(THERE)
    await services.economy.add(MOD, ally, 100)
    await buy(services, ally)
    clock.advance(1)
    await link(services)
    clock.advance(1)
    await services.refunds.fail(QueueItem.redeem == "ding", reason="Gone.")
    parted = await services.links.unlink(MOD, alice)
    assert (parted.points, parted.missing) == (100, 0)
    assert (worth(services, "alice"), worth(services, "ally@joystick")) == ((0, 0), (100, 0))
    assert await findings(services) == []
