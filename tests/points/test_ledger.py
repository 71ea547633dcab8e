"""The ledger, and what people and mods do with it."""

from datetime import timedelta

import pytest

from pixel_bot.accounts.economy import Given
from pixel_bot.errors import BadAmount, NotEnoughPoints
from pixel_bot.model.people import Viewer
from pixel_bot.points.ledger import MAX_BALANCE, Entry, UnknownAccount, post
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock
from tests.harness.database import findings
from tests.harness.seed import place_of, query
from tests.points.funded import history, points, posted

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
