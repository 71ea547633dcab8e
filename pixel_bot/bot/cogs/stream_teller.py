"""Tells cogs that the stream began or ended: each once, also over a restart and where several processes see it."""

import asyncio
import json
import logging
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from pixel_bot.bot.cogs.event_bus import EventBus
from pixel_bot.bot.cogs.live import Live
from pixel_bot.bot.cogs.stored_calls import StoredCalls, StoredEvent
from pixel_bot.clock import Clock
from pixel_bot.concurrency.task_group import TaskGroup
from pixel_bot.db.engine import Database
from pixel_bot.db.meta import recall, remember
from pixel_bot.model.event import Event
from pixel_bot.model.people import Platform
from pixel_bot.model.stream_events import StreamOffline, StreamOnline
from pixel_bot.model.stream_state import Broadcast

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0


class StreamTeller:
    """Compares what a platform says with what was told last, which is stored, and tells the difference."""

    def __init__(self, live: Live, bus: EventBus, stored: StoredCalls, database: Database, clock: Clock) -> None:
        self._bus = bus
        self._stored = stored
        self._database = database
        self._clock = clock
        self._seen: set[Platform] = set()
        self._lock = asyncio.Lock()
        self.tasks = TaskGroup()
        """Changes that are being told."""
        live.changed.add(lambda platform, now: self.tasks.spawn(self._tell(platform, now)))

    async def _tell(self, platform: Platform, now: Broadcast | None) -> None:
        async with self._lock:  # in the order in which they happened
            while True:
                try:
                    rows = await self._write(platform, now)
                except DBAPIError as exc:
                    log.warning("That the stream changed cannot be stored (%s). It is tried again.", exc.orig)
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                break
        for event, stored in rows:
            self._bus.publish(event, already_stored=True)
            self._stored.begin(stored)

    async def _write(self, platform: Platform, now: Broadcast | None) -> list[tuple[Event, list[StoredEvent]]]:
        """What is new is stored, in one transaction, for those who must not miss it."""
        is_first = platform not in self._seen
        async with self._database.write() as session:
            told = _read(await recall(session, f"stream:{platform}"))
            # Joystick.tv names no stream: one that was on before a restart, and is on now, is the same.
            if told == now or (is_first and platform == "joystick" and told is not None and now is not None):
                events: list[Event] = []
            else:
                events = self._events(platform, told, now)
                await remember(session, f"stream:{platform}", _written(now))
            rows = [(event, await self._stored.insert(session, event)) for event in events]
        self._seen.add(platform)
        return rows

    def _events(self, platform: Platform, told: Broadcast | None, now: Broadcast | None) -> list[Event]:
        events: list[Event] = []
        if told is not None and (now is None or now.id != told.id):
            events.append(StreamOffline(platform, self._clock.now(), told.id))
        if now is not None and (told is None or now.id != told.id):
            events.append(StreamOnline(platform, now.since, now.id))
        return events


def _written(now: Broadcast | None) -> str:
    return json.dumps([now.id, now.since.isoformat()]) if now is not None else ""


def _read(written: str | None) -> Broadcast | None:
    if not written:
        return None
    stream_id, since = json.loads(written)
    return Broadcast(stream_id, datetime.fromisoformat(since))
