"""What the replay of a chat log comes to, also when it is killed on the way."""

import csv
import io
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from pixel_bot.cli.command_line import main
from pixel_bot.sandbox.replay import parse_log
from pixel_bot.settings import Settings
from tests.harness.logging_state import logging_as_before
from tests.harness.paths import ROOT
from tests.harness.pattern import fresh
from tests.harness.ready_python import ready
from tests.harness.rounds import rounds

pytestmark = pytest.mark.sqlite

REAL_LOG = ROOT.parent / "shared" / "data" / "chat.csv"
SECONDS = 90.0
ROWS_BEFORE_KILLS = 2_000
"""So many rows of the real log are played with kills on the way."""


def bot(folder: Path, *args: str, **settings: str) -> "subprocess.Popen[str]":
    """A command line, begun."""
    ours = {name.upper() for name in Settings.model_fields}
    clean = {k: v for k, v in os.environ.items() if k.upper() not in ours}
    with ready():
        return subprocess.Popen(
            [sys.executable, "-m", "pixel_bot", *args],
            cwd=folder,
            env=clean | {"WEB_PORT": "0"} | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def replay_in_child(folder: Path, log: Path) -> str:
    """Play a log to its end in a process of its own. Returns all that was said."""
    process = bot(folder, "sandbox", "--replay", str(log), "--speed", "0", "--exit-when-done")
    out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, out
    assert "Traceback" not in out
    return out


def replay(log: Path, speed: str = "0", **settings: str) -> str:
    """Play a log to its end in this process and the working directory. Returns all that was said."""
    out = io.StringIO()
    fresh(Path("data/sandbox.db"))
    with pytest.MonkeyPatch.context() as patch, logging_as_before(), redirect_stdout(out), redirect_stderr(out):
        for name, value in ({"WEB_PORT": "0"} | settings).items():
            patch.setenv(name, value)
        code = main(["sandbox", "--replay", str(log), "--speed", speed, "--exit-when-done"])
    assert code == 0, out.getvalue()
    assert "Traceback" not in out.getvalue()
    return out.getvalue()


def check() -> str:
    out = io.StringIO()
    with logging_as_before(), redirect_stdout(out), redirect_stderr(out):
        return out.getvalue() if main(["db", "check"]) else "clean"


Totals = dict[str, tuple[int, int]]


def totals(folder: Path) -> Totals:
    """Points and XP by name."""
    query = "SELECT u.name, u.points, COALESCE(x.xp, 0) FROM users u LEFT JOIN xp_records x ON x.user_name = u.name"
    with closing(sqlite3.connect(folder / "data" / "sandbox.db")) as connection:
        return {name: (points, xp) for name, points, xp in connection.execute(query)}


def model(rows: Iterable[tuple[float, str, str]], points_pause: float = 60, xp_pause: float = 30) -> Totals:
    """What a log must come to, reckoned as simply as can be: an award when its cooldown has passed since the last."""
    last: dict[tuple[str, str], float] = {}
    sums: dict[str, list[int]] = {}
    for second, user, text in rows:
        if text.strip().startswith("!"):
            continue
        mine = sums.setdefault(user, [0, 0])
        for which, (kind, pause) in enumerate((("points", points_pause), ("xp", xp_pause))):
            if second - last.get((user, kind), -1e9) >= pause:
                last[user, kind] = second
                mine[which] += 1
    return {user: (points, xp) for user, (points, xp) in sums.items()}


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, list[tuple[float, str, str]]]:
    """A log of some 300 rows, three of which cannot be used, and the rows that can."""
    dice = random.Random(7)
    second = 0.0
    rows: list[tuple[float, str, str]] = []
    for i in range(300):
        second += dice.choice([0, 0, 0.25, 1, 7.5, 30, 60])
        text = dice.choice(["hi", "GG", "one, two", 'a "quote"', "日本 😀", "!unknown", "; DROP TABLE users"])
        rows.append((second, f"fan_{dice.randrange(12)}", f"{text} {i}"))
    path = tmp_path / "made.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["second", "user", "text"])
        writer.writerows(rows[:100])
        file.write('oops,alice,hi\r\n9,alice\r\n10,alice,"stray\r\n')
        writer.writerows(rows[100:])
    return path, rows


@pytest.mark.parametrize("speed", ["0", "1000000"])
def test_a_replay_comes_to_what_a_simple_model_says(
    tmp_path: Path, made: tuple[Path, list[tuple[float, str, str]]], speed: str
) -> None:
    path, rows = made
    expected = model(rows)
    out = replay(path, speed)
    assert totals(tmp_path) == expected
    points, xp = (sum(each[i] for each in expected.values()) for i in (0, 1))
    assert "Replay done: 300 messages of 12 viewers" in out
    assert f"Awarded: {points} points and {xp} XP." in out
    assert f"In the database now: {points} points and {xp} XP." in out
    assert "Commands answered: 0." in out
    assert [re.search(rf"made\.csv, line {line}: .*skipped\.", out) is not None for line in (102, 103, 104)] == [
        True
    ] * 3
    assert "Skipped: 3 rows that could not be read." in out

    again = replay(path)
    assert totals(tmp_path) == expected
    assert "Awarded: 0 points and 0 XP." in again
    assert f"In the database now: {points} points and {xp} XP." in again
    assert check() == "clean"


def test_a_replay_answers_commands_and_says_how_fast(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("0,alice,hi\n1,alice,!points\n2,bob,!top\n3,bob,!nonsense\n")
    out = replay(tmp_path / "log.csv")
    assert re.search(r"Commands answered: 2, in \d+\.\d ms \(half of them\) and \d+\.\d ms \(99 of 100\)\.", out)
    assert "Skipped" not in out


def test_a_log_without_a_usable_row_ends_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("nothing here\n")
    out = replay_in_child(tmp_path, tmp_path / "log.csv")
    assert "Replay done: 0 messages of 0 viewers" in out
    assert "Skipped: 1 row that could not be read." in out


def test_settings_decide_what_a_replay_pays(tmp_path: Path, made: tuple[Path, list[tuple[float, str, str]]]) -> None:
    path, rows = made
    replay(path, POINTS_CHAT_COOLDOWN_SECONDS="0", XP_CHAT_COOLDOWN_SECONDS="7")
    assert totals(tmp_path) == model(rows, 0, 7)


# The real log


needs_the_real_log = pytest.mark.skipif(not REAL_LOG.exists(), reason="the real chat log is not here")


def real_totals(folder: Path) -> tuple[int, int, int]:
    found = totals(folder).values()
    return sum(1 for points, _ in found if points), sum(points for points, _ in found), sum(xp for _, xp in found)


@needs_the_real_log
def test_the_real_log_comes_to_these_figures(tmp_path: Path) -> None:
    replay_in_child(tmp_path, REAL_LOG)
    assert real_totals(tmp_path) == (1_583, 7_329, 9_153)
    assert check() == "clean"


def wait_for_transactions(file: Path, wanted: int, process: "subprocess.Popen[str]") -> None:
    """Returns when so many transactions stand in the database. Nothing but the file tells."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the replay ended before it could be killed"
        try:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
                if connection.execute("SELECT COUNT(*) FROM transactions").fetchone()[0] >= wanted:
                    return
        except sqlite3.OperationalError:
            pass  # not made yet
        time.sleep(0.003)
    raise TimeoutError


@needs_the_real_log
def test_the_real_log_comes_to_the_same_after_kills_on_the_way(tmp_path: Path) -> None:
    """Its first part does, which the simple model reckons; how the whole of it comes out stands above."""
    log, file = tmp_path / "chat.csv", tmp_path / "data" / "sandbox.db"
    lines = REAL_LOG.read_bytes().splitlines(keepends=True)[:ROWS_BEFORE_KILLS]
    log.write_bytes(b"".join(lines))
    expected = model((row.second, row.user, row.text) for row in parse_log(log.read_bytes()).rows)
    points = sum(each for each, _ in expected.values())
    fresh(file)
    dice = random.Random(11)
    for wanted in sorted(dice.randrange(100, points // 2) for _ in range(rounds(1))):
        process = bot(tmp_path, "sandbox", "--replay", str(log), "--speed", "300", "--exit-when-done")
        try:
            wait_for_transactions(file, wanted, process)
        finally:
            process.kill()
            process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert real_totals(tmp_path)[1] < points
    replay_in_child(tmp_path, log)
    assert {name: both for name, both in totals(tmp_path).items() if any(both)} == expected
    assert check() == "clean"
