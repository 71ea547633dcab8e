"""Lives: the work of one simulated process, which can be killed at any moment."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar, copy_context
from types import CoroutineType
from typing import Any, cast
from warnings import catch_warnings, simplefilter

MOST_TRIES = 100
"""How often a coroutine may refuse to end before it is left to the collector."""


class Life:
    """One simulated process, from its start to its end.

    All that it starts carries it in its context: tasks, timers, sockets, connections to the database. Once it is dead,
    none of them runs any more.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        self.is_suspended = False
        self.death = asyncio.get_running_loop().create_future()
        """Done when it is dead."""
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self._steps_left = 0
        self._held: list[asyncio.Handle] = []
        self._at_death: dict[Callable[[], None], None] = {}

    @property
    def handles(self) -> int:
        """How many sockets, files and connections are open."""
        return len(self._at_death)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine as the main task of this life."""
        context = copy_context()
        context.run(LIFE.set, self)
        return asyncio.get_running_loop().create_task(work, name=self.name, context=context)

    def at_death(self, release: Callable[[], None]) -> None:
        """Do this when it dies, as the operating system would: sockets close, locks of files are released."""
        self._at_death[release] = None

    def not_at_death(self, release: Callable[[], None]) -> None:
        """That was let go of in life."""
        self._at_death.pop(release, None)

    def die_in(self, steps: int) -> None:
        """Let it die just before it does its next but so many steps: between any two awaits; 0 for never."""
        self._steps_left = steps

    def suspend(self) -> None:
        """Its machine sleeps: nothing of it runs, and all clocks go on."""
        self.is_suspended = True

    def wake(self) -> None:
        """Its machine is awake: what came due meanwhile runs now."""
        self.is_suspended = False
        cast(Any, asyncio.get_running_loop())._ready.extend(self._held)
        self._held.clear()

    def may_run(self, handle: asyncio.Handle) -> bool:
        """Asked before each of its steps. One that comes while the machine sleeps is kept for later."""
        if self.is_dead:
            return False
        if self.is_suspended:
            self._held.append(handle)
            return False
        if self._steps_left:
            self._steps_left -= 1
            if not self._steps_left:
                self.kill()
        return not self.is_dead

    def kill(self) -> None:
        """End it without cleaning up."""
        if self.is_dead:
            return
        self.is_dead = True
        self._held.clear()
        self.death.set_result(None)
        for release in tuple(self._at_death):
            release()
        self._at_death.clear()
        self.run(self._forget)

    def run(self, function: Callable[[], object]) -> None:
        """Call a function as this life does."""
        context = copy_context()
        context.run(LIFE.set, self)
        context.run(function)

    def _forget(self) -> None:
        """Free what its tasks refer to. Their ``finally`` blocks run for it, but reach nobody: all ways out are cut.

        All of it is freed here, in the dead life's context: what is freed later, by chance of the collector, would act
        in the context of whoever lives then, and could close files that have the same numbers now.
        """
        cast(Any, asyncio.get_running_loop()).forget(self)
        with catch_warnings():
            simplefilter("ignore", RuntimeWarning)  # a dead process awaits nothing
            self._forget_tasks()
            gc.collect()

    def _forget_tasks(self) -> None:
        for task in tuple(self.tasks):
            cast(Any, task)._log_destroy_pending = False
            coro = task.get_coro()
            if isinstance(coro, CoroutineType):
                _close(cast(Any, coro))
        self.tasks.clear()


def _close(coro: Any) -> None:
    # An await in a "finally" block refuses the end once, and is left at the next try; one in a loop, for ever.
    for _ in range(MOST_TRIES):
        if coro.cr_frame is None or coro.cr_running:
            return
        with suppress(BaseException):
            coro.close()


LIFE: ContextVar[Life | None] = ContextVar("life", default=None)
"""Whose work runs right now; None for the world around the bot."""
