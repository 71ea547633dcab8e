"""Several processes of one bot, on one database and one double of Twitch."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from pixel_bot.run.live_app import LiveApp, live
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from pixel_bot.testing import settings_in
from tests.harness.database import findings
from tests.harness.twitch_harness import Harness, all_paid, listening
from tests.harness.waiting import until

SECONDS = 20.0
"""Another process takes over within this."""


class Processes:
    """How a streamer runs some of them."""

    def __init__(self, home: Harness, url: str) -> None:
        self.home = home
        self.url = url
        self.paid = 0
        """Points that were earned so far, by all."""

    def settings(self) -> dict[str, Any]:
        """What stands in the ``.env`` of each."""
        return self.home.settings(
            database_url=self.url,
            greeting="off",
            pixel_secret_key="one key for all of them",
            points_chat_cooldown_seconds=0,
        )

    @asynccontextmanager
    async def one(self, name: str) -> AsyncGenerator[LiveApp]:
        """A process, from start to an orderly end."""
        async with live(settings_in(self.home.folder / name, **self.settings())) as app:
            yield app
            assert await findings(app.services) == []

    async def sign_in(self, app: LiveApp) -> None:
        """Sign in with both accounts, for those that start later, too."""
        for account, who in (("bot", BOT), ("broadcaster", STREAMER)):
            await self.home.sign_in(app, account, who)
        await listening(app)

    async def start(self, stack: AsyncExitStack, *names: str) -> list[LiveApp]:
        """Start some. The first one is signed in, and listens, before the next starts."""
        apps: list[LiveApp] = []
        for name in names:
            app = await stack.enter_async_context(self.one(name))
            await (stands_by(app) if apps else self.sign_in(app))
            apps.append(app)
        return apps

    async def check(self, apps: Collection[LiveApp]) -> LiveApp:
        """All is heard, paid once and answered once. Returns the process that listens."""
        await self.home.all_heard()
        (listener,) = [app for app in apps if app.platform.eventsub.listens]
        await listening(listener)
        self.paid += 11
        asked = await self.home.say("alice", "!help", message_id=f"help-{self.paid}")
        await self.home.said(lambda line: line.reply_id == asked.id)
        await self.home.say("bob", "hello", message_id=f"hello-{self.paid}")
        await self.home.cheer("bob", 10, f"cheer-{self.paid}")
        await all_paid(listener, self.paid)
        assert sum(line.reply_id == asked.id for line in self.home.lines) == 1
        assert len(self.home.twitch.sessions) == 2, "one for each account"
        return listener


async def stands_by(app: LiveApp) -> None:
    """Wait until a process stands by."""
    await until(lambda: app.running_bot is not None and app.running_bot.is_on_twitch)
    await until(lambda: app.platform.eventsub.stands_by)


async def takes_over(*apps: LiveApp) -> LiveApp:
    """Wait until one of some processes listens. Returns that one."""
    async with asyncio.timeout(SECONDS):
        await until(lambda: any(app.platform.eventsub.listens for app in apps), SECONDS)
        (listener,) = [app for app in apps if app.platform.eventsub.listens]
        await listening(listener)
    return listener
