"""A channel that is thanked in by a clock of its own."""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count as counting
from pathlib import Path
from typing import Any

from cogs.thanks.gathering import ChannelThanks, Kind
from cogs.thanks.settings import Settings
from pixel_bot.model.channel_events import ChannelEvent, Cheer, Follow, Gift
from pixel_bot.model.people import Person
from pixel_bot.testing import settings_in

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
ids = counting()


class Clockwork:
    """Timers that go off when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waiting: list[tuple[float, int, Callable[[Kind], None], Kind]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[Kind], None], kind: Kind, /) -> None:
        heapq.heappush(self.waiting, (when, next(ids), callback, kind))


class Channel:
    """A channel in which things happen, and what is said there, with the second when it was."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.timers = Clockwork()
        self.said: list[tuple[float, str]] = []
        given = settings_in(folder, **options)
        self.thanks = ChannelThanks(
            given.for_cog(Settings, "thanks"), given.command_prefix, self.say, timers=self.timers
        )

    async def say(self, text: str) -> None:
        self.said.append((self.timers.now, text))

    async def passes(self, seconds: float) -> list[str]:
        """So many seconds pass. Returns what was said meanwhile."""
        before, until = len(self.said), self.timers.now + seconds
        while self.timers.waiting and self.timers.waiting[0][0] <= until:
            self.timers.now, _, callback, kind = heapq.heappop(self.timers.waiting)
            callback(kind)
            await self.thanks.idle()
        self.timers.now = until
        return [text for _, text in self.said[before:]]

    async def hears(self, *channel_events: ChannelEvent) -> list[str]:
        """They happen in one moment. Returns what is said to it."""
        for channel_event in channel_events:
            self.thanks.on_event(channel_event)
        return await self.passes(2)


def person(name: str) -> Person:
    return Person(f"id-{name}", name.lower(), name)


def event(name: str | None) -> tuple[str, Person | None, datetime]:
    return f"event-{next(ids)}", person(name) if name else None, AT


def follow(name: str) -> Follow:
    return Follow(*event(name))


def gift(name: str | None, total: int) -> Gift:
    return Gift(*event(name), total=total)


def cheer(name: str | None, bits: int) -> Cheer:
    return Cheer(*event(name), bits=bits)
