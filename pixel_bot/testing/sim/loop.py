"""An event loop on simulated time: it never sleeps, and its order of ready tasks is drawn by a seed."""

import asyncio
import gc
import heapq
import random
import sys
from asyncio import events
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import Context
from typing import Any, cast
from unittest.mock import patch

import uvicorn
from typing_extensions import override

from pixel_bot.concurrency import loop_lag
from pixel_bot.run import database_watch
from pixel_bot.testing.sim.lives import LIFE, Life
from pixel_bot.testing.sim.network import Network, Port
from pixel_bot.web import server

STEP_SECONDS = 2e-6
TICK_SECONDS = 5.0
"""Between two looks of those who only look: most of what a quiet bot does would be uvicorn's ten a second."""

STEPS_BETWEEN_COLLECTIONS = 50_000


class Standstill(Exception):
    """Nothing is left to do, and somebody still waits."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs what is ready; when nothing is, the time jumps to the next timer.

    Args:
        chance: draws the order of tasks that are ready, and how long threads take.
        shuffled: whether ready tasks run in another order than that in which they became ready.
    """

    def __init__(self, chance: random.Random, *, shuffled: bool = True) -> None:
        super().__init__()
        self._chance = chance
        self._shuffled = shuffled
        self._now = 0.0
        self._numbers = 0
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self.collect: Callable[[], object] = gc.collect
        """Frees what refers to itself, now and then; the collector itself would do it at moments that no seed knows."""
        self.network = Network(self, chance)
        self.steps = 0
        self.set_task_factory(_task_of_a_life)

    @contextmanager
    def as_this_process(self) -> Generator[None]:
        """Let every loop and every port of this process be simulated."""
        with (
            patch.object(server, "_bind", Port),
            patch.object(uvicorn.Server, "main_loop", _tick_slowly),
            patch.object(loop_lag, "INTERVAL_SECONDS", 12 * TICK_SECONDS),
            patch.object(database_watch, "LOOK_SECONDS", TICK_SECONDS),
            patch.object(asyncio, "new_event_loop", lambda: VirtualLoop(self._chance)),
            patch.object(events, "new_event_loop", lambda: VirtualLoop(self._chance)),
        ):
            yield

    def forget(self, life: Life) -> None:
        """Drop what a dead life was going to do."""
        # They stay in their queues, as empty shells: the loop has counted them.
        for handle in (*cast(Any, self)._ready, *(timer for _, _, timer in self._timers)):
            if handle._context is not None and handle._context.get(LIFE) is life:
                handle.cancel()

    @override
    def time(self) -> float:
        """Seconds since the simulation began."""
        return self._now

    @override
    def run_forever(self) -> None:
        # Without asyncio's hooks a generator that nobody refers to any more is closed at once: with them, one of a dead
        # process would be closed by a task, later, in the context of whoever lives then.
        self.call_soon(sys.set_asyncgen_hooks, None, None)
        super().run_forever()

    def _run_once(self) -> None:
        """Run what is ready; when nothing is, go on to the next moment at which something is due."""
        ready: deque[Any] = cast(Any, self)._ready
        timers = self._timers
        if not ready:
            while timers and timers[0][2]._cancelled:
                heapq.heappop(timers)
            if not timers:
                raise Standstill
            self._now = max(self._now, timers[0][0])
        # Work takes time, too: what sleeps for less than the clock can show would else wait for ever.
        self._now += STEP_SECONDS
        while timers and timers[0][0] <= self._now:
            ready.append(heapq.heappop(timers)[2])
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()
        self.steps += 1
        if self.steps % STEPS_BETWEEN_COLLECTIONS == 0:
            self.collect()

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none: sockets are simulated, too."""

    def _write_to_self(self) -> None:
        """Nobody has to be woken: there is one thread."""

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is dropped when its time has come."""

    def _call_soon(self, callback: Any, args: Any, context: Context | None) -> events.Handle:
        handle = _Handle(callback, args, self, context)
        ready = cast(Any, self)._ready
        if self._shuffled and len(ready) > 1 and _is_step(callback):
            ready.insert(self._chance.randrange(len(ready) + 1), handle)
        else:
            ready.append(handle)
        return handle

    @override
    def call_later(
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    @override
    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = _Timer(when, callback, args, self, context)
        self._numbers += 1
        heapq.heappush(self._timers, (when, self._numbers, timer))
        return timer

    @override
    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """A thread's work is done at a later moment, in this thread."""
        future = self.create_future()
        self.call_later(self._chance.uniform(0.0001, 0.01), _work, future, func, args)
        return future

    @override
    async def getaddrinfo(self, host: Any, port: Any, **_: Any) -> Any:
        return [(2, 1, 6, "", ("127.0.0.1", int(port)))]

    @override
    async def sock_connect(self, sock: Any, address: Any) -> None:
        await self.network.aim(sock, address)

    @override
    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        return await self.network.connect(protocol_factory, port, options.get("sock"))

    @override
    async def create_server(self, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        return self.network.listen(protocol_factory, port, options.get("sock"))


class _Handle(events.Handle):
    """Runs only while the process that it belongs to lives."""

    __slots__ = ()

    @override
    def _run(self) -> None:
        handle = cast(Any, self)
        context = handle._context
        life = context.get(LIFE)
        if life is not None and not life.may_run(self):
            return
        try:
            context.run(handle._callback, *handle._args)
        except Exception as exc:  # noqa: BLE001 - as asyncio's own handles have it
            handle._loop.call_exception_handler({"message": "A callback failed.", "exception": exc, "handle": self})


class _Timer(_Handle, events.TimerHandle):
    __slots__ = ()


async def _tick_slowly(web: uvicorn.Server) -> None:
    """uvicorn's main loop with a longer tick."""
    while not await web.on_tick(0):  # noqa: ASYNC110 - as it does
        await asyncio.sleep(TICK_SECONDS)


def _is_step(callback: Any) -> bool:
    return isinstance(getattr(callback, "__self__", None), asyncio.Task)


def _work(future: asyncio.Future[Any], function: Callable[..., Any], arguments: Any) -> None:
    if future.cancelled():
        return
    # As in a thread of its own, which may run a loop of its own.
    loop = events._get_running_loop()
    events._set_running_loop(None)
    try:
        result = function(*arguments)
    except Exception as exc:  # noqa: BLE001 - it is raised where the answer is awaited
        outcome, answer = future.set_exception, exc
    else:
        outcome, answer = future.set_result, result
    events._set_running_loop(loop)
    outcome(answer)


def _task_of_a_life(loop: Any, coro: Any, **options: Any) -> asyncio.Task[Any]:
    task = asyncio.Task(coro, loop=loop, **options)
    context = options.get("context")
    life: Life | None = context.get(LIFE) if context is not None else LIFE.get()
    if life is not None:
        life.tasks[task] = None
        task.add_done_callback(lambda done: life.tasks.pop(done, None))
    return task
