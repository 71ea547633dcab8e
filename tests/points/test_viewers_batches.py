"""Many viewers met in one batch."""

import asyncio

from pixel_bot.services import Services
from tests.harness.seed import execute, query
from tests.points.people import admitted, endowed, file_of, person, table, worth

# Many at once


async def test_thousands_are_admitted_in_one_go(services: Services) -> None:
    people = [person(str(i), f"viewer{i}") for i in range(5_000)]
    ids = await admitted(services, *people)
    assert len(set(ids.values())) == 5_000
    assert await admitted(services, *people[::-1]) == ids


async def test_newcomers_and_known_and_renamed_come_in_one_batch(services: Services) -> None:
    alice = await endowed(services, person("1", "alice"), 10, 100)
    bob = await endowed(services, person("2", "bob"), 20, 200)
    ids = await admitted(services, person("3", "carol"), person("1", "alicia"), person("2", "bob"))
    assert ids[person("1", "alicia")] == alice.id
    assert ids[person("2", "bob")] == bob.id
    assert await worth(services, ids[person("3", "carol")]) == ("carol", 0, 0)


async def test_the_same_person_twice_in_one_batch_is_one_row(services: Services) -> None:
    ids = await admitted(services, person("1", "alice"), person("1", "alice"))
    assert list(ids) == [person("1", "alice")]
    assert await table(services, "SELECT COUNT(*) FROM users") == [(1,)]


async def test_a_newcomer_with_two_names_in_one_batch_is_one_row_under_the_later_name(services: Services) -> None:
    ids = await admitted(services, person("1", "alice"), person("1", "alicia"))
    assert len(set(ids.values())) == 1
    assert await table(services, "SELECT name FROM users") == [("alicia",)]


async def test_somebody_known_with_two_new_names_in_one_batch_keeps_the_xp(services: Services) -> None:
    alice = await endowed(services, person("1", "alice"), 10, 100)
    await admitted(services, person("1", "alicia"), person("1", "alix"))
    assert await worth(services, alice.id) == ("alix", 10, 100)


async def test_two_newcomers_with_one_login_in_one_batch_are_two_rows(services: Services) -> None:
    ids = await admitted(services, person("1", "alice"), person("2", "alice"))
    assert ids[person("1", "alice")] != ids[person("2", "alice")]
    assert (await worth(services, ids[person("2", "alice")]))[0] == "alice"


async def test_a_newcomer_with_the_login_of_somebody_known_in_the_same_batch(services: Services) -> None:
    old = await endowed(services, person("1", "alice"), 10, 100)
    ids = await admitted(services, person("2", "alice"), person("1", "alice"))
    assert ids[person("1", "alice")] == old.id
    assert ids[person("2", "alice")] != old.id
    assert (await worth(services, old.id))[1:] == (10, 100)
    assert await worth(services, ids[person("2", "alice")]) == ("alice", 0, 0)


async def test_a_caller_that_rolls_back_admits_nobody(services: Services) -> None:
    alice = await endowed(services, person("1", "alice"), 10, 100)
    async with services.database.sessions() as session:
        await services.viewers.upsert(session, [person("1", "alicia"), person("2", "bob")])
        await session.rollback()
    assert await worth(services, alice.id) == ("alice", 10, 100)
    assert query(file_of(services), "SELECT COUNT(*) FROM users") == [(1,)]


async def test_one_who_cannot_be_admitted_does_not_stop_the_others(services: Services) -> None:
    await endowed(services, person("1", "alice"), 10, 100)
    execute(file_of(services), "INSERT INTO xp_records (user_name, xp, level) VALUES ('alicia', 40, 1)")
    async with services.database.write():
        alice = asyncio.create_task(services.viewers.meet(person("1", "alicia")))
        bob = asyncio.create_task(services.viewers.meet(person("2", "bob")))
        async with asyncio.timeout(5):
            while len(services.viewers._waiting) < 2:
                await asyncio.sleep(0)
    await asyncio.wait([alice, bob])
    alice.exception()
    assert bob.exception() is None
