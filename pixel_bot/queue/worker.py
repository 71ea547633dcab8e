"""What the lanes have in common: they sleep until something changes, and know when they have nothing to do."""

import asyncio
import logging
from contextlib import suppress

from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)


class Worker:
    """Woken by events, never by polling. Needs a running event loop."""

    def __init__(self) -> None:
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._stopping = False
        self._failing = False

    def wake(self) -> None:
        """Something changed: look again."""
        self._wake.set()
        self._idle.clear()

    @property
    def is_idle(self) -> bool:
        """True when there is nothing that could be done now."""
        return self._idle.is_set()

    async def idle(self) -> None:
        """Wait until there is nothing that could be done now."""
        await self._idle.wait()

    def stop(self) -> None:
        """End after what is under way."""
        self._stopping = True
        self.wake()

    def _log_failure(self, exc: DBAPIError) -> None:
        """The database says no, and it is tried again: that stands once in the log, until it works again."""
        level = logging.DEBUG if self._failing else logging.ERROR
        log.log(level, "The queue cannot be worked (%s). It is tried again.", exc.orig)
        self._failing = True

    def _log_success(self) -> None:
        """The database can be used."""
        self._failing = False

    async def _sleep(self, seconds: float | None = None, *, idle: bool = True) -> None:
        """Sleep until woken, or for so many seconds. ``idle`` says whether nothing is left to do meanwhile."""
        if idle:
            self._idle.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._idle.clear()
