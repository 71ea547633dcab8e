"""Who is linked is one person: by either name, in chat of either platform, and earns once."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.accounts.gift_pause import GivingPaused
from pixel_bot.accounts.merge import Linked
from pixel_bot.clock import micros
from pixel_bot.db.models import QueueItem
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.errors import BadAmount, Blocked, NotEnoughPoints, OnCooldown, UnknownViewer
from pixel_bot.model.chat_message import chat_message
from pixel_bot.model.outcome import PlaySound
from pixel_bot.model.outgoing import Outgoing, SendFailed
from pixel_bot.model.people import Person, Viewer
from pixel_bot.points.leaderboard import Leaderboard
from pixel_bot.points.ledger import Entry, UnknownAccount, balance_of, post
from pixel_bot.points.levels import Gain
from pixel_bot.redeems.catalogue import Offer
from pixel_bot.redeems.shop import Order
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, Stage, settings_in, there
from pixel_bot.upkeep.check import check
from tests.harness.seed import execute, place_of, query

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
    return query(path_of(services), sql)


def path_of(services: Services) -> Path | str:
    return place_of(services.database)


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
        known = await services.viewers.upsert(session, [HERE, THERE, there("bob")])
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
    with pytest.raises(GivingPaused):
        await services.economy.give(before, bob, None)
    assert await services.cooldowns.reset(before.id) == 1
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


# A code that somebody was tricked into


async def test_what_a_link_brought_cannot_be_given_away_for_an_hour(services: Services, clock: SettableClock) -> None:
    mule = await services.viewers.meet(Person("2", "mule", "Mule"))
    victim = await services.viewers.meet(HERE)
    await services.economy.add(MOD, victim, 100)
    thief = await services.viewers.meet(THERE)
    await link(services)
    clock.advance(61)
    for giver in (thief, await services.viewers.meet(THERE)):
        for amount in (1, None):
            with pytest.raises(GivingPaused) as caught:
                await services.economy.give(giver, mule, amount)
            assert str(caught.value) == (
                "Your accounts were joined a moment ago, so giving points rests for another 58m 59s."
            )
    clock.advance(3_538.999999)
    with pytest.raises(GivingPaused):
        await services.economy.give(thief, mule, 1)
    clock.advance(0.000001)
    assert (await services.economy.give(thief, mule, 40)).giver_balance == 60
    assert await findings(services) == []


@pytest.mark.parametrize("by_undo", [True, False])
async def test_apart_again_both_may_give(services: Services, alice: Linked, by_undo: bool) -> None:
    await (services.economy.undo(MOD) if by_undo else services.links.unlink(MOD, alice.kept))
    ally = await services.viewers.meet(THERE)
    assert (await services.economy.give(alice.kept, ally, 30)).giver_balance == 70
    assert (await services.economy.give(ally, alice.kept, 30)).receiver_balance == 100


async def test_a_thief_gets_nothing_out_of_a_code(chat: Stage) -> None:
    await chat.viewer("Victim", 5_000)
    await chat.viewer("Mule")
    await chat.say_there("Thief", "!link")
    await chat.say("Victim", f"!link {chat.whispers[-1][1].split()[2]}")
    assert await chat.say_there("Thief", "!give @mule@twitch all") == [
        "@Thief Your accounts were joined a moment ago, so giving points rests for another 1h."
    ]
    assert await chat.say_there("Thief", "!cooldowns") == ["@Thief Still to wait: giving points 1h."]
    await chat.say("Mila", "!unlink @victim", "moderator")
    assert (await chat.points("victim"), await chat.points("mule")) == (5_000, 0)
    assert await chat.say("Victim", "!give @mule 1") == ["You gave Mule 1 point. You have 4,999 left, Mule has 1."]


async def test_the_history_tells_of_links(chat: Stage) -> None:
    await chat.viewer("Alice", 50)
    ally = await chat.bot.viewers.meet(THERE)
    await chat.bot.economy.add(MOD, ally, 7)
    await chat.say_there("Ally", "!link")
    await chat.say("Alice", f"!link {chat.whispers[-1][1].split()[2]}")
    await chat.say("Mila", "!unlink @alice", "moderator")
    (answer,) = await chat.say("Alice", "!history")
    assert "-7 unlinked: to ally@joystick · +7 linked: from ally@joystick · +50 added by" in answer
    (answer,) = await chat.say_there("Ally", "!history")
    assert "+7 unlinked: from alice · -7 linked: to alice · +7 added by" in answer


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


# Codes again and again


async def test_a_code_that_is_given_again_is_told_once(chat: Stage) -> None:
    await chat.viewer("Alice", 50)
    (answer,) = await chat.say("Alice", "!link")
    before = len(chat.sent)
    for _ in range(5):
        await chat.say_there("Ally", f"!link {answer.split()[2]}")
    assert sum(words.startswith("@Alice ") for words in chat.sent[before:]) == 1
    assert sum(words.startswith("@Ally Nearly done") for words in chat.sent[before:]) == 5


async def test_codes_are_not_whispered_again_and_again(chat: Stage) -> None:
    await chat.say_there("Ally", "!link")
    for _ in range(3):
        assert await chat.say_there("Ally", "!link") == ["@Ally I have just whispered you a code; look there."]
    assert len(chat.whispers) == 1
    await chat.passes(20)
    assert await chat.say_there("Ally", "!link") == ["@Ally I whispered you a code."]


async def test_a_code_that_could_not_be_whispered_is_worth_nothing(chat: Stage) -> None:
    async def lost(message: Outgoing) -> str:
        if message.whisper_to:
            raise SendFailed("not now", retry=True)
        chat.sent.append(message.text)
        return "joystick:1"

    whispered = chat.joystick.outbox._send
    chat.joystick.outbox._send = lost
    assert await chat.say_there("Ally", "!link") == ["@Ally I could not whisper to you. Please try again in a moment."]
    chat.joystick.outbox._send = whispered
    assert await chat.say_there("Ally", "!link") == ["@Ally I whispered you a code."]


async def test_who_gives_a_code_is_answered_while_the_other_platform_is_away(chat: Stage) -> None:
    await chat.viewer("Alice", 50)
    await chat.say_there("Ally", "!link")
    code = chat.whispers[-1][1].split()[2]
    await chat.say_there("Ally", f"!link {code}")  # typed in chat: now it needs a yes
    back = asyncio.Event()

    async def away(_: Outgoing) -> str:
        await back.wait()
        raise SendFailed("away", retry=True)

    present, chat.joystick.outbox._send = chat.joystick.outbox._send, away
    answers = asyncio.create_task(chat.say("Alice", f"!link {code}", wait=False))
    try:
        async with asyncio.timeout(5):
            while "Nearly done: type !link yes on Joystick.tv as Ally." not in chat.sent:
                await asyncio.sleep(0.01)
    finally:
        chat.joystick.outbox._send = present
        back.set()
        await answers


# Chat


async def say(services: Services, *said: tuple[Person, float]) -> None:
    """People write, each so many seconds after noon; all of it in one batch."""
    start = services.clock.now()
    for person, seconds in said:
        at = start + timedelta(seconds=seconds)
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
    people = await services.economy.chatters_since(since, gate.heard_since(micros(since)), gate.rules)
    assert people == [alice.kept.id]


async def test_a_gift_to_all_chatters_reaches_one_account_of_two_that_were_one(
    services: Services, alice: Linked
) -> None:
    await say(services, (HERE, 0))
    await services.links.unlink(MOD, alice.kept)
    since = services.clock.now() - timedelta(minutes=30)
    gate = services.awards.gate
    for heard in (gate.heard_since(micros(since)), []):
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
        "Alice on Twitch and Ally on Joystick.tv are one now, with 51 points. "
        "Not you? A mod can take it apart with !unlink."
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
        "@Ally Nearly done: type !link yes on Twitch as Alice.",
        "@Alice Ally on Joystick.tv typed your code. If that is you, type !link yes, else !link no.",
    ]
    assert await chat.say_there("Ally", "!link yes") == [
        "@Ally No code of yours waits for a yes. Ask for one, and type it on Twitch within 10 minutes."
    ]
    assert await chat.say("Alice", "!link yes") == [
        "Alice on Twitch and Ally on Joystick.tv are one now, with 50 points. "
        "Not you? A mod can take it apart with !unlink."
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
    del chat.bot.channels["joystick"]
    assert await chat.say("Alice", "!link") == ["I am on one platform only, so there is nothing to link."]


async def test_only_mods_take_accounts_apart(chat: Stage) -> None:
    await link(chat.services)
    (refusal,) = await chat.say("Bob", "!unlink @alice")
    assert "mod" in refusal
    assert (await chat.bot.viewers.meet(THERE)).name == "alice"
