"""One source of time and chance for a whole process: what libraries read, too, comes from the simulation."""

import fcntl
import os
import random
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import time_machine

from pixel_bot.testing.sim.lives import LIFE, Life

START = datetime(2026, 1, 5, 18, 0, tzinfo=UTC)
"""When each simulation begins."""


class WallClock:
    """Shows the time of day. The one of the bot's machine may be wrong; everybody else's is right.

    Args:
        now: seconds since the simulation began.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.ahead = 0.0
        """Seconds by which the clock of the bot's machine is ahead."""

    def __call__(self) -> float:
        """Seconds since 1970, as the process that asks sees them."""
        right = START.timestamp() + self._now()
        return right if LIFE.get() is None else right + self.ahead


@contextmanager
def seeded(chance: random.Random, now: Callable[[], float], wall: Callable[[], float]) -> Generator[None]:
    """Let clocks and sources of chance of this process follow the simulation.

    Args:
        chance: answers every ``os.urandom``, and seeds ``random``.
        now: seconds of the monotonic clock.
        wall: seconds since 1970 that the wall clock shows.
    """
    random.seed(chance.getrandbits(64))
    _releases.clear()  # those of an earlier simulation, whose handles have other owners now
    stand_ins: list[tuple[Any, Any]] = [
        (time.monotonic, now),
        (time.perf_counter, now),
        (time.sleep, _do_not_sleep),
        (os.urandom, chance.randbytes),
        (fcntl.flock, _lock),
        (fcntl.fcntl, _lock_range),
        (os.close, _close_in_order),
    ]
    by_identity = {id(real): made for real, made in stand_ins}
    with ExitStack() as stack:
        travel = time_machine.travel(START, tick=False)
        coordinates: Any = travel.start()
        stack.callback(travel.stop)
        coordinates.time_ns = lambda: int(wall() * 1_000_000_000)
        for module in [m for name, m in sys.modules.items() if name != __name__]:
            for name, value in list(getattr(module, "__dict__", {}).items()):
                if (stand_in := by_identity.get(id(value))) is not None:
                    stack.enter_context(patch.object(module, name, stand_in))
        yield


def _do_not_sleep(_seconds: float) -> None:
    """A thread's pause: the thread is simulated, and done already."""


_flock = fcntl.flock
_fcntl: Callable[..., Any] = fcntl.fcntl


def _lock(handle: int, operation: int) -> None:
    """``flock``, which the operating system undoes when the process that took it dies."""
    _flock(handle, operation)
    _close_at_death(handle)


def _lock_range(handle: int, command: int, argument: Any = 0) -> Any:
    """The same for ``fcntl``."""
    done = _fcntl(handle, command, argument)
    _close_at_death(handle)
    return done


_close = os.close
_releases: dict[int, tuple[Life, Callable[[], None]]] = {}
"""Of each locked handle: whose it is, and what closes it."""


def _close_at_death(handle: int) -> None:
    life = LIFE.get()
    if life is not None and handle not in _releases:
        _releases[handle] = life, lambda: _close_in_order(handle)
        life.at_death(_releases[handle][1])


def _close_in_order(handle: int) -> None:
    """``os.close``: the number may be another file's from now on."""
    life = LIFE.get()
    if life is not None and life.is_dead and handle not in _releases:
        return  # the operating system closed it when the process died
    if handle in _releases:
        life, release = _releases.pop(handle)
        life.not_at_death(release)
    _close(handle)
