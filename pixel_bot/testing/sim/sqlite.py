"""SQLite without threads: a connection's statements run in the simulator's one thread, a drawn moment later."""

import asyncio
import random
import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Any

from pixel_bot.db import driver
from pixel_bot.testing.sim.lives import LIFE

PATIENCE = 10.0
_LOCK_PAUSE = 0.01


class LoopWorker:
    """Does a connection's tasks one after the other on the event loop."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._tasks: deque[Any] = deque()
        self._alive = False
        self._busy = False
        self._opened: sqlite3.Connection | None = None
        self._waited = 0.0
        self._life = LIFE.get()
        if self._life is not None:
            self._life.at_death(self._abandon)

    def start(self) -> None:
        """Nothing to start: the loop runs."""
        self._alive = True

    def is_alive(self) -> bool:
        """Whether it still takes tasks."""
        return self._alive

    def put_nowait(self, task: tuple[Any, Callable[[], Any]]) -> None:
        """Queue a task."""
        self._tasks.append(task)
        if not self._busy:
            self._next()

    def _next(self, pause: float = 0.0) -> None:
        self._busy = True
        loop = asyncio.get_running_loop()
        loop.call_later(pause or self._chance.uniform(0.00005, 0.001), self._do)

    def _do(self) -> None:
        future, function = self._tasks[0]
        try:
            result = function()
        except sqlite3.OperationalError as exc:
            if "locked" in str(exc) and self._waited < PATIENCE:
                self._waited += _LOCK_PAUSE
                self._next(_LOCK_PAUSE)
                return
            self._answer(future, exc, failed=True)
        except Exception as exc:
            self._answer(future, exc, failed=True)
        else:
            if isinstance(result, sqlite3.Connection):
                self._opened = result
                result.execute("PRAGMA busy_timeout = 0").close()
                result.execute("PRAGMA synchronous = OFF").close()
            self._answer(future, result, failed=False)
        self._waited = 0.0
        self._tasks.popleft()
        self._busy = False
        if function is driver._end:
            self._alive = False
            if self._life is not None:
                self._life.not_at_death(self._abandon)
        elif self._tasks:
            self._next()

    def _answer(self, future: Any, outcome: Any, *, failed: bool) -> None:
        if future is not None and not future.done():
            (future.set_exception if failed else future.set_result)(outcome)

    def _abandon(self) -> None:
        """The process is gone: what it did not commit is rolled back."""
        if self._opened is not None:
            self._opened.close()
