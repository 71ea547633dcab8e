"""What the ledger's own statements promise, whatever was looked at before and is looked at after them."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.errors import BadAmount, NotEnoughPoints
from pixel_bot.model.people import Person, Viewer
from pixel_bot.points.ledger import MAX_AMOUNT, MAX_BALANCE, Entry, balance_of, history, post
from pixel_bot.services import Services


@pytest.fixture
async def alice(services: Services) -> Viewer:
    """Somebody with 100 points."""
    viewer = await services.viewers.meet(Person("1", "alice", "Alice"))
    await posted(services, viewer, 100)
    return viewer


@pytest.fixture
async def bob(services: Services) -> Viewer:
    return await services.viewers.meet(Person("2", "bob", "Bob"))


def entries(services: Services, viewer: Viewer, *amounts: int) -> list[Entry]:
    return [Entry(viewer.id, amount, "test", services.clock.now()) for amount in amounts]


async def posted(services: Services, viewer: Viewer, *amounts: int) -> int:
    """Post amounts for one viewer at once. Returns their balance."""
    async with services.database.write() as session:
        return (await post(session, entries(services, viewer, *amounts)))[viewer.id]


async def has(services: Services, viewer: Viewer, points: int) -> None:
    """Set a balance past the ledger, as an adopted database may have it."""
    async with services.database.write() as session:
        await session.execute(text("UPDATE users SET points = :n WHERE id = :id"), {"n": points, "id": viewer.id})


async def balances(session: AsyncSession) -> dict[str, int]:
    return {row.name: row.points for row in await session.execute(text("SELECT name, points FROM users"))}


async def written(services: Services, viewer: Viewer) -> Sequence[tuple[Any, ...]]:
    """Amounts and balances of a viewer's rows, oldest first."""
    async with services.database.readers() as session:
        return [(row.amount, row.balance_after) for row in reversed(await history(session, viewer.id, 100))]


# Below zero


@pytest.mark.parametrize("amounts", [(-101,), (30, -131), (-200, 50)])
async def test_the_statement_that_spends_refuses_by_itself(
    services: Services, alice: Viewer, bob: Viewer, amounts: tuple[int, ...]
) -> None:
    """The condition stands in the ``UPDATE``: when it does not hold, no balance has moved, not even for a moment."""
    async with services.database.sessions() as session:
        with pytest.raises(NotEnoughPoints) as caught:
            await post(session, entries(services, alice, *amounts))
        assert await balances(session) == {"alice": 100, "bob": 0}
        assert (caught.value.needed, caught.value.balance) == (-sum(amounts), 100)
        await session.rollback()


async def test_the_statement_that_spends_leaves_others_alone(services: Services, alice: Viewer, bob: Viewer) -> None:
    await posted(services, alice, -40)
    async with services.database.readers() as session:
        assert await balances(session) == {"alice": 60, "bob": 0}


@pytest.mark.parametrize(
    ("amounts", "balance"), [((3,), -2), ((0,), -5), ((5,), 0), ((6,), 1), ((10, -1), 4), ((2, 0, 1), -2)]
)
async def test_whoever_is_below_zero_may_still_earn(
    services: Services, bob: Viewer, amounts: tuple[int, ...], balance: int
) -> None:
    await has(services, bob, -5)
    assert await posted(services, bob, *amounts) == balance
    running = [-5 + sum(amounts[: place + 1]) for place in range(len(amounts))]
    assert await written(services, bob) == list(zip(amounts, running, strict=True))


@pytest.mark.parametrize(("amounts", "needed", "balance"), [((-1,), 1, -5), ((7, -3, 1), 3, 2), ((-1, 10), 1, -5)])
async def test_whoever_is_below_zero_cannot_spend(
    services: Services, bob: Viewer, amounts: tuple[int, ...], needed: int, balance: int
) -> None:
    """Not even what the same posting gives later; the error says what was missing at that entry."""
    await has(services, bob, -5)
    with pytest.raises(NotEnoughPoints) as caught:
        await posted(services, bob, *amounts)
    assert (caught.value.needed, caught.value.balance) == (needed, balance)
    assert await written(services, bob) == []


async def test_an_entry_below_zero_tells_what_that_entry_takes(services: Services, alice: Viewer) -> None:
    with pytest.raises(NotEnoughPoints) as caught:
        await posted(services, alice, 20, -130, 60)
    assert (caught.value.needed, caught.value.balance) == (130, 120)


# Above the brim


def test_no_sum_of_a_balance_and_an_amount_leaves_64_bits() -> None:
    assert (MAX_AMOUNT, MAX_BALANCE) == (10**12, 10**18)
    assert 2 * MAX_BALANCE < 2**63


@pytest.mark.parametrize("amount", [MAX_BALANCE, -MAX_BALANCE])
async def test_the_largest_amount_is_one_that_can_be_moved(services: Services, bob: Viewer, amount: int) -> None:
    if amount < 0:
        await posted(services, bob, -amount)
    assert await posted(services, bob, amount) == max(amount, 0)


@pytest.mark.parametrize("amount", [0, 1])
async def test_whoever_has_more_than_a_balance_holds_gets_nothing(services: Services, bob: Viewer, amount: int) -> None:
    await has(services, bob, MAX_BALANCE + 1)
    with pytest.raises(BadAmount):
        await posted(services, bob, amount)
    assert await written(services, bob) == []


async def test_whoever_has_more_than_a_balance_holds_may_spend(services: Services, bob: Viewer) -> None:
    await has(services, bob, MAX_BALANCE + 1)
    assert await posted(services, bob, -2) == MAX_BALANCE - 1


# Accounts that went into others


async def test_a_merged_account_is_looked_up_and_no_other(services: Services, alice: Viewer, bob: Viewer) -> None:
    """Also where nothing moves."""
    ally, rob = [await services.viewers.meet(Person(name, name, name)) for name in ("ally", "rob")]
    async with services.database.write() as session:
        merge = text("UPDATE users SET merged_into = :kept WHERE id = :id")
        for kept, merged in ((alice, ally), (bob, rob)):
            await session.execute(merge, {"kept": kept.id, "id": merged.id})
    assert await posted(services, ally, 0) == 100
    assert await posted(services, ally, -30, 5) == 75
    assert await written(services, alice) == [(100, 100), (0, 100), (-30, 70), (5, 75)]
    assert [await written(services, other) for other in (bob, ally, rob)] == [[], [], []]


# Rows that others have written


async def test_rows_without_a_reason_or_a_balance_can_be_read(services: Services, bob: Viewer) -> None:
    async with services.database.write() as session:
        await session.execute(text("INSERT INTO transactions (user_id, amount) VALUES (:id, 7)"), {"id": bob.id})
        (row,) = await history(session, bob.id, 5)
    assert (row.amount, row.reason, row.balance_after, row.at, row.note) == (7, "", 0, None, None)


async def test_history_and_balance_are_of_that_user_alone(services: Services, alice: Viewer, bob: Viewer) -> None:
    await posted(services, bob, 5)
    assert await written(services, alice) == [(100, 100)]
    assert await written(services, bob) == [(5, 5)]
    async with services.database.readers() as session:
        assert [await balance_of(session, one.id) for one in (alice, bob)] == [100, 5]


async def test_the_time_of_a_posting_is_that_of_its_last_entry(services: Services, bob: Viewer) -> None:
    early, late = entries(services, bob, 1, 2)
    later = services.clock.now().replace(year=services.clock.now().year + 1)
    async with services.database.write() as session:
        await post(session, [early, late._replace(at=later)])
    async with services.database.readers() as session:
        assert [row.at for row in await history(session, bob.id, 5)] == [later, early.at]
        updated = await session.execute(text("SELECT updated_at FROM users WHERE id = :id"), {"id": bob.id})
        assert str(updated.scalar_one()).startswith(str(later.year))
