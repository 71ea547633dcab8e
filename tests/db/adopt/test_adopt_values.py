"""Names, times and levels of an adopted database."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from pixel_bot.db.models import Cooldown, QueueItem, User, XpRecord
from pixel_bot.errors import DatabaseRefused
from pixel_bot.points.cooldowns import Cooldowns
from tests.db.adopt.documents import adopted, content, findings_at_start, rows_of, started
from tests.harness.seed import TABLES, USERS, hand_made, query

pytestmark = pytest.mark.sqlite


# Names


async def test_names_become_lower_case(path: Path) -> None:
    hand_made(
        path,
        users=[{"id": 1, "name": "Alice_99", "points": 5}],
        xp_records=[{"user_name": "ALICE_99", "xp": 150, "level": 2}],
    )
    async with started(path) as services:
        alice = await services.viewers.find("Alice_99")
        assert (alice.name, alice.points) == ("alice_99", 5)
        assert (await services.levels.standing(alice)).xp == 150


async def test_names_that_differ_only_by_case_are_reported_and_kept(path: Path) -> None:
    hand_made(
        path,
        users=[{"name": "Alice", "points": 5}, {"name": "alice", "points": 7}, {"name": "BOB", "points": 1}],
        xp_records=[{"user_name": "ALICE", "xp": 1}, {"user_name": "Alice", "xp": 2}],
    )
    done = await adopted(path)
    assert query(path, "SELECT name, points FROM users ORDER BY id") == [("Alice", 5), ("alice", 7), ("bob", 1)]
    assert query(path, "SELECT user_name, xp FROM xp_records ORDER BY id") == [("ALICE", 1), ("Alice", 2)]
    reported = [line for line in done.report if "differ only by case" in line]
    assert len(reported) == 2
    assert "users" in reported[0]
    assert "Alice, alice" in reported[0]
    assert "BOB" not in reported[0]
    assert "xp_records" in reported[1]
    assert "ALICE, Alice" in reported[1]


async def test_the_xp_of_a_name_that_is_kept_stays_with_it(path: Path) -> None:
    hand_made(
        path,
        users=[{"name": "Alice", "points": 5}, {"name": "alice", "points": 7}],
        xp_records=[{"user_name": "Alice", "xp": 150, "level": 2}],
    )
    await adopted(path)
    assert query(path, "SELECT user_name FROM xp_records") == [("Alice",)]


@pytest.mark.parametrize(
    ("table", "column", "extra"),
    [
        ("users", "name", {}),
        ("xp_records", "user_name", {}),
        ("joystick_installs", "channel_id", {"access_token": "a"}),
    ],
)
async def test_names_that_stand_twice_are_refused_with_a_sentence(
    path: Path, table: str, column: str, extra: dict[str, str]
) -> None:
    ddl = "".join(TABLES.values()).replace("TEXT UNIQUE", "TEXT")
    hand_made(path, ddl, **{table: [{column: "alice"} | extra, {column: "alice"} | extra, {column: "bob"} | extra]})
    before = query(path, "SELECT type, name, sql FROM sqlite_master ORDER BY name"), content(path)
    with pytest.raises(DatabaseRefused) as caught:
        await adopted(path)
    assert str(caught.value) == (
        f"In the table {table} these stand more than once: alice. Merge them by hand, then start again; "
        "nothing was changed."
    )
    assert (query(path, "SELECT type, name, sql FROM sqlite_master ORDER BY name"), content(path)) == before


async def test_a_file_with_names_that_stand_twice_is_not_touched(path: Path) -> None:
    hand_made(path, USERS.replace("UNIQUE ", ""), users=[{"name": "alice"}, {"name": "alice"}])
    before = path.read_bytes()
    with pytest.raises(DatabaseRefused):
        await adopted(path)
    assert path.read_bytes() == before


# Times


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2025-06-01 20:00:00", datetime(2025, 6, 1, 20, tzinfo=UTC)),
        ("2025-06-01 20:00:00.5", datetime(2025, 6, 1, 20, 0, 0, 500_000, tzinfo=UTC)),
        ("2025-06-01T20:00:00Z", datetime(2025, 6, 1, 20, tzinfo=UTC)),
        ("2025-06-01T20:00:00.123456", datetime(2025, 6, 1, 20, 0, 0, 123_456, tzinfo=UTC)),
        ("2025-06-01T22:00:00+02:00", datetime(2025, 6, 1, 20, tzinfo=UTC)),
        ("2025-06-01", datetime(2025, 6, 1, tzinfo=UTC)),
        (1_748_808_000, datetime(2025, 6, 1, 20, tzinfo=UTC)),
        (1_748_808_000.5, datetime(2025, 6, 1, 20, 0, 0, 500_000, tzinfo=UTC)),
        (None, None),
    ],
)
async def test_times_of_other_forms_are_read(path: Path, written: object, read: datetime | None) -> None:
    hand_made(path, users=[{"name": "alice", "created_at": written}], queue_items=[{"kind": "tts"}])
    async with started(path) as services, services.database.readers() as session:
        assert (await session.scalars(select(User))).one().created_at == read
        assert (await session.scalars(select(QueueItem))).one().created_at is None


async def test_a_cooldown_of_another_form_is_read(path: Path) -> None:
    hand_made(
        path,
        users=[{"id": 1, "name": "alice"}],
        cooldowns=[{"user_id": 1, "key": "tts", "expires_at": "2026-01-01T12:00:10Z"}],
    )
    async with started(path) as services:
        async with services.database.readers() as session:
            cooldown = (await session.scalars(select(Cooldown))).one()
        assert cooldown.expires_at == datetime(2026, 1, 1, 12, 0, 10, tzinfo=UTC)
        assert await services.cooldowns.left(1, "tts") == 10


async def test_a_cooldown_of_another_form_expires_on_time(path: Path) -> None:
    hand_made(
        path,
        users=[{"id": 1, "name": "alice"}],
        cooldowns=[{"user_id": 1, "key": "tts", "expires_at": "2026-01-01T11:59:50Z"}],
    )
    async with started(path) as services:
        assert await Cooldowns(services.database, services.clock).running(1) == {}


# Levels, and what check says


async def test_levels_follow_the_curve_without_rewards(path: Path) -> None:
    hand_made(
        path,
        users=[{"name": "alice", "points": 0}],
        xp_records=[
            {"user_name": "alice", "xp": 5_219, "level": 3},
            {"user_name": "bob", "xp": 99, "level": 7},
            {"user_name": "carol", "xp": 100, "level": 2},
        ],
    )
    (path.parent / "level_rewards.json").write_text('{"5": {"points": 100}, "10": {"points": 100}}')
    async with started(path) as services, services.database.readers() as session:
        kept = await session.scalars(select(XpRecord).order_by(XpRecord.id))
        assert [(r.user_name, r.level) for r in kept] == [("alice", 10), ("bob", 1), ("carol", 2)]
        assert (await session.execute(text("SELECT COUNT(*) FROM transactions"))).scalar_one() == 0
    assert await findings_at_start(path) == []


async def test_transactions_of_nobody_are_kept_and_reported(path: Path) -> None:
    hand_made(
        path,
        users=[{"id": 1, "name": "alice", "points": 3}],
        transactions=[
            {"id": 1, "user_id": 99, "amount": 40, "reason": "chat", "balance_after": 40},
            {"id": 2, "user_id": 1, "amount": 3, "reason": "chat", "balance_after": 3},
        ],
    )
    await adopted(path)
    assert query(path, "SELECT id, user_id, amount, reason, balance_after FROM transactions") == [
        (1, 99, 40, "chat", 40),
        (2, 1, 3, "chat", 3),
    ]
    assert await findings_at_start(path) == ["Row 1 of transactions points to a row of users that does not exist."]


async def test_a_ledger_with_gaps_from_before_is_explained_once(path: Path) -> None:
    hand_made(
        path,
        users=[{"id": 1, "name": "alice", "points": 90}],
        transactions=[
            {"user_id": 1, "amount": 10, "reason": "chat", "balance_after": 60},
            {"user_id": 1, "amount": 5, "reason": None, "balance_after": None},
            {"user_id": 1, "amount": -20, "reason": "redeem:tts", "balance_after": 90},
        ],
    )
    await adopted(path)
    assert rows_of(path, "alice")[-1] == (95, "adopted", 90)
    assert await findings_at_start(path) == []


async def test_gaps_from_before_are_not_blamed_when_the_last_balance_agrees(path: Path) -> None:
    hand_made(
        path,
        users=[{"id": 1, "name": "alice", "points": 15}],
        transactions=[
            {"user_id": 1, "amount": 10, "reason": "chat", "balance_after": 60},
            {"user_id": 1, "amount": 5, "reason": "chat", "balance_after": 15},
        ],
    )
    await adopted(path)
    assert await findings_at_start(path) == []
