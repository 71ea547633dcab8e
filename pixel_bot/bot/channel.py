"""One platform's chat: what is said in it, and what was heard in it and is still worked.

Each has its own: while one is full, or its platform away, nobody in another one waits for it.
"""

from pixel_bot.bot.outbox import Outbox
from pixel_bot.bot.thanks import Shoutouts
from pixel_bot.concurrency.task_group import Crew
from pixel_bot.lru_cache import LruCache
from pixel_bot.model.outgoing import Outgoing
from pixel_bot.model.people import Platform
from pixel_bot.settings import Settings

REMEMBERED_MESSAGES = 20_000

MAX_COMMANDS = 1_000
"""Commands under way before whoever brings them waits."""

MAX_PAYMENTS = 12_000
"""Happenings under way before whoever brings them waits: more than awards keep while they cannot be written."""


class Room:
    """A chat that the bot hears and speaks in."""

    def __init__(self, platform: Platform, outbox: Outbox, settings: Settings) -> None:
        self.platform: Platform = platform
        self.outbox = outbox
        self.shoutouts = Shoutouts(settings, self.say_free)
        self.commands = Crew()
        """Commands under way."""
        self.crew = Crew()
        """All else under way."""
        self.payments = Crew()
        """Happenings that are being paid. While the database cannot be written they wait, and chat goes on."""
        self._seen: LruCache[str, bool] = LruCache(REMEMBERED_MESSAGES)

    def is_new(self, message_id: str) -> bool:
        """True the first time that a message is heard."""
        return self._seen.add(message_id, True)

    async def say_free(self, text: str) -> None:
        """Say something that nobody paid for; under pressure it is dropped."""
        await self.outbox.put(Outgoing(text))

    @property
    def is_pressed(self) -> bool:
        """True when whoever brings messages should await ``breathe`` first."""
        return len(self.crew) + len(self.commands) >= MAX_COMMANDS or len(self.payments) >= MAX_PAYMENTS

    async def breathe(self) -> None:
        """Wait until there is room for more."""
        await self.crew.fewer_than(MAX_COMMANDS)
        await self.commands.fewer_than(MAX_COMMANDS)
        await self.payments.fewer_than(MAX_PAYMENTS)

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self.is_busy:
            for crew in (self.commands, self.crew, self.payments):
                await crew.idle()

    @property
    def is_busy(self) -> bool:
        """True while something is under way."""
        return bool(self.commands or self.crew or self.payments)

    async def close(self, seconds: float) -> None:
        """Send what is left, for so many seconds at most."""
        await self.shoutouts.close()
        await self.outbox.drained(seconds)
        await self.outbox.stop()
