"""Calls the methods of cogs whose time has come: on the bot's clock, and in one of several processes."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.bot.cogs.event_bus import EventBus
from pixel_bot.bot.cogs.live import Live
from pixel_bot.bot.cogs.stored_calls import StoredCalls, StoredSchedule
from pixel_bot.bot.cogs.timing import EVERY, SCHEDULED, Missed, Scheduled, Timer, as_json, marked_with
from pixel_bot.bot.cogs.workers import Outcome
from pixel_bot.clock import Clock
from pixel_bot.concurrency.retry import keep_running
from pixel_bot.db.engine import Database
from pixel_bot.db.meta import recall, remember
from pixel_bot.db.server.cluster import Cluster

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
"""The longest sleep: timers do not notice when the clock is set, or the machine slept."""

RETRY_SECONDS = 5.0

ROLE = "cog-timers"


@dataclass(frozen=True, slots=True)
class _Handler:
    cog: str
    method: Callable[[Scheduled], Awaitable[None]]
    owner: object


class Timers:
    """The timers of all loaded cogs, and what they scheduled."""

    def __init__(
        self, bus: EventBus, stored: StoredCalls, live: Live, database: Database, cluster: Cluster, clock: Clock
    ) -> None:
        self._bus = bus
        self._stored = stored
        self._live = live
        self._cluster = cluster
        self._clock = clock
        self._database = database
        self._began = clock.now()
        self._timers: list[Timer] = []
        self._handlers: dict[str, _Handler] = {}
        self._events_for: set[str] = set()
        self._loading: set[str] = set()
        """Cogs of which not all classes are there yet: nothing of theirs begins."""
        self._next_stored: datetime | None = None
        self._is_stored_known = False
        self._is_promised = False
        """True while something was stored in a transaction that may not have committed yet."""
        self._wake = asyncio.Event()
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        database.committed.add(self._on_commit)
        live.changed.add(lambda _platform, _now: self._on_live_change())

    def check(self, component: object) -> None:
        """Raises ``ValueError`` when a schedule of this cog class has a name that is taken."""
        for _, _, name in marked_with(SCHEDULED, component):
            if name in self._handlers:
                raise ValueError(f"the schedule {name} exists already, in another cog")

    def hold(self, cog: str) -> None:
        """A cog is put in, one class after the other: until ``release`` none of them has a turn."""
        self._loading.add(cog)

    def release(self, cog: str) -> None:
        """All of its classes are there."""
        self._loading.discard(cog)
        self._is_stored_known = False
        self.wake()

    def add(self, cog: str, component: object) -> None:
        """From now on the methods of a cog class have their turns."""
        now = self._clock.now()
        for name, method, spec in marked_with(EVERY, component):
            timer = Timer(cog, name, method, spec, component)
            timer.due = self._first(timer, now)
            self._timers.append(timer)
        for _, method, name in marked_with(SCHEDULED, component):
            self._handlers[name] = _Handler(cog, method, component)
            self._is_stored_known = False
        self._events_for.add(cog)
        self.wake()

    def remove(self, component: object) -> None:
        """They have none any more. What is scheduled stays, for when the cog is loaded again."""
        self._timers = [timer for timer in self._timers if timer.owner is not component]
        self._handlers = {name: h for name, h in self._handlers.items() if h.owner is not component}

    async def schedule(
        self,
        name: str,
        args: Mapping[str, Any] | None,
        due_at: datetime,
        missed: Missed,
        session: AsyncSession | None,
    ) -> None:
        """Store a call, in a transaction of its own where none is given."""
        handler = self._handlers.get(name)
        if handler is None:
            raise ValueError(f"No loaded cog has a method with @scheduled({name!r}).")
        row = StoredSchedule(0, name, as_json(args or {}), due_at, missed)
        if session is not None:
            await self._stored.schedule(session, handler.cog, row)
            self._is_promised = True
            return
        async with self._database.write() as own:
            await self._stored.schedule(own, handler.cog, row)
        self._is_stored_known = False
        self.wake()

    async def unschedule(self, name: str) -> int:
        """Remove what is scheduled under a name. Returns how many calls that were."""
        handler = self._handlers.get(name)
        return await self._stored.drop(name, handler.cog) if handler is not None else 0

    def start(self) -> None:
        """Begin. Needs a running event loop."""
        if self._task is None:
            self._task = asyncio.create_task(keep_running("timers", self._run), name="timers")

    async def stop(self) -> None:
        """No turn begins any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def wake(self) -> None:
        """Look at once."""
        self._wake.set()

    def next_due(self) -> datetime | None:
        """When the next turn is due, as far as it is known."""
        found = [timer.due for timer in self._timers if timer.due is not None and not timer.runs]
        found += [self._next_stored] if self._next_stored is not None else []
        return min(found, default=None)

    async def turn(self) -> None:
        """Begin whatever is due now."""
        async with self._lock:
            now = self._clock.now()
            await self._look_at_stored(now)
            for timer in tuple(self._timers):
                if timer.cog not in self._loading and await self._is_due(timer, now):
                    is_ours = await self._cluster.leads(ROLE)
                    await (self._begin(timer, now) if is_ours else self._leave(timer, now))

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self._is_stored_known = False
            try:
                await self.turn()
            except DBAPIError as exc:
                log.warning("Timers wait, because the database says: %s", exc.orig)
                await asyncio.sleep(RETRY_SECONDS)
            due = self.next_due()
            left = (due - self._clock.now()).total_seconds() if due is not None else LOOK_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(min(max(left, 0.05), LOOK_SECONDS)):
                    await self._wake.wait()

    # Turns

    def _first(self, timer: Timer, now: datetime) -> datetime | None:
        if timer.spec.while_live and timer.spec.interval is not None and not self._live:
            return None
        return timer.spec.after(now)

    def _on_live_change(self) -> None:
        now = self._clock.now()
        for timer in self._timers:
            if (
                timer.spec.while_live
                and timer.spec.interval is not None
                and bool(self._live) != (timer.due is not None)
            ):
                timer.due = self._first(timer, now)
        self.wake()

    async def _is_due(self, timer: Timer, now: datetime) -> bool:
        if timer.spec.missed == "once" and not timer.looked:
            await self._look_for_missed(timer, now)
        if timer.due is None:
            return False
        longest = timer.spec.interval or timedelta(hours=25)
        if timer.due - now > longest:  # the clock was set back
            timer.due = timer.spec.after(now)
        return timer.due <= now

    async def _look_for_missed(self, timer: Timer, now: datetime) -> None:
        async with self._database.readers() as session:
            last = await recall(session, timer.key)
        timer.looked = True
        if last is None:
            await self._note_turn(timer, now)
        elif timer.spec.after(datetime.fromisoformat(last)) <= now:
            timer.due = now

    async def _begin(self, timer: Timer, now: datetime) -> None:
        timer.due = timer.spec.after(now)
        if timer.runs or (timer.spec.while_live and not self._live):
            return
        if timer.spec.missed == "once":
            await self._note_turn(timer, now)
        timer.runs = True

        async def call(_: object) -> None:
            await timer.method()

        def end(_: Outcome) -> None:
            timer.runs = False

        self._bus.run(timer.cog, (call, None, f"in {timer.name}, {timer.spec.words}", end))

    async def _leave(self, timer: Timer, now: datetime) -> None:
        """Another process has this turn. It may be one that ends just now: whether it had it is seen the next time."""
        timer.due = timer.spec.after(now)
        timer.looked = False

    async def _note_turn(self, timer: Timer, now: datetime) -> None:
        async with self._database.write() as session:
            await remember(session, timer.key, now.isoformat())

    # What is stored

    async def _look_at_stored(self, now: datetime) -> None:
        if (there := self._events_for - self._loading) and await self._cluster.leads(ROLE):
            cogs = [cog for cog in there if self._bus.stores_for(cog)]
            self._events_for -= there
            if cogs:
                await self._stored.recover(cogs)
        names = {name for name, handler in self._handlers.items() if handler.cog not in self._loading}
        if not names:
            self._next_stored = None
            return
        if not self._is_stored_known:
            self._is_stored_known = True  # before it is read: what is stored meanwhile makes it unknown again
            self._next_stored = await self._stored.next_due(names)
        if self._next_stored is None or self._next_stored > now:
            return
        self._is_stored_known, self._next_stored = False, None
        if await self._cluster.leads(ROLE):
            for row in await self._stored.due(names, now):
                await self._begin_stored(row)
            self._is_stored_known = True
            self._next_stored = await self._stored.next_due(names)

    def _on_commit(self) -> None:
        if self._is_promised:
            self._is_promised = False
            self._is_stored_known = False
            self.wake()

    async def _begin_stored(self, row: StoredSchedule) -> None:
        handler = self._handlers.get(row.name)
        if handler is None:
            return
        if row.missed == "skip" and row.due_at < self._began:
            log.info("What was scheduled as %s for %s is left out: the bot was down then.", row.name, row.due_at)
            await self._stored.skip(row.row)
            return
        value = Scheduled(row.key, row.name, row.due_at, json.loads(row.value))

        def run(end: Callable[[Outcome], None]) -> None:
            self._bus.run(handler.cog, (handler.method, value, f"in the schedule {row.name}", end))

        self._stored.run(row.row, run)
