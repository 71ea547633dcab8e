"""The simulator's checks find what breaks a promise, and leave alone what does not."""

import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.sandbox.twitch import frames, notices
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing.settings import settings_in
from pixel_bot.testing.sim.invariants.durable import Durable
from pixel_bot.testing.sim.invariants.oracle import Oracle, Told, receiver_of_gift
from pixel_bot.testing.sim.invariants.violation import Violation

TABLES = """
CREATE TABLE users (id INTEGER PRIMARY KEY, points INTEGER, platform TEXT, platform_id TEXT, merged_into INTEGER);
CREATE TABLE transactions (id INTEGER PRIMARY KEY, user_id, amount, reason, balance_after);
CREATE TABLE queue_items (id INTEGER PRIMARY KEY, redeem, status, cost, refunded_at, told);
CREATE TABLE events (id TEXT PRIMARY KEY, kind, points);
INSERT INTO users VALUES (1, 10, 'twitch', '101', NULL);
INSERT INTO transactions VALUES (1, 1, 10, 'sub', 10);
INSERT INTO events VALUES ('a', 'sub', 10);
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
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)


def test_a_ledger_that_is_right_is_left_alone(durable: Durable) -> None:
    durable.check()
    durable.check_settled()
    durable.check_facts()
    assert durable.paid[1, "sub"] == 10


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("UPDATE users SET points = 11; INSERT INTO transactions VALUES (2, 1, 0, 'x', 10)", "User 1 has 11 points"),
        ("INSERT INTO transactions VALUES (2, 1, 5, 'x', 10)", "10 and 5 are not 10"),
        ("UPDATE users SET points = -1; INSERT INTO transactions VALUES (2, 1, -11, 'x', -1)", "are not -1"),
        (
            "UPDATE users SET points = 15; INSERT INTO transactions VALUES (2, 1, 5, 'refund:tts', 15);"
            "INSERT INTO queue_items VALUES (1, 'tts', 'failed', 4, 'now', 1)",
            "4 points were to be given back, and 5 were",
        ),
    ],
)
def test_a_ledger_that_is_wrong_is_found(file: Path, durable: Durable, script: str, sentence: str) -> None:
    durable.check()
    run(file, script)
    with pytest.raises(Violation, match=sentence):
        durable.check()


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("INSERT INTO queue_items VALUES (7, 'tts', 'running', 4, NULL, 1)", "Item 7 neither happened"),
        ("INSERT INTO queue_items VALUES (7, 'tts', 'done', 4, NULL, 0)", "Nobody was told that item 7"),
    ],
)
def test_what_still_waits_in_the_end_is_found(file: Path, durable: Durable, script: str, sentence: str) -> None:
    run(file, script)
    with pytest.raises(Violation, match=sentence):
        durable.check_settled()


def test_a_copy_that_misses_the_end_is_found(file: Path, durable: Durable) -> None:
    durable.check()
    durable.restored()
    run(file, "DELETE FROM transactions")
    with pytest.raises(Violation, match="the copy ends with row 0"):
        durable.restored()


def test_what_several_events_tell_is_one_fact(tmp_path: Path) -> None:
    oracle, who = Oracle(settings_in(tmp_path)), sandbox_user("ann")

    def told(kind: str, event: Any) -> Told | None:
        return oracle.told(kind, event)

    resub: dict[str, Any] = {"sub_tier": "2000", "cumulative_months": 3}
    subs = [
        told("channel.subscription.message", frames.resub(who, 3, tier=2)),
        told("channel.chat.notification", notices.notice(who, "resub", "m", **resub)),
    ]
    assert [one and one[:4] for one in subs] == [("sub", who.id, "2000", 400)] * 2
    cheers = [
        told("channel.bits.use", frames.bits_use(who, 7)),
        told("channel.cheer", frames.cheer(who, 7)),
        told("channel.chat.message", frames.chat_message(who, "Cheer7", "m", bits=7)),
    ]
    assert [one and one[:4] for one in cheers] == [("cheer", who.id, "7", 7)] * 3
    assert len({one.source for one in (*subs, *cheers) if one}) == 5


def test_what_pays_nobody_is_no_fact(tmp_path: Path) -> None:
    oracle, who = Oracle(settings_in(tmp_path)), sandbox_user("ann")
    gifted = frames.subscribe(who, gift=True)
    assert oracle.told("channel.subscribe", gifted) is None
    assert receiver_of_gift("channel.subscribe", gifted) == who.id
    assert oracle.told("channel.cheer", frames.cheer(None, 5)) is None
    assert oracle.told("channel.chat.message", frames.chat_message(who, "hello", "m")) is None
