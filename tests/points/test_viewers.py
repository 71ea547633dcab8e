"""Who is who: people are known by their platform's id, and the name only follows."""

import asyncio
from pathlib import Path

import pytest

from pixel_bot.errors import UnknownViewer
from pixel_bot.model.people import Person, Viewer
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.database import findings
from tests.harness.seed import execute
from tests.points.people import admitted, endowed, file_of, joystick, person, table, worth

# Finding


async def test_a_newcomer_gets_a_row(services: Services, clock: SettableClock) -> None:
    alice = await services.viewers.meet(Person("42", "Alice", "ALICE"))
    assert (alice.name, alice.display_name, alice.points) == ("alice", "ALICE", 0)
    assert await table(services, "SELECT name, platform, platform_id, display_name, points, created_at FROM users") == [
        ("alice", "twitch", "42", "ALICE", 0, "2026-01-01 12:00:00.000000")
    ]


async def test_the_same_person_is_the_same_row(services: Services) -> None:
    first = await endowed(services, person("42", "alice"), 7, 0)
    again = await services.viewers.meet(person("42", "alice"))
    assert (again.id, again.points) == (first.id, 7)
    assert await table(services, "SELECT COUNT(*) FROM users") == [(1,)]


async def test_meeting_somebody_at_once_many_times_makes_one_row(services: Services) -> None:
    met = await asyncio.gather(*(services.viewers.meet(person("42", "alice")) for _ in range(20)))
    assert len({viewer.id for viewer in met}) == 1
    assert await table(services, "SELECT COUNT(*) FROM users") == [(1,)]


@pytest.mark.parametrize("typed", ["alice", "@alice", "@Alice", "ALICE", " @alice ", "alice,", "@Alice,", "alice, "])
async def test_find_takes_a_name_as_people_write_it(services: Services, typed: str) -> None:
    alice = await services.viewers.meet(Person("42", "alice", "Alice"))
    assert await services.viewers.find(typed) == alice


@pytest.mark.parametrize("typed", ["ghost", "@ghost", "", "@", "al%", "alice'--", "4" * 1_000])
async def test_find_nobody(services: Services, typed: str) -> None:
    await services.viewers.meet(person("42", "alice"))
    with pytest.raises(UnknownViewer) as caught:
        await services.viewers.find(typed)
    assert len(str(caught.value)) < 100


async def test_a_row_without_a_display_name_is_shown_by_its_name(services: Services) -> None:
    execute(file_of(services), "INSERT INTO users (name, points) VALUES ('alice', 3)")
    assert (await services.viewers.find("alice")).display_name == "alice"


# Renaming


async def test_a_rename_keeps_points_xp_and_history(services: Services) -> None:
    before = await endowed(services, person("42", "alice"), 70, 150)
    after = await services.viewers.meet(person("42", "alicia"))
    assert after == Viewer(before.id, "alicia", "alicia", 70)
    assert await worth(services, before.id) == ("alicia", 70, 150)
    assert [row.amount for row in await services.economy.history(after, 5)] == [70]
    with pytest.raises(UnknownViewer):
        await services.viewers.find("alice")


async def test_a_new_display_name_is_shown(services: Services) -> None:
    before = await endowed(services, Person("42", "alice", "alice"), 70, 150)
    after = await services.viewers.meet(Person("42", "alice", "AliCe"))
    assert after == Viewer(before.id, "alice", "AliCe", 70)
    assert await worth(services, before.id) == ("alice", 70, 150)


async def test_a_rename_there_and_back(services: Services) -> None:
    before = await endowed(services, person("42", "alice"), 70, 150)
    await services.viewers.meet(person("42", "alicia"))
    await services.viewers.meet(person("42", "alice"))
    assert await worth(services, before.id) == ("alice", 70, 150)


async def test_a_recycled_login_belongs_to_its_new_holder(services: Services) -> None:
    old = await endowed(services, person("42", "alice"), 70, 150)
    new = await services.viewers.meet(person("99", "alice"))
    assert new.id != old.id
    assert await worth(services, new.id) == ("alice", 0, 0)
    name, points, xp = await worth(services, old.id)
    assert (points, xp) == (70, 150)
    assert name != "alice"
    assert not name.replace("_", "").isalnum(), "nobody can type it"


async def test_who_comes_back_under_a_new_name_has_everything(services: Services) -> None:
    old = await endowed(services, person("42", "alice"), 70, 150)
    await endowed(services, person("99", "alice"), 5, 3)
    back = await services.viewers.meet(person("42", "alice_too"))
    assert back.id == old.id
    assert await worth(services, old.id) == ("alice_too", 70, 150)
    assert (await services.viewers.find("alice")).points == 5


async def test_a_login_that_goes_round_parks_each_holder_apart(services: Services) -> None:
    holders = [await endowed(services, person(str(i), "alice"), i, i) for i in range(1, 5)]
    found = [await worth(services, holder.id) for holder in holders]
    assert [(points, xp) for _, points, xp in found] == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert len({name for name, _, _ in found}) == 4
    assert found[-1][0] == "alice"


async def test_a_rename_to_a_name_that_somebody_held_parks_them(services: Services) -> None:
    alice = await endowed(services, person("1", "alice"), 10, 100)
    bob = await endowed(services, person("2", "bob"), 20, 200)
    await services.viewers.meet(person("1", "bob"))
    assert await worth(services, alice.id) == ("bob", 10, 100)
    name, points, xp = await worth(services, bob.id)
    assert (name != "bob", points, xp) == (True, 20, 200)


async def test_two_who_swap_names_in_one_batch_keep_their_own(services: Services) -> None:
    alice = await endowed(services, person("1", "alice"), 10, 100)
    bob = await endowed(services, person("2", "bob"), 20, 200)
    await admitted(services, person("1", "bob"), person("2", "alice"))
    assert await worth(services, alice.id) == ("bob", 10, 100)
    assert await worth(services, bob.id) == ("alice", 20, 200)


async def test_names_that_move_on_in_one_batch_take_nothing_along(services: Services) -> None:
    alice = await endowed(services, person("1", "alice"), 10, 100)
    bob = await endowed(services, person("2", "bob"), 20, 200)
    await admitted(services, person("1", "bob"), person("2", "carol"))
    assert await worth(services, alice.id) == ("bob", 10, 100)
    assert await worth(services, bob.id) == ("carol", 20, 200)


async def test_a_rename_to_a_name_that_only_has_xp_works(services: Services) -> None:
    alice = await endowed(services, person("1", "alice"), 10, 100)
    execute(file_of(services), "INSERT INTO xp_records (user_name, xp, level) VALUES ('alicia', 40, 1)")
    await services.viewers.meet(person("1", "alicia"))
    name, points, xp = await worth(services, alice.id)
    assert (name, points, xp >= 100) == ("alicia", 10, True)


# Rows that were made by name alone


async def test_a_row_made_by_name_alone_is_claimed_by_who_has_the_login(services: Services) -> None:
    execute(
        file_of(services),
        "INSERT INTO users (id, name, points) VALUES (5, 'alice', 30)",
        "INSERT INTO transactions (user_id, amount, reason, balance_after) VALUES (5, 30, 'chat', 30)",
        "INSERT INTO xp_records (user_name, xp, level) VALUES ('alice', 150, 2)",
    )
    alice = await services.viewers.meet(Person("42", "Alice", "Alice"))
    assert alice == Viewer(5, "alice", "Alice", 30)
    assert await worth(services, 5) == ("alice", 30, 150)
    other = await services.viewers.meet(person("99", "alice"))
    assert other.id != 5, "a claimed row belongs to one person"


async def test_a_newcomer_takes_over_xp_that_was_kept_by_name_alone(services: Services) -> None:
    execute(file_of(services), "INSERT INTO xp_records (user_name, xp, level) VALUES ('alice', 150, 2)")
    alice = await services.viewers.meet(person("42", "alice"))
    assert (await services.levels.standing(alice)).xp == 150


async def test_start_points_are_for_newcomers_only_and_once(tmp_path: Path, clock: SettableClock) -> None:
    async with opened(settings_in(tmp_path, points_start_amount=25), "sandbox", clock) as services:
        execute(file_of(services), "INSERT INTO users (name, points) VALUES ('known', 0)")
        await admitted(services, person("1", "alice"), person("2", "known"), person("1", "alice"))
        await admitted(services, person("1", "alice"), person("1", "alicia"))
        await services.viewers.meet(person("1", "alicia"))
        assert await table(services, "SELECT name, points FROM users ORDER BY name") == [("alicia", 25), ("known", 0)]
        assert await table(services, "SELECT amount, reason, balance_after FROM transactions") == [(25, "start", 25)]
        assert await findings(services) == []


# Two platforms


async def test_joystick_names_never_meet_twitch_names(services: Services) -> None:
    there = await endowed(services, joystick("7", "Alice"), 5, 0)
    here = await endowed(services, person("7", "alice"), 50, 0)
    assert there.id != here.id
    assert there.name == "alice@joystick"
    assert await table(services, "SELECT name, platform, platform_id, points FROM users ORDER BY name") == [
        ("alice", "twitch", "7", 50),
        ("alice@joystick", "joystick", "7", 5),
    ]
    assert (await services.viewers.find("@Alice@joystick")).points == 5
    assert (await services.viewers.find("alice")).points == 50


async def test_a_joystick_viewer_claims_no_twitch_row(services: Services) -> None:
    execute(file_of(services), "INSERT INTO users (name, points) VALUES ('alice', 30)")
    assert (await services.viewers.meet(joystick("7", "alice"))).points == 0
    assert (await services.viewers.meet(person("7", "alice"))).points == 30


async def test_a_rename_on_joystick_keeps_the_points_there(services: Services) -> None:
    old = await endowed(services, joystick("7", "alice"), 5, 6)
    await services.viewers.meet(joystick("7", "alicia"))
    assert await worth(services, old.id) == ("alicia@joystick", 5, 6)
