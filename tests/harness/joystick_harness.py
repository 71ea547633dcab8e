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
from typing_extensions import override

from pixel_bot.clock import Clock
from pixel_bot.db.models import JoystickInstall
from pixel_bot.platforms.joystick.gateway_socket import GatewayTimeouts
from pixel_bot.platforms.joystick.oauth import Grant
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.run.live_app import LiveApp
from pixel_bot.run.sandbox_app import TOKEN_LIFE
from pixel_bot.sandbox.joystick.double import JoystickDouble, JoystickMessage, SentByBot
from pixel_bot.sandbox.joystick.endpoints import JoystickEndpoints
from pixel_bot.testing import there
from pixel_bot.web.server import WebServer
from tests.harness.live_harness import LiveHarness
from tests.harness.live_harness import the_bot as the_bot
from tests.harness.waiting import until as until

DOUBLE = "/joystick-double"
SECONDS = 15.0
QUICK = GatewayTimeouts(welcome=1.0, confirm=0.4, silence=1.5)


class Harness(LiveHarness):
    """The double, and how a streamer gets a bot to run on it."""

    def __init__(self, folder: Path, web: WebServer, joystick: JoystickDouble, http: aiohttp.ClientSession) -> None:
        super().__init__(folder, web, http)
        self.joystick = joystick
        joystick.listeners.add(self._on_line)

    @override
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

    @override
    def prepare(self, app: LiveApp) -> None:
        """Its gateway connection waits for nothing long."""
        platform(app).connection.timeouts = QUICK

    @asynccontextmanager
    async def installed(
        self, clock: Clock | None = None, *, greeting: str = "off", **settings: Any
    ) -> AsyncGenerator[LiveApp]:
        """A bot that is in the channel and listens."""
        async with self.bot(clock, greeting=greeting, **settings) as app:
            if platform(app).installations.current is None:
                await self.grant(app)
            await self.listening(app)
            yield app

    async def grant(self, app: LiveApp) -> None:
        """The streamer has installed it, without the pages that lead there: they take as long as a bot's start."""
        access, refresh = self.joystick.grant()
        grant = Grant(access, refresh, app.services.clock.now() + TOKEN_LIFE)
        await platform(app).installations.keep(grant, self.joystick.channel_id, self.joystick.streamer, pending=False)

    async def install(self, app: LiveApp) -> tuple[int, str]:
        """The streamer follows the link, and agrees. Returns the page that it ends on."""
        return await self.get(app, "/joystick/oauth")

    async def press(self, app: LiveApp, verb: str, ticket: str = "") -> int:
        """Press a button of the set-up page. Returns the status."""
        status, _ = await self.submit(app, verb, "joystick", ticket)
        return status

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
        lines = self.joystick.said
        await until(lambda: any(fits(said) for said in tuple(lines)[since:]), changed=self.spoken)
        return next(said for said in tuple(lines)[since:] if fits(said))

    async def leave(self) -> None:
        """Joystick.tv cannot be reached any more."""
        await self.web.stop()

    async def return_(self) -> None:
        """It is back, under the same address."""
        self.web = WebServer("127.0.0.1", self.web.port)
        await self.web.start(_routes(self.joystick), [])

    def _on_line(self, line: JoystickMessage) -> None:
        if line.is_bot:
            self.spoken.set()


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
