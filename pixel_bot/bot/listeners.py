"""Listeners of cogs: each runs in a task of its own, at most so many at once."""

import logging
from typing import Any

from pixel_bot.bot.twitchio_internals import BotInternals
from pixel_bot.concurrency.task_group import TaskGroup

log = logging.getLogger(__name__)

MAX_LISTENERS = 2_000
"""Listeners under way before further events are not handed to them."""


class Listeners:
    """Starts listeners, and holds on to their tasks until they end: asyncio keeps only weak references."""

    def __init__(self, bot: BotInternals) -> None:
        self._bot = bot
        self._tasks = TaskGroup()
        self._dropped = 0

    def start(self, event: str, payload: Any | None) -> None:
        """Start the listeners of an event.

        The bot's own ``event_message`` is left out: commands start where the message is parsed.
        """
        name = f"event_{event.lower()}"
        own = getattr(self._bot, name, None) if event != "message" else None
        for listener in (*self._bot.listeners_of(name), *((own,) if own else ())):
            if self._has_capacity(name):
                self._tasks.spawn(self._bot.run_listener(listener, payload))
        for waiter in self._bot.waiters_of(name):
            self._tasks.spawn(waiter(payload) if payload else waiter())

    @property
    def are_busy(self) -> bool:
        """True while one runs."""
        return bool(self._tasks)

    async def idle(self) -> None:
        """Wait until none runs."""
        await self._tasks.idle()

    def _has_capacity(self, name: str) -> bool:
        # A listener that never ends must not make the bot deaf; beyond the limit it is the listeners that miss events.
        if len(self._tasks) < MAX_LISTENERS:
            return True
        if self._dropped % MAX_LISTENERS == 0:
            log.warning("Listeners of cogs do not come to an end; some did not hear %s.", name)
        self._dropped += 1
        return False
