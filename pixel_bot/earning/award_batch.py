"""A batch of the group commit: chat messages and events, and the ledger entries and XP that they come to."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.earning.chat_gate import ChatRound, Decision
from pixel_bot.earning.event_claims import ClaimResult
from pixel_bot.earning.event_matching import Evidence
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.model.people import Person
from pixel_bot.points.ledger import Entry
from pixel_bot.points.levels import Gain
from pixel_bot.points.upsert_viewers import KnownAccount
from pixel_bot.texts import count

log = logging.getLogger(__name__)

LISTED = 50
"""Lost events that the log names."""


@dataclass(frozen=True, slots=True)
class EventAward:
    """What one event gives to one person. Its id is the idempotency key, and is kept even where the amounts are 0.

    ``person`` is None where they stay anonymous; then nobody gets anything. After one with a ``pause``, those of its
    kind give that person nothing for so many seconds. With ``evidence`` it gives nothing where another event has told
    of the same.
    """

    event_id: str
    kind: str
    person: Person | None
    points: int
    xp: int
    at: datetime
    pause: int = 0
    evidence: Evidence | None = None
    also: Callable[[AsyncSession], Awaitable[None]] | None = None
    """Written in the same transaction, if the event is new. It may be called again after a rollback."""


class EventResult(NamedTuple):
    """What became of an event: whether its id was new, and its claim where several events may tell of the same."""

    is_new: bool
    claim: ClaimResult | None = None


@dataclass(slots=True)
class PendingEvent:
    """An event award in the queue, and the future that its caller awaits."""

    award: EventAward
    done: asyncio.Future[EventResult]

    def concerns(self, key: str) -> bool:
        """True when it is for that person."""
        return self.award.person is not None and self.award.person.key == key


@dataclass(slots=True)
class Totals:
    """What was given since the start."""

    messages: int = 0
    points: int = 0
    xp: int = 0
    last_at: datetime | None = None


@dataclass(slots=True)
class Batch:
    """What one transaction writes; the fields after the first two are set while it is being written."""

    messages: list[ChatMessage]
    pending: list[PendingEvent]
    chat: ChatRound | None = None
    fresh: set[str] = field(default_factory=lambda: set[str]())
    """Ids of events that are new. Not those of ``pending``: an id may be queued twice, and processed long ago."""
    unpaid: set[str] = field(default_factory=lambda: set[str]())
    """Ids of events that give nothing: those of ignored people, those in the pause after an earlier award, and those of
    which another event has told, and paid."""
    claims: dict[str, ClaimResult] = field(default_factory=lambda: dict[str, ClaimResult]())
    """What the claims of new events came to, by their ids."""
    points: int = 0
    xp: int = 0

    def __len__(self) -> int:
        return len(self.messages) + len(self.pending)

    def concerns(self, key: str) -> bool:
        """True when there is something in it for that person."""
        # Until the transaction begins nobody has decided which of the messages earn something: any of them may.
        in_chat = any(message.key == key for message in self.messages) if self.chat is None else self.chat.concerns(key)
        return in_chat or any(w.concerns(key) for w in self.pending)

    @property
    def awards(self) -> list[EventAward]:
        """The event awards, each id once."""
        return list({w.award.event_id: w.award for w in self.pending}.values())


def spell_out(
    decisions: Sequence[Decision], batch: Batch, known: Mapping[Person, KnownAccount]
) -> tuple[list[Entry], list[Gain]]:
    """What a batch comes to in the ledger and in XP.

    Args:
        decisions: what the chat messages earn.
        batch: the batch, with its events claimed.
        known: the accounts of those who were looked up for it; the others have the name that their message shows.
    """
    entries: list[Entry] = []
    gains: list[Gain] = []
    # A linked account earns under the name of the account that was kept, not under the one in its message.
    names = {account.id: account.name for account in known.values()}
    for message, user_id, at, points, xp in decisions:
        if points:
            entries.append(Entry(user_id, points, "chat", at))
        if xp:
            name = names.get(user_id) or message.name
            gains.append(Gain(user_id, name, message.display_name, xp, at, message.platform))
    for award in batch.awards:
        who = award.person
        # An id that is not fresh was paid by an earlier batch, or by another process: nothing for it here.
        if who is None or award.event_id not in batch.fresh or award.event_id in batch.unpaid:
            continue
        user_id, name, _ = known[who]
        if award.points:
            entries.append(Entry(user_id, award.points, award.kind, award.at))
        if award.xp:
            gains.append(Gain(user_id, name, who.display_name, award.xp, award.at, who.platform))
    return entries, gains


def log_lost(batch: Batch) -> None:
    """Log that a batch is lost, with its events, so that the streamer can give the points by hand."""
    log.error("The database could not be written to the end; %s lost.", count(len(batch), "award"))
    for award in batch.awards[:LISTED]:
        if award.person is not None and (award.points or award.xp):
            log.error("Lost: %s, %s for %s.", award.kind, count(award.points, "point"), award.person.login)
