"""What is true of a linked person: the names, and the ledger that follows."""

import pytest

from pixel_bot.accounts.gift_pause import GivingPaused
from pixel_bot.accounts.merge import Linked
from pixel_bot.errors import BadAmount, NotEnoughPoints, UnknownViewer
from pixel_bot.model.people import Person, Viewer
from pixel_bot.points.leaderboard import Leaderboard
from pixel_bot.points.ledger import UnknownAccount, balance_of
from pixel_bot.services import Services
from pixel_bot.testing import there
from tests.accounts.linked.people import HERE, MOD, THERE, link, pay, table, worth
from tests.harness.database import findings

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
    board = Leaderboard(services.database, services.ignore_list, left_out)
    assert [place.display_name for place in await board.by_points()] == ["Alice"]
    left_out.add("alice")
    assert await board.by_points() == []


async def test_service_bots_do_not_compete_there_either(services: Services) -> None:
    bot = await services.viewers.meet(there("StreamElements"))
    await services.economy.add(MOD, bot, 50)
    assert await services.leaderboard.by_points() == []


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
