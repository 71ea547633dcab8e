"""Retry with exponential back-off and jitter, for work that must be done in the end."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from pixel_bot.errors import PixelError

log = logging.getLogger(__name__)

RESTART_SECONDS = 30.0


async def sleep_with_jitter(pause: float) -> None:
    """Sleep for up to so many seconds: many bots that lost a server at once must not all come back at once."""
    await asyncio.sleep(pause * random.uniform(0.2, 1.0))  # noqa: S311 - chance spreads them here, it guards nothing


def backoff(first: float, tries: int) -> float:
    """Exponential back-off with jitter: seconds before the next try, after so many, where the first pause is given."""
    return first * 2 ** (tries - 1) * random.uniform(0.8, 1.2)  # noqa: S311 - as above


async def keep_running(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """The edge of what runs for weeks: a fault that nobody foresaw costs half a minute of one feature."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("%s stopped with an error; it begins again in %d s.", name, RESTART_SECONDS)
        await asyncio.sleep(RESTART_SECONDS)


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds: before each round, so that it is one for many, and the shortest and longest pause after a failure."""

    calm: float = 0.2
    first: float = 2.0
    longest: float = 300.0


class RetryLoop:
    """Work that is done again whenever it is wanted; after a failure later each time, or at once when urged."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]], pace: Backoff) -> None:
        self._name = name
        self._work = work
        self._pace = pace
        self._wanted = asyncio.Event()
        self._urged = asyncio.Event()
        self._problem = ""

    def request(self) -> None:
        """There may be something to do."""
        self._wanted.set()

    def request_now(self) -> None:
        """There may be, and what failed before may work now."""
        self._wanted.set()
        self._urged.set()

    async def run(self) -> None:
        """Until cancelled."""
        pause = self._pace.first
        while True:
            await self._wanted.wait()
            await asyncio.sleep(self._pace.calm)
            self._wanted.clear()
            self._urged.clear()
            if await self._succeeds():
                pause = self._pace.first
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._urged.wait()
            pause = min(pause * 2, self._pace.longest)
            self._wanted.set()

    async def _succeeds(self) -> bool:
        problem = ""
        try:
            await self._work()
        except PixelError as exc:
            problem = str(exc)
        except DBAPIError as exc:
            problem = f"the database says {exc.orig}"
        except Exception:
            # The edge: what nobody foresaw must not end the reports of all that follow.
            log.exception("Something went wrong with %s. It is tried again.", self._name)
            return False
        if problem and problem != self._problem:
            log.warning("%s: %s. It is tried again.", self._name, problem)
        self._problem = problem
        return not problem
