"""Which tasks have a writing transaction open: a second one in the same task would wait for the first, without end.

So it is refused at once, and so is speaking in chat: nothing is said before it is durable.
"""

import asyncio
import inspect
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pixel_bot.errors import PixelError

HOLD_SECONDS = 5.0
"""A cog may keep all other writers waiting for so long."""

_OURS = ("pixel_bot", "sqlalchemy", "contextlib", "asyncio", "twitchio")


class NestedWriter(PixelError):
    """A writer was begun inside of one that is still open in the same task."""

    def __init__(self, outer: str) -> None:
        super().__init__(
            f"{outer} is still open here, and a second writer would wait for it without end. Inside of "
            "bot.transaction use tx.debit, tx.credit and tx.session; inside of bot.write or bot.sessions use that "
            "session. Anything else comes after the block."
        )


class SpokeTooSoon(PixelError):
    """Something was said inside of a writing transaction."""

    def __init__(self, outer: str) -> None:
        super().__init__(
            f"{outer} is still open here, so what would be said is not durable yet. Leave the block first, then speak."
        )


class HeldTooLong(PixelError):
    """A transaction was held open for too long, and is rolled back. ``cog`` and ``reason`` say which."""

    def __init__(self, cog: str, reason: str) -> None:
        self.cog = cog
        self.reason = reason
        super().__init__(
            f"The cog {cog} held a transaction ({reason}) open for more than {HOLD_SECONDS:g} seconds. It was rolled "
            "back. Wait for the network, for chat and for others before it or after it."
        )


@dataclass(eq=False)
class OpenWriter:
    """A writing transaction: the object that stands for its database, and what messages call it."""

    database: object
    name: str


_open: dict[asyncio.Task[Any], list[OpenWriter]] = {}


def begin_writer(database: object, name: str) -> tuple[asyncio.Task[Any] | None, OpenWriter]:
    """Note that this task writes from now on. Give the result to ``end_writer``.

    Raises:
        NestedWriter: it does already, to the same database.
    """
    task = _current_task()
    writer = OpenWriter(database, name)
    if task is not None:
        for outer in _open.get(task, ()):
            if outer.database is database:
                raise NestedWriter(outer.name)
        _open.setdefault(task, []).append(writer)
    return task, writer


def end_writer(begun: tuple[asyncio.Task[Any] | None, OpenWriter]) -> None:
    """The transaction has ended; a second call does nothing."""
    task, writer = begun
    if task is None or (writers := _open.get(task)) is None:
        return
    if writer in writers:
        writers.remove(writer)
    if not writers:
        _open.pop(task, None)


def refuse_speech() -> None:
    """Refuse to speak while this task writes.

    Raises:
        SpokeTooSoon: it does.
    """
    task = _current_task()
    if task is not None and (writers := _open.get(task)):
        raise SpokeTooSoon(writers[-1].name)


@asynccontextmanager
async def at_most(cog: str, reason: str) -> AsyncGenerator[None]:
    """Limit how long a block may last.

    Raises:
        HeldTooLong: it lasted too long. It was cancelled, unless it never gave the event loop a turn.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + HOLD_SECONDS
    limit = asyncio.timeout_at(end)
    try:
        async with limit:
            yield
    except TimeoutError as exc:
        if limit.expired():
            raise HeldTooLong(cog, reason) from exc
        raise
    if loop.time() > end:
        raise HeldTooLong(cog, reason)


def calling_module() -> str:
    """The name of the module, not one of ours or of a library below us, whose code has led here."""
    frame = inspect.currentframe()
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.split(".")[0] not in _OURS:
            return name
        frame = frame.f_back
    return ""


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no event loop runs here
        return None
