"""Events pay once, and together with chat."""

import asyncio
from datetime import timedelta
from pathlib import Path

from pixel_bot.db.engine import Database
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.model.chat_message import chat_message
from pixel_bot.model.people import Person
from pixel_bot.services import Services, build_services
from tests.earning.messages import START, event, file_of, line, running, say, worth
from tests.harness.database import findings
from tests.harness.seed import query

# Events


async def test_an_event_pays_once_for_its_id(services: Services) -> None:
    assert await services.awards.event(event("e1")) is True
    assert await services.awards.event(event("e1")) is False
    assert await services.awards.event(event("e2")) is True
    assert worth(services) == (100, 20)
    assert query(file_of(services), "SELECT amount, reason FROM transactions") == [(50, "follow"), (50, "follow")]


async def test_an_event_that_comes_many_times_at_once_pays_once(services: Services) -> None:
    answers = await asyncio.gather(*(services.awards.event(event("e1")) for _ in range(20)))
    assert sorted(answers) == [False] * 19 + [True]
    assert worth(services) == (50, 10)


async def test_an_event_that_two_processes_get_pays_once(services: Services) -> None:
    database = Database(services.database.url)
    duplicate = build_services(services.settings, database, services.clock)
    duplicate.awards.start()
    answers = await asyncio.gather(*(s.awards.event(event(f"e{i}")) for i in range(10) for s in (services, duplicate)))
    await duplicate.awards.stop()
    await database.close()
    assert sum(answers) == 10
    assert worth(services) == (500, 100)
    assert await findings(services) == []


async def test_an_event_is_remembered_over_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as services:
        assert await services.awards.event(event("e1"))
    async with running(tmp_path) as services:
        assert not await services.awards.event(event("e1"))
        assert worth(services) == (50, 10)


async def test_an_event_that_gives_nothing_is_kept_all_the_same(services: Services) -> None:
    assert await services.awards.event(event("e1", points=0, xp=0))
    assert not await services.awards.event(event("e1", points=0, xp=0))
    assert query(file_of(services), "SELECT id, kind, points, xp FROM events") == [("e1", "follow", 0, 0)]
    assert query(file_of(services), "SELECT COUNT(*) FROM transactions") == [(0,)]


async def test_an_event_is_answered_when_it_is_durable(services: Services) -> None:
    for i in range(20):
        services.awards.chat(line(f"m{i}", i, f"user{i}"))
        assert await services.awards.event(event(f"e{i}", f"user{i}"))
        assert worth(services, f"user{i}") == (51, 11)


async def test_who_gives_up_waiting_is_paid_all_the_same(services: Services) -> None:
    waiter = asyncio.create_task(services.awards.event(event("e1")))
    await asyncio.sleep(0)
    waiter.cancel()
    assert await services.awards.event(event("e2"))
    assert waiter.cancelled()
    assert worth(services) == (100, 20)


async def test_chat_and_events_of_one_viewer_in_one_batch_add_up(services: Services) -> None:
    services.awards.chat(line("m1"))
    assert await asyncio.gather(*(services.awards.event(event(f"e{i}")) for i in range(3))) == [True] * 3
    assert worth(services) == (151, 31)
    assert await findings(services) == []


async def test_a_rename_between_chat_and_event_of_one_batch_keeps_all_xp(services: Services) -> None:
    services.awards.chat(line("m1"))
    renamed = Person("id-alice", "alicia", "alicia")
    assert await services.awards.event(EventAward("e1", "follow", renamed, 50, 10, START))
    assert worth(services, "alicia") == (51, 11)


async def test_a_rename_in_chat_keeps_everything(services: Services) -> None:
    await say(services, [line("m1", 0)])
    renamed = Person("id-alice", "alicia", "Alicia")
    await say(services, [chat_message(renamed, "m2", START + timedelta(seconds=60))])
    assert worth(services, "alicia") == (2, 2)
    assert query(file_of(services), "SELECT name, display_name FROM users") == [("alicia", "Alicia")]


async def test_a_viewer_of_joystick_and_one_of_twitch_are_two(services: Services) -> None:
    there = Person("id-alice", "alice", "alice", "joystick")
    await say(services, [line("m1"), chat_message(there, "m2", START)])
    assert worth(services, "alice") == (1, 1)
    assert worth(services, "alice@joystick") == (1, 1)
