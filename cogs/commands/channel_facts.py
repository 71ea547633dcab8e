"""What is known of the streamer's channel: the one place where variables ask for it."""

from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar

from pixel_bot.plugin import ChatError, Person, PixelBot, VariableFailed

T = TypeVar("T")


class ChannelFacts:
    """Asks ``bot.channel``. Each method raises ``VariableFailed`` where something is not known."""

    def __init__(self, bot: PixelBot) -> None:
        self._bot = bot

    async def title(self) -> str:
        """The title of the stream."""
        return (await _asked(self._bot.channel.info())).title

    async def game(self) -> str:
        """The category; empty where none is set."""
        category = (await _asked(self._bot.channel.info())).category
        return str(category) if category is not None else ""

    async def following_since(self, person: Person) -> datetime | None:
        """Since when somebody follows; None for one who does not."""
        return await _asked(self._bot.channel.following_since(person))

    async def account_created(self, person: Person) -> datetime:
        """When an account was made."""
        return await _asked(self._bot.channel.account_created(person))

    async def name(self) -> str:
        """The streamer's name; empty while they have never been here."""
        owner = self._bot.owner_id
        viewer = await self._bot.viewers.of_account("twitch", owner) if owner else None
        return viewer.display_name if viewer is not None else ""


async def _asked(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except ChatError as exc:
        raise VariableFailed(str(exc)) from exc
