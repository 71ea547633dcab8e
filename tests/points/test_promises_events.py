"""Ids of events and messages: whoever is first claims one, together with what it changes; the next changes nothing."""

import asyncio

import pytest
from sqlalchemy import text

from pixel_bot.db.models import stamp
from pixel_bot.points.idempotency import (
    AlreadyProcessed,
    claim_command,
    refuse_repeats,
    unprocessed_message,
    use_idempotency_key,
    write_once,
)
from pixel_bot.points.processed_ids import AlreadyClaimed, ProcessedId, awards_of, claim, claim_all
from pixel_bot.services import Services


async def events(services: Services) -> list[tuple[str, str, int, int, str]]:
    """All that were worked, as they stand in the table."""
    async with services.database.readers() as session:
        rows = await session.execute(text("SELECT id, kind, points, xp, created_at FROM events ORDER BY id"))
        return [(row.id, row.kind, row.points, row.xp, str(row.created_at)) for row in rows]


async def ids(services: Services) -> list[str]:
    return [row[0] for row in await events(services)]


def worked(services: Services, event: str, points: int = 0) -> ProcessedId:
    return ProcessedId(event, "chat", points, points + 1, services.clock.now())


# Events


async def test_of_several_ids_the_new_ones_are_claimed(services: Services) -> None:
    async with services.database.write() as session:
        assert await claim(session, [worked(services, "a", 1), worked(services, "b", 2)]) == {"a", "b"}
    async with services.database.write() as session:
        assert await claim(session, [worked(services, "b", 7), worked(services, "c", 3)]) == {"c"}
        assert await claim(session, []) == set()
    assert [row[:4] for row in await events(services)] == [
        ("a", "chat", 1, 2),
        ("b", "chat", 2, 3),
        ("c", "chat", 3, 4),
    ]


async def test_an_id_twice_in_one_claim_is_claimed_once(services: Services) -> None:
    async with services.database.write() as session:
        assert await claim(session, [worked(services, "a", 1), worked(services, "a", 2)]) == {"a"}
    assert [row[:4] for row in await events(services)] == [("a", "chat", 1, 2)]


async def test_ids_that_are_taken_to_be_new_are_all_new_or_none_is(services: Services) -> None:
    at = stamp(services.clock.now())
    async with services.database.write() as session:
        await claim_all(session, [])
        await claim_all(session, [("a", "chat", 1, 2, at), ("b", "chat", 3, 4, at)])
    with pytest.raises(AlreadyClaimed):
        async with services.database.write() as session:
            await claim_all(session, [("c", "chat", 1, 2, at), ("b", "chat", 3, 4, at)])
    assert [row[:4] for row in await events(services)] == [("a", "chat", 1, 2), ("b", "chat", 3, 4)]


async def test_what_events_gave_is_known_by_their_ids(services: Services) -> None:
    async with services.database.write() as session:
        await claim(session, [worked(services, "a", 1), worked(services, "b", 2)])
    async with services.database.readers() as session:
        assert await awards_of(session, ["b", "new"]) == {"b": (2, 3)}
        assert await awards_of(session, []) == {}


# Messages


async def test_a_message_is_claimed_with_its_first_change(services: Services) -> None:
    use_idempotency_key("m1", services.clock.now())
    assert unprocessed_message() == "m1"
    async with write_once(services.database):
        assert unprocessed_message() == "m1", "it is not durable yet"
    assert unprocessed_message() == ""
    await refuse_repeats(services.database)
    async with write_once(services.database):
        pass
    ((event, kind, points, xp, _),) = await events(services)
    assert (event, kind, points, xp) == ("m1", "command", 0, 0)


async def test_a_change_that_fails_claims_nothing(services: Services) -> None:
    use_idempotency_key("m1", services.clock.now())
    with pytest.raises(ZeroDivisionError):
        async with write_once(services.database):
            raise ZeroDivisionError
    assert (await ids(services), unprocessed_message()) == ([], "m1")
    async with write_once(services.database):
        pass
    assert await ids(services) == ["m1"]


async def test_a_message_that_comes_again_changes_nothing(services: Services) -> None:
    for _ in range(2):
        use_idempotency_key("m1", services.clock.now())
        if not await ids(services):
            async with write_once(services.database) as session:
                await session.execute(text("INSERT INTO users (name) VALUES ('alice')"))
    with pytest.raises(AlreadyProcessed, match="m1"):
        await refuse_repeats(services.database)
    with pytest.raises(AlreadyProcessed, match="m1"):
        async with write_once(services.database) as session:
            await session.execute(text("INSERT INTO users (name) VALUES ('bob')"))
    async with services.database.readers() as session:
        assert (await session.execute(text("SELECT name FROM users"))).scalars().all() == ["alice"]
    use_idempotency_key("m2", services.clock.now())
    await refuse_repeats(services.database)


async def test_where_no_message_is_the_cause_nothing_is_claimed(services: Services) -> None:
    assert unprocessed_message() == ""
    await refuse_repeats(services.database)
    for _ in range(2):
        async with write_once(services.database):
            pass
    assert await ids(services) == []


async def test_each_task_works_on_a_message_of_its_own(services: Services) -> None:
    async def work(message: str) -> str:
        use_idempotency_key(message, services.clock.now())
        await asyncio.sleep(0)
        async with write_once(services.database):
            return unprocessed_message()

    assert await asyncio.gather(work("m1"), work("m2")) == ["m1", "m2"]
    assert (await ids(services), unprocessed_message()) == (["m1", "m2"], "")


@pytest.mark.parametrize(
    ("is_shared", "answers", "claimed"),
    [(False, [True, True], []), (True, [True, False], [("answer:m1", "answer", 0, 0)])],
)
async def test_where_a_database_is_shared_one_process_answers(
    services: Services, monkeypatch: pytest.MonkeyPatch, is_shared: bool, answers: list[bool], claimed: list[object]
) -> None:
    monkeypatch.setattr(services.database, "is_shared", is_shared)
    now = services.clock.now()
    assert [await claim_command(services.database, "m1", now) for _ in range(2)] == answers
    assert [row[:4] for row in await events(services)] == claimed
