"""The simulator's checks of XP, of links, and of cooldowns that linked accounts share."""

import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from pixel_bot.testing.settings import settings_in
from pixel_bot.testing.sim.invariants.durable import Durable
from pixel_bot.testing.sim.invariants.experience import Experience
from pixel_bot.testing.sim.invariants.links import Links
from pixel_bot.testing.sim.invariants.notices import Said
from pixel_bot.testing.sim.invariants.rows import Rows
from pixel_bot.testing.sim.invariants.violation import Violation

TABLES = """
CREATE TABLE transactions (id INTEGER PRIMARY KEY, user_id, amount, reason, change_id);
CREATE TABLE events (id TEXT PRIMARY KEY, kind, points, xp);
CREATE TABLE xp_records (user_name TEXT PRIMARY KEY, xp, level);
CREATE TABLE draws (id INTEGER PRIMARY KEY, prize_json, landed_at);
CREATE TABLE changes (id INTEGER PRIMARY KEY, xp_delta, undone_at);
CREATE TABLE links (kept_id, merged_id, undone_at);
CREATE TABLE redeems (key TEXT PRIMARY KEY);
CREATE TABLE cooldowns (user_id, key, expires_at);
CREATE TABLE queue_items (
    id INTEGER PRIMARY KEY, user_id, redeem, status, cost, cooldown_until, refunded_at, message_id
);
INSERT INTO events VALUES ('a', 'chat', 1, 5);
INSERT INTO draws VALUES (1, '{"grant_xp": 50}', 'now'), (2, '{"grant_xp": 70}', NULL);
INSERT INTO xp_records VALUES ('ann', 55, 1);
INSERT INTO redeems VALUES ('tts');
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.db"
    run(path, TABLES)
    return path


@pytest.fixture
def durable(file: Path) -> Generator[Durable]:
    with closing(Durable(file)) as made:
        yield made


def run(file: Path, script: str) -> None:
    """Change the database from outside."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)


@pytest.mark.parametrize(
    "script",
    [
        "UPDATE xp_records SET xp = 60",
        "UPDATE xp_records SET xp = 50",
        "INSERT INTO changes VALUES (1, 20, NULL)",
        "INSERT INTO changes VALUES (1, 20, 'now'); UPDATE xp_records SET xp = 76",
    ],
)
def test_xp_that_nobody_earned_or_somebody_lost_is_found(file: Path, durable: Durable, script: str) -> None:
    experience = Experience(durable)
    experience.check_whole()
    run(file, script)
    with pytest.raises(Violation, match="were earned, won and given"):
        experience.check_whole()


def test_an_undo_may_find_less_than_was_given(file: Path, durable: Durable) -> None:
    experience = Experience(durable)
    experience.check_whole()
    run(file, "INSERT INTO changes VALUES (1, 20, 'now'); UPDATE xp_records SET xp = 60")
    experience.check_whole()


def test_a_level_is_paid_once_and_fits_its_xp(file: Path, durable: Durable, tmp_path: Path) -> None:
    experience = Experience(durable)
    experience.check_levels(settings_in(tmp_path))
    run(file, "INSERT INTO transactions VALUES (1, 7, 40, 'level:2', NULL), (2, 7, 40, 'level:2', NULL)")
    with pytest.raises(Violation, match="paid twice for level:2"):
        experience.check_whole()
    run(file, "UPDATE xp_records SET level = 9")
    with pytest.raises(Violation, match="ann has 55 XP, and level 9"):
        experience.check_levels(settings_in(tmp_path))


def test_an_account_is_exempt_while_it_is_linked_and_not_for_good(file: Path, durable: Durable) -> None:
    now = 10.0
    links = Links(durable, lambda: now)
    run(file, "INSERT INTO links VALUES (1, 2, NULL)")
    links.check()
    assert links.was_linked(1, 500.0)
    assert links.was_linked(2, 500.0)
    assert not links.was_linked(3, 0.0)
    run(file, "UPDATE links SET undone_at = 'now'")
    links.check()
    assert links.was_linked(1, 10.0)
    assert not links.was_linked(1, 11.0)


def test_a_cooldown_comes_from_a_purchase_of_the_same_person(file: Path, durable: Durable) -> None:
    rows = Rows(durable)
    bought = "INSERT INTO queue_items VALUES (1, 2, 'tts', 'done', 0, 'then', NULL, NULL)"
    run(file, f"{bought}; INSERT INTO cooldowns VALUES (1, 'tts', 'then'); INSERT INTO links VALUES (1, 2, 'now')")
    assert list(rows._cooldowns()) == []
    run(file, "DELETE FROM links")
    assert list(rows._cooldowns()) == ["User 1 rests from tts without having bought it."]


def test_what_was_said_since_is_kept() -> None:
    said = Said()
    said.hear("one")
    count = said.count
    assert said.since(count) == []
    said.hear("two")
    assert said.since(count) == ["two"]
