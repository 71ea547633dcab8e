"""Events pay once, and together with chat."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pixel_bot.db.engine import Database
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.earning.event_awards import award_for
from pixel_bot.earning.event_matching import evidence_of
from pixel_bot.model.channel_events import (
    ChannelEvent,
    Cheer,
    Entrance,
    Follow,
    Gift,
    Raid,
    Sub,
    Tip,
    Upgrade,
    WatchStreak,
    WheelClaim,
)
from pixel_bot.model.chat_message import chat_message
from pixel_bot.model.people import Person
from pixel_bot.services import Services, build_services
from pixel_bot.testing import settings_in
from tests.earning.messages import START, event, file_of, line, person, running, say, worth
from tests.harness.database import findings
from tests.harness.seed import query

# What they pay

WHO = ("e1", person("alice"), START)


@pytest.mark.parametrize(
    ("happened", "paid"),
    [
        (Follow(*WHO), ("follow", 50, 10, 0)),
        (Sub(*WHO, months=7), ("sub", 200, 50, 0)),
        (Sub(*WHO, tier=2), ("sub", 400, 100, 0)),
        (Sub(*WHO, tier=3, duration=6), ("sub", 1_000, 250, 0)),
        (Sub(*WHO, gifted=True, tier=3), ("sub", 0, 0, 0)),
        (Gift(*WHO, total=3, tier=2), ("gift", 1_200, 300, 0)),
        (Upgrade(*WHO), ("upgrade", 50, 0, 0)),
        (Cheer(*WHO, bits=150), ("cheer", 150, 15, 0)),
        (Raid(*WHO, viewers=9), ("raid", 100, 0, 0)),
        (WatchStreak(*WHO, streams=9), ("streak", 20, 0, 0)),
        (Tip(*WHO, tokens=40), ("tip", 40, 4, 0)),
        (Entrance(*WHO), ("enter", 25, 0, 3_600)),
        (WheelClaim(*WHO, prize="x"), ("wheelclaim", 0, 0, 0)),
    ],
)
def test_what_each_event_pays(tmp_path: Path, happened: ChannelEvent, paid: tuple[str, int, int, int]) -> None:
    award = award_for(happened, settings_in(tmp_path))
    assert (award.kind, award.points, award.xp, award.pause) == paid
    assert (award.person, award.at, award.evidence) == (happened.person, happened.at, evidence_of(happened))
    event_id = "follow:twitch:id-alice" if isinstance(happened, Follow) else "e1"
    assert award.event_id == event_id
    nobody = award_for(replace(happened, person=None), settings_in(tmp_path))
    evidence = evidence_of(replace(happened, person=None))
    assert nobody == EventAward("e1", award.kind, None, 0, 0, START, evidence=evidence)


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


async def test_on_a_shared_database_a_batch_looks_first_what_another_process_has_paid(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(services.database.url)
    duplicate = build_services(services.settings, database, services.clock)
    monkeypatch.setattr(database, "is_shared", True)
    duplicate.awards.start()
    await say(services, [line("m1")])
    await say(duplicate, [line("m1"), line("m2", 60)])
    await duplicate.awards.stop()
    await database.close()
    assert worth(services) == (2, 2)
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
