"""Imports are taken back, once."""

from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.accounts.merge import Linked
from pixel_bot.errors import NothingToUndo
from pixel_bot.imports.batches import Imports
from pixel_bot.imports.errors import BatchUndone, UnknownBatch
from pixel_bot.model.people import Person
from pixel_bot.points import mod_changes
from pixel_bot.services import Services
from pixel_bot.testing import there
from tests.harness.database import findings, rows
from tests.imports.lists import MOD, balances, listed, spend


async def test_undo_takes_back_what_is_there(services: Services, paying: Imports, tmp_path: Path) -> None:
    file = listed(tmp_path, "alice,50", "bob,60", "carol,70")
    await paying.pay(file, "a")
    await spend(services, "bob", 20)
    await spend(services, "carol", 70)
    back = await paying.undo(file.batch)
    assert (back.people, back.points, back.missing) == (2, 90, 90)
    assert await balances(services) == {"alice": 0, "bob": 0, "carol": 0}
    ledger = (
        "SELECT u.name, t.amount, t.note FROM transactions t JOIN users u ON u.id = t.user_id WHERE reason = 'undo'"
    )
    note = f"import {file.batch}"
    assert await rows(services, f"{ledger} ORDER BY u.name") == [("alice", -50, note), ("bob", -40, note)]
    assert await findings(services) == []


async def test_undo_works_once_and_then_the_list_may_come_again(
    services: Services, paying: Imports, tmp_path: Path
) -> None:
    file = listed(tmp_path, "alice,50")
    with pytest.raises(UnknownBatch, match=f"There is no import {file.batch}"):
        await paying.undo(file.batch)
    for _ in range(2):
        assert await paying.pay(file, "a") is None
        assert await paying.pay(file, "a") is not None
        assert await balances(services) == {"alice": 50}
        assert (await paying.undo(file.batch)).points == 50
        with pytest.raises(BatchUndone, match=f"^Import {file.batch} was taken back already, on 20"):
            await paying.undo(file.batch)
        assert await balances(services) == {"alice": 0}
    assert await findings(services) == []


async def test_an_import_is_not_a_mods_to_undo(services: Services, paying: Imports, tmp_path: Path) -> None:
    await paying.pay(listed(tmp_path, "alice,50"), "a")
    with pytest.raises(NothingToUndo):
        await services.economy.undo(MOD)
    assert await balances(services) == {"alice": 50}


async def test_undo_gives_nothing_to_who_is_below_zero(services: Services, paying: Imports, tmp_path: Path) -> None:
    """A database that was made by hand may hold debts: taking back 100 must not pay them off."""
    alice = await services.viewers.meet(Person("1", "alice", "Alice"))
    await services.economy.add(MOD, alice, 100)
    file = listed(tmp_path, "alice,10")
    await paying.pay(file, "a")
    async with services.database.write() as session:
        await session.execute(text("UPDATE users SET points = -50"))
    assert (await paying.undo(file.batch)).missing == 10
    assert (await services.economy.undo(MOD)).missing == 100
    assert await balances(services) == {"alice": -50}


async def test_what_went_into_another_account_is_taken_back_there(services: Services) -> None:
    here, ally = await services.viewers.meet(Person("1", "alice", "Alice")), await services.viewers.meet(there("Ally"))
    await services.economy.add(MOD, ally, 100)
    asked = await services.links.ask(ally, public=False)
    assert isinstance(await services.links.give(here, asked.code), Linked)
    ((change,),) = await rows(services, "SELECT MIN(id) FROM changes")
    async with services.database.write() as session:
        back = await mod_changes.reverse(session, change, services.clock.now(), "mod")
    assert (back.points, back.missing) == (100, 0)
    assert await balances(services) == {"alice": 0, "ally@joystick": 0}
    assert await findings(services) == []
