"""Who is linked is one person: by either name, in chat of either platform, and earns once."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.clock import micros
from pixel_bot.db.check import check
from pixel_bot.errors import BadAmount, NotEnoughPoints, UnknownViewer
from pixel_bot.services.award_batch import EventAward, line_of
from pixel_bot.services.container import Services
from pixel_bot.services.joining import Linked
from pixel_bot.services.leaderboard import Leaderboard
from pixel_bot.services.ledger import Entry, UnknownAccount, balance_of, post
from pixel_bot.services.levels import Gain
from pixel_bot.services.people import Person, Viewer
from pixel_bot.show import opened
from pixel_bot.testing import SettableClock, Stage, settings_in, there
from tests.seed import query

MOD = Viewer(0, "mod", "Mod", 0)
HERE = Person("1", "alice", "Alice")
THERE = there("Ally")


async def link(services: Services, one: Person = HERE, other: Person = THERE) -> Linked:
    kept, merged = await services.viewers.meet(one), await services.viewers.meet(other)
    asked = await services.links.ask(merged, public=False)
    linked = await services.links.give(kept, asked.code)
    assert isinstance(linked, Linked)
    return linked


@pytest.fixture
async def alice(services: Services) -> Linked:
    """Alice on Twitch, who is Ally on Joystick.tv, with 100 points."""
    viewer = await services.viewers.meet(HERE)
    await services.economy.add(MOD, viewer, 100)
    return await link(services)


def table(services: Services, sql: str) -> list[tuple[Any, ...]]:
    assert services.database.path is not None
    return query(services.database.path, sql)


def worth(services: Services, name: str) -> tuple[int, int]:
    ((points,),) = table(services, f"SELECT points FROM users WHERE name = '{name}'")
    xp = table(services, f"SELECT xp FROM xp_records WHERE user_name = '{name}'")
    return points, xp[0][0] if xp else 0


async def findings(services: Services) -> list[str]:
    async with services.database.readers() as session:
        return await check(session, services.levels.curve.level_of)


# Names


async def test_every_way_leads_to_the_kept_account(services: Services, alice: Linked) -> None:
    kept = Viewer(alice.kept.id, "alice", "Alice", 100)
    assert await services.viewers.meet(THERE) == kept
    assert await services.viewers.meet(HERE) == kept
    assert await services.viewers.by_id(alice.merged.id) == kept
    for typed, platform in (
        ("@ally@joystick", "twitch"),
        ("ALLY", "joystick"),
        ("alice", "twitch"),
        ("alice@twitch", "joystick"),
    ):
        assert await services.viewers.find(typed, platform) == kept  # pyright: ignore[reportArgumentType]
    async with services.database.write() as session:
        known = await services.viewers.admit(session, [HERE, THERE, there("bob")])
    assert [(k.name, k.linked) for k in known.values()] == [("alice", True), ("alice", True), ("bob@joystick", False)]


async def test_a_bare_name_is_never_taken_for_somebody_on_the_other_platform(services: Services) -> None:
    await services.viewers.meet(Person("2", "bob", "Bob"))
    await services.viewers.meet(there("Carol"))
    with pytest.raises(UnknownViewer) as caught:
        await services.viewers.find("@Bob", "joystick")
    assert str(caught.value) == "Bob is not known here. On Twitch there is one: type bob@twitch."
    with pytest.raises(UnknownViewer) as caught:
        await services.viewers.find("carol")
    assert str(caught.value) == "carol is not known here. On Joystick.tv there is one: type carol@joystick."
    for typed in ("bob@joystick", "carol@twitch", "dave", "bob@youtube", "@twitch"):
        with pytest.raises(UnknownViewer, match=r"^I have not seen .* here yet\.$"):
            await services.viewers.find(typed, "joystick")
    assert (await services.viewers.find("bob@twitch", "joystick")).display_name == "Bob"
    assert (await services.viewers.find("Carol@Joystick")).display_name == "Carol"


async def test_the_merged_name_is_shown_as_they_write_it(services: Services, alice: Linked) -> None:
    assert (await services.viewers.meet(THERE._replace(display_name="ALLY"))).id == alice.kept.id
    shown = table(services, f"SELECT display_name FROM users WHERE id = {alice.merged.id}")
    assert shown == [("ALLY",)]
    assert (await services.viewers.by_id(alice.kept.id)).display_name == "Alice"


async def test_a_rename_of_either_keeps_them_linked(services: Services, alice: Linked) -> None:
    assert (await services.viewers.meet(Person("1", "alicia", "Alicia"))).name == "alicia"
    assert (await services.viewers.meet(THERE._replace(login="allie"))).name == "alicia"
    assert (await services.viewers.find("allie@joystick")).id == alice.kept.id
    parted = await services.links.unlink(MOD, await services.viewers.find("alicia"))
    assert (parted.kept.name, parted.merged.name) == ("alicia", "allie@joystick")
    assert await findings(services) == []


async def test_leaderboards_show_the_person_once(services: Services, alice: Linked) -> None:
    bob = await services.viewers.meet(there("Bob"))
    await services.economy.add(MOD, bob, 50)
    for viewer in (alice.kept, bob):
        await services.economy.change_xp(MOD, viewer, by=10)
    for places in (await services.leaderboard.by_points(), await services.leaderboard.by_xp()):
        assert [place.display_name for place in places] == ["Alice", "Bob"]
    left_out = {"Bob@joystick"}
    board = Leaderboard(services.database, left_out)
    assert [place.display_name for place in await board.by_points()] == ["Alice"]
    left_out.add("alice")
    assert await board.by_points() == []


async def test_service_bots_do_not_compete_there_either(services: Services) -> None:
    bot = await services.viewers.meet(there("StreamElements"))
    await services.economy.add(MOD, bot, 50)
    assert await services.leaderboard.by_points() == []


# The ledger follows


async def pay(services: Services, *entries: tuple[int, int]) -> dict[int, int]:
    now = services.clock.now()
    async with services.database.write() as session:
        return await post(session, [Entry(user, amount, "test", now) for user, amount in entries])


async def test_entries_of_a_merged_account_stand_on_the_kept_one(services: Services, alice: Linked) -> None:
    kept, merged = alice.kept.id, alice.merged.id
    bob = (await services.viewers.meet(there("bob"))).id
    after = await pay(services, (merged, 5), (bob, 1), (kept, 10), (merged, -20))
    assert after == {kept: 95, merged: 95, bob: 1}
    assert table(services, "SELECT user_id, amount, balance_after FROM transactions WHERE reason = 'test'") == [
        (kept, 5, 105),
        (bob, 1, 1),
        (kept, 10, 115),
        (kept, -20, 95),
    ]
    assert await pay(services, (merged, 1)) == {kept: 96, merged: 96}
    assert await pay(services, (merged, 7), (kept, -7)) == {kept: 96, merged: 96}
    async with services.database.readers() as session:
        assert await balance_of(session, merged) == 96
    assert await findings(services) == []


async def test_what_both_names_spend_must_be_there_together(services: Services, alice: Linked) -> None:
    kept, merged = alice.kept.id, alice.merged.id
    for entries in (((kept, -60), (merged, -60)), ((merged, -101),), ((kept, -101), (merged, 50)), ((kept, -101),)):
        with pytest.raises(NotEnoughPoints):
            await pay(services, *entries)
    assert await pay(services, (merged, 50), (kept, -150)) == {kept: 0, merged: 0}
    with pytest.raises(UnknownAccount):
        await pay(services, (merged, 1), (999, 1))
    assert worth(services, "alice") == (0, 0)
    assert await findings(services) == []


async def test_whoever_was_looked_up_before_the_link_pays_the_right_account(services: Services) -> None:
    """A command looks its people up, waits for its turn, and finds them linked."""
    before = await services.viewers.meet(THERE)
    bob = await services.viewers.meet(there("bob"))
    await services.economy.add(MOD, before, 40)
    linked = await link(services)
    assert (await services.economy.give(before, bob, None)).giver_balance == 0
    assert await services.economy.add(MOD, before, 9) == 9
    assert await services.economy.set(MOD, before, 20) == 11
    change = await services.economy.change_xp(MOD, before, by=150)
    assert (change.xp, [up.level for up in change.ups]) == (150, [2])
    assert (await services.economy.change_xp(MOD, before, to=50)).delta == -100
    assert worth(services, "alice") == (20, 50)
    assert worth(services, linked.merged.name) == (0, 0)
    assert await findings(services) == []


async def test_nobody_gives_points_to_themselves_by_the_other_name(services: Services, alice: Linked) -> None:
    with pytest.raises(BadAmount):
        await services.economy.give(alice.kept, await services.viewers.find("ally@joystick"), 5)


# Chat


async def say(services: Services, *said: tuple[Person, float]) -> None:
    """People write, each so many seconds after noon; all of it in one batch."""
    start = services.clock.now()
    for person, seconds in said:
        at = start + timedelta(seconds=seconds)
        services.awards.chat(line_of(person, f"{person.name}:{seconds}", at))
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
        while len(services.database._turn._waiters or ()) < many:  # pyright: ignore[reportAttributeAccessIssue,reportUnknownArgumentType,reportUnknownMemberType]
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
    people = await services.economy.chatters_since(since, gate.heard_since(micros(since)), gate.rules)
    assert people == [alice.kept.id]


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


# Commands


async def test_a_link_from_joystick_to_twitch(chat: Stage) -> None:
    await chat.viewer("Alice", 50)
    await chat.say_there("Ally", "hi")
    assert await chat.say_there("Ally", "!link") == ["@Ally I whispered you a code."]
    ((whispered_to, words),) = chat.whispers
    code = words.split()[2]
    assert whispered_to == "ally"
    assert words == f"Type !link {code} on Twitch within 10 minutes. Only give codes that you asked for yourself."
    assert await chat.say("Alice", f"!link {code.lower()}") == [
        "Alice on Twitch and Ally on Joystick.tv are one now, with 51 points."
    ]
    assert await chat.say_there("Ally", "!points") == ["@Ally You have 51 points."]
    assert await chat.say_there("Ally", "!link") == [
        "@Ally Your account is linked to another one already. A mod can take them apart first."
    ]
    assert await chat.say("Mila", "!unlink @ally@joystick", "moderator") == [
        "Two accounts again: Alice on Twitch has 50 points, Ally on Joystick.tv has 1 point."
    ]
    assert await chat.say("Mila", "!unlink @alice", "moderator") == ["Alice is not linked to another account."]
    assert await findings(chat.services) == []


async def test_a_link_from_twitch_to_joystick_takes_a_yes(chat: Stage) -> None:
    await chat.viewer("Alice", 50)
    (answer,) = await chat.say("Alice", "!link")
    code = answer.split()[2]
    assert answer == (
        f"Type !link {code} on Joystick.tv within 10 minutes, then !link yes here. "
        "Only give codes that you asked for yourself."
    )
    assert await chat.say_there("Ally", f"!link {code}") == [
        "@Alice Ally on Joystick.tv typed your code. If that is you, type !link yes, else !link no.",
        "@Ally Nearly done: type !link yes on Twitch as Alice.",
    ]
    assert await chat.say_there("Ally", "!link yes") == [
        "@Ally No code of yours waits for a yes. Ask for one, and type it on Twitch within 10 minutes."
    ]
    assert await chat.say("Alice", "!link yes") == [
        "Alice on Twitch and Ally on Joystick.tv are one now, with 50 points."
    ]
    assert await chat.say("Mila", "!undo", "moderator") == ["Undone: link ally@joystick to alice (by Alice)."]


async def test_a_no_ends_it(chat: Stage) -> None:
    await chat.viewer("Alice", 50)
    assert await chat.say("Alice", "!link no") == ["You have no code to take back."]
    (answer,) = await chat.say("Alice", "!link")
    await chat.say_there("Thief", f"!link {answer.split()[2]}")
    assert await chat.say("Alice", "!link no") == ["That code is worth nothing any more."]
    (answer,) = await chat.say("Alice", "!link yes")
    assert answer.startswith("No code of yours waits for a yes.")
    assert await chat.points("alice") == 50


async def test_a_bot_on_one_platform_links_nothing(chat: Stage) -> None:
    del chat.bot.rooms["joystick"]
    assert await chat.say("Alice", "!link") == ["I am on one platform only, so there is nothing to link."]


async def test_only_mods_take_accounts_apart(chat: Stage) -> None:
    await link(chat.services)
    (refusal,) = await chat.say("Bob", "!unlink @alice")
    assert "mod" in refusal
    assert (await chat.bot.viewers.meet(THERE)).name == "alice"
