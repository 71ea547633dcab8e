"""One platform's chat: what is said in it, and what was heard in it and is still worked.

Each has its own: while one is full, or its platform away, nobody in another one waits for it.
"""

import logging

from pixel_bot.bot.delivery.outbox import Outbox
from pixel_bot.concurrency.task_group import TaskGroup
from pixel_bot.lru_cache import LruCache
from pixel_bot.model.chat_rules import ChatModes, Standing, twitch_rules
from pixel_bot.model.outgoing import Outgoing
from pixel_bot.model.people import Platform
from pixel_bot.platforms.twitch.sender import HELP

log = logging.getLogger(__name__)

REMEMBERED_MESSAGES = 20_000

MAX_COMMANDS = 1_000
"""Commands under way before whoever brings them waits."""

MAX_PAYMENTS = 12_000
"""Channel events under way before whoever brings them waits: more than awards keep while they cannot be written."""


async def say_nothing(_: Outgoing) -> str:
    """Stands for a platform's own way of sending while the bot is silent: everything counts as said."""
    return "silent"


class ChatChannel:
    """A chat that the bot hears and speaks in."""

    def __init__(self, platform: Platform, outbox: Outbox) -> None:
        self.platform: Platform = platform
        self.outbox = outbox
        self.commands = TaskGroup()
        """Commands under way."""
        self.tasks = TaskGroup()
        """All else under way."""
        self.payments = TaskGroup()
        """Channel events that are being paid. While the database cannot be written they wait, and chat goes on."""
        self._standing: Standing = "viewer"
        self._modes = ChatModes()
        self._seen: LruCache[str, bool] = LruCache(REMEMBERED_MESSAGES)

    @property
    def standing(self) -> Standing:
        """What the bot is in this chat; with the chat's modes it says how much it may write."""
        return self._standing

    @standing.setter
    def standing(self, standing: Standing) -> None:
        self._standing = standing
        self._use_rules()

    @property
    def modes(self) -> ChatModes:
        """What the chat has switched on for those who are neither mod nor VIP."""
        return self._modes

    @modes.setter
    def modes(self, modes: ChatModes) -> None:
        if modes.closed_to and modes.closed_to != self._modes.closed_to and self._standing == "viewer":
            log.warning("Chat is in %s mode, so the bot may not be heard. %s", modes.closed_to, HELP)
        self._modes = modes
        self._use_rules()

    def _use_rules(self) -> None:
        if self.outbox.rules is not None:
            self.outbox.rules = twitch_rules(self._standing, self._modes)

    def is_new(self, message_id: str) -> bool:
        """True the first time that a message is heard."""
        return self._seen.add(message_id, True)

    def forget_messages(self) -> None:
        """Every message is new again, as after a restart."""
        self._seen.clear()

    async def say_free(self, text: str) -> bool:
        """Say something that nobody paid for; under pressure it is dropped. Returns whether chat took it."""
        return await self.outbox.put(Outgoing(text)) is not None

    @property
    def is_congested(self) -> bool:
        """True when whoever brings messages should await ``wait_for_capacity`` first."""
        return len(self.tasks) + len(self.commands) >= MAX_COMMANDS or len(self.payments) >= MAX_PAYMENTS

    async def wait_for_capacity(self) -> None:
        """Wait until there is room for more."""
        await self.tasks.fewer_than(MAX_COMMANDS)
        await self.commands.fewer_than(MAX_COMMANDS)
        await self.payments.fewer_than(MAX_PAYMENTS)

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self.is_busy:
            for tasks in (self.commands, self.tasks, self.payments):
                await tasks.idle()

    @property
    def is_busy(self) -> bool:
        """True while something is under way."""
        return bool(self.commands or self.tasks or self.payments)

    async def close(self, seconds: float) -> None:
        """Send what is left, for so many seconds at most."""
        await self.outbox.drained(seconds)
        await self.outbox.stop()
