"""A pixel.db that was made by hand from the document is adopted: nothing lost, what is missing added."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from pixel_bot.db.engine import Database
from pixel_bot.db.models import Cooldown, QueueItem, User, XpRecord
from pixel_bot.db.schema import HEAD, Upgrade, upgrade
from pixel_bot.errors import DatabaseRefused
from pixel_bot.model.people import Person
from pixel_bot.points import ledger
from pixel_bot.points.cooldowns import Cooldowns
from pixel_bot.points.levels import Curve
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.database import findings
from tests.harness.seed import DDL, INDEXES, TABLES, USERS, execute, hand_made, query, url_of

pytestmark = pytest.mark.sqlite

CURVE = Curve(100, 1.8, 9_999)


async def adopted(path: Path) -> Upgrade:
    database = Database(url_of(path))
    try:
        return await upgrade(database, path.parent / "backups")
    finally:
        await database.close()


@asynccontextmanager
async def started(path: Path) -> AsyncGenerator[Services]:
    """The services over an adopted database, as at the bot's start."""
    settings = settings_in(path.parent, database_url=url_of(path))
    async with opened(settings, "live", SettableClock()) as services:
        yield services


async def findings_at_start(path: Path) -> list[str]:
    """What is wrong after the bot's start, which adopts what is there."""
    async with started(path) as services:
        return await findings(services)


def rows_of(path: Path, name: str) -> list[tuple[Any, ...]]:
    return query(
        path,
        "SELECT t.amount, t.reason, t.balance_after FROM transactions t JOIN users u ON u.id = t.user_id "
        f"WHERE u.name = '{name}' ORDER BY t.id",
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pixel.db"


@pytest.fixture
def lived_in(path: Path) -> Path:
    """A database with rows in all seven tables."""
    when = "2025-06-01 20:00:00.000000"
    return hand_made(
        path,
        users=[
            {"id": 1, "name": "alice", "points": 70, "created_at": when, "updated_at": when},
            {"id": 5, "name": "bob", "points": 1_000, "created_at": when, "updated_at": when},
        ],
        xp_records=[{"id": 3, "user_name": "alice", "xp": 1_300, "level": 5, "created_at": when, "updated_at": when}],
        transactions=[
            {"id": 11, "user_id": 1, "amount": 95, "reason": "chat", "balance_after": 95, "created_at": when},
            {"id": 12, "user_id": 1, "amount": -25, "reason": "redeem:tts", "balance_after": 70, "created_at": when},
        ],
        cooldowns=[{"id": 2, "user_id": 1, "key": "tts", "expires_at": "2026-01-01 12:00:30.000000"}],
        queue_items=[
            {"id": 8, "kind": "tts", "status": "pending", "payload_json": '{"text": "hi"}', "created_at": when}
        ],
        redeems=[{"key": "tts", "display_name": "Say it", "cost": 30, "enabled": 0, "cooldown_s": 7}],
        joystick_installs=[{"id": 1, "channel_id": "c1", "access_token": "a", "refresh_token": "r"}],
    )


def content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the document's tables, in the document's columns."""
    with closing(sqlite3.connect(":memory:")) as document:
        document.executescript(DDL)
        columns = {t: [r[1] for r in document.execute(f"PRAGMA table_info({t})")] for t in TABLES}
    return {t: query(path, f"SELECT {', '.join(columns[t])} FROM {t} ORDER BY 1") for t in TABLES}


# Nothing is lost


async def test_every_row_is_kept_as_it_was(lived_in: Path) -> None:
    before = content(lived_in)
    assert (await adopted(lived_in)).changed
    after = content(lived_in)
    adopted_row = after["transactions"].pop()
    assert after == before
    assert adopted_row[1:5] == (5, 1_000, "adopted", 1_000)


async def test_the_result_is_stamped_and_right(lived_in: Path) -> None:
    await adopted(lived_in)
    assert query(lived_in, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert query(lived_in, "PRAGMA foreign_key_check") == []
    assert await findings_at_start(lived_in) == []


async def test_a_backup_is_made_before(lived_in: Path) -> None:
    before = content(lived_in)
    done = await adopted(lived_in)
    assert done.backup is not None
    assert done.backup.parent == lived_in.parent / "backups"
    assert query(done.backup, "PRAGMA integrity_check") == [("ok",)]
    assert content(done.backup) == before
    assert query(done.backup, "SELECT name FROM sqlite_master WHERE name = 'alembic_version'") == []


async def test_adopting_twice_changes_nothing(lived_in: Path) -> None:
    await adopted(lived_in)
    before = lived_in.read_bytes()
    assert await adopted(lived_in) == Upgrade(changed=False)
    assert lived_in.read_bytes() == before


async def test_what_people_had_goes_on_in_chat(lived_in: Path) -> None:
    async with started(lived_in) as services:
        alice = await services.viewers.meet(Person("4242", "alice", "Alice"))
        assert (alice.id, alice.points) == (1, 70)
        standing = await services.levels.standing(alice)
        assert (standing.xp, standing.level) == (1_300, 5)
        assert [row.amount for row in await services.economy.history(alice, 5)] == [-25, 95]
        assert await services.cooldowns.running(alice.id) == {"tts": 30.0}


async def test_extra_tables_and_columns_of_the_user_are_kept(path: Path) -> None:
    hand_made(path, users=[{"name": "alice", "points": 0}])
    execute(
        path,
        "CREATE TABLE quotes (id INTEGER PRIMARY KEY, said TEXT)",
        "INSERT INTO quotes (said) VALUES ('hello')",
        "ALTER TABLE users ADD COLUMN birthday TEXT",
        "UPDATE users SET birthday = '1 May'",
        "CREATE VIEW rich AS SELECT name FROM users WHERE points > 100",
    )
    await adopted(path)
    assert query(path, "SELECT * FROM quotes") == [(1, "hello")]
    assert query(path, "SELECT name, birthday FROM users") == [("alice", "1 May")]
    assert query(path, "SELECT * FROM rich") == []


@pytest.mark.parametrize("table", ["events", "changes", "meta"])
async def test_a_table_of_the_user_in_the_place_of_ours_is_a_sentence(path: Path, table: str) -> None:
    hand_made(path, DDL + f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, party TEXT);")
    with pytest.raises(DatabaseRefused, match=table):
        await adopted(path)


@pytest.mark.parametrize(
    "index",
    [
        "ix_users_points ON users (points)",
        "ix_xp_records_xp ON xp_records (xp)",
        "ix_transactions_user_id ON transactions (user_id, created_at)",
    ],
)
async def test_an_index_of_the_user_with_a_name_of_ours_does_no_harm(path: Path, index: str) -> None:
    hand_made(path, "".join(TABLES.values()) + f"CREATE INDEX {index};", users=[{"name": "alice"}])
    assert (await adopted(path)).changed


async def test_a_column_that_the_documents_own_example_added_is_taken_over(path: Path) -> None:
    hand_made(path, users=[{"name": "alice", "points": 0}])
    execute(path, "ALTER TABLE users ADD COLUMN display_name TEXT", "UPDATE users SET display_name = 'Alice the Great'")
    await adopted(path)
    assert query(path, "SELECT name, display_name FROM users") == [("alice", "Alice the Great")]


# Balances


async def test_a_balance_without_transactions_gets_a_row(path: Path) -> None:
    hand_made(path, users=[{"name": "alice", "points": 500}])
    done = await adopted(path)
    assert rows_of(path, "alice") == [(500, "adopted", 500)]
    assert done.report == ("1 balance got a row with the reason 'adopted', so that the ledger explains it.",)


async def test_a_balance_that_differs_gets_the_difference(path: Path) -> None:
    hand_made(
        path,
        users=[{"id": 1, "name": "alice", "points": 500}, {"id": 2, "name": "bob", "points": 1}],
        transactions=[
            {"user_id": 1, "amount": 30, "reason": "chat", "balance_after": 30},
            {"user_id": 2, "amount": 30, "reason": "chat", "balance_after": 30},
        ],
    )
    await adopted(path)
    assert rows_of(path, "alice") == [(30, "chat", 30), (470, "adopted", 500)]
    assert rows_of(path, "bob") == [(30, "chat", 30), (-29, "adopted", 1)]
    assert await findings_at_start(path) == []


@pytest.mark.parametrize("last", [None, 29])
async def test_a_last_balance_that_is_missing_or_wrong_gets_a_row_of_nothing(path: Path, last: int | None) -> None:
    hand_made(
        path,
        users=[{"id": 1, "name": "alice", "points": 30}],
        transactions=[{"user_id": 1, "amount": 30, "reason": "chat", "balance_after": last}],
    )
    await adopted(path)
    assert rows_of(path, "alice") == [(30, "chat", last), (0, "adopted", 30)]
    assert await findings_at_start(path) == []


async def test_a_balance_that_is_explained_gets_no_row(path: Path) -> None:
    hand_made(
        path,
        users=[{"id": 1, "name": "alice", "points": 30}, {"id": 2, "name": "lurker", "points": 0}],
        transactions=[{"user_id": 1, "amount": 30, "reason": "chat", "balance_after": 30}],
    )
    done = await adopted(path)
    assert query(path, "SELECT COUNT(*) FROM transactions") == [(1,)]
    assert done.report == ()


@pytest.mark.parametrize(
    ("written", "read"), [(None, 0), ("250", 250), ("12 points", 12), ("many", 0), (99.9, 99), (7.0, 7), (b"5", 5)]
)
async def test_points_are_whole_numbers_from_here_on(path: Path, written: object, read: int) -> None:
    hand_made(path, users=[{"name": "alice", "points": written}])
    await adopted(path)
    assert query(path, "SELECT points, TYPEOF(points) FROM users") == [(read, "integer")]
    assert await findings_at_start(path) == []


async def test_xp_and_levels_are_whole_numbers_from_here_on(path: Path) -> None:
    hand_made(path, xp_records=[{"user_name": "a", "xp": None, "level": None}, {"user_name": "b", "xp": 150.7}])
    await adopted(path)
    assert query(path, "SELECT xp, TYPEOF(xp), TYPEOF(level) FROM xp_records ORDER BY user_name") == [
        (0, "integer", "integer"),
        (150, "integer", "integer"),
    ]
    assert await findings_at_start(path) == []


async def test_amounts_are_whole_numbers_from_here_on(path: Path) -> None:
    hand_made(
        path,
        users=[{"id": 1, "name": "alice", "points": 10.5}],
        transactions=[{"user_id": 1, "amount": 10.5, "reason": "chat", "balance_after": 10.5}],
    )
    await adopted(path)
    assert query(path, "SELECT DISTINCT TYPEOF(amount) FROM transactions") == [("integer",)]
    assert await findings_at_start(path) == []


async def test_somebody_who_was_below_zero_can_earn(path: Path) -> None:
    hand_made(path, users=[{"id": 1, "name": "alice", "points": -50}])
    async with started(path) as services, services.database.write() as session:
        now = services.clock.now()
        await ledger.post(session, [ledger.Entry(1, 1, "chat", now)])
    assert await findings_at_start(path) == []


async def test_a_balance_that_is_too_large_for_us_is_reported(path: Path) -> None:
    hand_made(path, users=[{"id": 1, "name": "alice", "points": 2 * 10**18}])
    assert any("alice" in line for line in (await adopted(path)).report)


# What is missing


@pytest.mark.parametrize("table", [t for t in TABLES if t != "users"])
async def test_a_missing_table_is_added(path: Path, table: str) -> None:
    ddl = "".join(sql for name, sql in TABLES.items() if name != table)
    hand_made(path, ddl, users=[{"name": "alice", "points": 5}])
    done = await adopted(path)
    assert f"Added the table {table}." in done.report
    assert query(path, f"SELECT COUNT(*) FROM {table} WHERE 1") == [(1 if table == "transactions" else 0,)]
    assert await findings_at_start(path) == []


async def test_a_database_with_only_users_is_completed(path: Path) -> None:
    hand_made(path, USERS, users=[{"name": "alice", "points": 5}])
    await adopted(path)
    assert rows_of(path, "alice") == [(5, "adopted", 5)]
    assert {row[0] for row in query(path, "SELECT name FROM sqlite_master WHERE type = 'table'")} >= set(TABLES)


async def test_a_database_without_users_is_completed(path: Path) -> None:
    hand_made(path, TABLES["redeems"], redeems=[{"key": "tts", "display_name": "Say it", "cost": 3}])
    await adopted(path)
    assert query(path, "SELECT key, cost FROM redeems") == [("tts", 3)]
    assert await findings_at_start(path) == []


async def test_missing_columns_are_added_with_their_defaults(path: Path) -> None:
    ddl = """
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL);
    CREATE TABLE transactions (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, amount INTEGER NOT NULL);
    CREATE TABLE redeems (key TEXT PRIMARY KEY, display_name TEXT NOT NULL);
    """
    hand_made(
        path,
        ddl,
        users=[{"id": 1, "name": "alice"}],
        transactions=[{"user_id": 1, "amount": 4}],
        redeems=[{"key": "tts", "display_name": "x"}],
    )
    done = await adopted(path)
    assert "Added the column users.points." in done.report
    assert "Added the column transactions.balance_after." in done.report
    assert query(path, "SELECT name, points FROM users") == [("alice", 0)]
    assert query(path, "SELECT cost, enabled, cooldown_s FROM redeems") == [(0, 1, 0)]
    assert rows_of(path, "alice") == [(4, None, None), (-4, "adopted", 0)]
    assert await findings_at_start(path) == []


async def test_missing_indexes_are_added(path: Path) -> None:
    ddl = "".join(TABLES.values()).replace("TEXT UNIQUE", "TEXT").replace("UNIQUE (user_id, key),", "")
    hand_made(path, ddl, users=[{"name": "alice"}, {"name": "bob"}])
    done = await adopted(path)
    assert "Added the index on users (name)." in done.report
    assert "Added the index on cooldowns (user_id, key)." in done.report
    assert "Added the index on queue_items (kind, status)." in done.report
    with pytest.raises(sqlite3.IntegrityError):
        execute(path, "INSERT INTO users (name) VALUES ('alice')")
    with pytest.raises(sqlite3.IntegrityError):
        execute(path, *["INSERT INTO cooldowns (user_id, key, expires_at) VALUES (1, 'tts', 'x')"] * 2)


async def test_indexes_that_are_there_are_not_made_twice(path: Path) -> None:
    hand_made(path, DDL)
    await adopted(path)
    made = query(path, "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'queue_items'")
    for columns in ("(kind, status)", "(created_at)"):
        assert sum(columns in sql for (sql,) in made) == INDEXES.count(f"queue_items {columns}") == 1


async def test_of_two_cooldowns_of_one_kind_the_later_one_stays(path: Path) -> None:
    ddl = "".join(TABLES.values()).replace("UNIQUE (user_id, key),", "")
    hand_made(
        path,
        ddl,
        users=[{"id": 1, "name": "alice"}],
        cooldowns=[
            {"user_id": 1, "key": "tts", "expires_at": "2026-01-01 12:00:10.000000"},
            {"user_id": 1, "key": "tts", "expires_at": "2026-01-01 12:00:20.000000"},
            {"user_id": 1, "key": "wheel", "expires_at": "2026-01-01 12:00:05.000000"},
        ],
    )
    await adopted(path)
    assert query(path, "SELECT key, expires_at FROM cooldowns ORDER BY key") == [
        ("tts", "2026-01-01 12:00:20.000000"),
        ("wheel", "2026-01-01 12:00:05.000000"),
    ]


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
