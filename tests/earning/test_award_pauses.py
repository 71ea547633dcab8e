"""Awards with a pause: one pays, and those of its kind give nothing for a while, whatever happens in between."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pixel_bot.accounts.merge import Linked
from pixel_bot.db.models import QueueItem
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.model.outcome import PlaySound
from pixel_bot.model.people import Person
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.shop import Order
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in, there
from tests.earning.messages import follow
from tests.harness.seed import place_of, query

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BOB = there("Bob")


def entrance(event_id: str, seconds: float, who: Person = BOB, *, points: int = 25) -> EventAward:
    """Somebody comes in, so many seconds after noon; it pays once an hour."""
    return EventAward(event_id, "enter", who, points, 2 if points else 0, NOON + timedelta(seconds=seconds), 3_600)


async def enter(services: Services, *awards: EventAward) -> list[bool]:
    """All of them in one batch. Returns whether each was new."""
    follow(services, max(award.at for award in awards))
    return await asyncio.gather(*(services.awards.event(award) for award in awards))


def paid(services: Services) -> list[tuple[Any, ...]]:
    """The events that were worked, with what they gave."""
    return query(place_of(services.database), "SELECT id, points, xp FROM events ORDER BY id")


def balance(services: Services, name: str = "bob@joystick") -> int:
    return query(place_of(services.database), f"SELECT points FROM users WHERE name = '{name}'")[0][0]


async def test_one_an_hour(services: Services) -> None:
    for event_id, seconds in (("a", 0), ("b", 1), ("c", 3_599.999999), ("d", 3_600), ("e", 7_199)):
        assert await enter(services, entrance(event_id, seconds)) == [True], "new, whether it pays or not"
    assert paid(services) == [("a", 25, 2), ("b", 0, 0), ("c", 0, 0), ("d", 25, 2), ("e", 0, 0)]
    assert balance(services) == 50
    assert query(place_of(services.database), "SELECT reason, amount FROM transactions") == [("enter", 25)] * 2
    assert query(place_of(services.database), "SELECT key, expires_at FROM cooldowns") == [
        ("+enter", "2026-01-01 14:00:00.000000")
    ]


async def test_of_several_in_one_batch_the_earliest_pays(services: Services) -> None:
    awards = [entrance("a", 30), entrance("d", 10), entrance("b", 3_611), entrance("c", 20)]
    assert await enter(services, *awards, entrance("other", 20, there("Carol"))) == [True] * 5
    assert paid(services) == [("a", 0, 0), ("b", 25, 2), ("c", 0, 0), ("d", 25, 2), ("other", 25, 2)]


async def test_an_entrance_that_comes_again_neither_pays_nor_begins_a_pause(services: Services) -> None:
    assert await enter(services, entrance("a", 0), entrance("a", 0)) == [True, False]
    assert await enter(services, entrance("a", 5_000), entrance("b", 5_001)) == [False, True]
    assert paid(services) == [("a", 25, 2), ("b", 25, 2)]


async def test_the_pause_holds_over_a_restart(tmp_path: Path, clock: SettableClock) -> None:
    for event_id, seconds, expected in (("a", 0, 25), ("b", 3_599, 25), ("c", 3_600, 50)):
        async with opened(settings_in(tmp_path), "sandbox", clock) as services:
            services.awards.start()
            await enter(services, entrance(event_id, seconds))
            await services.awards.stop()
            assert balance(services) == expected


async def test_other_kinds_and_awards_without_a_pause_go_on(services: Services) -> None:
    tips = [EventAward(f"t{i}", "tip", BOB, 5, 0, NOON) for i in range(3)]
    await enter(services, entrance("a", 0), *tips, entrance("b", 1), EventAward("x", "enter", None, 0, 0, NOON, 60))
    assert balance(services) == 40


async def test_an_entrance_that_would_pay_nothing_begins_no_pause(services: Services) -> None:
    await enter(services, entrance("a", 0, points=0))
    await enter(services, entrance("b", 1))
    assert balance(services) == 25


async def test_a_redeem_of_the_same_name_is_another_matter(services: Services) -> None:
    offer = Offer("enter", "Enter the raffle", cooldown=60)
    await services.redeems.offer([offer])
    await enter(services, entrance("a", 0))
    bob = await services.viewers.meet(BOB)
    await services.shop.buy(Order(offer, bob, PlaySound("ding")))
    assert set(await services.cooldowns.running(bob.id)) == {"enter", "+enter"}
    await services.refunds.fail(QueueItem.redeem == "enter", reason="Gone.")
    await enter(services, entrance("b", 1))
    assert balance(services) == 25, "the refund ended its own cooldown only"


async def test_one_person_enters_once_on_two_platforms(services: Services) -> None:
    alice = Person("1", "alice", "Alice")
    kept, merged = await services.viewers.meet(alice), await services.viewers.meet(BOB)
    await enter(services, entrance("a", 0))
    asked = await services.links.ask(merged, public=False)
    assert isinstance(await services.links.give(kept, asked.code), Linked)
    await enter(services, entrance("b", 1), entrance("c", 2, alice))
    assert balance(services, "alice") == 25
    await enter(services, entrance("d", 3_600, alice), entrance("e", 3_600))
    assert balance(services, "alice") == 50
