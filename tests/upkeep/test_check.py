"""``db check``: each kind of damage is found, and said in plain words."""

from pathlib import Path

import pytest
from sqlalchemy import Connection

from pixel_bot.cli.database import check_database
from pixel_bot.cog_data.file_tables import other_names
from pixel_bot.errors import DatabaseRefused
from pixel_bot.model.people import Person, Viewer
from pixel_bot.points.levels import Curve
from pixel_bot.run.running_bot import opened
from pixel_bot.testing import SettableClock, settings_in
from pixel_bot.upkeep.check import SHOWN
from tests.harness.database import findings
from tests.harness.pattern import fresh
from tests.harness.seed import execute, query, url_of

CURVE = Curve(100, 1.8, 9_999)


@pytest.fixture(scope="module")
def by_the_book() -> list[bytes]:
    """The database of all these tests, once it was made."""
    return []


@pytest.fixture
async def path(tmp_path: Path, clock: SettableClock, by_the_book: list[bytes]) -> Path:
    """A database in which alice (id 1) got 10, 20 and 30 points, and bob (id 2) got 5, all by the book."""
    path = tmp_path / "pixel.db"
    if not by_the_book:
        await fill(path, clock)
        by_the_book.append(path.read_bytes())
    path.write_bytes(by_the_book[0])
    return path


async def fill(path: Path, clock: SettableClock) -> None:
    fresh(path)
    async with opened(settings_in(path.parent, database_url=url_of(path)), "live", clock) as services:
        mod = Viewer(0, "mod", "Mod", 0)
        alice = await services.viewers.meet(Person("1", "alice", "alice"))
        bob = await services.viewers.meet(Person("2", "bob", "bob"))
        for amount in (10, 20, 30):
            await services.economy.add(mod, alice, amount)
        await services.economy.add(mod, bob, 5)
        await services.economy.change_xp(mod, alice, by=150)


async def test_a_database_by_the_book_has_no_findings(path: Path) -> None:
    assert query(path, "SELECT name, points FROM users ORDER BY id") == [("alice", 60), ("bob", 5)]
    assert await findings(path) == []


DAMAGE = {
    "points changed by hand": (
        "UPDATE users SET points = 12345 WHERE id = 1",
        ["alice has 12,345 points, but the transactions add up to 60."],
    ),
    "points lost": (
        "UPDATE users SET points = NULL WHERE id = 1",
        ["alice has 0 points, but the transactions add up to 60."],
    ),
    "the last transaction deleted": (
        "DELETE FROM transactions WHERE id = 3",
        ["alice has 60 points, but the transactions add up to 30."],
    ),
    "all transactions deleted": (
        "DELETE FROM transactions WHERE user_id = 2",
        ["bob has 5 points, but the transactions add up to 0."],
    ),
    "a transaction in the middle deleted": (
        "DELETE FROM transactions WHERE id = 2",
        [
            "alice has 60 points, but the transactions add up to 40.",
            "Transaction 3 of alice ends at 60, but should end at 40.",
        ],
    ),
    "the last balance wrong": (
        "UPDATE transactions SET balance_after = 61 WHERE id = 3",
        [
            "alice has 60 points, but the last transaction says 61.",
            "Transaction 3 of alice ends at 61, but should end at 60.",
        ],
    ),
    "the last balance lost": (
        "UPDATE transactions SET balance_after = NULL WHERE id = 3",
        [
            "alice has 60 points, but the last transaction says none.",
            "Transaction 3 of alice ends at nothing, but should end at 60.",
        ],
    ),
    "a balance in the middle wrong": (
        "UPDATE transactions SET balance_after = 1030 WHERE id = 2",
        [
            "Transaction 2 of alice ends at 1,030, but should end at 30.",
            "Transaction 3 of alice ends at 60, but should end at 1,060.",
        ],
    ),
    "a level wrong": (
        "UPDATE xp_records SET level = 7",
        ["alice has 150 XP, which is level 2, but level 7 is kept."],
    ),
    "XP changed by hand": (
        "UPDATE xp_records SET xp = 1212",
        ["alice has 1,212 XP, which is level 5, but level 2 is kept."],
    ),
    "a user deleted": (
        "DELETE FROM users WHERE id = 2",
        ["Row 4 of transactions points to a row of users that does not exist."],
    ),
    "a cooldown of nobody": (
        "INSERT INTO cooldowns (id, user_id, key, expires_at) VALUES (9, 77, 'tts', '2026-01-01 12:00:00.000000')",
        ["Row 9 of cooldowns points to a row of users that does not exist."],
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
async def test_damage_is_found_and_said(path: Path, damage: str) -> None:
    sql, said = DAMAGE[damage]
    execute(path, sql)
    assert await findings(path) == said


@pytest.mark.parametrize("row", [1, 2])
async def test_a_lost_balance_before_the_last_row_is_found(path: Path, row: int) -> None:
    execute(path, f"UPDATE transactions SET balance_after = NULL WHERE id = {row}")
    assert any(f"Transaction {row} of alice" in finding for finding in await findings(path))


async def test_a_wrong_balance_in_the_first_row_is_found_there(path: Path) -> None:
    execute(path, "UPDATE transactions SET balance_after = 999 WHERE id = 1")
    assert "Transaction 1 of alice ends at 999, but should end at 10." in await findings(path)


async def test_a_row_without_a_reason_is_checked_like_the_others(path: Path) -> None:
    execute(path, "UPDATE transactions SET reason = NULL, balance_after = 1030 WHERE id = 2")
    assert "Transaction 2 of alice ends at 1,030, but should end at 30." in await findings(path)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE users SET points = 'many' WHERE id = 1",
        "UPDATE transactions SET balance_after = 'much' WHERE id = 2",
        "UPDATE transactions SET balance_after = 'much' WHERE id = 3",
        "UPDATE xp_records SET xp = 'lots'",
    ],
)
async def test_what_is_no_number_is_a_finding(path: Path, sql: str) -> None:
    execute(path, sql)
    assert any("alice" in finding for finding in await findings(path))


async def test_xp_and_level_that_are_lost_are_findings(path: Path) -> None:
    execute(path, "UPDATE xp_records SET xp = NULL")
    assert await findings(path) == ["alice has 0 XP, which is level 1, but level 2 is kept."]
    execute(path, "UPDATE xp_records SET xp = 150, level = NULL")
    assert len(await findings(path)) == 1


async def test_rows_before_an_adoption_may_have_gaps_and_later_ones_not(path: Path) -> None:
    execute(
        path,
        "UPDATE transactions SET balance_after = 500 WHERE id = 1",
        "UPDATE transactions SET reason = 'adopted' WHERE id = 2",
    )
    assert await findings(path) == []
    execute(
        path, "UPDATE transactions SET balance_after = 31 WHERE id = 3", "UPDATE users SET points = 31 WHERE id = 1"
    )
    assert "Transaction 3 of alice ends at 31, but should end at 60." in await findings(path)


async def test_several_kinds_of_damage_are_all_found(path: Path) -> None:
    execute(path, "UPDATE users SET points = 6 WHERE id = 2", "UPDATE xp_records SET level = 1")
    assert await findings(path) == [
        "bob has 6 points, but the transactions add up to 5.",
        "alice has 150 XP, which is level 2, but level 1 is kept.",
    ]


async def test_exactly_as_many_findings_as_are_shown_are_all_shown(path: Path) -> None:
    execute(path, *(f"INSERT INTO users (name, points) VALUES ('u{i}', 1)" for i in range(SHOWN)))
    found = await findings(path)
    assert len(found) == SHOWN
    assert found[-1] == "u19 has 1 points, but the transactions add up to 0."


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("INSERT INTO users (name, points) VALUES ('u{i}', 1)", "balances"),
        ("INSERT INTO xp_records (user_name, xp, level) VALUES ('u{i}', 0, 3)", "levels"),
        ("INSERT INTO transactions (user_id, amount) VALUES (1000 + {i}, 1)", "rows"),
    ],
)
async def test_many_findings_are_shortened(path: Path, sql: str, what: str) -> None:
    execute(path, *(sql.format(i=i) for i in range(1_500)))
    found = await findings(path)
    assert len(found) == SHOWN + 1
    assert found[-1] == f"... and 1,480 more {what} like these."


def page_of(path: Path, name: str) -> slice:
    """Where the page of a small table or index is in the file."""
    ((root,),) = query(path, f"SELECT rootpage FROM sqlite_master WHERE name = '{name}'")
    ((size,),) = query(path, "PRAGMA page_size")
    return slice((root - 1) * size, root * size)


async def test_an_index_that_lost_a_row_is_a_finding(path: Path) -> None:
    content = bytearray(path.read_bytes())
    # The last byte of the page tells the rowid of the first entry.
    content[page_of(path, "ix_transactions_user_id").stop - 1] ^= 1
    path.write_bytes(content)
    found = await findings(path)
    assert found
    assert all(finding.startswith("The database file is damaged: ") for finding in found)


async def test_a_cog_that_makes_its_tables_meanwhile_is_no_finding(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def names_before_it(connection: Connection) -> list[str]:
        names = other_names(connection)
        execute(
            path,
            "CREATE TABLE cog_slots_stake (id INTEGER PRIMARY KEY)",
            "INSERT INTO installed_cogs VALUES ('slots', 1, 'cog_slots_stake', '2026-01-01')",
        )
        return names

    monkeypatch.setattr("pixel_bot.upkeep.check.other_names", names_before_it)
    assert await findings(path) == []


@pytest.mark.parametrize("table", ["users", "transactions", "xp_records", "ix_users_points"])
async def test_the_command_says_that_the_file_is_damaged(
    path: Path, table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(path.read_bytes())
    page = page_of(path, table)
    content[page] = b"\xa5" * (page.stop - page.start)
    path.write_bytes(content)
    try:
        assert await check_database(settings_in(path.parent, database_url=url_of(path))) == 1
        said = capsys.readouterr().out
    except DatabaseRefused as exc:
        said = str(exc)
    assert "damaged" in said


async def test_the_command_counts_the_problems(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_in(path.parent, database_url=url_of(path))
    assert await check_database(settings) == 0
    assert capsys.readouterr().out == f"{path}: everything is right.\n"
    execute(path, "UPDATE users SET points = 6 WHERE id = 2")
    assert await check_database(settings) == 1
    assert capsys.readouterr().out == (f"bob has 6 points, but the transactions add up to 5.\n{path}: 1 problem.\n")
