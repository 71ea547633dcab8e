"""Opens the transactions of cogs: each is claimed, limited in time, and named."""

import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from pixel_bot.clock import Clock
from pixel_bot.cog_data.day_loss import DayLoss
from pixel_bot.cog_data.limits import Per, period_of
from pixel_bot.cog_data.reasons import checked_reason
from pixel_bot.cog_data.transaction import Origin, Transaction
from pixel_bot.concurrency.open_writers import HeldTooLong, at_most
from pixel_bot.db.engine import Database
from pixel_bot.model.people import Person, Platform
from pixel_bot.model.stream_state import Stream
from pixel_bot.points.idempotency import AlreadyProcessed
from pixel_bot.points.levels import Levels
from pixel_bot.points.processed_ids import ProcessedId, claim
from pixel_bot.points.viewers import Viewers

log = logging.getLogger(__name__)


class ForMessage(Protocol):
    """What belongs to one message: a command's context."""

    @property
    def chat_message(self) -> Any:
        """The message; its ``id`` is what is claimed."""
        ...


class AlreadyDone(AlreadyProcessed):
    """What this transaction is for was done before: the same message, or the same key, by the same cog."""


class Transactions:
    """The transactions of cogs on one database."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        stream: Stream,
        viewers: Viewers,
        levels: Levels,
        day_loss: DayLoss | None = None,
    ) -> None:
        self._day_loss = day_loss or DayLoss()
        self._database = database
        self._clock = clock
        self._stream = stream
        self._viewers = viewers
        self._levels = levels

    @asynccontextmanager
    async def open(self, source: Any, cog: str, reason: str) -> AsyncGenerator[Transaction]:
        """A transaction, claimed by what it is for.

        Args:
            source: a command's context, a message or an event, or a key of the cog's own.
            cog: its name.
            reason: what the ledger says, like ``slots``.

        Raises:
            AlreadyDone: it was done before.
            NestedWriter: a writer is still open in this task.
            HeldTooLong: in the end, when the block lasted too long. It was rolled back.
            ValueError: the reason is empty, too long, or one of the bot's own.
        """
        checked_reason(reason)
        async with self.writing(cog, reason) as session:
            origin = self.origin(cog, reason, _platform_of(source))
            if not await claim(session, [_claim_of(source, origin)]):
                raise AlreadyDone(f"{cog}, {reason}")
            transaction = Transaction(session, origin)
            try:
                yield transaction
            finally:
                transaction.end()

    @asynccontextmanager
    async def writing(self, cog: str, reason: str) -> AsyncGenerator[AsyncSession]:
        """A session that writes, for five seconds at the most."""
        try:
            name = f"The transaction of {cog} ({reason})"
            async with self._database.write(name) as session, at_most(cog, reason):
                with _ends_by_itself(session):
                    yield session
        except HeldTooLong as exc:
            log.error("%s", exc)
            raise

    def origin(self, cog: str, reason: str, platform: Platform = "twitch") -> Origin:
        """Whose transaction it is that begins now, and the platform that it is answered on."""
        now = self._clock.now()

        def period(per: Per) -> str:
            return period_of(per, now, self._stream)

        loss, ignored = self._day_loss if cog in self._day_loss.cogs else None, self._viewers.is_ignored
        return Origin(cog, reason, now, period, self._account_of, self._levels, platform, loss, ignored)

    async def _account_of(self, session: AsyncSession, person: Person) -> int:
        return (await self._viewers.upsert(session, [person]))[person].id


@contextmanager
def _ends_by_itself(session: AsyncSession) -> Generator[None]:
    """Within the block nobody commits or rolls back: what is done in it is there together, or not at all."""

    def refuse(committing: Session) -> None:
        if not committing.in_nested_transaction():  # a savepoint of the cog's own may end
            raise RuntimeError("This transaction ends with its block. Leave commit() away; to undo it all, raise.")

    event.listen(session.sync_session, "before_commit", refuse)
    try:
        yield
    finally:
        event.remove(session.sync_session, "before_commit", refuse)
    if not session.in_transaction():
        raise RuntimeError("This transaction was rolled back inside of its block. To undo it all, raise instead.")


def _claim_of(source: Any, origin: Origin) -> ProcessedId:
    """What a transaction claims. Of messages it is kept as long as their other ids; an own key for ever."""
    if isinstance(source, str):
        if not source:
            raise ValueError("The key of a transaction is empty; then it would be done once and never again.")
        return ProcessedId(f"cog:{origin.cog}:{origin.reason}:{source}", "cog", 0, 0, origin.now)
    message = getattr(source, "chat_message", source)
    message_id = getattr(message, "id", None) or getattr(message, "event_id", None)
    if not isinstance(message_id, str) or not message_id:
        raise TypeError(f"A transaction is for a context, an event or a key; {source!r} is none of them.")
    # The message's id stands first, as in every id that belongs to a message: those of a replayed log are found by it.
    return ProcessedId(f"{message_id}:{origin.cog}:{origin.reason}", "command", 0, 0, origin.now)


def _platform_of(source: Any) -> Platform:
    """The platform of a context, a message or an event; Twitch for a key."""
    message = getattr(source, "chat_message", source)
    found = getattr(message, "platform", None) or getattr(getattr(message, "person", None), "platform", None)
    return found or "twitch"
