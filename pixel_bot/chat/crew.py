"""Tasks that are held on to until they end."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Crew:
    """The tasks under way. asyncio alone would let go of a task that nobody holds."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        return len(self._tasks)

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start a task. What it raises is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        self._idle.clear()
        task.add_done_callback(self._done)

    async def fewer_than(self, count: int) -> None:
        """Wait until fewer tasks than that are under way."""
        while len(self._tasks) >= count:
            await asyncio.wait(tuple(self._tasks), return_when=asyncio.FIRST_COMPLETED)

    def cancel(self) -> None:
        """End all that are under way."""
        for task in tuple(self._tasks):
            task.cancel()

    async def idle(self) -> None:
        """Wait until none is under way."""
        while self._tasks:
            await self._idle.wait()

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._idle.set()
        if not task.cancelled() and (exc := task.exception()) is not None:
            log.error("Something that was heard in chat could not be worked.", exc_info=exc)
