"""The bot on Twitch: the web pages first, and the bot as soon as it is known who it is."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from pixel_bot.clock import Clock
from pixel_bot.db.engine import sqlite_path
from pixel_bot.db.lock import only_one
from pixel_bot.platforms.twitch.accounts import ROLES, Accounts
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.platform import Place, TwitchPlatform
from pixel_bot.platforms.twitch.signin import SignIn
from pixel_bot.platforms.twitch.vault import Vault
from pixel_bot.services.cipher import load_cipher
from pixel_bot.services.container import Services
from pixel_bot.services.speaking import Outgoing
from pixel_bot.settings import Settings
from pixel_bot.setup import SetUp
from pixel_bot.show import Show, health, opened
from pixel_bot.web.oauth import oauth_routes
from pixel_bot.web.overlay import OverlayPages, overlay_url
from pixel_bot.web.pages import common_routes
from pixel_bot.web.server import WebServer
from pixel_bot.web.setup import setup_routes

log = logging.getLogger(__name__)


@dataclass
class LiveApp:
    """A bot on Twitch, or on its way there."""

    web: WebServer
    services: Services
    platform: TwitchPlatform
    show: Show | None = None
    failed: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Ends with the error that the bot could not be started with, if any."""

    @property
    def home(self) -> str:
        """The page that a person opens first. By this name, because the way back from Twitch has it too."""
        return f"http://localhost:{self.web.port}/setup"

    @property
    def overlay_url(self) -> str:
        """The address of the overlay, key included."""
        return overlay_url(self.web, self.services.overlay)


@asynccontextmanager
async def live(settings: Settings, clock: Clock | None = None) -> AsyncGenerator[LiveApp]:
    """The bot on Twitch, from start to an orderly end. Twitch itself may be away.

    Raises:
        StartError: it cannot start. The sentence says why, and what to do.
    """
    clock = clock or Clock()
    names: set[str] = set()
    async with AsyncExitStack() as stack:
        web = WebServer(settings.web_host, settings.web_port)
        stack.push_async_callback(web.stop)
        stack.enter_context(only_one(sqlite_path(settings.database_for("live"))))
        services = await stack.enter_async_context(opened(settings, "live", clock, names))
        platform = await twitch_of(settings, services)
        stack.push_async_callback(platform.close)
        app = LiveApp(web, services, platform)
        platform.accounts.page = app.home
        overlay = OverlayPages(services.overlay, services.sounds)
        stack.push_async_callback(overlay.close)
        stack.push_async_callback(_end_show, app)
        redirect_uri = f"http://localhost:{web.port}/oauth/callback"
        sign_in = SignIn(settings, platform.accounts, platform.oauth, redirect_uri)
        setup = SetUp(services, platform, sign_in, lambda: app.show, app.overlay_url, redirect_uri)
        routes = [
            *common_routes("/setup", lambda: health(services, lambda: _problems(app))),
            *setup_routes(setup),
            *oauth_routes(sign_in),
            *overlay.routes(),
        ]
        await web.start(routes, settings.web_allowed_hosts.split(","))
        platform.watch_tokens()
        starting = asyncio.create_task(_start_show(app, names), name="start-show")
        stack.push_async_callback(_stop, starting)
        yield app


async def twitch_of(settings: Settings, services: Services) -> TwitchPlatform:
    """Twitch where the settings say it is, with the accounts that signed in before."""
    fixed: dict[Role, str] = {"bot": settings.twitch_bot_id, "broadcaster": settings.twitch_owner_id}
    accounts = Accounts(Vault(services.database, services.clock, load_cipher(settings)), fixed)
    await accounts.load()
    place = Place(
        settings.twitch_helix_url,
        settings.twitch_id_url,
        settings.twitch_eventsub_url,
        settings.twitch_client_id,
        settings.twitch_client_secret.get_secret_value(),
    )
    return TwitchPlatform(place, accounts, services.stream, services.clock)


async def _start_show(app: LiveApp, names: set[str]) -> None:
    """Let the bot work as soon as it is known who it is, and in whose channel."""
    accounts = app.platform.accounts
    try:
        is_new = not _are_signed_in(accounts)
        while not (accounts.get("bot") and accounts.id_of("broadcaster")):
            await accounts.next_change()
        app.show = show = Show(app.services, app.platform)
        await show.begin()
        while not _are_signed_in(accounts):
            await accounts.next_change()
        names |= {account.login for role in ROLES if (account := accounts.get(role))}
        if is_new:
            await _greet(app, show)
    except Exception as exc:  # noqa: BLE001 - whoever runs the app waits for this future, and ends with the error
        if not app.failed.done():
            app.failed.set_exception(exc)


def _are_signed_in(accounts: Accounts) -> bool:
    return all(accounts.get(role) for role in ROLES)


async def _greet(app: LiveApp, show: Show) -> None:
    """The streamer has just connected the accounts, and sees in chat that it works."""
    await app.platform.eventsub.ready()
    if words := app.services.settings.greeting:
        greeting = words.replace("{prefix}", app.services.settings.command_prefix)
        await show.bot.outbox.put(Outgoing(greeting, paid=True))


def _problems(app: LiveApp) -> list[str]:
    if app.show is None:
        missing = " and ".join(role for role in ROLES if app.platform.accounts.get(role) is None)
        return [f"Not signed in yet: {missing}. Open {app.home}."]
    return app.platform.problems()


async def _end_show(app: LiveApp) -> None:
    if app.show is not None:
        await app.show.end()


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
