"""Lists of other bots are paid once, to the right people."""

import asyncio
from pathlib import Path

import pytest

from pixel_bot.accounts.merge import Linked
from pixel_bot.db.engine import Database
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.imports import batches
from pixel_bot.imports.batches import Imports
from pixel_bot.imports.errors import ImportRefused
from pixel_bot.model.people import Person
from pixel_bot.points import mod_changes
from pixel_bot.points.ledger import MAX_BALANCE, Entry, post
from pixel_bot.services import Services
from pixel_bot.testing import there
from tests.harness.database import findings, rows
from tests.imports.lists import MOD, balances, listed


async def test_points_are_added_as_rows_of_the_ledger(services: Services, paying: Imports, tmp_path: Path) -> None:
    alice = await services.viewers.meet(Person("40934651", "alice", "Alice"))
    await services.economy.add(MOD, alice, 100)
    file = listed(tmp_path, "Name,Points", "ALICE,5", "Bob,6", "carol,0")
    outlook = await paying.preview(file)
    assert (outlook.new, outlook.standing, outlook.others) == (1, None, [])
    assert await paying.pay(file, "old bot.csv") is None
    assert await balances(services) == {"alice": 105, "bob": 6}
    ledger = await services.economy.history(alice, 1)
    assert [(r.amount, r.reason, r.balance_after, r.note) for r in ledger] == [(5, "import", 105, "old bot.csv")]
    new = "SELECT platform, platform_id, display_name FROM users WHERE name = 'bob'"
    assert await rows(services, new) == [("twitch", None, "Bob")]
    assert await rows(services, "SELECT actor, summary, batch FROM changes WHERE batch IS NOT NULL") == [
        ("import", "import 11 points for 2 viewers from old bot.csv", file.batch)
    ]
    assert await rows(services, "SELECT COUNT(*) FROM xp_records") == [(0,)]
    assert await findings(services) == []


async def test_a_list_pays_once(services: Services, paying: Imports, tmp_path: Path) -> None:
    first = listed(tmp_path, "alice,5", "bob,6")
    assert await paying.pay(first, "a") is None
    again = listed(tmp_path, "who;how many", "Bob;6", "@alice;5.0")
    standing = (await paying.preview(again)).standing
    assert standing is not None
    assert (standing.name, standing.made) == (first.batch, services.clock.now())
    assert await paying.pay(again, "b") == standing
    assert await balances(services) == {"alice": 5, "bob": 6}


async def test_another_list_of_the_same_people_is_told(services: Services, paying: Imports, tmp_path: Path) -> None:
    first, second = listed(tmp_path, "alice,5", "bob,6"), listed(tmp_path, "alice,5", "bob,7", "carol,1")
    await paying.pay(first, "a")
    await paying.pay(listed(tmp_path, "dave,5"), "other people")
    await paying.pay(listed(tmp_path, "alice,9"), "taken back")
    await paying.undo(listed(tmp_path, "alice,9").batch)
    outlook = await paying.preview(second)
    assert (outlook.new, outlook.standing) == (1, None)
    assert [(one.batch.name, one.people, one.equal) for one in outlook.others] == [(first.batch, 2, 1)]
    await paying.pay(second, "b")
    assert await balances(services) == {"alice": 10, "bob": 13, "carol": 1, "dave": 5}


async def test_many_people_are_paid_in_steps(
    services: Services, paying: Imports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "CHUNK", 3)
    monkeypatch.setattr(mod_changes, "CHUNK", 3)
    for i in range(0, 20, 3):
        await services.viewers.meet(Person(f"id{i}", f"fan{i}", f"Fan{i}"))
    file = listed(tmp_path, *(f"fan{i},{i + 1}" for i in range(20)))
    assert (await paying.preview(file)).new == 13
    await paying.pay(file, "a")
    assert await balances(services) == {f"fan{i}": i + 1 for i in range(20)}
    back = await paying.undo(file.batch)
    assert (back.people, back.points, back.missing) == (20, 210, 0)
    assert set((await balances(services)).values()) == {0}
    assert await findings(services) == []


async def test_nobody_rises_above_what_a_balance_can_hold(services: Services, paying: Imports, tmp_path: Path) -> None:
    alice = await services.viewers.meet(Person("1", "alice", "Alice"))
    async with services.database.write() as session:
        await post(session, [Entry(alice.id, MAX_BALANCE - 4, "test", services.clock.now())])
    with pytest.raises(ImportRefused, match=r"more than one balance can hold\. Nothing was changed\.$"):
        await paying.pay(listed(tmp_path, "bob,6", "alice,5"), "a")
    assert await balances(services) == {"alice": MAX_BALANCE - 4}
    assert await paying.pay(listed(tmp_path, "bob,6", "alice,4"), "a") is None


# The right people


async def test_a_twitch_id_keeps_the_points_over_a_rename(services: Services, paying: Imports, tmp_path: Path) -> None:
    await paying.pay(listed(tmp_path, "bob,1", "carol,2"), "without ids")
    file = listed(tmp_path, "ID,Username,Coins", "40934651,Alice,5", "59635827,Bob,6")
    await paying.pay(file, "a")
    found = await rows(services, "SELECT name, platform_id FROM users ORDER BY name")
    assert found == [("alice", "40934651"), ("bob", "59635827"), ("carol", None)]
    alicia = await services.viewers.meet(Person("40934651", "alicia", "Alicia"))
    bobby = await services.viewers.meet(Person("59635827", "bobby", "Bobby"))
    carol = await services.viewers.meet(Person("7", "carol", "Carol"))
    assert (alicia.points, bobby.points, carol.points) == (5, 7, 2)
    assert await balances(services) == {"alicia": 5, "bobby": 7, "carol": 2}


async def test_a_twitch_id_goes_before_a_name(services: Services, paying: Imports, tmp_path: Path) -> None:
    await services.viewers.meet(Person("40934651", "alicia", "Alicia"))
    await services.viewers.meet(Person("77777777", "alice", "Alice"))
    await paying.pay(listed(tmp_path, "ID,Username,Coins", "40934651,alice,5"), "a")
    assert await balances(services) == {"alicia": 5, "alice": 0}


async def test_a_login_that_somebody_else_has_now_is_not_theirs_to_inherit(
    services: Services, paying: Imports, tmp_path: Path
) -> None:
    await services.viewers.meet(Person("77777777", "alice", "Alice"))
    file = listed(tmp_path, "ID,Username,Coins", "40934651,alice,5", "59635827,名前,6")
    assert (await paying.preview(file)).new == 2
    await paying.pay(file, "a")
    assert (await services.viewers.find("alice")).points == 0
    assert (await services.viewers.meet(Person("40934651", "alicia", "Alicia"))).points == 5
    assert (await services.viewers.meet(Person("59635827", "namae", "名前"))).points == 6
    assert await balances(services) == {"alice": 0, "alicia": 5, "namae": 6}
    assert await findings(services) == []


async def test_who_is_linked_has_the_points_in_one_account(services: Services, paying: Imports, tmp_path: Path) -> None:
    here, ally = await services.viewers.meet(Person("1", "alice", "Alice")), await services.viewers.meet(there("Ally"))
    asked = await services.links.ask(ally, public=False)
    assert isinstance(await services.links.give(here, asked.code), Linked)
    file = listed(tmp_path, "alice,5")
    await paying.pay(file, "a")
    assert await balances(services) == {"alice": 5, "ally@joystick": 0}
    assert (await paying.undo(file.batch)).points == 5
    assert await findings(services) == []


# At the same time


async def test_two_who_import_the_same_list_at_once_pay_once(services: Services, tmp_path: Path) -> None:
    file = listed(tmp_path, *(f"fan{i},{i + 1}" for i in range(300)))
    other = Database(services.database.url)
    try:
        both = [Imports(services.database, services.clock), Imports(other, services.clock)]
        done = await asyncio.gather(*(one.pay(file, "a") for one in both))
    finally:
        await other.close()
    assert done.count(None) == 1
    assert await balances(services) == {f"fan{i}": i + 1 for i in range(300)}


async def test_it_may_run_while_the_bot_pays(services: Services, tmp_path: Path) -> None:
    people = [Person(f"5000000{i}", f"fan{i}", f"Fan{i}") for i in range(40)]
    file = listed(tmp_path, "ID,Username,Coins", *(f"{p.platform_id},{p.login},7" for p in people))
    other = Database(services.database.url)

    async def cheer(person: Person, number: int) -> None:
        award = EventAward(f"{person.login}-{number}", "cheer", person, 1, 0, services.clock.now())
        assert await services.awards.event(award)

    try:
        batch = Imports(other, services.clock)
        await asyncio.gather(batch.pay(file, "a"), *(cheer(p, n) for n in range(5) for p in people))
        assert await balances(services) == {p.login: 12 for p in people}
        await asyncio.gather(batch.undo(file.batch), *(cheer(p, n) for n in range(5, 10) for p in people))
    finally:
        await other.close()
    assert await balances(services) == {p.login: 10 for p in people}
    assert await findings(services) == []
