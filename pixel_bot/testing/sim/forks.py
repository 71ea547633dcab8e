"""Simulations in processes of their own, which they take over: forked from one that has imported everything."""

import gc
import importlib
import logging
import os
import pickle
import pkgutil
import resource
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from io import BytesIO
from itertools import islice

import pixel_bot
from pixel_bot.testing.sim.plan import Plan
from pixel_bot.testing.sim.series import Story
from pixel_bot.testing.sim.simulate import Result, simulate

PROCESSOR_SECONDS = 3_600
"""How long a simulation may work; one that works for longer hangs."""

WALL_FACTOR = 4
MORE_MODULES = ("alembic.command", "alembic.runtime.migration", "sqlalchemy.dialects.sqlite.aiosqlite")
"""What a bot imports when it needs it, beside its own modules."""


@dataclass(frozen=True)
class Played:
    """A plan that was played.

    Args:
        plan: which.
        result: what it came to.
        seconds: processor time that it took.
    """

    plan: Plan
    result: Result
    seconds: float


def preload() -> None:
    """Import all that a simulation needs, so that the forks need not."""
    for found in pkgutil.walk_packages(pixel_bot.__path__, "pixel_bot."):
        if not found.name.endswith(("__main__", ".versions")) and ".migrations" not in found.name:
            importlib.import_module(found.name)
    for name in MORE_MODULES:
        importlib.import_module(name)
    # What is there already stays: a fork that looked through it for what refers to itself would have to copy it.
    gc.collect()
    gc.freeze()


def play(plan: Plan, before: Callable[[], None] | None = None, *, limit: int = PROCESSOR_SECONDS) -> Played:
    """Play one plan in a process of its own.

    Args:
        plan: which.
        before: called in that process first.
        limit: of its processor time, in seconds.
    """
    return next(play_all([plan], 1, before, limit=limit))


def play_all(
    plans: Iterable[Plan], jobs: int, before: Callable[[], None] | None = None, *, limit: int = PROCESSOR_SECONDS
) -> Generator[Played]:
    """Play plans, so many at the same time. Yields them as they end; those that still run end with the generator."""
    waiting = iter(plans)
    with selectors.DefaultSelector() as selector:
        running = [_Fork(plan, before, limit) for plan in islice(waiting, jobs)]
        for fork in running:
            selector.register(fork.reader, selectors.EVENT_READ, fork)
        try:
            while running:
                for key, _ in selector.select():
                    fork: _Fork = key.data
                    if not fork.is_over():
                        continue
                    selector.unregister(fork.reader)
                    running.remove(fork)
                    yield fork.played()
                    for plan in waiting:
                        running.append(_Fork(plan, before, limit))
                        selector.register(running[-1].reader, selectors.EVENT_READ, running[-1])
                        break
        finally:
            for fork in running:
                fork.end()


class _Fork:
    """A child process that plays one plan, and writes what came of it to a pipe."""

    def __init__(self, plan: Plan, before: Callable[[], None] | None, limit: int) -> None:
        self.plan = plan
        self._written = BytesIO()
        self.reader, writer = os.pipe()
        sys.stdout.flush()
        self.process = os.fork()
        if self.process == 0:
            try:
                os.close(self.reader)
                _work(plan, before, limit, writer)
            finally:
                os._exit(0)
        os.close(writer)

    def is_over(self) -> bool:
        """Read what there is; True at its end."""
        data = os.read(self.reader, 1 << 16)
        self._written.write(data)
        return not data

    def played(self) -> Played:
        """What it came to."""
        self._reap()
        if self._written.tell():
            return pickle.loads(self._written.getvalue())  # noqa: S301 - of this program's own child
        return Played(self.plan, broken("The simulation does not end, or its process died."), 0.0)

    def end(self) -> None:
        """Nobody wants to know any more."""
        os.kill(self.process, signal.SIGKILL)
        self._reap()

    def _reap(self) -> None:
        os.waitpid(self.process, 0)
        os.close(self.reader)


def broken(sentence: str, *lines: str) -> Result:
    """The result of a simulation that has none."""
    story = Story([(0.0, "", line) for line in lines])
    return Result("", 0.0, 0, 0, 0, 0, sentence, story)


def _work(plan: Plan, before: Callable[[], None] | None, limit: int, writer: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    signal.alarm(WALL_FACTOR * limit)
    logging.disable(logging.CRITICAL)
    # What a dead process was in the middle of raises once more when its memory is freed.
    sys.unraisablehook = lambda _: None
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - until the process ends
    began = time.process_time()
    try:
        if before is not None:
            before()
        result = simulate(plan)
    except BaseException as exc:  # noqa: BLE001 - it is told where the simulation was asked for
        result = broken(f"The simulation broke: {type(exc).__name__}: {exc}", *traceback.format_exc().splitlines())
    played = Played(plan, result, time.process_time() - began)
    with os.fdopen(writer, "wb") as pipe:
        pickle.dump(played, pipe)
