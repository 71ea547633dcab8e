"""Composition of the bot on its sandbox, closed in reverse order; ``live_app`` is for the real platforms."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from cryptography.fernet import Fernet
from sqlalchemy import func, select
from starlette.routing import Mount

from pixel_bot.api.lazy import api_routes
from pixel_bot.api.state import ApiState
from pixel_bot.bot.bot import PixelBot
from pixel_bot.clock import Clock
from pixel_bot.db.engine import sqlite_path
from pixel_bot.db.lock import only_one
from pixel_bot.db.models_claims import EventClaim
from pixel_bot.errors import StartError
from pixel_bot.model.stream_state import Stream
from pixel_bot.overlay.server import OverlayPages, overlay_url
from pixel_bot.platforms.joystick.oauth import Grant
from pixel_bot.platforms.joystick.platform import JoystickEndpoints as JoystickAddresses
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.platforms.twitch.accounts import Accounts, Tokens, TwitchAccount
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.platform import TwitchEndpoints, TwitchPlatform
from pixel_bot.platforms.twitch.scopes import SCOPES
from pixel_bot.run.access import access_for
from pixel_bot.run.database_watch import watched
from pixel_bot.run.monitoring import Monitoring
from pixel_bot.run.running_bot import RunningBot, describe_commands, health, opened
from pixel_bot.sandbox.joystick.double import JoystickDouble
from pixel_bot.sandbox.joystick.endpoints import JoystickEndpoints
from pixel_bot.sandbox.page import REPLAY, Page
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.endpoints import Endpoints
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUser, SandboxUsers
from pixel_bot.security.cipher import Cipher
from pixel_bot.services import Services
from pixel_bot.settings import Settings
from pixel_bot.web.access.access import Access
from pixel_bot.web.pages import common_routes
from pixel_bot.web.server import WebServer

READY_SECONDS = 30.0
TOKEN_LIFE = timedelta(days=10)
SANDBOX = "/sandbox/twitch"
SANDBOX_JOYSTICK = "/sandbox/joystick"


@dataclass(frozen=True)
class App:
    """A bot that runs on the sandbox."""

    web: WebServer
    access: Access
    services: Services
    bot: PixelBot
    platform: TwitchPlatform
    twitch: TwitchDouble
    joystick_platform: JoystickPlatform
    joystick: JoystickDouble
    failed: asyncio.Future[None]
    """Set to the error that ends the bot while it runs, if there is one."""

    @property
    def home(self) -> str:
        """The page that a person opens first, without a key."""
        return self.access.home_url

    @property
    def overlay_url(self) -> str:
        """The address of the overlay, key included: what the streamer adds to OBS as a browser source."""
        return overlay_url(self.web, self.services.overlay)


@asynccontextmanager
async def running(settings: Settings, clock: Clock | None = None) -> AsyncGenerator[App]:
    """The bot on its sandbox, from start to an orderly end.

    Raises:
        StartError: it cannot start. The sentence says why, and what to do.
    """
    async with AsyncExitStack() as stack:
        web = WebServer(settings.web_host, settings.web_port)
        stack.push_async_callback(web.stop)
        names = {STREAMER.login, BOT.login}
        stack.enter_context(only_one(sqlite_path(settings.database_for("sandbox"))))
        services = await stack.enter_async_context(opened(settings, "sandbox", clock or Clock(), names))
        twitch = TwitchDouble(SandboxUsers(), settings.command_prefix)
        twitch.users.months.update(await months_so_far(services))
        platform = await sandbox_platform(twitch.users, web.address, services)
        stack.push_async_callback(platform.close)
        joystick = JoystickDouble(settings.command_prefix)
        joystick_platform = await sandbox_joystick(joystick, web.address, services)
        stack.push_async_callback(joystick_platform.close)
        names.add(f"{joystick.streamer.lower()}@joystick")
        running_bot = RunningBot(services, platform, joystick_platform, limited=False)
        stack.push_async_callback(running_bot.end)
        page = Page(twitch, joystick, services, lambda: describe_commands(running_bot.bot))
        overlay = OverlayPages(services.overlay, services.sounds)
        stack.push_async_callback(overlay.close)
        stack.push_async_callback(page.close)

        async def how_it_is() -> list[str]:
            return await health(services, lambda: [*platform.problems(), *joystick_platform.problems()])

        monitoring = Monitoring(services, lambda: running_bot, how_it_is)
        routes = [
            *common_routes("/sandbox", how_it_is),
            *monitoring.routes(),
            *page.routes(),
            Mount(SANDBOX, routes=Endpoints(twitch).routes()),
            Mount(SANDBOX_JOYSTICK, routes=JoystickEndpoints(joystick).routes()),
            *overlay.routes(),
        ]
        access = await access_for(web, services, "/sandbox", stack)
        routes += api_routes(ApiState(services, access, lambda: running_bot.bot, how_it_is))
        await web.start(routes, settings.web_allowed_hosts.split(","), access, large_bodies=(REPLAY,))
        platform.watch_tokens()
        await running_bot.begin()
        await _ready(platform, joystick_platform)
        await stack.enter_async_context(monitoring.running())
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await stack.enter_async_context(watched(services, failed, running_bot.tell_every_chat))
        yield App(web, access, services, running_bot.bot, platform, twitch, joystick_platform, joystick, failed)


async def months_so_far(services: Services) -> dict[str, int]:
    """How many months each has subscribed for, by id, as the database tells it: a further one is not paid twice."""
    months = func.max(func.coalesce(EventClaim.months, 1)).label("months")
    query = select(EventClaim.person, months).where(EventClaim.kind == "sub").group_by(EventClaim.person)
    async with services.database.readers() as session:
        rows = (await session.execute(query)).all()
    return {row.person: row.months for row in rows}


async def sandbox_platform(users: SandboxUsers, address: str, services: Services) -> TwitchPlatform:
    """Twitch at the sandbox's own address, with the bot and the streamer signed in, who allow everything."""
    accounts = Accounts()
    sandbox_accounts: tuple[tuple[Role, SandboxUser], ...] = (("bot", BOT), ("broadcaster", STREAMER))
    for role, who in sandbox_accounts:
        tokens = Tokens(*users.grant(who.id, SCOPES))
        await accounts.sign_in(TwitchAccount(role, who.id, who.login, who.name, SCOPES, tokens))
    base = f"{address}{SANDBOX}"
    addresses = TwitchEndpoints(
        f"http://{base}/helix/", f"http://{base}/", f"ws://{base}/ws", users.client_id, users.client_secret
    )
    return TwitchPlatform(addresses, accounts, services.stream, services.clock)


async def sandbox_joystick(joystick: JoystickDouble, address: str, services: Services) -> JoystickPlatform:
    """Joystick.tv at the sandbox's own address, with the bot installed in the streamer's channel."""
    base = f"{address}{SANDBOX_JOYSTICK}"
    addresses = JoystickAddresses(
        f"http://{base}/",
        f"ws://{base}/cable",
        f"http://{base}/api/oauth/authorize",
        joystick.client_id,
        joystick.client_secret,
    )
    # The tokens are void when the sandbox ends, so the key to them need not be kept.
    cipher = Cipher(Fernet.generate_key())
    platform = JoystickPlatform(addresses, services.database, services.clock, cipher, Stream())
    access, refresh = joystick.grant()
    grant = Grant(access, refresh, services.clock.now() + TOKEN_LIFE)
    await platform.installations.keep(grant, joystick.channel_id, joystick.streamer, pending=False)
    return platform


async def _ready(twitch: TwitchPlatform, joystick: JoystickPlatform) -> None:
    """Wait until the bot receives events, so that nobody types into the sandbox before that."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            await twitch.eventsub.ready()
            await joystick.connection.ready()
    except TimeoutError:
        problem = f"Twitch {twitch.summary()}, Joystick.tv {joystick.summary()}"
        raise StartError(f"The sandbox does not answer: {problem}") from None
