"""Base class of the queue's workers: they sleep until an event, and know when they are idle."""

import asyncio
import logging
import sqlite3
from contextlib import suppress

from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)

DATABASE_ERRORS = (DBAPIError, sqlite3.Error)
"""What a failing database raises: SQLAlchemy's error, and SQLite's own from ``Database.look_up``."""


class Worker:
    """A worker that events wake, without polling. Needs a running event loop."""

    def __init__(self) -> None:
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._stopping = False
        self._failing = False

    def wake(self) -> None:
        """Wake the worker: something changed."""
        self._wake.set()
        self._idle.clear()

    @property
    def is_idle(self) -> bool:
        """True when there is nothing to do now."""
        return self._idle.is_set()

    async def idle(self) -> None:
        """Wait until there is nothing to do."""
        await self._idle.wait()

    def stop(self) -> None:
        """Stop after the current item."""
        self._stopping = True
        self.wake()

    def _log_failure(self, exc: DBAPIError | sqlite3.Error) -> None:
        """Log a database error that is retried: once, until a success."""
        level = logging.DEBUG if self._failing else logging.ERROR
        log.log(
            level,
            "The queue cannot be processed (%s). It is tried again.",
            exc.orig if isinstance(exc, DBAPIError) else exc,
        )
        self._failing = True

    def _log_success(self) -> None:
        """The database answered: the next failure is logged again."""
        self._failing = False

    async def _sleep(self, seconds: float | None = None, *, idle: bool = True) -> None:
        """Sleep until woken, or for so many seconds. ``idle``: whether the worker counts as idle meanwhile."""
        if idle:
            self._idle.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._idle.clear()
