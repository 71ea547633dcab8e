"""Somebody with points, for a bot that starts afterwards."""

from pathlib import Path

from pixel_bot.clock import Clock
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch.users import STREAMER, sandbox_user
from pixel_bot.testing import settings_in


async def fund(folder: Path, points: int) -> None:
    """Alice has so many points, and bob is known."""
    async with opened(settings_in(folder), "sandbox", Clock()) as services:
        streamer = await services.viewers.meet(Person(STREAMER.id, STREAMER.login, STREAMER.name))
        for login in ("bob", "alice"):
            viewer = await services.viewers.meet(Person(sandbox_user(login).id, login, login))
        await services.economy.add(streamer, viewer, points)
