"""The connection to a SQLite file and its thread."""

import asyncio
import functools
import sqlite3
import threading
from collections.abc import Callable, Container, Coroutine, Generator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typing_extensions import override

from pixel_bot.db.driver import Connection, connect
from pixel_bot.db.engine import BUSY_TIMEOUT_MS, Database

SECONDS = 10
WAYS = pytest.mark.parametrize("answered", [False, True], ids=["pending", "answered"])


class Opened(sqlite3.Connection):
    """SQLite's connection, which notes who closes it; an object that is only let go of is closed by nobody."""

    closed = False

    @override
    def close(self) -> None:
        self.closed = True
        super().close()


class Traces:
    """All connections that were opened in a test, and the threads that were there before."""

    def __init__(self) -> None:
        self.opened: list[Opened] = []
        self._before = set(threading.enumerate())

    def connect(self, path: Path, *arguments: Any, **options: Any) -> Opened:
        self.opened.append(connection := real_connect(path, *arguments, **options, factory=Opened))
        return connection

    async def nothing_is_left(self) -> None:
        """Every thread ends by itself, and every connection was closed by it."""
        for thread in self._threads():
            await asyncio.get_running_loop().run_in_executor(None, thread.join, SECONDS)
            assert not thread.is_alive()
        assert [connection for connection in self.opened if not connection.closed] == []

    def _threads(self) -> list[threading.Thread]:
        started = set(threading.enumerate()) - self._before
        return [thread for thread in started if not thread.name.startswith("asyncio")]


real_connect = sqlite3.connect


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> Traces:
    found = Traces()
    monkeypatch.setattr(sqlite3, "connect", found.connect)
    return found


class Cancelled:
    """Awaits a coroutine and cancels it at the awaits with these numbers: before the answer is there, or just after."""

    def __init__(self, work: Coroutine[Any, Any, Any], at: Container[int], *, answered: bool) -> None:
        self._work, self._at, self._answered = work, at, answered

    def __await__(self) -> Generator[Any, None, Any]:
        steps = self._work.__await__()
        go_on: Callable[[], Any] = functools.partial(next, steps)
        for number in count():
            try:
                waited_for = go_on()
            except StopIteration as end:
                return end.value
            go_on = functools.partial(next, steps)
            if number in self._at:
                go_on = functools.partial(steps.throw, asyncio.CancelledError())
                if not self._answered and (waited_for is None or waited_for.cancel()):
                    continue
            yield waited_for


async def each_await(work: Callable[[], Coroutine[Any, Any, Any]], *, answered: bool, times: int = 1) -> int:
    """Cancel it at each of its awaits in turn, ``times`` in a row, until it has fewer: how often it was cancelled."""
    for first in count():
        try:
            async with asyncio.timeout(SECONDS):
                await Cancelled(work(), range(first, first + times), answered=answered)
        except asyncio.CancelledError:
            continue
        return first
    raise AssertionError


@WAYS
async def test_a_cancelled_opening_leaves_nothing_behind(tmp_path: Path, traces: Traces, answered: bool) -> None:
    async def opened_and_closed() -> None:
        connection = await connect(tmp_path / "pixel.db")
        await connection.close()

    assert await each_await(opened_and_closed, answered=answered) == 2
    await traces.nothing_is_left()


@WAYS
@pytest.mark.parametrize("times", [1, 2])
async def test_sqlalchemy_cancelled_at_any_await_leaves_nothing_behind(
    tmp_path: Path, traces: Traces, answered: bool, times: int
) -> None:
    """Whether it opens, configures, uses, gives back or terminates a connection; also while it cleans up."""

    async def used() -> None:
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'pixel.db'}")
        try:
            async with database.write() as session:
                await session.execute(text("SELECT 1"))
            async with database.readers() as session:
                await session.execute(text("SELECT 1"))
        finally:
            await database.close()

    assert await each_await(used, answered=answered, times=times) > 15
    await traces.nothing_is_left()


@WAYS
async def test_a_cancelled_look_up_does_not_spoil_the_next(tmp_path: Path, traces: Traces, answered: bool) -> None:
    for number in range(2):
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'pixel.db'}")
        with pytest.raises(asyncio.CancelledError):
            await Cancelled(database.look_up("SELECT 1", {}), [number], answered=answered)
        assert await database.look_up("PRAGMA busy_timeout", {}) == [(BUSY_TIMEOUT_MS,)]
        await database.close()
    await traces.nothing_is_left()


def test_a_loop_that_closes_before_the_answer_leaves_nothing_behind(tmp_path: Path, traces: Traces) -> None:
    begun, may_open = threading.Event(), threading.Event()
    opens_at_once = traces.connect

    def opens_late(*arguments: Any, **options: Any) -> Opened:
        begun.set()
        may_open.wait(SECONDS)
        return opens_at_once(*arguments, **options)

    async def cancelled() -> None:
        opening = asyncio.create_task(connect(tmp_path / "pixel.db"))
        await asyncio.to_thread(begun.wait, SECONDS)
        opening.cancel()
        await asyncio.wait([opening])

    sqlite3.connect = opens_late  # the fixture puts the real one back
    asyncio.run(cancelled())
    may_open.set()
    asyncio.run(traces.nothing_is_left())
    assert len(traces.opened) == 1


async def test_a_file_that_cannot_be_opened_leaves_no_thread(tmp_path: Path, traces: Traces) -> None:
    with pytest.raises(sqlite3.OperationalError):
        await connect(tmp_path / "missing" / "pixel.db")
    await traces.nothing_is_left()


async def test_what_was_asked_for_before_the_close_is_done(tmp_path: Path, traces: Traces) -> None:
    connection = await connect(tmp_path / "pixel.db")
    asked = asyncio.create_task(connection.look_up("SELECT 1", ()))
    await asyncio.sleep(0)
    await connection.close()
    assert await asked == [(1,)]
    with pytest.raises(ValueError, match="no active connection"):
        await connection.look_up("SELECT 1", ())
    await traces.nothing_is_left()


async def test_a_close_that_is_overtaken_by_a_stop_ends(tmp_path: Path) -> None:
    """Whoever is cancelled while SQLAlchemy closes a connection stops its thread, too."""
    connection = await connect(tmp_path / "pixel.db")
    closing = asyncio.create_task(connection.close())
    await asyncio.sleep(0)
    connection.stop()
    async with asyncio.timeout(SECONDS):
        await closing


async def test_a_close_waits_for_the_end_although_another_one_was_cancelled(tmp_path: Path, traces: Traces) -> None:
    connection = await connect(tmp_path / "pixel.db")
    with pytest.raises(asyncio.CancelledError):
        await Cancelled(connection.close(), [0], answered=False)
    await connection.close()
    assert traces.opened[0].closed


async def test_it_can_be_stopped_and_closed_again(tmp_path: Path) -> None:
    connection = await connect(tmp_path / "pixel.db")
    async with asyncio.timeout(SECONDS):
        await connection.close()
        await connection.close()
        connection.stop()


async def test_it_can_be_closed_before_it_was_opened(tmp_path: Path) -> None:
    async with asyncio.timeout(SECONDS):
        await Connection(tmp_path / "pixel.db", SECONDS).close()
