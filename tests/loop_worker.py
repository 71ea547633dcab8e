"""SQLite without threads, where a test is not about the database.

A bot's start asks its database sixty times. Each time a thread would be woken, and the event loop after it, which costs
more than most of these statements do.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Any

from pixel_bot.db.driver import DONE, FAILED, Pending, end

PAUSE = 0.002
"""Seconds after which a statement that met a lock is tried again: a wait would keep the loop from releasing it."""

Task = tuple[Pending, Callable[[], Any]]


class LoopWorker:
    """Does a connection's tasks, one after the other, at once; whoever awaits one goes on in the loop's next round."""

    def __init__(self) -> None:
        self._waiting: deque[Task] = deque()
        self._is_alive = False
        self._patience = 0.0
        self._waited = 0.0

    def start(self) -> None:
        """As a thread's; there is nothing to start."""
        self._is_alive = True

    def is_alive(self) -> bool:
        """Whether it still takes tasks."""
        return self._is_alive

    def put_nowait(self, task: Task) -> None:
        """Do a task, or queue it behind one that waits for a lock."""
        self._waiting.append(task)
        if len(self._waiting) == 1:
            self._go_on()

    def _go_on(self) -> None:
        while self._waiting:
            future, function = self._waiting[0]
            try:
                outcome, answer = self._result_of(function), DONE
            except sqlite3.OperationalError as exc:
                if exc.sqlite_errorcode == sqlite3.SQLITE_BUSY and self._waited < self._patience:
                    self._waited += PAUSE
                    asyncio.get_running_loop().call_later(PAUSE, self._go_on)
                    return
                outcome, answer = exc, FAILED
            except BaseException as exc:  # noqa: BLE001 - it is raised where the answer is awaited
                outcome, answer = exc, FAILED
            self._waited = 0.0
            self._waiting.popleft()
            self._is_alive = function is not end
            if future is not None and not future.get_loop().is_closed():
                future.get_loop().call_soon(_answer, future, answer, outcome)

    def _result_of(self, function: Callable[[], Any]) -> Any:
        result = function()
        if isinstance(result, sqlite3.Connection):
            self._patience = result.execute("PRAGMA busy_timeout").fetchone()[0] / 1_000
            result.execute("PRAGMA busy_timeout = 0").close()
        return result


def _answer(future: asyncio.Future[Any], answer: Callable[..., None], outcome: Any) -> None:
    if not future.done():  # it may have been cancelled meanwhile
        answer(future, outcome)
