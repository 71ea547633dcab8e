"""A double of Joystick.tv on a server of its own, and bots that run live against it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select
from starlette.routing import Mount

from pixel_bot.bot.bot import PixelBot
from pixel_bot.clock import Clock
from pixel_bot.db.models import JoystickInstall
from pixel_bot.platforms.joystick.gateway_socket import GatewayTimeouts
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.run.live_app import LiveApp, live
from pixel_bot.sandbox.joystick.double import JoystickDouble, JoystickMessage, SentByBot
from pixel_bot.sandbox.joystick.endpoints import JoystickEndpoints
from pixel_bot.testing import settings_in, there
from pixel_bot.upkeep.check import check
from pixel_bot.web.server import WebServer

DOUBLE = "/joystick-double"
SECONDS = 15.0
QUICK = GatewayTimeouts(welcome=1.0, confirm=0.4, silence=1.5)


class Harness:
    """The double, and how a streamer gets a bot to run on it."""

    def __init__(self, folder: Path, web: WebServer, joystick: JoystickDouble, http: aiohttp.ClientSession) -> None:
        self.folder = folder
        self.joystick = joystick
        self.web = web
        self.http = http
        self._said = asyncio.Event()
        joystick.listeners.add(self._on_line)

    def settings(self, **more: Any) -> dict[str, Any]:
        """What stands in the streamer's ``.env``."""
        base = f"{self.web.address}{DOUBLE}"
        return {
            "joystick_client_id": self.joystick.client_id,
            "joystick_client_secret": self.joystick.client_secret,
            "joystick_api_url": f"http://{base}/",
            "joystick_gateway_url": f"ws://{base}/cable",
            "joystick_authorize_url": f"http://{base}/api/oauth/authorize",
            **more,
        }

    @asynccontextmanager
    async def bot(self, clock: Clock | None = None, **settings: Any) -> AsyncGenerator[LiveApp]:
        """A bot, started as the streamer starts it; whatever happens to it, the ledger is right in the end."""
        async with live(settings_in(self.folder, **self.settings(**settings)), clock) as app:
            platform(app).connection.timeouts = QUICK
            yield app
            if app.failed.done():
                app.failed.result()
            if app.running_bot is not None:
                await app.running_bot.bot.settled()
            async with app.services.database.readers() as session:
                assert await check(session, app.services.levels.curve.level_of) == []

    @asynccontextmanager
    async def installed(
        self, clock: Clock | None = None, *, greeting: str = "off", **settings: Any
    ) -> AsyncGenerator[LiveApp]:
        """A bot that is in the channel and listens."""
        async with self.bot(clock, greeting=greeting, **settings) as app:
            if platform(app).installations.current is None:
                await self.install(app)
            await self.listening(app)
            yield app

    async def install(self, app: LiveApp) -> tuple[int, str]:
        """The streamer follows the link, and agrees. Returns the page that it ends on."""
        return await self.get(app, "/joystick/oauth")

    async def get(self, app: LiveApp, path: str, **options: Any) -> tuple[int, str]:
        """A page of the bot, with all redirects: status and text."""
        async with self.http.get(f"http://localhost:{app.web.port}{path}", **options) as answer:
            return answer.status, await answer.text()

    async def press(self, app: LiveApp, verb: str, ticket: str = "") -> int:
        """Press a button of the set-up page. Returns the status."""
        origin = f"http://localhost:{app.web.port}"
        fields = {"account": "joystick", "ticket": ticket}
        async with self.http.post(f"{origin}/setup/{verb}", data=fields, headers={"Origin": origin}) as answer:
            return answer.status

    async def listening(self, app: LiveApp) -> None:
        """Wait until the bot hears what happens."""
        async with asyncio.timeout(SECONDS):
            await platform(app).connection.ready()
            await self.joystick.gateway.subscribed()

    async def opened(self, count: int) -> None:
        """Wait until so many sockets were opened, since the start."""
        await until(lambda: self.joystick.gateway.opened >= count)

    async def ask(self, login: str, text: str, **more: Any) -> str:
        """Somebody types a command. Returns the answer to it."""
        before = len(self.joystick.said)
        await self.joystick.say(login, text, **more)
        return (await self.said(lambda said: said.text.startswith(f"@{login} "), before)).text

    async def said(self, fits: Callable[[SentByBot], bool], since: int = 0) -> SentByBot:
        """Wait until the bot has said something that fits."""
        async with asyncio.timeout(SECONDS):
            while True:
                self._said.clear()
                for said in tuple(self.joystick.said)[since:]:
                    if fits(said):
                        return said
                await self._said.wait()

    async def leave(self) -> None:
        """Joystick.tv cannot be reached any more."""
        await self.web.stop()

    async def return_(self) -> None:
        """It is back, under the same address."""
        self.web = WebServer("127.0.0.1", self.web.port)
        await self.web.start(_routes(self.joystick), [])

    def _on_line(self, line: JoystickMessage) -> None:
        if line.is_bot:
            self._said.set()


def _routes(joystick: JoystickDouble) -> list[Any]:
    return [Mount(DOUBLE, routes=JoystickEndpoints(joystick).routes())]


@asynccontextmanager
async def house(folder: Path) -> AsyncGenerator[Harness]:
    """A double of Joystick.tv, on a port of its own."""
    joystick = JoystickDouble()
    joystick.gateway.ping_seconds = 0.1
    web = WebServer("127.0.0.1", 0)
    await web.start(_routes(joystick), [])
    try:
        async with aiohttp.ClientSession() as browser:
            home = Harness(folder, web, joystick, browser)
            try:
                yield home
            finally:
                await home.web.stop()
    finally:
        await web.stop()


def in_haste(patch: pytest.MonkeyPatch) -> None:
    """A bot that waits as long as it should, in another measure of time. Call it before the bot starts."""
    for name, seconds in {
        "gateway_connection.FIRST_PAUSE": 0.05,
        "gateway_connection.LONGEST_PAUSE": 0.3,
        "gateway_connection.STABLE_SECONDS": 0.5,
    }.items():
        patch.setattr(f"pixel_bot.platforms.joystick.{name}", seconds)
    patch.setattr("pixel_bot.bot.joystick.PACE_SECONDS", 0.01)


def platform(app: LiveApp) -> JoystickPlatform:
    """Joystick.tv, which is set up here."""
    assert app.joystick is not None
    return app.joystick


def the_bot(app: LiveApp) -> PixelBot:
    """The bot at work."""
    assert app.running_bot is not None
    return app.running_bot.bot


async def points(app: LiveApp, login: str) -> int:
    """Somebody's balance, when all that was heard is worked."""
    await settled(app)
    return (await app.services.viewers.meet(there(login))).points


async def settled(app: LiveApp) -> None:
    """Wait until all that was heard is worked."""
    await platform(app).connection.drain()
    await the_bot(app).settled()


async def rows(app: LiveApp) -> list[JoystickInstall]:
    """Installations as they stand in the database."""
    async with app.services.database.readers() as session:
        return list((await session.execute(select(JoystickInstall).order_by(JoystickInstall.id))).scalars())


async def until(true: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)
