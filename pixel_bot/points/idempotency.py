"""Idempotency keys of commands: a message that is delivered again changes nothing.

The key is the id of the chat message. It is inserted in the transaction of the command's first change, so that a second
delivery, also after a restart, finds it.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.engine import Database
from pixel_bot.errors import PixelError
from pixel_bot.points.audit import act_is_durable, audited
from pixel_bot.points.processed_ids import ProcessedId, claim


class AlreadyProcessed(PixelError):
    """The message was processed before: its id is in ``events``."""


@dataclass(slots=True)
class IdempotencyKey:
    """The id of the message that this task processes. ``claimed`` is True once a change made for it is durable."""

    message_id: str
    at: datetime
    claimed: bool = False


# A context variable, not an argument: the services below a command claim its key without every signature naming it.
_current: ContextVar[IdempotencyKey | None] = ContextVar("idempotency_key", default=None)


def use_idempotency_key(message_id: str, at: datetime) -> None:
    """Set the idempotency key of this task."""
    _current.set(IdempotencyKey(message_id, at))


def use_no_idempotency_key() -> None:
    """What this task does from now on is done each time that it is asked for."""
    _current.set(None)


def unprocessed_message() -> str:
    """The id of the current message while no change made for it is durable; else an empty text."""
    key = _current.get()
    return "" if key is None or key.claimed else key.message_id


async def refuse_repeats(database: Database) -> None:
    """Look up the current idempotency key, without waiting for the writer lock.

    For commands that act outside of the database first, or are refused before they write; their write claims the key.

    Raises:
        AlreadyProcessed: the message was processed before.
    """
    message_id = unprocessed_message()
    if message_id and await database.look_up("SELECT 1 FROM events WHERE id = :id", {"id": message_id}):
        raise AlreadyProcessed(message_id)


async def claim_command(database: Database, message_id: str, at: datetime) -> bool:
    """Whether this process answers a command: of several on one database, the one that inserts its message id first."""
    if not database.is_shared:
        return True
    async with database.write() as session:
        return bool(await claim(session, [ProcessedId(f"answer:{message_id}", "answer", 0, 0, at)]))


@asynccontextmanager
async def write_once(database: Database) -> AsyncGenerator[AsyncSession]:
    """Like ``database.write()``, with the current idempotency key claimed, and the act noted, in the same transaction.

    A command may change several things, each in a transaction of its own: the first one claims.

    Raises:
        AlreadyProcessed: the message was processed before, here or by another process.
    """
    key = _current.get()
    async with database.write() as session:
        if key is not None and not key.claimed:
            new = await claim(session, [ProcessedId(key.message_id, "command", 0, 0, key.at)])
            if not new:
                raise AlreadyProcessed(key.message_id)
        async with audited(session):
            yield session
    act_is_durable()
    if key is not None:
        # Only after the commit: a transaction that was rolled back has not claimed, and the next one must.
        key.claimed = True
