"""Awards: one for each cooldown by the message's own time, one for each event, none twice, none lost."""

import asyncio
import random
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.engine import Database
from pixel_bot.earning import awards as awards_module
from pixel_bot.earning.award_batch import EventAward, line_of
from pixel_bot.earning.chat_gate import ChatLine
from pixel_bot.errors import BadAmount
from pixel_bot.lru_cache import LruCache
from pixel_bot.model.people import Person
from pixel_bot.points.ledger import MAX_BALANCE, Entry, post
from pixel_bot.points.levels import LevelUp
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services, build_services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.database import findings
from tests.harness.seed import execute, place_of, query

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def person(name: str) -> Person:
    return Person(f"id-{name}", name, name)


def line(message_id: str, seconds: float = 0, name: str = "alice") -> ChatLine:
    return line_of(person(name), message_id, START + timedelta(seconds=seconds))


def event(event_id: str, name: str = "alice", points: int = 50, xp: int = 10) -> EventAward:
    return EventAward(event_id, "follow", person(name), points, xp, START)


@asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncGenerator[Services]:
    """The services of one run; what waits is written at its end."""
    async with opened(settings_in(folder, **settings), "sandbox", SettableClock()) as services:
        services.awards.start()
        yield services
        await services.awards.stop()


async def say(services: Services, lines: Iterable[ChatLine]) -> None:
    """All of them in one batch, durable when this returns."""
    for one in lines:
        services.awards.chat(one)
    await services.awards.drained()


async def say_apart(services: Services, lines: Iterable[ChatLine]) -> None:
    for one in lines:
        await say(services, [one])


def file_of(services: Services) -> Path | str:
    return place_of(services.database)


def worth(services: Services, name: str = "alice") -> tuple[int, int]:
    """Points and XP, as another program sees them."""
    found = query(
        file_of(services),
        "SELECT u.points, COALESCE(x.xp, 0) FROM users u LEFT JOIN xp_records x ON x.user_name = u.name "
        f"WHERE u.name = '{name}'",
    )
    return found[0] if found else (0, 0)


# Cooldowns


async def test_a_message_pays_points_and_xp(services: Services) -> None:
    await say(services, [line("m1")])
    assert worth(services) == (1, 1)
    assert query(file_of(services), "SELECT amount, reason, balance_after, created_at FROM transactions") == [
        (1, "chat", 1, "2026-01-01 12:00:00.000000")
    ]
    assert query(file_of(services), "SELECT id, kind, points, xp FROM events") == [("m1", "chat", 1, 1)]
    assert query(file_of(services), "SELECT key, expires_at FROM cooldowns ORDER BY key") == [
        ("chat", "2026-01-01 12:01:00.000000"),
        ("xp", "2026-01-01 12:00:30.000000"),
    ]


@pytest.mark.parametrize("deliver", [say, say_apart])
@pytest.mark.parametrize(
    ("seconds", "points", "xp"),
    [
        ([0, 29.999999], 1, 1),
        ([0, 30], 1, 2),
        ([0, 59.999999], 1, 2),
        ([0, 60], 2, 2),
        ([0.000001, 60], 1, 2),
        ([0, 30, 60], 2, 3),
        ([0, 30, 59.999999], 1, 2),
        ([0, 0, 0], 1, 1),
        ([0, 59, 61, 119, 121], 3, 3),
        ([100, 0, 50, 99.999999], 1, 1),
        ([0, 100, 50, 160], 3, 3),
        ([60, 0, 120], 2, 2),
    ],
)
async def test_one_award_for_each_cooldown_by_the_messages_own_time(
    services: Services, deliver: Any, seconds: list[float], points: int, xp: int
) -> None:
    await deliver(services, [line(f"m{i}", at) for i, at in enumerate(seconds)])
    assert worth(services) == (points, xp)
    assert await findings(services) == []


async def test_the_clock_on_the_wall_does_not_matter(services: Services, clock: SettableClock) -> None:
    await say(services, [line("m1", 0)])
    clock.advance(3_600)
    await say(services, [line("m2", 59)])
    assert worth(services) == (1, 2)


async def test_each_viewer_has_cooldowns_of_their_own(services: Services) -> None:
    await say(services, [line(f"m{i}", i, f"user{i % 10}") for i in range(30)])
    assert [worth(services, f"user{i}") for i in range(10)] == [(1, 1)] * 10


async def test_cooldowns_outlive_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as services:
        await say(services, [line("m1", 0)])
    async with running(tmp_path) as services:
        await say(services, [line("m2", 59.999999)])
        assert worth(services) == (1, 2)
        await say(services, [line("m3", 60)])
        assert worth(services) == (2, 2)


@pytest.mark.parametrize(
    ("settings", "expected"), [({"points_chat_amount": 0}, (0, 3)), ({"xp_chat_amount": 0}, (2, 0))]
)
async def test_with_one_of_the_amounts_zero_the_other_is_paid(
    tmp_path: Path, settings: dict[str, int], expected: tuple[int, int]
) -> None:
    async with running(tmp_path, **settings) as services:
        await say_apart(services, [line("m1", 0), line("m2", 30), line("m3", 60)])
        assert worth(services) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"points_chat_amount": 0, "xp_chat_amount": 0}, (0, 0)),
        ({"points_chat_cooldown_seconds": 0}, (3, 3)),
        ({"points_chat_amount": 7, "xp_chat_amount": 9}, (14, 27)),
    ],
)
async def test_the_settings_are_kept_to(tmp_path: Path, settings: dict[str, int], expected: tuple[int, int]) -> None:
    async with running(tmp_path, **settings) as services:
        await say_apart(services, [line("m1", 0), line("m2", 30), line("m3", 60)])
        assert worth(services) == expected
        assert query(file_of(services), "SELECT COUNT(*) FROM transactions WHERE amount = 0") == [(0,)]
        assert (services.awards.totals.points, services.awards.totals.xp) == expected


async def test_where_nothing_is_paid_nothing_is_written(tmp_path: Path) -> None:
    async with running(tmp_path, points_chat_amount=0, xp_chat_amount=0) as services:
        await say(services, [line("m1")])
        for table in ("transactions", "xp_records", "events", "cooldowns"):
            assert query(file_of(services), f"SELECT COUNT(*) FROM {table}") == [(0,)]


@pytest.mark.parametrize("deliver", [say, say_apart])
async def test_without_a_cooldown_a_late_message_pays_as_well(tmp_path: Path, deliver: Any) -> None:
    async with running(tmp_path, points_chat_cooldown_seconds=0, xp_chat_cooldown_seconds=0) as services:
        await deliver(services, [line("m1", 5), line("m2", 3)])
        assert worth(services) == (2, 2)


# Redelivery

NO_PAUSE = {"points_chat_cooldown_seconds": 0, "xp_chat_cooldown_seconds": 0}


@pytest.mark.parametrize("deliver", [say, say_apart])
async def test_a_message_that_comes_twice_pays_once(tmp_path: Path, deliver: Any) -> None:
    async with running(tmp_path, **NO_PAUSE) as services:
        await deliver(services, [line("m1", 0), line("m1", 0), line("m2", 1), line("m1", 2)])
        assert worth(services) == (2, 2)
        assert await findings(services) == []


@pytest.mark.parametrize("cleaned", [False, True])
async def test_a_log_that_comes_again_after_a_restart_pays_nothing_more(tmp_path: Path, cleaned: bool) -> None:
    log = [line(f"m{i}", 7 * i, f"user{i % 3}") for i in range(60)]
    async with running(tmp_path) as services:
        await say(services, log)
        first = [worth(services, f"user{i}") for i in range(3)]
        if cleaned:
            execute(file_of(services), "DELETE FROM cooldowns")
    for deliver in (say, say_apart):
        async with running(tmp_path) as services:
            await deliver(services, log)
            assert [worth(services, f"user{i}") for i in range(3)] == first
            assert services.awards.totals.points == 0
            assert await findings(services) == []


async def test_a_message_that_was_paid_keeps_its_cooldown_when_it_comes_again(tmp_path: Path) -> None:
    async with running(tmp_path) as services:
        await say(services, [line("m1", 0)])
        execute(file_of(services), "DELETE FROM cooldowns")
    async with running(tmp_path) as services:
        await say(services, [line("m1", 0), line("m2", 29), line("m3", 59)])
        assert worth(services) == (1, 2)


@pytest.mark.parametrize("seed", range(4))
async def test_any_chat_pays_what_a_simple_count_says(tmp_path: Path, seed: int) -> None:
    """Messages out of order, some twice, in batches of any size, with restarts in between."""
    dice = random.Random(seed)
    chat = [line(f"m{i}", dice.uniform(0, 600), f"user{dice.randrange(6)}") for i in range(300)]
    chat += dice.sample(chat, 60)
    chat.sort(key=lambda one: one.at + dice.uniform(0, 40_000_000))
    points, xp = _count(chat, 60), _count(chat, 30)
    batches: list[list[ChatLine]] = []
    while chat:
        size = dice.randint(1, 60)
        batches.append(chat[:size])
        chat = chat[size:]
    half = len(batches) // 2
    for run in (batches[:half], batches[half:]):
        async with running(tmp_path) as services:
            for batch in run:
                await say(services, batch)
    async with running(tmp_path) as services:
        assert {f"user{i}": worth(services, f"user{i}") for i in range(6)} == {
            f"user{i}": (points[f"user{i}"], xp[f"user{i}"]) for i in range(6)
        }
        assert await findings(services) == []


def _count(chat: list[ChatLine], pause: int) -> dict[str, int]:
    paid: dict[str, int] = {}
    until: dict[str, int] = {}
    for one in chat:
        if one.at >= until.get(one.login, 0):
            paid[one.login] = paid.get(one.login, 0) + 1
            until[one.login] = one.at + pause * 1_000_000
    return paid


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
    await say(services, [line_of(renamed, "m2", START + timedelta(seconds=60))])
    assert worth(services, "alicia") == (2, 2)
    assert query(file_of(services), "SELECT name, display_name FROM users") == [("alicia", "Alicia")]


async def test_a_viewer_of_joystick_and_one_of_twitch_are_two(services: Services) -> None:
    there = Person("id-alice", "alice", "alice", "joystick")
    await say(services, [line("m1"), line_of(there, "m2", START)])
    assert worth(services, "alice") == (1, 1)
    assert worth(services, "alice@joystick") == (1, 1)


# Pressure and the end


async def test_whoever_reads_the_socket_is_held_back(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awards_module, "MAX_WAITING", 20)
    monkeypatch.setattr(awards_module, "MAX_BATCH", 5)
    for i in range(19):
        services.awards.chat(line(f"m{i}", 0, f"user{i}"))
    assert not services.awards.is_full
    services.awards.chat(line("m19", 0, "user19"))
    assert services.awards.is_full
    async with asyncio.timeout(5):
        await services.awards.wait_for_capacity()
    assert not services.awards.is_full
    await services.awards.drained()
    assert query(file_of(services), "SELECT SUM(points) FROM users") == [(20,)]


async def test_there_is_room_at_once_when_nothing_waits(services: Services) -> None:
    async with asyncio.timeout(1):
        await services.awards.wait_for_capacity()
        await services.awards.drained()


async def test_messages_on_cooldown_take_no_room(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awards_module, "MAX_WAITING", 20)
    await say(services, [line("m0")])
    for i in range(1, 100):
        services.awards.chat(line(f"m{i}", 1))
    assert not services.awards.is_full
    assert services.awards.totals.messages == 100


async def test_stop_writes_what_waits(tmp_path: Path) -> None:
    async with opened(settings_in(tmp_path), "sandbox", SettableClock()) as services:
        for i in range(2_500):
            services.awards.chat(line(f"m{i}", 0, f"user{i}"))
        waiter = asyncio.create_task(services.awards.event(event("e1")))
        await asyncio.sleep(0)
        services.awards.start()
        await services.awards.stop()
        assert await waiter
        assert query(file_of(services), "SELECT SUM(points), COUNT(*) FROM users") == [(2_550, 2_501)]
        assert await findings(services) == []


# Trouble


def make_flaky(services: Services, monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """The database fails so many times, just before it would commit. Returns a list that grows with each try."""
    tries: list[int] = []
    write = services.database.write

    @asynccontextmanager
    async def flaky() -> AsyncGenerator[AsyncSession]:
        async with write() as session:
            yield session
            tries.append(1)
            if len(tries) <= times:
                raise OperationalError("COMMIT", {}, Exception("disk I/O error"))

    monkeypatch.setattr(services.database, "write", flaky)
    return tries


async def test_a_database_that_fails_is_tried_again_and_nothing_is_lost(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(awards_module, "RETRY_SECONDS", (0, 0, 0))
    tries = make_flaky(services, monkeypatch, times=8)
    for i in range(30):
        services.awards.chat(line(f"m{i}", 0, f"user{i}"))
    assert await services.awards.event(event("e1"))
    await say(services, [line("m1", 0, "user1"), line("later", 60, "user1")])
    assert len(tries) == 10
    assert query(file_of(services), "SELECT SUM(points), COUNT(*) FROM users") == [(30 + 50 + 1, 31)]
    assert (services.awards.totals.points, services.awards.totals.xp) == (81, 41)
    assert await findings(services) == []
    assert sum("cannot be written" in r.getMessage() for r in caplog.records) == 1


async def test_stop_ends_also_when_the_database_never_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(awards_module, "RETRY_SECONDS", (0, 0))
    async with opened(settings_in(tmp_path), "sandbox", SettableClock()) as services:
        make_flaky(services, monkeypatch, times=1_000_000)
        services.awards.start()
        waiter = asyncio.create_task(services.awards.event(event("e1")))
        services.awards.chat(line("m1"))
        async with asyncio.timeout(10):
            await services.awards.stop()
        with pytest.raises(OperationalError):
            await waiter
    assert any("lost" in r.getMessage() for r in caplog.records)


async def fill(services: Services, name: str) -> None:
    """Somebody whose balance takes no more."""
    rich = await services.viewers.meet(person(name))
    async with services.database.write() as session:
        await post(session, [Entry(rich.id, MAX_BALANCE, "test", START)])


async def test_one_message_that_cannot_be_paid_does_not_stop_the_others(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    await fill(services, "rich")
    await say(services, [line("m1"), line("m2", 0, "rich"), line("m3", 0, "bob"), line("m4", 60)])
    assert worth(services) == (2, 2)
    assert worth(services, "bob") == (1, 1)
    assert worth(services, "rich")[0] == MAX_BALANCE
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == [
        "An award could not be written and was left out: That is more than one balance can hold."
    ]
    await say(services, [line("m5", 120)])
    assert worth(services) == (3, 3)
    assert await findings(services) == []


async def test_one_event_that_cannot_be_paid_tells_its_waiter_only(services: Services) -> None:
    await fill(services, "rich")
    answers = await asyncio.gather(
        services.awards.event(event("e1")),
        services.awards.event(event("e2", "rich")),
        services.awards.event(event("e3", "bob")),
        return_exceptions=True,
    )
    assert [answers[0], answers[2]] == [True, True]
    assert isinstance(answers[1], BadAmount)
    assert query(file_of(services), "SELECT id FROM events ORDER BY id") == [("e1",), ("e3",)]


async def test_a_listener_that_fails_does_not_stop_the_writer(tmp_path: Path) -> None:
    (tmp_path / "level_rewards.json").write_text('{"2": {"message": "GG"}}')

    async def fail(_up: LevelUp) -> None:
        raise ValueError("the listener's own trouble")

    async with opened(settings_in(tmp_path), "sandbox", SettableClock()) as services:
        services.levels.on_level_up = fail
        services.awards.start()
        assert await services.awards.event(event("e1", xp=200))
        async with asyncio.timeout(2):
            assert await services.awards.event(event("e2"))
        await services.awards.stop()


async def test_levels_are_told_after_they_are_durable_and_once(tmp_path: Path) -> None:
    (tmp_path / "level_rewards.json").write_text('{"2": {"points": 5, "message": "GG"}}')
    told: list[tuple[str, int, str, int]] = []
    async with opened(settings_in(tmp_path), "sandbox", SettableClock()) as services:

        async def listen(up: LevelUp) -> None:
            told.append((up.shown, up.level, up.message, worth(services)[0]))

        services.levels.on_level_up = listen
        services.awards.start()
        assert await services.awards.event(event("e1", xp=400))
        await services.awards.drained()
        assert told == [("alice", 2, "GG", 55)]
        await services.awards.stop()


# Memory


def test_memory_keeps_the_last_keys_and_never_more_than_twice_as_many() -> None:
    memory: LruCache[int, str] = LruCache(10)
    for i in range(1_000):
        memory.put(i, str(i))
        assert all(memory.get(k) == str(k) for k in range(max(0, i - 9), i + 1))
    assert sum(memory.get(k) is not None for k in range(1_000)) <= 20


def test_memory_keeps_what_is_asked_for() -> None:
    memory: LruCache[int, str] = LruCache(10)
    memory.put(-1, "here")
    for i in range(1_000):
        memory.put(i, "")
        if i % 5 == 0:
            assert memory.get(-1) == "here"


def test_memory_forgets_a_key() -> None:
    memory: LruCache[int, str] = LruCache(2)
    for i in range(4):
        memory.put(i, str(i))
    for i in range(4):
        memory.forget(i)
        assert memory.get(i) is None
    memory.forget(99)


def test_memory_forgets_all() -> None:
    memory: LruCache[int, str] = LruCache(2)
    for i in range(4):
        memory.put(i, str(i))
    memory.clear()
    assert [memory.get(i) for i in range(4)] == [None] * 4


def test_memory_says_whether_a_key_is_new() -> None:
    memory: LruCache[str, bool] = LruCache(2)
    assert [memory.add(key, True) for key in ("a", "b", "a", "c", "b")] == [True, True, False, True, False]


def test_memory_gives_the_newest_value() -> None:
    memory: LruCache[str, int] = LruCache(2)
    for value, key in enumerate(("a", "b", "c", "a", "d", "e")):
        memory.put(key, value)
    assert (memory.get("a"), memory.get("e")) == (3, 5)


async def test_many_chatters_leave_a_bounded_memory(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = services.awards.gate
    monkeypatch.setattr(gate, "chatters", LruCache[str, Any](100))
    for minute in range(20):
        await say(services, [line(f"m{minute}-{i}", 60 * minute, f"user{minute}-{i}") for i in range(200)])
    remembered = sum(gate.chatters.get(f"id-user{m}-{i}") is not None for m in range(20) for i in range(200))
    assert remembered <= 200
    assert query(file_of(services), "SELECT SUM(points) FROM users") == [(4_000,)]


async def test_who_was_heard_is_forgotten_after_half_an_hour(services: Services) -> None:
    gate = services.awards.gate
    for minute in range(100):
        for i in range(50):
            services.awards.chat(line(f"m{minute}-{i}", 60 * minute, f"user{minute}-{i}"))
    await services.awards.drained()
    assert len(gate.heard_since(0)) <= 2 * 31 * 50
    assert len(gate.heard_since(line("x", 60 * 70).at)) == 30 * 50
