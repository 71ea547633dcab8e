"""What the award writer works on: events, batches, and what a batch comes to in the ledger."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pixel_bot.earning.chat_gate import ChatRound, Decision
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
    """What one event gives to one person, once for its id. The amounts may be 0: the id is kept all the same.

    ``person`` is None where they stay anonymous; then nobody gets anything. After one with a ``pause``, those of its
    kind give that person nothing for so many seconds.
    """

    event_id: str
    kind: str
    person: Person | None
    points: int
    xp: int
    at: datetime
    pause: int = 0


@dataclass(slots=True)
class Waiting:
    """An event award, and who waits for it."""

    award: EventAward
    done: asyncio.Future[bool]

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
    """One transaction's worth of work, as it takes shape."""

    lines: list[ChatMessage]
    waiting: list[Waiting]
    chat: ChatRound | None = None
    fresh: set[str] = field(default_factory=lambda: set[str]())
    held: set[str] = field(default_factory=lambda: set[str]())
    """Ids of events that give nothing, because one of their kind gave something a moment ago."""
    points: int = 0
    xp: int = 0

    def __len__(self) -> int:
        return len(self.lines) + len(self.waiting)

    def concerns(self, key: str) -> bool:
        """True when there is something in it for that person."""
        in_chat = any(line.key == key for line in self.lines) if self.chat is None else self.chat.concerns(key)
        return in_chat or any(w.concerns(key) for w in self.waiting)

    @property
    def awards(self) -> list[EventAward]:
        """The awards, each event once."""
        return list({w.award.event_id: w.award for w in self.waiting}.values())


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
    names = {account.id: account.name for account in known.values()}
    for line, user_id, at, points, xp in decisions:
        if points:
            entries.append(Entry(user_id, points, "chat", at))
        if xp:
            name = names.get(user_id) or line.name
            gains.append(Gain(user_id, name, line.display_name, xp, at, line.platform))
    for award in batch.awards:
        who = award.person
        if who is None or award.event_id not in batch.fresh or award.event_id in batch.held:
            continue
        user_id, name, _ = known[who]
        if award.points:
            entries.append(Entry(user_id, award.points, award.kind, award.at))
        if award.xp:
            gains.append(Gain(user_id, name, who.display_name, award.xp, award.at, who.platform))
    return entries, gains


def log_lost(batch: Batch) -> None:
    """Say that a batch is lost, with its events, so that the streamer can make good for them by hand."""
    log.error("The database could not be written to the end; %s lost.", count(len(batch), "award"))
    for award in batch.awards[:LISTED]:
        if award.person is not None and (award.points or award.xp):
            log.error("Lost: %s, %s for %s.", award.kind, count(award.points, "point"), award.person.login)
