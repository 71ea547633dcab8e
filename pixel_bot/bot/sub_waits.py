"""Waits for a second event on the same subscription, which knows what the first one does not."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from pixel_bot.concurrency.task_group import TaskGroup
from pixel_bot.model.people import Person

NOTICE_SECONDS = 0.7
"""Twitch sends a shared month and its notice at the same moment."""

ANNOUNCE_SECONDS = 5.0
"""A lapsed sub that is renewed and shared in one go comes as two events within seconds."""


class NoticeWaits:
    """Who waits for the notice of a month that somebody shares."""

    def __init__(self) -> None:
        self.are_heard: Callable[[], bool] = lambda: False
        """Whether Twitch sends notices at all."""
        self._events: dict[str, asyncio.Event] = {}

    async def until_notice(self, person: Person | None) -> None:
        """Wait until the notice was handled, or does not come. Points wait no longer than that."""
        if person is None or not self.are_heard():
            return
        event = self._events.setdefault(person.key, asyncio.Event())
        with suppress(TimeoutError):
            async with asyncio.timeout(NOTICE_SECONDS):
                await event.wait()
        self._events.pop(person.key, None)

    def on_notice(self, person: Person | None) -> None:
        """A notice was handled, and what it pays is durable."""
        if person is not None and (event := self._events.get(person.key)) is not None:
            event.set()


class PendingAnnouncements:
    """What is paid, and announced a few seconds later unless another event announces it first."""

    def __init__(self, seconds: float = ANNOUNCE_SECONDS) -> None:
        self.seconds = seconds
        self._waiting: dict[int, tuple[asyncio.TimerHandle, Callable[[], Awaitable[None]]]] = {}
        self._tasks = TaskGroup()

    def add(self, claim_id: int, announce: Callable[[], Awaitable[None]]) -> None:
        """Announce it after a few seconds."""
        timer = asyncio.get_running_loop().call_later(self.seconds, self._announce, claim_id)
        self._waiting[claim_id] = (timer, announce)

    def drop(self, claim_id: int) -> None:
        """Another event announces it."""
        if (waiting := self._waiting.pop(claim_id, None)) is not None:
            waiting[0].cancel()

    async def flush(self) -> None:
        """Announce all that waits, and return when it is done."""
        for claim_id, (timer, _) in tuple(self._waiting.items()):
            timer.cancel()
            self._announce(claim_id)
        await self._tasks.idle()

    def _announce(self, claim_id: int) -> None:
        if (waiting := self._waiting.pop(claim_id, None)) is not None:
            self._tasks.spawn(_run(waiting[1]))


async def _run(announce: Callable[[], Awaitable[None]]) -> None:
    await announce()
