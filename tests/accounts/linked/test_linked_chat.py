"""What linked people earn in chat and by events."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.accounts.merge import Linked
from pixel_bot.clock import micros
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.model.chat_message import chat_message
from pixel_bot.model.people import Person
from pixel_bot.points.levels import Gain
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in, there
from tests.accounts.linked.people import HERE, MOD, THERE, link, worth
from tests.earning.messages import follow
from tests.harness.database import findings

NOON = SettableClock().now()

# Chat


async def say(services: Services, *said: tuple[Person, float]) -> None:
    """People write, each so many seconds after noon; all of it in one batch."""
    for person, seconds in said:
        at = NOON + timedelta(seconds=seconds)
        follow(services, at)
        services.awards.chat(chat_message(person, f"{person.name}:{seconds}", at))
    await services.awards.drained()


@pytest.mark.parametrize("apart", [True, False])
async def test_one_person_earns_once_on_two_platforms(services: Services, alice: Linked, apart: bool) -> None:
    said = [(HERE, 0.0), (THERE, 1.0), (HERE, 30.0), (THERE, 31.0), (THERE, 59.0), (HERE, 60.0), (THERE, 61.0)]
    for batch in [[one] for one in said] if apart else [said]:
        await say(services, *batch)
    assert worth(services, "alice") == (102, 3)
    assert worth(services, "ally@joystick") == (0, 0)
    assert await findings(services) == []


async def test_the_cooldown_of_before_holds_after_the_link(services: Services) -> None:
    await say(services, (HERE, 0), (THERE, 20))
    assert (worth(services, "alice"), worth(services, "ally@joystick")) == ((1, 1), (1, 1))
    await link(services)
    await say(services, (HERE, 61), (THERE, 62))
    assert worth(services, "alice") == (2, 3), "the later of the two cooldowns ends at 80"
    await say(services, (HERE, 80))
    assert worth(services, "alice")[0] == 3


async def test_a_message_that_waits_while_its_author_is_linked_counts_for_one(services: Services) -> None:
    """The gate knew both apart; what it knew must not be remembered over the link."""
    await say(services, (HERE, 0), (THERE, 0))
    kept, merged = await services.viewers.meet(HERE), await services.viewers.meet(THERE)
    asked = await services.links.ask(merged, public=False)
    async with services.database.write():
        linking = asyncio.create_task(services.links.give(kept, asked.code))
        await waiting(services, 1)
        saying = asyncio.create_task(say(services, (HERE, 100), (THERE, 100)))
        await waiting(services, 2)
    await asyncio.gather(linking, saying)
    assert worth(services, "alice") == (3, 3), "one from each before, and one"
    assert services.awards.gate.chatters.remembered() == []
    assert await findings(services) == []


async def waiting(services: Services, many: int) -> None:
    """Until so many wait for their turn to write."""
    async with asyncio.timeout(5):
        while len(services.database._write_lock._waiters or ()) < many:  # pyright: ignore[reportAttributeAccessIssue,reportUnknownArgumentType,reportUnknownMemberType]
            await asyncio.sleep(0)


async def test_who_is_linked_is_not_kept_in_the_gate(services: Services, alice: Linked) -> None:
    await say(services, (HERE, 0), (THERE, 1), (there("bob"), 1))
    assert services.awards.gate.chatters.remembered() == ["bob@joystick"]


async def test_a_rename_and_a_message_there_in_one_batch(services: Services, alice: Linked) -> None:
    await say(services, (THERE, 0), (Person("1", "alicia", "Alicia"), 1))
    assert worth(services, "alicia") == (101, 1)
    assert await findings(services) == []


async def test_a_gift_to_all_chatters_reaches_a_person_once(services: Services, alice: Linked) -> None:
    await say(services, (HERE, 0), (THERE, 1))
    since = services.clock.now() - timedelta(minutes=30)
    gate = services.awards.gate
    people = await services.economy.chatters_since(since, gate.authors_since(micros(since)), gate.rules)
    assert people == [alice.kept.id]


async def test_a_gift_to_all_chatters_reaches_one_account_of_two_that_were_one(
    services: Services, alice: Linked
) -> None:
    await say(services, (HERE, 0))
    await services.links.unlink(MOD, alice.kept)
    since = services.clock.now() - timedelta(minutes=30)
    gate = services.awards.gate
    for heard in (gate.authors_since(micros(since)), []):
        assert await services.economy.chatters_since(since, heard, gate.rules) == [alice.kept.id]


async def test_events_pay_the_person_and_tell_where(services: Services, alice: Linked) -> None:
    now = services.clock.now()
    told: list[tuple[str, str]] = []
    async with services.database.write() as session:
        ups = await services.levels.add(
            session, [Gain(alice.merged.id, alice.merged.name, "Ally", 100, now, "joystick")]
        )
        told += [(up.shown, up.platform) for up in ups]
    assert told == [("Ally", "joystick")]
    assert await services.awards.event(EventAward("t1", "tip", THERE, 30, 7, now))
    assert worth(services, "alice") == (130, 107)
    assert await findings(services) == []


async def test_a_level_reached_there_is_told_there(tmp_path: Path, clock: SettableClock) -> None:
    rewards = tmp_path / "level_rewards.json"
    rewards.write_text('{"2": {"message": "Go {user}!"}}', encoding="utf-8")
    heard: list[tuple[str, str]] = []
    async with opened(settings_in(tmp_path, level_rewards_file=rewards), "sandbox", clock) as services:

        async def hear(up: Any) -> None:
            heard.append((up.message, up.platform))

        services.levels.on_level_up = hear
        services.awards.start()
        await link(services)
        await services.awards.event(EventAward("t1", "tip", THERE, 0, 99, clock.now()))
        await say(services, (THERE, 0))
        await services.awards.event(EventAward("t2", "tip", Person("2", "bob", "Bob"), 0, 100, clock.now()))
        await services.awards.stop()
    assert heard == [("Go Ally!", "joystick"), ("Go Bob!", "twitch")]
