"""The command line: what keeps a bot from starting."""

import asyncio
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from pixel_bot.cli.command_line import main
from pixel_bot.db.meta import Mode
from tests.cli.bot_process import ENDING, Running, make, rows, url
from tests.harness.process import run

pytestmark = pytest.mark.sqlite


def test_a_port_in_use_ends_with_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path, "sandbox", WEB_PORT=str(port))
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
