"""Crashes of cogs: each is logged with the cog's name, and a cog that goes on crashing is set aside."""

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError

from pixel_bot.clock import Clock
from pixel_bot.concurrency.task_group import TaskGroup
from pixel_bot.db.write_outage import is_of_statement

log = logging.getLogger(__name__)

MOST, WINDOW = 3, timedelta(minutes=1)
"""So many crashes within that time, and a cog is set aside."""


class Faults:
    """Counts the crashes of each cog.

    Args:
        clock: what time it is.
        set_aside: takes a cog away, by its name and a reason.
        is_needed: True for a cog that stays all the same, because others are loaded by its commands.
    """

    def __init__(
        self,
        clock: Clock,
        set_aside: Callable[[str, str], Coroutine[Any, Any, None]],
        is_needed: Callable[[str], bool],
    ) -> None:
        self._clock = clock
        self._set_aside = set_aside
        self._is_needed = is_needed
        self._times: dict[str, deque[datetime]] = defaultdict(lambda: deque[datetime](maxlen=MOST))
        self._tasks = TaskGroup()
        self.last: dict[str, tuple[str, datetime]] = {}
        """What went wrong last in each cog, and when."""

    @contextmanager
    def caught(self, cog: str, what: str) -> Generator[None]:
        """The boundary to a cog: what it raises in the block is logged and counted, and whoever asked it goes on."""
        try:
            yield
        except Exception as exc:  # noqa: BLE001 - a cog may raise anything; nothing is hidden, and nobody else ends by it
            self.report(cog, what, exc)

    def report(self, cog: str, what: str, exc: BaseException) -> None:
        """Log a crash, and count it.

        Args:
            cog: its name.
            what: what it was doing, like ``on Follow``.
            exc: what it raised.
        """
        log.error("The cog %s failed %s.", cog, what, exc_info=exc)
        self.count(cog, what, exc)

    def count(self, cog: str, what: str, exc: BaseException) -> None:
        """Count a crash that is in the log already. A database that is away is not the cog's fault."""
        if isinstance(exc, DBAPIError) and not is_of_statement(exc):
            return
        now, times = self._clock.now(), self._times[cog]
        times.append(now)
        words = f"{type(exc).__name__}: {exc}".rstrip(": ")
        self.last[cog] = (f"{words} ({what})", now)
        if len(times) == MOST and now - times[0] <= WINDOW and not self._is_needed(cog):
            times.clear()
            self._tasks.spawn(self._set_aside(cog, f"it failed {MOST} times in a minute, at last with {words}"))

    def forget(self, cog: str) -> None:
        """It was loaded anew."""
        self._times.pop(cog, None)
        self.last.pop(cog, None)

    async def idle(self) -> None:
        """Wait until no cog is being set aside."""
        await self._tasks.idle()

    @property
    def are_busy(self) -> bool:
        """True while a cog is being set aside."""
        return bool(self._tasks)
