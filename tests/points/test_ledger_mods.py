"""What mods do to points and XP, and how they undo it."""

import asyncio
import logging
from datetime import timedelta

import pytest
from sqlalchemy import text

from pixel_bot.clock import micros
from pixel_bot.errors import NotEnoughPoints, NothingToUndo
from pixel_bot.model.chat_message import chat_message
from pixel_bot.model.people import Person, Viewer
from pixel_bot.points import mod_changes
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock
from tests.harness.database import findings
from tests.points.funded import history, met, points

# What mods do


async def test_add_and_remove(services: Services, mod: Viewer, alice: Viewer) -> None:
    assert await services.economy.add(mod, alice, 20, "quiz") == 120
    assert await services.economy.add(mod, alice, -50) == 70
    removed, added = await services.economy.history(alice, 2)
    assert (added.reason, added.note, added.balance_after) == ("mod:add", "mod: quiz", 120)
    assert (removed.reason, removed.note, removed.balance_after) == ("mod:remove", "mod", 70)


async def test_remove_more_than_there_is_leaves_no_change_to_undo(
    services: Services, mod: Viewer, alice: Viewer
) -> None:
    with pytest.raises(NotEnoughPoints):
        await services.economy.add(mod, alice, -101)
    with pytest.raises(NothingToUndo):
        await services.economy.undo(mod)


async def test_the_log_names_what_was_committed_and_no_more(
    services: Services, mod: Viewer, alice: Viewer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "pixel_bot.points.mod_changes"):
        with pytest.raises(NotEnoughPoints):
            await services.economy.add(mod, alice, -101)
        with pytest.raises(NotEnoughPoints):
            await services.economy.set(mod, alice, -1)
        await services.economy.add(mod, alice, 5)
        await services.economy.change_xp(mod, alice, by=7)
        with pytest.raises(NotEnoughPoints):
            await services.economy.add(mod, alice, -1_000)
    assert [record.getMessage() for record in caplog.records] == ["mod: add 5 points to alice", "mod: +7 XP for alice"]


async def test_a_change_is_not_in_the_log_before_it_is_committed(
    services: Services, mod: Viewer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "pixel_bot.points.mod_changes"):
        async with services.database.write() as session:
            await mod_changes.record(session, mod, "something", services.clock.now())
            assert caplog.records == []
        assert [record.getMessage() for record in caplog.records] == ["mod: something"]


async def test_set(services: Services, mod: Viewer, alice: Viewer) -> None:
    assert await services.economy.set(mod, alice, 30) == -70
    assert await services.economy.set(mod, alice, 1_030) == 1_000
    assert await history(services, alice) == [(100, "test", 100), (-70, "mod:set", 30), (1_000, "mod:set", 1_030)]


async def test_set_below_zero_is_refused(services: Services, mod: Viewer, alice: Viewer) -> None:
    with pytest.raises(NotEnoughPoints):
        await services.economy.set(mod, alice, -1)
    assert await points(services, alice) == 100


async def test_add_all_is_one_change_with_a_row_for_each(
    services: Services, mod: Viewer, alice: Viewer, bob: Viewer
) -> None:
    assert await services.economy.add_all(mod, [alice.id, bob.id], 25) == 2
    assert (await history(services, alice))[-1] == (25, "mod:addall", 125)
    assert await history(services, bob) == [(25, "mod:addall", 25)]
    undone = await services.economy.undo(mod)
    assert (undone.summary, undone.missing) == ("add 25 points to 2 chatters", 0)
    assert (await points(services, alice), await points(services, bob)) == (100, 0)


async def test_add_all_to_nobody_is_no_change(services: Services, mod: Viewer) -> None:
    assert await services.economy.add_all(mod, [], 25) == 0
    with pytest.raises(NothingToUndo):
        await services.economy.undo(mod)


async def test_add_all_of_thousands(services: Services, mod: Viewer) -> None:
    async with services.database.write() as session:
        people = [Person(f"p{i}", f"viewer{i}", f"viewer{i}") for i in range(3_000)]
        ids = [known.id for known in (await services.viewers.upsert(session, people)).values()]
    assert await services.economy.add_all(mod, ids, 2) == 3_000
    await services.economy.undo(mod)
    assert await findings(services) == []
    async with services.database.readers() as session:
        assert (await session.execute(text("SELECT SUM(points), COUNT(*) FROM users"))).one() == (0, 3_001)


async def chatters(services: Services) -> set[str]:
    since = services.clock.now() - timedelta(minutes=30)
    gate = services.awards.gate
    ids = await services.economy.chatters_since(since, gate.authors_since(micros(since)), gate.rules)
    async with services.database.readers() as session:
        names = (await session.execute(text("SELECT id, name FROM users"))).all()
    return {name for user_id, name in names if user_id in ids}


async def test_chatters_are_those_of_this_run_and_of_the_one_before(
    services: Services, duplicate: Services, clock: SettableClock
) -> None:
    for name, minutes in (("early", 0), ("late", 20), ("now", 25)):
        clock.set(SettableClock().now() + timedelta(minutes=minutes))
        services.awards.chat(chat_message(Person(f"id-{name}", name, name), f"m-{name}", clock.now()))
    await services.awards.drained()
    await met(services, "lurker", 5)
    clock.advance(10 * 60)
    assert await chatters(services) == {"late", "now"}
    assert await chatters(duplicate) == {"late", "now"}


async def test_a_login_of_digits_is_not_taken_for_a_user_id(services: Services, clock: SettableClock) -> None:
    await services.viewers.meet(Person("77", "4242", "4242"))
    services.awards.chat(chat_message(Person("4242", "alice", "alice"), "m1", clock.now()))
    await services.awards.drained()
    assert await chatters(services) == {"alice"}


# XP by hand


async def test_xp_is_added_set_and_taken(services: Services, mod: Viewer, alice: Viewer) -> None:
    added = await services.economy.change_xp(mod, alice, by=150)
    assert (added.delta, added.xp, [up.level for up in added.ups]) == (150, 150, [2])
    lowered = await services.economy.change_xp(mod, alice, to=40)
    assert (lowered.delta, lowered.xp, lowered.ups) == (-110, 40, ())
    standing = await services.levels.standing(alice)
    assert (standing.xp, standing.level) == (40, 1)
    assert await findings(services) == []


async def test_xp_never_falls_below_zero(services: Services, mod: Viewer, alice: Viewer) -> None:
    await services.economy.change_xp(mod, alice, by=10)
    change = await services.economy.change_xp(mod, alice, by=-50)
    assert (change.delta, change.xp) == (-10, 0)


async def test_undo_of_xp(services: Services, mod: Viewer, alice: Viewer) -> None:
    await services.economy.change_xp(mod, alice, by=150)
    undone = await services.economy.undo(mod)
    assert undone.summary == "+150 XP for alice"
    standing = await services.levels.standing(alice)
    assert (standing.xp, standing.level) == (0, 1)
    assert await points(services, alice) == 100


async def test_undo_of_xp_that_was_set_lower_brings_it_back(services: Services, mod: Viewer, alice: Viewer) -> None:
    await services.economy.change_xp(mod, alice, by=150)
    await services.economy.change_xp(mod, alice, to=0)
    await services.economy.undo(mod)
    standing = await services.levels.standing(alice)
    assert (standing.xp, standing.level) == (150, 2)


async def test_undo_of_xp_finds_the_viewer_after_a_rename(services: Services, mod: Viewer, alice: Viewer) -> None:
    await services.economy.change_xp(mod, alice, by=150)
    renamed = await services.viewers.meet(Person("id-alice", "alicia", "Alicia"))
    await services.economy.undo(mod)
    assert (await services.levels.standing(renamed)).xp == 0


# Undo


async def test_undo_takes_back_with_a_row_of_its_own(services: Services, mod: Viewer, alice: Viewer) -> None:
    await services.economy.add(mod, alice, 25)
    undone = await services.economy.undo(mod)
    assert (undone.summary, undone.actor, undone.missing) == ("add 25 points to alice", "mod", 0)
    assert await history(services, alice) == [(100, "test", 100), (25, "mod:add", 125), (-25, "undo", 100)]


async def test_undo_of_points_that_were_removed_gives_them_back(services: Services, mod: Viewer, alice: Viewer) -> None:
    await services.economy.add(mod, alice, -60)
    assert (await services.economy.undo(mod)).missing == 0
    assert await points(services, alice) == 100


async def test_undo_of_set(services: Services, mod: Viewer, alice: Viewer) -> None:
    await services.economy.set(mod, alice, 7)
    undone = await services.economy.undo(mod)
    assert undone.summary == "set alice to 7 points (-93)"
    assert await points(services, alice) == 100


async def test_undo_after_the_points_were_spent_stops_at_zero_and_tells(
    services: Services, mod: Viewer, alice: Viewer, bob: Viewer
) -> None:
    await services.economy.add(mod, bob, 50)
    await services.economy.give(bob, alice, 30)
    undone = await services.economy.undo(mod)
    assert undone.missing == 30
    assert (await history(services, bob))[-1] == (-20, "undo", 0)
    assert (await points(services, alice), await points(services, bob)) == (130, 0)
    assert await findings(services) == []


async def test_undo_of_addall_counts_what_each_one_spent(
    services: Services, mod: Viewer, alice: Viewer, bob: Viewer
) -> None:
    await services.economy.add_all(mod, [alice.id, bob.id], 10)
    await services.economy.give(bob, alice, 4)
    assert (await services.economy.undo(mod)).missing == 4
    assert (await points(services, alice), await points(services, bob)) == (104, 0)


async def test_undo_goes_back_in_order_and_then_ends(services: Services, mod: Viewer, alice: Viewer) -> None:
    await services.economy.add(mod, alice, 1)
    await services.economy.add(mod, alice, 20)
    await services.economy.change_xp(mod, alice, by=300)
    summaries = [(await services.economy.undo(mod)).summary for _ in range(3)]
    assert summaries == ["+300 XP for alice", "add 20 points to alice", "add 1 point to alice"]
    with pytest.raises(NothingToUndo):
        await services.economy.undo(mod)
    assert await points(services, alice) == 100


async def test_undo_is_not_itself_a_change_to_undo(services: Services, mod: Viewer, alice: Viewer) -> None:
    await services.economy.add(mod, alice, 25)
    await services.economy.undo(mod)
    with pytest.raises(NothingToUndo):
        await services.economy.undo(mod)
    assert await points(services, alice) == 100


async def test_undo_with_nothing_there(services: Services, mod: Viewer) -> None:
    with pytest.raises(NothingToUndo, match="no change by a mod"):
        await services.economy.undo(mod)


async def test_undo_does_not_touch_gifts(services: Services, mod: Viewer, alice: Viewer, bob: Viewer) -> None:
    await services.economy.give(alice, bob, 30)
    with pytest.raises(NothingToUndo):
        await services.economy.undo(mod)


async def test_two_mods_who_undo_at_once_undo_two_changes(
    services: Services, duplicate: Services, mod: Viewer, alice: Viewer
) -> None:
    for amount in (1, 20, 300):
        await services.economy.add(mod, alice, amount)
    done = await asyncio.gather(services.economy.undo(mod), duplicate.economy.undo(mod))
    assert {u.summary for u in done} == {"add 300 points to alice", "add 20 points to alice"}
    assert await points(services, alice) == 101
