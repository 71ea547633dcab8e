"""Equal lines are collapsed; the log's file rotates, is private, and stops nothing when the disk is full."""

import gc
import io
import logging
import os
import stat
import sys
import threading
import weakref
from collections.abc import Generator
from pathlib import Path

import pytest
from typing_extensions import override

from pixel_bot.logs import file, hide, log_path, log_to_file, records, repeats, set_up_logging
from pixel_bot.logs.file import MAX_BYTES, OLDER_FILES, RETRY_SECONDS, LogFile
from pixel_bot.logs.repeats import REMEMBERED, RepeatsCollapsed
from tests.harness.process import BotProcess, run

log = logging.getLogger("pixel_bot.tests")


@pytest.fixture(autouse=True)
def _logging_as_before(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setattr(records, "_SECRETS", set[str]())
    root, ours = logging.getLogger(), logging.getLogger("pixel_bot")
    handlers, level, our_level = list(root.handlers), root.level, ours.level
    yield
    for handler in root.handlers:
        if isinstance(handler, RepeatsCollapsed):
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    ours.setLevel(our_level)


class Lines(logging.Handler):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []
        self.more = threading.Event()

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(record.getMessage())
        self.more.set()


class World:
    """Collapsed lines on a clock that the test sets."""

    def __init__(self) -> None:
        self.time = 0.0
        self.lines = Lines()
        self.handler = RepeatsCollapsed([self.lines], lambda: self.time)

    def write(self, text: str, *values: object, level: int = logging.WARNING, name: str = "x") -> None:
        self.handler.handle(logging.LogRecord(name, level, __file__, 1, text, values, None))


@pytest.fixture
def world() -> Generator[World]:
    made = World()
    yield made
    made.handler.forget()


def test_the_first_is_written_at_once_and_the_rest_counted(world: World) -> None:
    for _ in range(1_044):
        world.write("It broke.")
    assert world.lines.written == ["It broke."]
    world.time = 60.0
    world.handler.tell_due()
    assert world.lines.written == ["It broke.", "... and 1,043 more like it in the last minute: It broke."]


def test_a_flood_that_lasts_is_one_line_a_minute(world: World) -> None:
    for second in range(301):
        world.time = float(second)
        for _ in range(10):
            world.write("It broke.")
    assert len(world.lines.written) == 6
    assert [line[:12] for line in world.lines.written[1:]] == ["... and 599 ", *["... and 600 "] * 4]


def test_what_came_once_is_written_again_after_a_minute(world: World) -> None:
    for second in (0, 61, 122):
        world.time = second
        world.write("It broke.")
    assert world.lines.written == ["It broke."] * 3


def test_the_count_comes_without_a_next_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "WINDOW_SECONDS", 0.05)
    lines = Lines()
    handler = RepeatsCollapsed([lines])
    for _ in range(3):
        handler.handle(logging.LogRecord("x", logging.WARNING, __file__, 1, "It broke.", (), None))
    lines.more.clear()
    assert lines.more.wait(10)
    assert lines.written == ["It broke.", "... and 2 more like it in the last minute: It broke."]
    handler.forget()


def test_warnings_that_differ_in_numbers_are_alike_and_news_are_not(world: World) -> None:
    for number in range(50):
        world.write("Socket %s at 0x7f%s broke.", number, number)
        world.write("Paid %s.", number, level=logging.INFO)
    assert len(world.lines.written) == 51
    world.write("Socket 1 at 0x7f1 broke.", level=logging.ERROR)
    world.write("Socket 1 at 0x7f1 broke.", name="y")
    assert len(world.lines.written) == 53


def test_errors_are_alike_when_they_come_from_the_same_place(world: World) -> None:
    def failing(kind: type[Exception]) -> None:
        try:
            raise kind("no")
        except Exception:  # noqa: BLE001 - what is logged
            info = sys.exc_info()
            world.handler.handle(logging.LogRecord("x", logging.ERROR, __file__, 1, "It failed.", (), info))

    for kind in (ValueError, ValueError, KeyError, KeyError, ValueError):
        failing(kind)
    assert len(world.lines.written) == 2


def test_memory_is_bounded_and_nothing_that_was_counted_is_lost(world: World) -> None:
    for number in range(10 * REMEMBERED):
        for _ in range(2):
            world.write("line %s", chr(0x4E00 + number))
    assert len(world.handler._lines) == REMEMBERED
    told = [line for line in world.lines.written if line.startswith("... and 1 more")]
    assert len(told) == 9 * REMEMBERED


def test_what_an_error_holds_is_not_kept(world: World) -> None:
    class Large:
        pass

    def fail() -> "weakref.ref[Large]":
        large = Large()
        try:
            raise ValueError
        except ValueError:
            info = sys.exc_info()
            world.handler.handle(logging.LogRecord("x", logging.ERROR, __file__, 1, "It failed: %s", (large,), info))
        return weakref.ref(large)

    kept = fail()
    gc.collect()
    assert kept() is None


def test_the_end_says_what_was_left_out() -> None:
    world = World()
    for _ in range(3):
        world.write("It broke.")
    world.handler.close()
    assert world.lines.written[1:] == ["... and 2 more like it in the last minute: It broke."]


def test_a_record_whose_arguments_do_not_fit_harms_nothing(world: World) -> None:
    world.handler.handlers = []
    world.write("%s %s", 1)
    world.write("%d", "x")


# The file


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
