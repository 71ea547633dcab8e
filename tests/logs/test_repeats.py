"""Equal lines are collapsed, and counted."""

import gc
import logging
import sys
import threading
import weakref
from collections.abc import Generator

import pytest
from typing_extensions import override

from pixel_bot.logs import repeats
from pixel_bot.logs.repeats import REMEMBERED, RepeatsCollapsed

log = logging.getLogger("pixel_bot.tests")


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
