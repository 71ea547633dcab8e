"""Adopting loses nothing, and explains every balance."""

from pathlib import Path

import pytest

from pixel_bot.db.schema import HEAD
from pixel_bot.errors import DatabaseRefused
from pixel_bot.model.people import Person
from pixel_bot.points import ledger
from pixel_bot.upkeep.upgrade import Upgrade
from tests.db.adopt.documents import adopted, content, findings_at_start, rows_of, started
from tests.harness.seed import DDL, TABLES, execute, hand_made, query

pytestmark = pytest.mark.sqlite


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
