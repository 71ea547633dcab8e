"""What is known of the streamer's channel: the one place where variables ask for it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from pixel_bot.plugin import ChatError, Person, PixelBot, VariableFailed

T = TypeVar("T")

UNKNOWN = "I cannot look up {what} here."


class ChannelFacts:
    """Asks ``bot.channel`` where the bot has it. Each method raises ``VariableFailed`` where something is not known."""

    def __init__(self, bot: PixelBot) -> None:
        self._bot = bot

    async def title(self) -> str:
        """The title of the stream."""
        return str((await self._asked("the title", lambda channel: channel.info())).title)

    async def game(self) -> str:
        """The category; empty where none is set."""
        category = (await self._asked("the category", lambda channel: channel.info())).category
        return str(category) if category is not None else ""

    async def following_since(self, person: Person) -> datetime | None:
        """Since when somebody follows; None for one who does not."""
        return await self._asked("who follows", lambda channel: channel.following_since(person))

    async def account_created(self, person: Person) -> datetime:
        """When an account was made."""
        return await self._asked("accounts", lambda channel: channel.account_created(person))

    async def name(self) -> str:
        """The streamer's name; empty while they have never been here."""
        owner = self._bot.owner_id
        viewer = await self._bot.viewers.of_account("twitch", owner) if owner else None
        return viewer.display_name if viewer is not None else ""

    async def _asked(self, what: str, ask: Callable[[Any], Awaitable[T]]) -> T:
        channel = getattr(self._bot, "channel", None)
        if channel is None:
            raise VariableFailed(UNKNOWN.format(what=what))
        try:
            return await ask(channel)
        except ChatError as exc:
            raise VariableFailed(str(exc)) from exc
