"""Awards: one for each cooldown by the message's own time, one for each event, none twice, none lost."""

import random
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock
from tests.earning.messages import file_of, line, running, say, say_apart, worth
from tests.harness.database import findings
from tests.harness.rounds import rounds
from tests.harness.seed import execute, query

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


@pytest.mark.parametrize("seed", range(rounds(1)))
async def test_any_chat_pays_what_a_simple_count_says(tmp_path: Path, seed: int) -> None:
    """Messages out of order, some twice, in batches of any size, with restarts in between."""
    dice = random.Random(seed)
    chat = [line(f"m{i}", dice.uniform(0, 600), f"user{dice.randrange(6)}") for i in range(300)]
    chat += dice.sample(chat, 60)
    chat.sort(key=lambda one: one.at + dice.uniform(0, 40_000_000))
    points, xp = _count(chat, 60), _count(chat, 30)
    batches: list[list[ChatMessage]] = []
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


def _count(chat: list[ChatMessage], pause: int) -> dict[str, int]:
    paid: dict[str, int] = {}
    until: dict[str, int] = {}
    for one in chat:
        if one.at >= until.get(one.login, 0):
            paid[one.login] = paid.get(one.login, 0) + 1
            until[one.login] = one.at + pause * 1_000_000
    return paid
