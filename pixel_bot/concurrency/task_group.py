"""Tasks that are held on to until they end."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)


class TaskGroup:
    """The tasks under way. asyncio alone would let go of a task that nobody holds."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._slow: set[asyncio.Task[Any]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        return len(self._tasks)

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, Any], patience: float | None = None) -> None:
        """Start a task. What it raises is logged.

        Args:
            work: what it does.
            patience: seconds after which it still goes on, but does not count any more, and nobody waits for it.
        """
        task = asyncio.create_task(work)
        if patience is not None:
            timer = asyncio.get_running_loop().call_later(patience, self._let_be, task)
            task.add_done_callback(lambda _: timer.cancel())
        self._tasks.add(task)
        self._idle.clear()
        task.add_done_callback(self._done)

    def set_aside(self) -> Callable[[], None]:
        """Nobody waits for the present task of the group, which waits for a person. Returns what ends that."""
        task = asyncio.current_task()
        if task is None or task not in self._tasks:
            return lambda: None
        self._forget(task)
        self._slow.add(task)

        def count_again() -> None:
            if task in self._slow:
                self._slow.discard(task)
                self._tasks.add(task)
                self._idle.clear()

        return count_again

    async def fewer_than(self, count: int) -> None:
        """Wait until fewer tasks than that are under way."""
        while len(self._tasks) >= count:
            await asyncio.wait(tuple(self._tasks), return_when=asyncio.FIRST_COMPLETED)

    def cancel(self) -> None:
        """End all that are under way."""
        for task in (*self._tasks, *self._slow):
            task.cancel()

    async def idle(self) -> None:
        """Wait until none is under way."""
        while self._tasks:
            await self._idle.wait()

    def _let_be(self, task: asyncio.Task[Any]) -> None:
        if task in self._slow:
            return
        log.warning("Something that was heard in chat takes very long; the rest does not wait for it.")
        self._forget(task)
        self._slow.add(task)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._idle.set()

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._slow.discard(task)
        self._forget(task)
        if not task.cancelled() and (exc := task.exception()) is not None:
            log.error("Something that was heard in chat could not be worked.", exc_info=exc)
