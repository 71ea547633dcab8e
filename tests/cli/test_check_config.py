"""``check-config``: all that can be said without starting; and the warnings of a start."""

import json
import socket
from pathlib import Path

import pytest

from pixel_bot.cli.command_line import main
from pixel_bot.diagnostics.file_check import disk_of
from tests.cli.bot_process import ENDING
from tests.harness.paths import ROOT
from tests.harness.process import free_port, run

pytestmark = pytest.mark.sqlite

SECRET = "hunter2hunter2"


@pytest.fixture(autouse=True)
def _any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_PORT", "0")


def checked(capsys: pytest.CaptureFixture[str], *, code: int = 0) -> str:
    """What it prints about the working directory."""
    assert main(["check-config"]) == code
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err
    return said.out


def test_without_any_file_all_is_fine_and_nothing_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    said = checked(capsys)
    assert "Mode: sandbox" in said
    assert "[warning]" not in said
    assert "[error]" not in said
    assert list(Path().iterdir()) == []


def test_warnings_do_not_stop_the_bot(capsys: pytest.CaptureFixture[str]) -> None:
    Path(".env").write_text(f"set OBS_PASSWORD={SECRET}\nBACKUPDIR=/mnt/nas\nSOUNDS_DIR=missing\nWEB_HOST=\n")
    said = checked(capsys)
    assert "[warning] .env, line 1: set is a word of the Windows command line. Leave it out: OBS_PASSWORD=..." in said
    assert "[warning] .env, line 2: BACKUPDIR is no setting. Did you mean BACKUP_DIR?" in said
    assert "[warning] SOUNDS_DIR: there is no folder missing." in said
    assert "[hint] .env, line 4: WEB_HOST is empty, so its default counts." in said
    assert "The bot would start: 3 warnings" in said


def test_what_stops_the_bot_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    Path(".env").write_text(f"XP_EXPONENT=0\nOBS_PASSWORD={SECRET}\nBACKUPDIR=x\n")
    assert main(["check-config"]) == 2
    said = capsys.readouterr()
    assert "XP_EXPONENT: must be a number like 1.5 from 1 to 5 (line 1 of .env)." in said.err
    assert "Did you mean BACKUP_DIR?" in said.err
    assert SECRET not in said.out + said.err


def test_a_port_of_another_program_ends_with_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("WEB_PORT", str(taken.getsockname()[1]))
        assert "[error] WEB_PORT: Port" in checked(capsys, code=2)
    monkeypatch.setenv("WEB_PORT", str(free_port()))
    checked(capsys)


def test_a_folder_that_cannot_be_written(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pixel_bot.diagnostics.file_check.tempfile.TemporaryFile", refuse)
    said = checked(capsys, code=2)
    assert "[error] DATA_DIR: " in said
    assert "[warning] BACKUP_DIR: " in said


def test_files_are_checked_by_the_bots_own_readers(capsys: pytest.CaptureFixture[str]) -> None:
    data, sounds = Path("data"), Path("sounds")
    data.mkdir()
    sounds.mkdir()
    (data / "prizes.json").write_text('[{"name": "A", "weight": 1},\n {"name": "B", "weight": -1}]')
    (data / "level_rewards.json").write_text('{"1": {"points": 5}}')
    (data / "blocked_words.txt").write_bytes(b"\xff\xfef")
    (sounds / "horn.m4a").write_bytes(b"x")
    (sounds / "empty.wav").write_bytes(b"")
    said = checked(capsys)
    assert "[warning] PRIZES_FILE: prizes.json, line 2:" in said
    assert "level 1 is left out" in said
    assert "[warning] TTS_WORDS_FILE: blocked_words.txt cannot be read: it is no whole UTF-16 text." in said
    assert "[warning] SOUNDS_DIR: horn.m4a cannot be played: sounds are .wav, .mp3 or .ogg files." in said
    assert "[warning] SOUNDS_DIR: empty.wav cannot be played: it is empty." in said


def test_a_prize_with_a_sound_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    Path("data").mkdir()
    prizes = [{"name": name, "weight": 1, "effect": f"sound:{name}"} for name in ("fanfaer", "fanfare")]
    Path("data/prizes.json").write_text(json.dumps(prizes))
    said = checked(capsys)
    assert "[warning] PRIZES_FILE: prizes.json, line 1: there is no sound fanfaer." in said
    assert said.count("there is no sound") == 1


def test_backups_on_the_disk_of_the_database_are_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert "[hint] BACKUP_DIR is on the disk of the database" in checked(capsys)


def test_a_start_logs_the_warnings_and_no_hints(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"TWITCH_CLIENTID={SECRET}\nOBS_PASSWORD: {SECRET}\nAI_MODEL=\n")
    done = run(tmp_path, *ENDING)
    assert done.returncode == 0
    assert "WARNING pixel_bot.cli.command_line: .env, line 1: TWITCH_CLIENTID is no setting." in done.stderr
    assert ".env, line 2: has a colon where = must stand. Write OBS_PASSWORD=..." in done.stderr
    assert "line 3" not in done.stderr
    assert "Settings: 2 warnings, see python -m pixel_bot check-config" in done.stdout.splitlines()
    assert SECRET not in done.stdout + done.stderr


def test_the_library_that_reads_the_file_says_nothing_of_its_own(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("set WEB_PORT=1\n")
    assert "dotenv" not in run(tmp_path, "db", "check").stderr


def test_a_start_with_settings_that_are_right_says_nothing_of_them(tmp_path: Path) -> None:
    done = run(tmp_path, *ENDING)
    assert done.returncode == 0
    assert "WARNING" not in done.stderr
    assert "Settings" not in done.stdout


def test_backups_on_another_disk_are_told_with_its_space(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path.cwd().stat().st_dev
    other = next((path for path in (Path("/dev/shm"), ROOT) if path.is_dir() and path.stat().st_dev != here), None)
    if other is None:
        pytest.skip("no second disk here")
    monkeypatch.setenv("BACKUP_DIR", str(other))
    assert f"[hint] BACKUP_DIR is on another disk than the database: {disk_of(other)}, " in checked(capsys)
