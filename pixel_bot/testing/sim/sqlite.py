"""SQLite without threads: a connection's statements run in the simulator's one thread, a drawn moment later."""

import asyncio
import random
import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Any

from pixel_bot.db import driver
from pixel_bot.testing.sim.disk import Disk
from pixel_bot.testing.sim.lives import LIFE

PATIENCE = 10.0
"""Seconds that a statement waits for a lock, as ``busy_timeout`` has it."""

LOCK_PAUSE = 0.01

Task = tuple[asyncio.Future[Any] | None, Callable[[], Any]]


class Commits:
    """Hears of every commit, and can end the life that commits.

    Args:
        committed: called after each one.
    """

    def __init__(self, committed: Callable[[], None]) -> None:
        self._committed = committed
        self._left = 0
        self._before = False
        self.died: asyncio.Future[None] | None = None

    def kill_at(self, count: int, *, before: bool) -> asyncio.Future[None]:
        """Let the process die at the next but so many commits, before it or right after it. Done when it has."""
        self._left, self._before = count, before
        self.died = asyncio.get_running_loop().create_future()
        return self.died

    def kill_no_more(self) -> None:
        """The process may live."""
        self._left = 0

    def run(self, function: Callable[[], Any]) -> Any:
        """Commit, unless the process dies before that.

        Raises:
            Died: it is dead.
        """
        if self._dies(before=True):
            self._die()
        result = function()
        self._committed()
        if self._dies(before=False):
            self._die()
        self._left -= self._left > 0
        return result

    def _dies(self, *, before: bool) -> bool:
        return self._left == 1 and self._before is before and LIFE.get() is not None

    def _die(self) -> None:
        self._left = 0
        if self.died is not None and not self.died.done():
            self.died.set_result(None)
        raise Died


class Died(Exception):
    """The process died at this commit."""


class LoopWorker:
    """Does a connection's tasks one after the other on the event loop.

    Args:
        chance: draws how long each takes.
        commits: hears of commits.
        disk: lets them fail.
    """

    def __init__(self, chance: random.Random, commits: Commits, disk: Disk) -> None:
        self._chance = chance
        self._commits = commits
        self._disk = disk
        self._tasks: deque[Task] = deque()
        self._is_alive = self._is_busy = False
        self._opened: sqlite3.Connection | None = None
        self._waited = 0.0
        self._life = LIFE.get()
        if self._life is not None:
            self._life.at_death(self._abandon)

    def start(self) -> None:
        """As a thread's; there is nothing to start."""
        self._is_alive = True

    def is_alive(self) -> bool:
        """Whether it still takes tasks."""
        return self._is_alive

    def put_nowait(self, task: Task) -> None:
        """Queue a task."""
        if self._life is not None and self._life.is_dead:
            return
        self._tasks.append(task)
        if not self._is_busy:
            self._wait()

    def _wait(self, seconds: float = 0.0) -> None:
        self._is_busy = True
        asyncio.get_running_loop().call_later(seconds or self._chance.uniform(0.00005, 0.001), self._do_next)

    def _do_next(self) -> None:
        future, function = self._tasks[0]
        try:
            result = self._run(function)
        except Died:
            if self._life is not None:
                self._life.kill()
            return
        except sqlite3.OperationalError as exc:
            if "locked" in str(exc) and self._waited < PATIENCE:
                self._waited += LOCK_PAUSE
                self._wait(LOCK_PAUSE)
                return
            _answer(future, asyncio.Future[Any].set_exception, exc)
        except Exception as exc:  # noqa: BLE001 - it is raised where the answer is awaited
            _answer(future, asyncio.Future[Any].set_exception, exc)
        else:
            _answer(future, asyncio.Future[Any].set_result, result)
        self._done(function)

    def _run(self, function: Callable[[], Any]) -> Any:
        if self._life is not None:
            self._disk.check(function)
        if _is_commit(function):
            return self._commits.run(function)
        result = function()
        if isinstance(result, sqlite3.Connection):
            self._opened = result
            # Whoever waits for a lock would keep the one thread from releasing it; and only power cuts need flushes.
            for pragma in ("busy_timeout = 0", "synchronous = OFF"):
                result.execute(f"PRAGMA {pragma}").close()
        return result

    def _done(self, function: Callable[[], Any]) -> None:
        self._waited = 0.0
        self._tasks.popleft()
        self._is_busy = False
        if function is driver.end:
            self._is_alive = False
            if self._life is not None:
                self._life.not_at_death(self._abandon)
        elif self._tasks:
            self._wait()

    def _abandon(self) -> None:
        """The process is gone: what it did not commit is rolled back."""
        if self._opened is not None:
            self._opened.close()


def _is_commit(function: Callable[[], Any]) -> bool:
    return getattr(getattr(function, "func", None), "__name__", "") in {"commit", "_commit"}


def _answer(future: asyncio.Future[Any] | None, answer: Callable[..., None], outcome: Any) -> None:
    if future is not None and not future.done():
        answer(future, outcome)
