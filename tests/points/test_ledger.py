"""The ledger, and what people and mods do with it."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pixel_bot.accounts.economy import Given
from pixel_bot.clock import micros
from pixel_bot.db.engine import Database
from pixel_bot.earning.award_batch import line_of
from pixel_bot.errors import BadAmount, NotEnoughPoints, NothingToUndo
from pixel_bot.model.people import Person, Viewer
from pixel_bot.points import ledger
from pixel_bot.points.ledger import MAX_BALANCE, Entry, UnknownAccount, post
from pixel_bot.services import Services, build_services
from pixel_bot.testing import SettableClock
from tests.harness.database import findings
from tests.harness.seed import place_of, query

Change = tuple[Viewer, int]


async def met(services: Services, name: str, points: int = 0) -> Viewer:
    """A viewer who has so many points."""
    viewer = await services.viewers.meet(Person(f"id-{name}", name, name))
    if points:
        await posted(services, [(viewer, points)])
    return await services.viewers.find(name)


async def posted(services: Services, changes: Sequence[Change]) -> dict[int, int]:
    now = services.clock.now()
    async with services.database.write() as session:
        return await post(session, [Entry(viewer.id, amount, "test", now) for viewer, amount in changes])


async def points(services: Services, viewer: Viewer) -> int:
    async with services.database.readers() as session:
        return await ledger.balance_of(session, viewer.id)


async def history(services: Services, viewer: Viewer) -> list[tuple[int, str, int]]:
    """Amount, reason and balance, oldest first."""
    found = await services.economy.history(viewer, 1_000)
    return [(row.amount, row.reason, row.balance_after) for row in reversed(found)]


@pytest.fixture
async def mod(services: Services) -> Viewer:
    return await met(services, "mod")


@pytest.fixture
async def alice(services: Services) -> Viewer:
    return await met(services, "alice", 100)


@pytest.fixture
async def bob(services: Services) -> Viewer:
    return await met(services, "bob")


@pytest.fixture
async def duplicate(services: Services) -> AsyncGenerator[Services]:
    """The services of a second process on the same file."""
    database = Database(services.database.url)
    yield build_services(services.settings, database, services.clock)
    await database.close()


# Posting


async def test_a_grant_is_one_row(services: Services, bob: Viewer) -> None:
    assert await posted(services, [(bob, 5)]) == {bob.id: 5}
    assert await points(services, bob) == 5
    assert await history(services, bob) == [(5, "test", 5)]


async def test_a_spend_is_one_row(services: Services, alice: Viewer) -> None:
    assert await posted(services, [(alice, -100)]) == {alice.id: 0}
    assert await history(services, alice) == [(100, "test", 100), (-100, "test", 0)]


async def test_a_spend_above_the_balance_tells_what_is_missing_and_changes_nothing(
    services: Services, alice: Viewer
) -> None:
    with pytest.raises(NotEnoughPoints) as caught:
        await posted(services, [(alice, -130)])
    assert (caught.value.needed, caught.value.balance, caught.value.missing) == (130, 100, 30)
    assert await history(services, alice) == [(100, "test", 100)]
    assert await points(services, alice) == 100


async def test_several_entries_for_one_user_have_running_balances(services: Services, alice: Viewer) -> None:
    assert await posted(services, [(alice, 50), (alice, -120), (alice, 7)]) == {alice.id: 37}
    assert await history(services, alice) == [
        (100, "test", 100),
        (50, "test", 150),
        (-120, "test", 30),
        (7, "test", 37),
    ]


async def test_no_entry_on_the_way_may_end_below_zero(services: Services, alice: Viewer) -> None:
    with pytest.raises(NotEnoughPoints):
        await posted(services, [(alice, -150), (alice, 60)])
    assert await points(services, alice) == 100


async def test_entries_of_several_users_keep_their_order(services: Services, alice: Viewer, bob: Viewer) -> None:
    assert await posted(services, [(bob, 1), (alice, 2), (bob, 3)]) == {alice.id: 102, bob.id: 4}
    assert await history(services, bob) == [(1, "test", 1), (3, "test", 4)]


@pytest.mark.parametrize("poor_first", [True, False])
async def test_one_who_cannot_pay_stops_all(services: Services, alice: Viewer, bob: Viewer, poor_first: bool) -> None:
    changes = [(bob, -1), (alice, 10)]
    with pytest.raises(NotEnoughPoints):
        await posted(services, changes if poor_first else changes[::-1])
    assert await points(services, alice) == 100
    assert await points(services, bob) == 0
    assert await history(services, bob) == []


async def test_a_balance_can_be_filled_to_the_brim_and_not_above(services: Services, bob: Viewer) -> None:
    await posted(services, [(bob, MAX_BALANCE)])
    with pytest.raises(BadAmount):
        await posted(services, [(bob, 1)])
    assert await points(services, bob) == MAX_BALANCE
    assert await findings(services) == []


@pytest.mark.parametrize("amount", [MAX_BALANCE + 1, 2**63 - 1, 2**63])
async def test_an_amount_above_the_largest_balance_is_refused(services: Services, alice: Viewer, amount: int) -> None:
    with pytest.raises(BadAmount):
        await posted(services, [(alice, amount)])
    assert await points(services, alice) == 100


@pytest.mark.parametrize("amount", [2**64, 10**30])
async def test_an_amount_beyond_64_bits_is_refused_too(services: Services, alice: Viewer, amount: int) -> None:
    with pytest.raises(BadAmount):
        await posted(services, [(alice, amount)])


@pytest.mark.parametrize("amount", [5, 0, -5])
async def test_an_unknown_user_is_named(services: Services, amount: int) -> None:
    async with services.database.sessions() as session:
        with pytest.raises(UnknownAccount, match="999"):
            await post(session, [Entry(999, amount, "test", services.clock.now())])


async def test_nothing_to_post_is_nothing(services: Services, alice: Viewer) -> None:
    assert await posted(services, []) == {}
    assert len(await history(services, alice)) == 1


async def test_a_zero_amount_is_a_row_that_changes_nothing(services: Services, alice: Viewer) -> None:
    assert await posted(services, [(alice, 0)]) == {alice.id: 100}
    assert await history(services, alice) == [(100, "test", 100), (0, "test", 100)]


async def test_history_is_newest_first_and_limited(services: Services, clock: SettableClock, bob: Viewer) -> None:
    for amount in range(1, 6):
        clock.advance(1)
        await posted(services, [(bob, amount)])
    found = await services.economy.history(bob, 3)
    assert [(row.amount, row.at) for row in found] == [
        (5, clock.now()),
        (4, clock.now() - timedelta(seconds=1)),
        (3, clock.now() - timedelta(seconds=2)),
    ]


async def test_the_row_and_the_user_carry_the_time(services: Services, clock: SettableClock, bob: Viewer) -> None:
    clock.advance(0.123456)
    await posted(services, [(bob, 1)])
    both = "SELECT t.created_at, u.updated_at FROM transactions t JOIN users u ON u.id = t.user_id"
    assert query(place_of(services.database), both) == [("2026-01-01 12:00:00.123456", "2026-01-01 12:00:00.123456")]


# Giving


async def test_give_moves_points_and_notes_both_names(services: Services, alice: Viewer, bob: Viewer) -> None:
    assert await services.economy.give(alice, bob, 40) == Given(40, 60, 40)
    (out,), (got,) = await services.economy.history(alice, 1), await services.economy.history(bob, 1)
    assert (out.amount, out.reason, out.note) == (-40, "give", "bob")
    assert (got.amount, got.reason, got.note) == (40, "give", "alice")


async def test_give_more_than_one_has(services: Services, alice: Viewer, bob: Viewer) -> None:
    with pytest.raises(NotEnoughPoints) as caught:
        await services.economy.give(alice, bob, 101)
    assert caught.value.missing == 1
    assert (await points(services, alice), await points(services, bob)) == (100, 0)


async def test_give_all_takes_the_balance_of_now_not_of_before(services: Services, alice: Viewer, bob: Viewer) -> None:
    await posted(services, [(alice, 11)])
    assert alice.points == 100
    assert (await services.economy.give(alice, bob, None)).amount == 111


async def test_give_all_of_nothing_is_refused(services: Services, alice: Viewer, bob: Viewer) -> None:
    with pytest.raises(BadAmount, match="You have no points to give"):
        await services.economy.give(bob, alice, None)


@pytest.mark.parametrize("amount", [5, None])
async def test_give_to_oneself_is_refused(services: Services, alice: Viewer, amount: int | None) -> None:
    with pytest.raises(BadAmount, match="yourself"):
        await services.economy.give(alice, alice, amount)
    assert len(await history(services, alice)) == 1


@pytest.mark.parametrize("amount", [0, -5])
async def test_give_nothing_or_less_is_refused(services: Services, alice: Viewer, bob: Viewer, amount: int) -> None:
    with pytest.raises(BadAmount):
        await services.economy.give(bob, alice, amount)
    assert (await points(services, alice), await points(services, bob)) == (100, 0)
    assert await history(services, bob) == []


async def test_give_to_somebody_who_is_full_changes_nothing(services: Services, alice: Viewer, bob: Viewer) -> None:
    await posted(services, [(bob, MAX_BALANCE)])
    with pytest.raises(BadAmount):
        await services.economy.give(alice, bob, 1)
    assert await points(services, alice) == 100


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
    ids = await services.economy.chatters_since(since, gate.heard_since(micros(since)), gate.rules)
    async with services.database.readers() as session:
        names = (await session.execute(text("SELECT id, name FROM users"))).all()
    return {name for user_id, name in names if user_id in ids}


async def test_chatters_are_those_of_this_run_and_of_the_one_before(
    services: Services, duplicate: Services, clock: SettableClock
) -> None:
    for name, minutes in (("early", 0), ("late", 20), ("now", 25)):
        clock.set(SettableClock().now() + timedelta(minutes=minutes))
        services.awards.chat(line_of(Person(f"id-{name}", name, name), f"m-{name}", clock.now()))
    await services.awards.drained()
    await met(services, "lurker", 5)
    clock.advance(10 * 60)
    assert await chatters(services) == {"late", "now"}
    assert await chatters(duplicate) == {"late", "now"}


async def test_a_login_of_digits_is_not_taken_for_a_user_id(services: Services, clock: SettableClock) -> None:
    await services.viewers.meet(Person("77", "4242", "4242"))
    services.awards.chat(line_of(Person("4242", "alice", "alice"), "m1", clock.now()))
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


# At the same time


async def outcomes(*work: Coroutine[Any, Any, object]) -> list[object]:
    return list(await asyncio.gather(*work, return_exceptions=True))


async def test_fifty_gifts_of_all_pay_once(services: Services, alice: Viewer, bob: Viewer) -> None:
    done = await outcomes(*(services.economy.give(alice, bob, None) for _ in range(50)))
    assert [d for d in done if isinstance(d, Given)] == [Given(100, 0, 100)]
    assert sum(isinstance(d, BadAmount) for d in done) == 49
    assert (await points(services, alice), await points(services, bob)) == (0, 100)


async def test_fifty_gifts_of_all_from_two_processes_pay_once(
    services: Services, duplicate: Services, alice: Viewer, bob: Viewer
) -> None:
    done = await outcomes(*((services, duplicate)[i % 2].economy.give(alice, bob, None) for i in range(50)))
    assert [d for d in done if isinstance(d, Given)] == [Given(100, 0, 100)]
    assert sum(isinstance(d, BadAmount) for d in done) == 49
    assert await findings(services) == []


async def test_eight_purchases_of_sixty_from_a_hundred_pay_once(
    services: Services, duplicate: Services, alice: Viewer
) -> None:
    done = await outcomes(*(posted((services, duplicate)[i % 2], [(alice, -60)]) for i in range(8)))
    assert sum(isinstance(d, NotEnoughPoints) for d in done) == 7
    assert await points(services, alice) == 40


async def test_gifts_back_and_forth_keep_the_sum(
    services: Services, duplicate: Services, alice: Viewer, bob: Viewer
) -> None:
    await posted(services, [(bob, 100)])
    await outcomes(
        *(side.economy.give(alice, bob, 7 * i) for i, side in enumerate([services, duplicate] * 6, start=1)),
        *(side.economy.give(bob, alice, 11 * i) for i, side in enumerate([services, duplicate] * 6, start=1)),
    )
    assert await points(services, alice) + await points(services, bob) == 200
    assert await findings(services) == []


async def test_set_and_add_at_once_lose_nothing(
    services: Services, duplicate: Services, mod: Viewer, bob: Viewer
) -> None:
    await outcomes(*(services.economy.add(mod, bob, 1) for _ in range(10)), duplicate.economy.set(mod, bob, 500))
    found = await history(services, bob)
    assert sum(amount for amount, _, _ in found) == await points(services, bob)
    after_set = found.index(next(row for row in found if row[1] == "mod:set"))
    assert await points(services, bob) == 500 + len(found) - after_set - 1


async def test_a_caller_that_rolls_back_leaves_no_trace(services: Services, alice: Viewer, tmp_path: Path) -> None:
    async with services.database.sessions() as session:
        await post(session, [Entry(alice.id, -60, "redeem:tts", services.clock.now())])
        await session.rollback()
    assert await history(services, alice) == [(100, "test", 100)]
    assert await points(services, alice) == 100
