"""Calls of cogs that survive a restart: events that must not be lost, and what ``bot.schedule`` was given."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.bot.cogs.event_bus import EventBus, Hearer
from pixel_bot.bot.cogs.hearing import EVENTS
from pixel_bot.bot.cogs.workers import Outcome
from pixel_bot.clock import Clock
from pixel_bot.concurrency.task_group import TaskGroup
from pixel_bot.db.engine import Database
from pixel_bot.db.models_cogs import StoredCall
from pixel_bot.model.event import Event

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
"""Starts at which a method is given an event that it failed with before."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event that is stored for one method."""

    row: int
    event: Event
    hearer: Hearer


@dataclass(frozen=True, slots=True)
class StoredSchedule:
    """What was scheduled: its row, by which name, with which value, for when, and what if that was missed."""

    row: int
    name: str
    value: str
    due_at: datetime
    missed: str
    token: str = ""
    """Of this call alone: SQLite gives the number of a row that is gone to the next one."""

    @property
    def key(self) -> str:
        """What ``Scheduled.key`` is: the same however often this call is made, and that of no other one."""
        return f"schedule:{self.row}:{self.token}" if self.token else f"schedule:{self.row}"


class EventStore:
    """Stores events in the transaction that processes them, so that a crash loses none.

    Args:
        bus: who hears them.
        calls: the table.
    """

    def __init__(self, bus: EventBus, calls: "StoredCalls") -> None:
        self._bus = bus
        self._calls = calls

    def is_needed(self, event: Event) -> bool:
        """Whether anybody must not miss it."""
        return bool(self._bus.stored_for(event))

    def writer(self, event: Event, stored: list[StoredEvent]) -> Callable[[AsyncSession], Awaitable[None]]:
        """What stores it in a transaction, and notes in ``stored`` what it stored last."""

        async def write(session: AsyncSession) -> None:
            stored[:] = await self._calls.insert(session, event)

        return write

    def tell(self, event: Event, stored: Sequence[StoredEvent]) -> None:
        """Let everybody hear it, after the commit."""
        self._bus.publish(event, already_stored=True)
        self._calls.begin(stored)


class StoredCalls:
    """Reads and writes the table. A row stands until its call has ended."""

    def __init__(self, bus: EventBus, database: Database, clock: Clock) -> None:
        self._bus = bus
        self._database = database
        self._clock = clock
        self._under_way: set[int] = set()
        self.tasks = TaskGroup()
        """What is being stored or removed."""

    # Events

    def deliver(self, event: Event, hearers: Sequence[Hearer]) -> None:
        """Store an event for each of them, then let them hear it. Returns at once."""
        self.tasks.spawn(self._store_and_call(event, hearers))

    async def insert(self, session: AsyncSession, event: Event) -> list[StoredEvent]:
        """Store an event in the caller's transaction, for all who must not miss it. ``begin`` follows the commit."""
        return [await self._insert(session, event, hearer) for hearer in self._bus.stored_for(event)]

    def begin(self, stored: Sequence[StoredEvent]) -> None:
        """Let them hear it. What fails is tried again at the next start."""
        for one in stored:
            self._under_way.add(one.row)
            self._bus.call(one.hearer, one.event, self._ending(one.row, keep_failed=True))

    async def recover(self, cogs: Collection[str]) -> None:
        """Let methods of these cogs hear what they had not heard when the bot ended."""
        rows = await self._rows(StoredCall.kind == "event", StoredCall.cog.in_(sorted(cogs)))
        for row in rows:
            event = _event_of(row.event, row.value)
            hearers = self._bus.hearers_of(type(event)) if event is not None else ()
            hearer = next((h for h in hearers if (h.cog, h.name) == (row.cog, row.name)), None)
            if hearer is None or event is None or row.attempts >= MOST_ATTEMPTS:
                log.warning("The cog %s has no use for a %s that it had missed.", row.cog, row.event)
                await self._remove(row.id)
            else:
                self.begin([StoredEvent(row.id, event, hearer)])

    # Schedules

    async def schedule(self, session: AsyncSession, cog: str, schedule: StoredSchedule) -> None:
        """Store a call in the caller's transaction; the row's id and token in ``schedule`` do not count."""
        await session.execute(
            insert(StoredCall).values(
                kind="schedule",
                cog=cog,
                name=schedule.name,
                event=secrets.token_hex(8),
                value=schedule.value,
                missed=schedule.missed,
                due_at=schedule.due_at,
                created_at=self._clock.now(),
            )
        )

    async def due(self, names: Collection[str], now: datetime) -> list[StoredSchedule]:
        """What is due under these names, in order, and not under way."""
        rows = await self._rows(
            StoredCall.kind == "schedule", StoredCall.name.in_(sorted(names)), StoredCall.due_at <= now
        )
        return [StoredSchedule(row.id, row.name, row.value, row.due_at, row.missed, row.event) for row in rows]

    async def next_due(self, names: Collection[str]) -> datetime | None:
        """When the next of these is due that is not under way; None when there is none."""
        query = select(func.min(StoredCall.due_at)).where(
            StoredCall.kind == "schedule",
            StoredCall.name.in_(sorted(names)),
            StoredCall.id.not_in(sorted(self._under_way)),
        )
        async with self._database.readers() as session:
            return (await session.execute(query)).scalar()

    async def drop(self, name: str, cog: str) -> int:
        """Remove all of that name. Returns how many there were."""
        here = (StoredCall.kind == "schedule", StoredCall.name == name, StoredCall.cog == cog)
        async with self._database.write() as session:
            rows = (await session.execute(delete(StoredCall).where(*here).returning(StoredCall.id))).all()
        return len(rows)

    def run(self, row: int, call: Callable[[Callable[[Outcome], None]], None]) -> None:
        """Make a call that was scheduled; it ends its row. An error costs it its turn."""
        self._under_way.add(row)
        call(self._ending(row, keep_failed=False))

    async def skip(self, row: int) -> None:
        """It is not called."""
        await self._remove(row)

    def _ending(self, row: int, *, keep_failed: bool) -> Callable[[Outcome], None]:
        def end(outcome: Outcome) -> None:
            if outcome == "dropped":
                self._under_way.discard(row)  # for when the cog is loaded again
            else:
                self.tasks.spawn(self._end(row, succeeded=outcome == "done" or not keep_failed))

        return end

    async def _end(self, row: int, *, succeeded: bool) -> None:
        try:
            if succeeded:
                await self._remove(row)
            else:
                async with self._database.write() as session:
                    values = {"attempts": StoredCall.attempts + 1}
                    await session.execute(update(StoredCall).where(StoredCall.id == row).values(**values))
        except DBAPIError as exc:
            log.warning("The end of a stored call cannot be stored, so it is made again: %s", exc.orig)
        self._under_way.discard(row)

    async def _remove(self, row: int) -> None:
        async with self._database.write() as session:
            await session.execute(delete(StoredCall).where(StoredCall.id == row))

    async def _store_and_call(self, event: Event, hearers: Sequence[Hearer]) -> None:
        async with self._database.write() as session:
            stored = [await self._insert(session, event, hearer) for hearer in hearers]
        self.begin(stored)

    async def _insert(self, session: AsyncSession, event: Event, hearer: Hearer) -> StoredEvent:
        now = self._clock.now()
        statement = insert(StoredCall).values(
            kind="event",
            cog=hearer.cog,
            name=hearer.name,
            event=type(event).__name__,
            value=_adapter(type(event)).dump_json(event).decode(),
            missed="once",
            due_at=now,
            created_at=now,
        )
        row = (await session.execute(statement.returning(StoredCall.id))).scalar_one()
        return StoredEvent(row, event, hearer)

    async def _rows(self, *where: Any) -> Sequence[StoredCall]:
        query = select(StoredCall).where(*where).order_by(StoredCall.due_at, StoredCall.id)
        async with self._database.readers() as session:
            rows = (await session.execute(query)).scalars().all()
        return [row for row in rows if row.id not in self._under_way]


@lru_cache(maxsize=64)
def _adapter(kind: type[Event]) -> TypeAdapter[Event]:
    return TypeAdapter(kind)


def _event_of(name: str, value: str) -> Event | None:
    kind = EVENTS.get(name)
    try:
        return _adapter(kind).validate_json(value) if kind is not None else None
    except ValidationError:
        return None  # of an older version, with other fields
