"""A chat with a bot that has a channel to ask, and shorthands for what tests of commands type."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from pixel_bot.plugin import Person
from pixel_bot.sandbox.twitch.users import STREAMER
from pixel_bot.testing import Stage, stage
from pixel_bot.testing.stage import person_of


@dataclass(frozen=True)
class Info:
    """The title, and the category of the stream."""

    title: str = "Speedruns all night"
    category: str | None = "Celeste"


class Channel:
    """What ``bot.channel`` is asked for."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    async def info(self) -> Info:
        return Info()

    async def chatters(self) -> list[Person]:
        return []

    async def following_since(self, _: Person) -> datetime | None:
        return self._now - timedelta(days=31)

    async def account_created(self, _: Person) -> datetime:
        return self._now - timedelta(days=1_827)


@asynccontextmanager
async def scene(folder: Path, **settings: Any) -> AsyncGenerator[Stage]:
    """A chat in which the streamer has been, with a channel on Twitch."""
    async with stage(folder, **settings) as chat:
        cast(Any, chat.bot).outside.channel = Channel(chat.clock.now())
        await chat.bot.viewers.meet(person_of(STREAMER))
        yield chat


async def mod(chat: Stage, text: str, **more: Any) -> list[str]:
    """A mod types something. Returns what the bot answers."""
    return await chat.say("mod", text, "moderator", **more)


async def streamer(chat: Stage, text: str) -> list[str]:
    """The streamer types something."""
    return await chat.say("pixel_street", text, "broadcaster")
