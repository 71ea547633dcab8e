"""The command line: exit codes, sentences for people, and an orderly end."""

import asyncio
import json
import logging
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from pixel_bot import __version__
from pixel_bot.cli.command_line import main
from pixel_bot.clock import Clock
from pixel_bot.db.meta import Mode
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.settings import Settings
from pixel_bot.testing import settings_in

pytestmark = pytest.mark.sqlite

SECONDS = 60.0


@pytest.fixture(autouse=True)
def _logging_as_before() -> Generator[None]:
    """``main`` sets up logging for a whole process."""
    root, names = logging.getLogger(), ("pixel_bot", "cogs")
    handlers, level, levels = list(root.handlers), root.level, [logging.getLogger(name).level for name in names]
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, old in zip(names, levels, strict=True):
        logging.getLogger(name).setLevel(old)


def environment(**settings: str) -> dict[str, str]:
    """The environment of a child: no settings but these, and any free port."""
    ours = {name.upper() for name in Settings.model_fields}
    return {k: v for k, v in os.environ.items() if k.upper() not in ours} | {"WEB_PORT": "0"} | settings


def bot(folder: Path, *args: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run a command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "pixel_bot", *args],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


class Running:
    """A bot as a child process, which is ready."""

    def __init__(self, folder: Path, *args: str, **settings: str) -> None:
        command = [sys.executable, "-m", "pixel_bot", *args]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment(**settings), stdout=pipe, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        self.said: list[str] = []
        self.home = ""
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("Open: "):
                self.home = line.removeprefix("Open: ").strip()
            if line.startswith("Cogs: "):
                break
        assert self.home, "".join(self.said)

    def end(self, with_signal: signal.Signals) -> tuple[int, str]:
        """Send a signal. Returns the exit code and all that was said."""
        self.process.send_signal(with_signal)
        rest, _ = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, "".join(self.said) + rest

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


async def make(folder: Path, mode: Mode = "sandbox", viewers: int = 1) -> Path:
    """A database of that mode with people who have 100 points each."""
    async with opened(settings_in(folder), mode, Clock()) as services:
        streamer = await services.viewers.meet(Person("1", "pixel_street", "Pixel_Street"))
        for i in range(viewers):
            viewer = await services.viewers.meet(Person(f"1{i}", f"alice_{i}", f"Alice_{i}"))
            await services.economy.add(streamer, viewer, 100)
    return folder / ("pixel.db" if mode == "live" else "sandbox.db")


def url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file.as_posix()}"


# Help and settings


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "python -m pixel_bot" in said
    assert all(word in said for word in ("sandbox", "db", "--version"))


def test_version(tmp_path: Path) -> None:
    done = bot(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"Pixel Bot {__version__}\n")


@pytest.mark.parametrize(
    "args",
    [
        ["nonsense"],
        ["db"],
        ["db", "nonsense"],
        ["sandbox", "--speed", "-1"],
        ["sandbox", "--speed", "nan"],
        ["sandbox", "--speed", "inf"],
        ["sandbox", "--speed", "fast"],
        ["sandbox", "--replay"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_ends_with_2(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(args)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert "usage: python -m pixel_bot" in said.err
    assert "Traceback" not in said.err


WRONG: list[dict[str, str]] = [
    {"TWITCH_BOT_ID": "pixelbot"},
    {"TWITCH_OWNER_ID": "me"},
    {"TWITCH_HELIX_URL": "ftp://x"},
    {"TWITCH_ID_URL": "id.twitch.tv"},
    {"TWITCH_EVENTSUB_URL": "https://x"},
    {"DATABASE_URL": "mysql://user:hunter2hunter2@host/db"},
    {"DATABASE_URL": "data/pixel.db"},
    {"DATABASE_URL": "sqlite+aiosqlite:///"},
    {"DATABASE_URL": "sqlite+aiosqlite:///:memory:"},
    {"WEB_PORT": "abc"},
    {"WEB_PORT": "70000"},
    {"WEB_PORT": "-1"},
    {"WEB_PORT": "8080.5"},
    {"COMMAND_PREFIX": "! "},
    {"COMMAND_PREFIX": "!!!!!!"},
    {"LOG_LEVEL": "loud"},
    {"POINTS_CHAT_AMOUNT": "-1"},
    {"POINTS_CHAT_AMOUNT": "1.5"},
    {"POINTS_CHAT_AMOUNT": "99999999999999999999"},
    {"POINTS_CHAT_COOLDOWN_SECONDS": "a minute"},
    {"POINTS_CHEER_PER_BIT": "-0.1"},
    {"POINTS_CHEER_PER_BIT": "nan"},
    {"POINTS_CHEER_PER_BIT": "inf"},
    {"XP_BASE": "0"},
    {"XP_BASE": "nan"},
    {"XP_EXPONENT": "0"},
    {"XP_EXPONENT": "nan"},
    {"XP_MAX_LEVEL": "0"},
    {"XP_MAX_LEVEL": "10000"},
    {"WEB_PORT": "abc", "XP_EXPONENT": "0", "LOG_LEVEL": "loud", "POINTS_SUB_AMOUNT": "-5"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: " ".join(f"{k}={v}" for k, v in wrong.items()))
def test_wrong_settings_end_with_2_and_are_named(
    wrong: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    assert main(["db", "check"]) == 2
    said = capsys.readouterr()
    named = {line.split(":")[0].strip() for line in said.err.splitlines()[1:]}
    assert named == set(wrong)
    assert "hunter2" not in said.err + said.out
    assert not Path("data").exists()


@pytest.mark.parametrize(
    ("given", "missing"),
    [("TWITCH_CLIENT_ID", "TWITCH_CLIENT_SECRET"), ("TWITCH_CLIENT_SECRET", "TWITCH_CLIENT_ID")],
)
@pytest.mark.parametrize("args", [[], ["sandbox"], ["db", "check"]], ids=["live", "sandbox", "check"])
def test_half_the_credentials_end_with_2(
    given: str, missing: str, args: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(given, "hunter2hunter2")
    assert main(args) == 2
    said = capsys.readouterr().err
    assert f"  {missing}: " in said
    assert given in said
    assert "hunter2" not in said


def test_a_secret_is_not_printed_beside_another_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TWITCH_CLIENT_SECRET", "hunter2hunter2")
    monkeypatch.setenv("WEB_PORT", "hunter2hunter2")
    assert main([]) == 2
    said = capsys.readouterr()
    assert "WEB_PORT" in said.err
    assert "hunter2" not in said.err + said.out


def test_several_wrong_settings_make_no_traceback(tmp_path: Path) -> None:
    done = bot(tmp_path, WEB_PORT="abc", LOG_LEVEL="loud")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 3
    assert list(tmp_path.iterdir()) == []


def test_settings_come_from_a_file_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("XP_EXPONENT=0\n# WEB_PORT=abc\nTWITCH_CLIENT_ID=hunter2hunter2\n")
    assert main(["db", "check"]) == 2
    said = capsys.readouterr().err
    assert "XP_EXPONENT" in said
    assert "WEB_PORT" not in said
    assert "hunter2" not in said


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("XP_EXPONENT=0\n")
    monkeypatch.setenv("XP_EXPONENT", "2")
    assert main(["db", "upgrade"]) == 0


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("XP_EXPONENT=0\n", encoding="utf-8-sig")
    assert main(["db", "check"]) == 2
    assert "XP_EXPONENT" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_in_another_encoding_ends_with_2(
    tmp_path: Path, encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text("COMMAND_PREFIX=ü\n", encoding=encoding)
    assert main(["db", "check"]) == 2
    assert ".env" in capsys.readouterr().err


# Starting


def test_a_port_in_use_ends_with_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = bot(tmp_path, "sandbox", WEB_PORT=str(port))
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use." in done.stderr
    assert "WEB_PORT" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("args", [["sandbox"], ["db", "upgrade"]], ids=["sandbox", "upgrade"])
def test_a_folder_below_a_file_ends_with_1(
    tmp_path: Path, args: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file" / "data"))
    monkeypatch.setenv("WEB_PORT", "0")
    assert main(args) == 1
    assert "point DATA_DIR to another folder" in capsys.readouterr().err


@pytest.fixture
def backup_folder() -> Generator[Path]:
    """A folder that other accounts can read."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)
        Path(made).chmod(0o755)


def as_a_guest(folder: Path, args: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command line without the right to write into the folder."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DATA_DIR", str(folder))
    monkeypatch.setenv("WEB_PORT", "0")
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65_534)
    try:
        return main(args)
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize("args", [["sandbox"], ["db", "upgrade"]], ids=["sandbox", "upgrade"])
def test_a_folder_that_cannot_be_written_ends_with_1(
    backup_folder: Path, args: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert as_a_guest(backup_folder, args, monkeypatch) == 1
    assert "point DATA_DIR to another folder" in capsys.readouterr().err


def test_a_database_that_cannot_be_written_ends_with_1(
    backup_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(make(backup_folder)).chmod(0o444)
    assert as_a_guest(backup_folder, ["sandbox", "--replay", os.devnull, "--exit-when-done"], monkeypatch) == 1
    assert "DATA_DIR" in capsys.readouterr().err


def damage_header(file: Path) -> None:
    file.write_bytes(b"these are not the bytes you are looking for" * 200)


def damage_pages(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    for page in range(1, len(whole) // 4096):
        whole[page * 4096 : page * 4096 + 512] = b"\xff" * 512
    file.write_bytes(whole)


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5_000])


ENDING = ["sandbox", "--replay", os.devnull, "--exit-when-done"]
"""Starts the bot, so that it would end by itself if it should not have started."""


@pytest.mark.parametrize("damage", [damage_header, damage_pages, cut_short])
@pytest.mark.parametrize("args", [ENDING, ["db", "upgrade"], ["db", "check"]], ids=["start", "upgrade", "check"])
def test_a_damaged_database_ends_with_1_and_is_left_alone(
    tmp_path: Path,
    damage: Callable[[Path], None],
    args: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = asyncio.run(make(tmp_path / "data", viewers=50))
    damage(file)
    before = file.read_bytes()
    monkeypatch.setenv("WEB_PORT", "0")
    assert main(args) == 1
    said = capsys.readouterr()
    assert "damaged" in said.err + said.out
    assert file.read_bytes() == before


@pytest.mark.parametrize(("made", "started"), [("live", "sandbox"), ("sandbox", "live")])
def test_play_money_and_real_points_never_meet(
    tmp_path: Path, made: Mode, started: Mode, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = asyncio.run(make(tmp_path / "elsewhere", made))
    before = file.read_bytes()
    monkeypatch.setenv("DATABASE_URL", url(file))
    monkeypatch.setenv("WEB_PORT", "0")
    if started == "live":
        monkeypatch.setenv("TWITCH_CLIENT_ID", "client")
        monkeypatch.setenv("TWITCH_CLIENT_SECRET", "hunter2hunter2")
    assert main(ENDING if started == "sandbox" else []) == 1
    said = capsys.readouterr()
    assert f"This is a {made} database and the bot was started for {started}." in said.err
    assert "hunter2" not in said.err + said.out
    assert file.read_bytes() == before


def test_each_mode_keeps_its_own_database(tmp_path: Path) -> None:
    asyncio.run(make(tmp_path / "data", "live"))
    with Running(tmp_path) as running:
        assert any("sandbox.db" in line for line in running.said)
        assert running.end(signal.SIGTERM)[0] == 0
    assert rows(tmp_path / "data" / "pixel.db", "SELECT value FROM meta WHERE key = 'mode'") == [("live",)]
    assert rows(tmp_path / "data" / "sandbox.db", "SELECT value FROM meta WHERE key = 'mode'") == [("sandbox",)]


# Looking after the database


def test_check_of_a_right_database_ends_with_0(tmp_path: Path) -> None:
    asyncio.run(make(tmp_path / "data"))
    done = bot(tmp_path, "db", "check")
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


# The sandbox


def test_an_end_without_a_log_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--exit-when-done"]) == 1
    assert "--exit-when-done needs --replay FILE." in capsys.readouterr().err


@pytest.mark.parametrize("file", ["missing.csv", "."])
def test_a_log_that_cannot_be_read_ends_with_1(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--replay", file]) == 1
    assert f"The chat log {file} cannot be read" in capsys.readouterr().err
    assert not Path("data").exists()


async def _chat(home: str, people: int) -> None:
    """That many people are picked on the page, and each says one thing. Returns when the bot has heard them all."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(home.replace("http", "ws", 1) + "/live") as page,
    ):
        for i in range(people):
            await page.send_str(json.dumps({"do": "pick", "login": f"fan_{i}"}))
            await page.send_str(json.dumps({"do": "say", "text": "hello"}))
        async for message in page:
            news = json.loads(message.data)
            if news["type"] == "stats" and news["messages"] == people:
                return


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
async def test_a_signal_ends_the_bot_in_order(tmp_path: Path, name: str) -> None:
    with Running(tmp_path) as running:
        await _chat(running.home, 40)
        code, said = running.end(signal.Signals[name])
    assert (code, "Traceback" in said) == (0, False)
    assert rows(tmp_path / "data" / "sandbox.db", "SELECT COUNT(*), SUM(amount) FROM transactions") == [
        (80, 40 * 1_001)
    ]
    assert bot(tmp_path, "db", "check").returncode == 0


def test_a_signal_ends_a_replay_in_order(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("0,alice,hello\n1000,bob,far away\n")
    with Running(tmp_path, "sandbox", "--replay", "log.csv") as running:
        code, said = running.end(signal.SIGINT)
    assert (code, "Traceback" in said) == (0, False)


def test_the_prefix_from_the_file_is_used(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("COMMAND_PREFIX=?\n")
    (tmp_path / "log.csv").write_text("0,alice,?points\n0,alice,!points\n")
    done = bot(tmp_path, "sandbox", "--replay", "log.csv", "--speed", "0", "--exit-when-done")
    assert done.returncode == 0
    assert "Commands answered: 1," in done.stdout
    assert "Awarded: 1 point and 1 XP." in done.stdout
