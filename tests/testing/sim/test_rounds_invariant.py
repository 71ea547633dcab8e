"""The simulator's checks of rounds of games find each kind of damage."""

import sqlite3
from collections.abc import Generator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pixel_bot.testing.sim.invariants.durable import Durable
from pixel_bot.testing.sim.invariants.rounds import Rounds
from pixel_bot.testing.sim.invariants.violation import Violation

NOW = datetime(2026, 1, 1, 13, tzinfo=UTC)
TABLES = """
CREATE TABLE transactions (id INTEGER PRIMARY KEY, amount, round_id);
CREATE TABLE rounds (id INTEGER PRIMARY KEY, kind, state, house, opened_at);
CREATE TABLE cog_bets_stake (viewer, option);
INSERT INTO rounds VALUES (1, 'bet', 'ended', 5, '2026-01-01 12:00:00'), (2, 'bet', 'open', 0, '2026-01-01 12:00:00'),
    (3, 'duel', 'open', 0, '2026-01-01 12:59:00'), (4, 'heist', 'returned', 0, '2026-01-01 12:00:00');
INSERT INTO transactions VALUES (1, -30, 1), (2, 25, 1), (3, -10, 2), (4, -7, 4), (5, 7, 4);
INSERT INTO cog_bets_stake VALUES (7, 0), (8, 1);
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.db"
    run(path, TABLES)
    return path


@pytest.fixture
def rounds(file: Path) -> Generator[Rounds]:
    with closing(Durable(file)) as durable:
        yield Rounds(durable, lambda: NOW)


def run(file: Path, script: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("INSERT INTO transactions VALUES (6, 1, 1)", "The bet of round 1 kept 4 points, and 5 are noted"),
        ("DELETE FROM transactions WHERE id = 5", "The heist of round 4 kept 7 points, and 0 are noted"),
        ("INSERT INTO transactions VALUES (6, 11, 2)", "round 2 is open, and has paid 1 points more"),
        ("INSERT INTO cog_bets_stake VALUES (7, 1)", "User 7 has bet on two sides"),
    ],
)
def test_a_round_that_does_not_add_up_is_found(file: Path, rounds: Rounds, script: str, found: str) -> None:
    rounds.check()
    run(file, script)
    with pytest.raises(Violation, match=found):
        rounds.check()


def test_a_round_that_should_have_ended_is_found(file: Path, rounds: Rounds) -> None:
    rounds.check_settled()
    run(file, "UPDATE rounds SET opened_at = '2026-01-01 12:49:00' WHERE id = 3")
    with pytest.raises(Violation, match="The duel of round 3 is open for 660 s"):
        rounds.check_settled()
