"""Runs what the methods of one cog hear: in order, without a task for each, and none waits for one that hangs."""

import asyncio
import contextvars
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from pixel_bot.bot.cogs.faults import Faults
from pixel_bot.points.idempotency import AlreadyProcessed

log = logging.getLogger(__name__)

MOST_WAITING = 12_000
"""Events of one cog that wait for it, before it does not hear further ones: as many as may be paid at a time."""

MOST_WORKERS = 64
"""Methods of one cog under way at a time."""

LONGEST_SECONDS = 120.0
"""A method that takes longer hangs: it is cancelled, and counts as a crash."""

LOOK_SECONDS = 5.0


Outcome = Literal["done", "failed", "dropped"]
"""How a call ended. It is dropped when its cog goes, before or while it runs."""


End = Callable[[Outcome], None]

Call = tuple[Callable[[Any], Awaitable[None]], Any, str, End | None]
"""A method to be called with a value, what it does in words for the log, and what to call when it has ended.

A plain tuple, because a busy chat makes thousands of them a second.
"""


class _Worker:
    __slots__ = ("call", "hangs", "since", "task")

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self.call: Call | None = None
        self.since = 0.0
        self.hangs = False


class Workers:
    """The calls of one cog. A worker is a task that goes on to the next call when one has returned.

    Another worker goes on as soon as one has to wait. So a listener that never waits costs no task at all.
    """

    def __init__(self, cog: str, faults: Faults, context: contextvars.Context) -> None:
        self._cog = cog
        self._context = context
        self._faults = faults
        self._calls: deque[Call] = deque()
        self._workers: set[_Worker] = set()
        self._resting: list[asyncio.Future[None]] = []
        self._is_one_coming = False
        self._is_stopped = False
        self._dropped = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._watch: asyncio.TimerHandle | None = None

    def add(self, call: Call) -> None:
        """Call a method soon."""
        if self._is_stopped or len(self._calls) >= MOST_WAITING:
            self._drop(call)
            return
        self._calls.append(call)
        self._idle.clear()
        if not self._is_one_coming:
            self._bring_one()

    @property
    def are_busy(self) -> bool:
        """True while something is under way."""
        return not self._idle.is_set()

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        await self._idle.wait()

    def stop(self) -> None:
        """End all that is under way, and forget what waits."""
        self._is_stopped = True
        dropped, self._calls = tuple(self._calls), deque()
        for _, _, _, end in dropped:
            if end is not None:
                end("dropped")
        current = asyncio.current_task()
        for worker in self._workers:
            if worker.task is not None and worker.task is not current:
                worker.task.cancel()
        if self._watch is not None:
            self._watch.cancel()
        self._idle.set()

    def _bring_one(self) -> None:
        if self._resting:
            self._is_one_coming = True
            self._resting.pop().set_result(None)
        elif len(self._workers) < MOST_WORKERS:
            self._is_one_coming = True
            worker = _Worker()
            self._workers.add(worker)
            # Not in the context of who tells: a message's idempotency key would stay with the worker.
            worker.task = asyncio.create_task(self._work(worker), context=self._context.copy())
            worker.task.add_done_callback(lambda _: self._on_end(worker))

    async def _work(self, worker: _Worker) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._is_one_coming = False
            while self._calls:
                call = self._calls.popleft()
                if self._calls and not self._is_one_coming:
                    self._bring_one()  # for the case that this one has to wait
                worker.call, worker.since, worker.hangs = call, loop.time(), False
                if self._watch is None:
                    self._watch = loop.call_later(LOOK_SECONDS, self._look)
                method, value, what, end = call
                outcome: Outcome = "dropped"
                try:
                    await method(value)
                    outcome = "done"
                except AlreadyProcessed:
                    outcome = "done"  # it was done before: that is no crash
                except (Exception, SystemExit) as exc:  # noqa: BLE001 - the boundary to a cog, also to its sys.exit()
                    outcome = "failed"
                    self._faults.report(self._cog, what, exc)
                finally:
                    if end is not None:
                        end("failed" if worker.hangs else outcome)
                worker.call = None
            await self._rest(loop)

    async def _rest(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait until there is more to do."""
        if not any(worker.call for worker in self._workers):
            self._idle.set()
        rest: asyncio.Future[None] = loop.create_future()
        self._resting.append(rest)
        await rest

    def _on_end(self, worker: _Worker) -> None:
        self._workers.discard(worker)
        if self._calls and not self._is_one_coming:
            self._bring_one()
        elif not self._calls and not any(other.call for other in self._workers):
            self._idle.set()

    def _look(self) -> None:
        """Cancel what hangs."""
        loop = asyncio.get_running_loop()
        self._watch = None
        for worker in tuple(self._workers):
            if worker.call is None or worker.hangs or loop.time() - worker.since < LONGEST_SECONDS:
                continue
            worker.hangs = True
            exc = TimeoutError(f"it takes longer than {LONGEST_SECONDS:.0f} seconds")
            self._faults.report(self._cog, worker.call[2], exc)
            if worker.task is not None:
                worker.task.cancel()
        if any(worker.call is not None and not worker.hangs for worker in self._workers):
            self._watch = loop.call_later(LOOK_SECONDS, self._look)

    def _drop(self, call: Call) -> None:
        if not self._is_stopped and self._dropped % MOST_WAITING == 0:
            log.warning("The cog %s does not keep up: it does not hear everything (%s).", self._cog, call[2])
        self._dropped += 1
        if call[3] is not None:
            call[3]("dropped")
