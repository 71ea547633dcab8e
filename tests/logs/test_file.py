"""The log's file rotates, is private, and stops nothing when the disk is full."""

import io
import logging
import os
import stat
import sys
from pathlib import Path

import pytest

from pixel_bot.logs import file, hide, log_path, log_to_file, set_up_logging
from pixel_bot.logs.file import MAX_BYTES, OLDER_FILES, RETRY_SECONDS, LogFile
from tests.harness.process import BotProcess, run

log = logging.getLogger("pixel_bot.tests")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def read(data: Path) -> str:
    return log_path(data).read_text(encoding="utf-8")


def test_the_file_has_what_the_console_has(data: Path) -> None:
    console = io.StringIO()
    set_up_logging("INFO", console)
    log_to_file(data)
    hide("hunter2hunter2")
    for _ in range(5):
        log.info("Grüße, %s, from %s", "日本 😀", "\x1b[2Jmallory\n")
        log.warning("signing in with %s and key=s3cr3tvalue", "hunter2hunter2")
    log.debug("too much")
    assert read(data) == console.getvalue()
    assert read(data).count("\n") == 2
    assert "Grüße, 日本 😀, from \\x1b[2Jmallory\\n" in read(data)
    assert "hunter2" not in read(data)
    assert "s3cr3t" not in read(data)


def test_a_lone_surrogate_is_written_escaped(data: Path) -> None:
    set_up_logging("INFO", io.StringIO())
    log_to_file(data)
    # To our own handlers alone: pytest would send the record to the process that reports, which cannot take it.
    record = log.makeRecord(log.name, logging.INFO, "", 0, "heard: %s", ("\ud800",), None)
    for handler in logging.getLogger().handlers:
        if type(handler).__module__.startswith("pixel_bot"):
            handler.handle(record)
    assert "heard: \\ud800" in read(data)


@pytest.mark.skipif(sys.platform == "win32", reason="has no modes")
def test_only_the_owner_reads_it(data: Path) -> None:
    before = os.umask(0)
    try:
        set_up_logging("INFO", io.StringIO())
        log_to_file(data)
        log.info("hello")
    finally:
        os.umask(before)
    assert stat.S_IMODE(log_path(data).stat().st_mode) == 0o600
    assert stat.S_IMODE(log_path(data).parent.stat().st_mode) == 0o700


def handled(handler: LogFile, text: str) -> None:
    handler.handle(logging.LogRecord("x", logging.INFO, __file__, 1, text, (), None))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """How large a file may be: a hundredth of the usual, which takes a hundredth of the time to fill."""
    monkeypatch.setattr(file, "MAX_BYTES", MAX_BYTES // 100)
    return MAX_BYTES // 100


def test_it_rotates_and_keeps_five_files(data: Path, small: int) -> None:
    handler = LogFile(log_path(data))
    for number in range(7 * small // 1_000):
        handled(handler, f"{number} " + "x" * 900)
    handler.close()
    files = sorted(log_path(data).parent.iterdir())
    assert [f.name for f in files] == ["pixel.log", *(f"pixel.log.{n}" for n in range(1, OLDER_FILES + 1))]
    assert all(small // 2 < f.stat().st_size <= small for f in files[1:])
    assert files[0].stat().st_size <= small
    assert all(stat.S_IMODE(f.stat().st_mode) == 0o600 for f in files if sys.platform != "win32")
    assert f"{7 * small // 1_000 - 1} x" in read(data)


def test_a_file_that_cannot_be_renamed_is_emptied(data: Path, small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(file.RotatingFileHandler, "doRollover", refuse)
    handler = LogFile(log_path(data))
    for number in range(3 * small // 1_000):
        handled(handler, f"{number} " + "x" * 900)
    handler.close()
    assert log_path(data).stat().st_size <= small
    assert f"{3 * small // 1_000 - 1} x" in read(data)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_a_full_disk_is_said_once_and_the_log_goes_on(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    time, told = 0.0, list[OSError]()
    path = log_path(data)
    path.parent.mkdir(parents=True)
    path.symlink_to("/dev/full")
    handler = LogFile(path, told.append, lambda: time)
    for _ in range(100):
        handled(handler, "lost")
        time += 1
    assert [error.strerror for error in told] == ["No space left on device"]
    path.unlink()
    time += RETRY_SECONDS
    handled(handler, "there is room again")
    handler.close()
    assert read(data).endswith("there is room again\n")
    assert capfd.readouterr().err == ""


def test_a_folder_that_cannot_be_made_is_said_on_the_console(data: Path) -> None:
    data.write_text("a file")
    console = io.StringIO()
    set_up_logging("INFO", console)
    log_to_file(data)
    log.info("one")
    log.info("two")
    lines = console.getvalue().splitlines()
    assert [line.partition(": ")[2][:12] for line in lines] == ["one", "The log file", "two"]
    assert "cannot be written" in lines[1]


@pytest.mark.sqlite
async def test_the_bot_writes_it_and_the_other_commands_do_not(tmp_path: Path) -> None:
    async with BotProcess(tmp_path, "sandbox"):
        pass
    written = log_path(tmp_path / "data")
    assert "Connected to Twitch's events" in written.read_text(encoding="utf-8")
    written.unlink()
    run(tmp_path, "db", "check")
    assert not written.exists()
