"""What made something happen, so that it happens once.

A command is a chat message, and a message can be delivered again, also after a restart. So whatever a command changes
is written together with the message's id; the second time nothing is changed.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.engine import Database
from pixel_bot.errors import PixelError
from pixel_bot.points.processed_ids import ProcessedId, claim


class AlreadyProcessed(PixelError):
    """The message that asks for this has been worked before."""


@dataclass(slots=True)
class IdempotencyKey:
    """A message under work. ``claimed`` is True once a change of this work is durable."""

    message_id: str
    at: datetime
    claimed: bool = False


_current: ContextVar[IdempotencyKey | None] = ContextVar("cause", default=None)


def use_idempotency_key(message_id: str, at: datetime) -> None:
    """From now on, this task works on that message."""
    _current.set(IdempotencyKey(message_id, at))


def unprocessed_message() -> str:
    """The id of the message that is being worked, as long as nothing it changed is durable; else an empty text."""
    cause = _current.get()
    return "" if cause is None or cause.claimed else cause.message_id


async def refuse_repeats(database: Database) -> None:
    """Look whether the message that is being worked was worked before, without waiting for anybody's turn.

    For work that begins outside of the database, or refuses before it gets there; what it then writes claims.

    Raises:
        AlreadyWorked: it was.
    """
    message_id = unprocessed_message()
    if message_id and await database.look_up("SELECT 1 FROM events WHERE id = :id", {"id": message_id}):
        raise AlreadyProcessed(message_id)


async def claim_command(database: Database, message_id: str, at: datetime) -> bool:
    """Whether this process works a command: where several share the database, the one that claims its message first."""
    if not database.is_shared:
        return True
    async with database.write() as session:
        return bool(await claim(session, [ProcessedId(f"answer:{message_id}", "answer", 0, 0, at)]))


@asynccontextmanager
async def write_once(database: Database) -> AsyncGenerator[AsyncSession]:
    """Like ``database.write()``, with the id of the message that is being worked claimed in the same transaction.

    A command may change several things, each in a transaction of its own: the first one claims.

    Raises:
        AlreadyWorked: the message was worked before, here or by another process.
    """
    cause = _current.get()
    async with database.write() as session:
        if cause is not None and not cause.claimed:
            new = await claim(session, [ProcessedId(cause.message_id, "command", 0, 0, cause.at)])
            if not new:
                raise AlreadyProcessed(cause.message_id)
        yield session
    if cause is not None:
        cause.claimed = True
