"""Runs the bot's own methods for events of TwitchIO, each in a task of its own."""

from typing import Any

from pixel_bot.bot.twitchio_internals import BotInternals
from pixel_bot.concurrency.task_group import TaskGroup


class Listeners:
    """Starts the methods, and holds on to their tasks until they end: asyncio keeps only weak references."""

    def __init__(self, bot: BotInternals) -> None:
        self._bot = bot
        self._tasks = TaskGroup()

    def start(self, event: str, payload: Any | None) -> None:
        """Call the bot's own method for an event, if it has one.

        Its ``event_message`` is left out: commands start where the message is parsed.
        """
        own = getattr(self._bot, f"event_{event.lower()}", None) if event != "message" else None
        if own is not None:
            self._tasks.spawn(self._bot.run_listener(own, payload))

    @property
    def are_busy(self) -> bool:
        """True while one runs."""
        return bool(self._tasks)

    async def idle(self) -> None:
        """Wait until none runs."""
        await self._tasks.idle()
