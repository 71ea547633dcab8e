"""What is kept of giveaways and raffles: who has entered, and who has won."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.plugin import CogModel, ViewerId


class Kind(StrEnum):
    """A giveaway of something, or a raffle, which gives points away."""

    GIVEAWAY = "giveaway"
    RAFFLE = "raffle"


class State(StrEnum):
    """Where a giveaway is. Nobody enters one that is closed; one that was drawn can be drawn again for more winners."""

    OPEN = "open"
    CLOSED = "closed"
    DRAWN = "drawn"
    CANCELLED = "cancelled"


class Answer(StrEnum):
    """What a winner did: their time runs, they wrote in chat, they did not, or somebody was drawn in their place."""

    AWAITED = "awaited"
    GIVEN = "given"
    MISSED = "missed"
    REPLACED = "replaced"


class Giveaway(CogModel):
    """A giveaway or a raffle."""

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    keyword: Mapped[str]
    cost: Mapped[int]
    most: Mapped[int]
    """Tickets that each viewer may have."""
    subs: Mapped[int]
    """How many times a ticket of a sub counts."""
    promise: Mapped[int]
    """The seed that was promised, by its id for ``!fair``."""
    round: Mapped[int]
    """Of the ledger; 0 where no points are in it."""
    pot: Mapped[int]
    """Points that a raffle gives away, and to how many."""
    winners: Mapped[int]
    entered: Mapped[int]
    """The number of the entry that came last."""
    is_telling: Mapped[bool]
    """True while a line about who came in is scheduled."""
    told_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]


class Entry(CogModel):
    """Somebody who has entered. Entries are drawn from in the order in which they came."""

    giveaway: Mapped[int] = mapped_column(primary_key=True)
    viewer: Mapped[ViewerId] = mapped_column(primary_key=True)
    number: Mapped[int]
    tickets: Mapped[int]
    is_sub: Mapped[bool]
    is_told: Mapped[bool]
    """Whether chat has heard of it."""
    message: Mapped[str] = mapped_column(index=True)
    """The keyword that they entered by: delivered again, it enters nobody in a later giveaway. Empty for a command."""


class Winner(CogModel):
    """Somebody who was drawn; ``place`` counts the draws of a giveaway."""

    giveaway: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    viewer: Mapped[ViewerId]
    draw: Mapped[int]
    answer: Mapped[str]


async def merge_entries(session: AsyncSession, old: int, new: int) -> None:
    """Two accounts are one person: where both have entered, they have one entry with the tickets that were paid.

    What costs nothing was not paid for: there, the larger number counts.
    """
    theirs = {entry.giveaway: entry for entry in await session.scalars(select(Entry).where(Entry.viewer == old))}
    for mine in await session.scalars(select(Entry).where(Entry.viewer == new, Entry.giveaway.in_(theirs))):
        entry, giveaway = theirs[mine.giveaway], await session.get(Giveaway, mine.giveaway)
        paid = giveaway is not None and giveaway.cost > 0
        mine.tickets = mine.tickets + entry.tickets if paid else max(mine.tickets, entry.tickets)
        mine.is_sub = mine.is_sub or entry.is_sub
        mine.number = min(mine.number, entry.number)
        await session.delete(entry)
