"""Sessions that write, for whoever opens them by themselves: in order, one at a time, and none inside of another."""

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.util import await_only
from typing_extensions import override

from pixel_bot.concurrency.open_writers import (
    HOLD_SECONDS,
    HeldTooLong,
    begin_writer,
    calling_module,
    end_writer,
)
from pixel_bot.configuration.cog_files import cog_name

log = logging.getLogger(__name__)

TURN = "turn"
"""The execution option of an engine whose transactions wait for their turn; its value is a ``Turn``."""


class Turn:
    """The turn of one writer after another: the lock that orders all writers of one database."""

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock = lock

    def take(self) -> None:
        """Wait for it. Call it where SQLAlchemy waits for a connection."""
        await_only(self._lock.acquire())

    def release(self) -> None:
        """Let the next one write."""
        self._lock.release()


@contextmanager
def in_turn(turn: Turn | None) -> Generator[None]:
    """Wait for the turn before a transaction begins; it is kept for its session, unless the beginning fails."""
    if turn is not None:
        turn.take()
    try:
        yield
    except BaseException:
        if turn is not None:
            turn.release()
        raise


class _Writing(Session):
    """The part of a session that SQLAlchemy's events are about."""

    begun: Any = None
    turn: Turn | None = None
    """What it holds while it writes."""
    name = "bot.sessions"
    database: object = None
    limit: asyncio.Timeout | None = None

    def ended(self) -> None:
        """Its transaction has ended, one way or the other."""
        begun, self.begun = self.begun, None
        turn, self.turn = self.turn, None
        if begun is not None:
            end_writer(begun)
        if turn is not None:
            turn.release()
        if self.limit is not None and not self.limit.expired():
            self.limit.reschedule(None)


@event.listens_for(_Writing, "after_transaction_create")
def _on_create(session: _Writing, transaction: SessionTransaction) -> None:  # pyright: ignore[reportUnusedFunction]
    if transaction.parent is None:
        session.begun = begin_writer(session.database, session.name)


@event.listens_for(_Writing, "after_begin")
def _on_begin(session: _Writing, _: SessionTransaction, connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
    if session.turn is None:
        session.turn = connection.get_execution_options().get(TURN)
    if session.limit is not None:
        session.limit.reschedule(asyncio.get_running_loop().time() + HOLD_SECONDS)


@event.listens_for(_Writing, "after_transaction_end")
def _on_end(session: _Writing, transaction: SessionTransaction) -> None:  # pyright: ignore[reportUnusedFunction]
    if transaction.parent is None:
        session.ended()


class WriterSession(AsyncSession):
    """A session that begins as the only writer at its first statement.

    Used as ``async with``, a transaction of it lasts for five seconds at the most.

    Raises:
        NestedWriter: a writer is still open in this task.
        HeldTooLong: in the end, when it was held open for too long. It was rolled back.
    """

    sync_session_class = _Writing

    def __init__(self, bind: Any = None, *, database: object = None, **options: Any) -> None:
        super().__init__(bind, **options)
        self._writing: _Writing = self.sync_session  # pyright: ignore[reportAttributeAccessIssue]
        self._writing.database = database
        self._cog = cog_name(calling_module())
        self._writing.name = f"A bot.sessions block of {self._cog}"

    @override
    async def __aenter__(self) -> Self:
        self._writing.limit = limit = asyncio.timeout(None)
        await limit.__aenter__()
        return await super().__aenter__()

    @override
    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        limit = self._writing.limit
        try:
            await super().__aexit__(kind, value, traceback)
        finally:
            self._writing.limit = None
            if limit is not None:
                await self._leave(limit, kind, value, traceback)

    async def _leave(self, limit: asyncio.Timeout, kind: Any, value: Any, traceback: Any) -> None:
        try:
            await limit.__aexit__(kind, value, traceback)
        except TimeoutError as exc:
            held = HeldTooLong(self._cog, "bot.sessions")
            log.error("%s", held)
            raise held from exc

    @override
    async def close(self) -> None:
        """Roll back what is open, and give the connection back; the turn is given up whatever fails."""
        try:
            await super().close()
        finally:
            self._writing.ended()
