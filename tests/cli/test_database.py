"""The command line: looking after the database."""

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pixel_bot.cli.command_line import main
from tests.cli.bot_process import ENDING, make, rows
from tests.harness.process import run

pytestmark = pytest.mark.sqlite


def test_check_of_a_right_database_ends_with_0(tmp_path: Path) -> None:
    asyncio.run(make(tmp_path / "data"))
    done = run(tmp_path, "db", "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "everything is right" in done.stdout


def test_check_of_nothing_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "check"]) == 1
    assert "There is no database at" in capsys.readouterr().out
    assert not Path("data").exists()


@pytest.mark.parametrize(
    ("harm", "finding"),
    [
        ("UPDATE users SET points = 150 WHERE name = 'alice_0'", "alice_0 has 150 points, but"),
        ("DELETE FROM transactions", "alice_0 has 100 points, but the transactions add up to 0."),
        ("UPDATE transactions SET balance_after = 7", "alice_0 has 100 points, but the last transaction says 7."),
        ("INSERT INTO xp_records (user_name, xp, level) VALUES ('alice_0', 100, 1)", "which is level 2, but level 1"),
    ],
)
def test_check_tells_in_plain_words_what_is_wrong(
    tmp_path: Path, harm: str, finding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = asyncio.run(make(tmp_path / "data"))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(harm)
    assert main(["db", "check"]) == 1
    said = capsys.readouterr().out
    assert finding in said
    assert re.search(r"sandbox\.db: [12] problems?\.", said)


def test_upgrade_makes_a_database_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "upgrade"]) == 0
    assert "is now at schema" in capsys.readouterr().out
    assert main(["db", "upgrade"]) == 0
    assert "is already at schema" in capsys.readouterr().out
    assert main(["db", "check"]) == 0
    assert sorted(p.name for p in (tmp_path / "data").iterdir()) == ["pixel.db"]


def test_upgrade_adopts_what_was_made_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "data" / "pixel.db"
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE users (id BIGINT PRIMARY KEY, name TEXT UNIQUE NOT NULL, points BIGINT)")
        connection.execute("INSERT INTO users VALUES (1, 'alice', 70)")
    by_hand = file.read_bytes()
    assert main(["db", "upgrade"]) == 0
    said = capsys.readouterr().out
    assert "1 balance got a row with the reason 'adopted'" in said
    (copy,) = (tmp_path / "data" / "backups").iterdir()
    assert str(copy.name) in said
    assert rows(copy, "SELECT * FROM users") == [(1, "alice", 70)]
    assert rows(file, "SELECT amount, reason, balance_after FROM transactions") == [(70, "adopted", 70)]
    assert main(["db", "check"]) == 0
    assert by_hand != file.read_bytes()


def test_a_newer_database_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = asyncio.run(make(tmp_path / "data"))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = file.read_bytes()
    monkeypatch.setenv("WEB_PORT", "0")
    assert main(ENDING) == 1
    assert "newer Pixel Bot" in capsys.readouterr().err
    assert file.read_bytes() == before
