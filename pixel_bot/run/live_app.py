"""Composition of the live bot: the web pages start first, the bot when an account has signed in."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from starlette.routing import BaseRoute

from pixel_bot.api.lazy import api_routes
from pixel_bot.api.state import ApiState
from pixel_bot.clock import Clock
from pixel_bot.db.engine import sqlite_path
from pixel_bot.db.lock import only_one
from pixel_bot.model.outgoing import Outgoing
from pixel_bot.model.people import Platform
from pixel_bot.model.stream_state import Stream
from pixel_bot.overlay.server import OverlayPages, overlay_url
from pixel_bot.platforms.joystick.platform import JoystickEndpoints, JoystickPlatform
from pixel_bot.platforms.joystick.sign_in import JoystickSignIn
from pixel_bot.platforms.twitch.accounts import ROLES, Accounts, no_lease
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.platform import TwitchEndpoints, TwitchPlatform
from pixel_bot.platforms.twitch.sign_in import SignIn
from pixel_bot.platforms.twitch.signing_in.token_renewal import cluster_lease
from pixel_bot.platforms.twitch.token_store import TokenStore
from pixel_bot.run.access import access_for, refuse_without_owner
from pixel_bot.run.database_watch import watched
from pixel_bot.run.monitoring import Monitoring
from pixel_bot.run.running_bot import RunningBot, health, opened
from pixel_bot.run.setup_joystick import JoystickSetUp
from pixel_bot.run.setup_page import SetUp
from pixel_bot.run.setup_twitch import TwitchSetUp
from pixel_bot.security.cipher import Cipher, load_cipher
from pixel_bot.services import Services
from pixel_bot.settings import Settings
from pixel_bot.web.access.access import Access
from pixel_bot.web.access.pages import access_routes
from pixel_bot.web.games import games_routes
from pixel_bot.web.joystick import CALLBACK, joystick_routes
from pixel_bot.web.oauth import oauth_routes
from pixel_bot.web.pages import common_routes
from pixel_bot.web.server import WebServer
from pixel_bot.web.setup import setup_routes
from pixel_bot.wording.texts import texts

SIGN_INS = "twitch-sign-ins"
"""Topic of the cluster: somebody signed in to Twitch in another process, or a sign-in ended there."""

STANDS_BY = "Another process of this bot listens to Twitch. This one stands by."


@dataclass
class LiveApp:
    """A bot on Twitch, on Joystick.tv or on both, or one that waits for sign-ins."""

    web: WebServer
    access: Access
    services: Services
    twitch: TwitchPlatform | None
    joystick: JoystickPlatform | None
    running_bot: RunningBot | None = None
    failed: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Set to the error with which the start failed, or which ends the bot while it runs, if there is one."""

    @property
    def platform(self) -> TwitchPlatform:
        """Twitch, where it is known to be there."""
        if self.twitch is None:
            raise LookupError("Twitch is not set up.")
        return self.twitch

    @property
    def home(self) -> str:
        """The page that a person opens first, without a key."""
        return self.access.home_url

    @property
    def overlay_url(self) -> str:
        """The address of the overlay, key included."""
        return overlay_url(self.web, self.services.overlay)


@asynccontextmanager
async def live(settings: Settings, clock: Clock | None = None) -> AsyncGenerator[LiveApp]:
    """The bot on its platforms, from start to an orderly end. They may be away.

    Raises:
        StartError: it cannot start. The sentence says why, and what to do.
    """
    names: set[str] = set()
    async with AsyncExitStack() as stack:
        web = WebServer(settings.web_host, settings.web_port)
        stack.push_async_callback(web.stop)
        stack.enter_context(only_one(sqlite_path(settings.database_for("live"))))
        services = await stack.enter_async_context(opened(settings, "live", clock or Clock(), names))
        stack.push_async_callback(services.cluster.stop)
        await services.cluster.start()
        cipher = load_cipher(settings)
        twitch = await twitch_of(settings, services, cipher) if settings.on_twitch else None
        joystick = await joystick_of(settings, services, cipher) if settings.on_joystick else None
        for platform in filter(None, (twitch, joystick)):
            stack.push_async_callback(platform.close)
        access = await access_for(web, services, "/setup", stack)
        refuse_without_owner(access, twitch, joystick)
        app = LiveApp(web, access, services, twitch, joystick)
        overlay = OverlayPages(services.overlay, services.sounds)
        stack.push_async_callback(overlay.close)
        stack.push_async_callback(_end_bot, app)

        async def how_it_is() -> list[str]:
            return await health(services, lambda: problems(app))

        monitoring = Monitoring(services, lambda: app.running_bot, how_it_is)
        routes = [
            *common_routes("/setup", how_it_is, lambda: notes(app)),
            *monitoring.routes(),
            *_sign_in_routes(app, stack),
            *access_routes(access),
            *api_routes(ApiState(services, access, lambda: app.running_bot and app.running_bot.bot, how_it_is)),
            *overlay.routes(),
        ]
        await web.start(routes, settings.web_allowed_hosts.split(","), access)
        await stack.enter_async_context(monitoring.running())
        starting = asyncio.create_task(_start_bot(app, names), name="start-bot")
        stack.push_async_callback(_stop, starting)
        await stack.enter_async_context(watched(services, app.failed, lambda words: _tell_every_chat(app, words)))
        yield app


def _sign_in_routes(app: LiveApp, stack: AsyncExitStack) -> list[BaseRoute]:
    """The set-up page, and the ways to the platforms and back; sign-ins under way end with the stack."""
    routes = games_routes(app.services.games)
    base = app.access.base
    twitch = joystick = None
    if app.twitch is not None:
        app.twitch.accounts.sign_in_url = app.home
        uri = f"{base}/oauth/callback"
        sign_in = SignIn(app.services.settings, app.twitch.accounts, app.twitch.oauth, uri)
        sign_in.more_scopes = lambda role: _scopes_of_cogs(app, role)
        stack.push_async_callback(sign_in.close)
        twitch = TwitchSetUp(app.services.settings, app.twitch, sign_in, uri)
        routes += oauth_routes(sign_in)
    if app.joystick is not None:
        uri = f"{base}{CALLBACK}"
        install = JoystickSignIn(app.joystick.installations, app.joystick.oauth, app.joystick.api, uri)
        joystick = JoystickSetUp(app.joystick, install, uri)
        routes += joystick_routes(install)
    return [*setup_routes(SetUp(app.services, lambda: app.running_bot, app.overlay_url, twitch, joystick)), *routes]


def _scopes_of_cogs(app: LiveApp, role: Role) -> frozenset[str]:
    return app.running_bot.bot.runtime.scopes.of(role) if app.running_bot is not None else frozenset()


async def joystick_of(settings: Settings, services: Services, cipher: Cipher) -> JoystickPlatform:
    """Joystick.tv at the addresses of the settings, with the channel that installed the bot before."""
    endpoints = JoystickEndpoints(
        settings.joystick_api_url,
        settings.joystick_gateway_url,
        settings.joystick_authorize_url,
        settings.joystick_client_id,
        settings.joystick_client_secret.get_secret_value(),
    )
    # Where there is no Twitch, the stream there is the only one.
    stream = Stream() if settings.on_twitch else services.stream
    platform = JoystickPlatform(endpoints, services.database, services.clock, cipher, stream)
    await platform.load()
    if services.cluster.is_shared:
        await platform.join_election(lambda: services.cluster.try_to_lead("joystick"))
    return platform


async def twitch_of(settings: Settings, services: Services, cipher: Cipher) -> TwitchPlatform:
    """Twitch at the addresses of the settings, with the accounts that signed in before."""
    fixed: dict[Role, str] = {"bot": settings.twitch_bot_id, "broadcaster": settings.twitch_owner_id}
    cluster = services.cluster
    store = TokenStore(services.database, services.clock, cipher, settings.twitch_client_id)
    lease = cluster_lease(cluster.try_to_lead, cluster.resign) if cluster.is_shared else no_lease
    accounts = Accounts(store, fixed, lease)
    await accounts.load()
    endpoints = TwitchEndpoints(
        settings.twitch_helix_url,
        settings.twitch_id_url,
        settings.twitch_eventsub_url,
        settings.twitch_client_id,
        settings.twitch_client_secret.get_secret_value(),
    )
    platform = TwitchPlatform(endpoints, accounts, services.stream, services.clock, services.cluster)
    # A sign-in in one process is known to all: they look at the row.
    accounts.changed.add(lambda role: cluster.publish(SIGN_INS, role))
    cluster.subscribers.setdefault(SIGN_INS, set()).add(lambda _: platform.token_refresh.check_soon())
    return platform


async def _start_bot(app: LiveApp, names: set[str]) -> None:
    """Start the bot when its accounts on one platform are known, and join the other platform when those are."""
    starting = [
        asyncio.create_task(work, name=name)
        for name, work in (
            ("start-twitch", _start_on_twitch(app, names)),
            ("start-joystick", _start_on_joystick(app, names)),
        )
    ]
    try:
        await asyncio.gather(*starting)
    except Exception as exc:  # noqa: BLE001 - the runner awaits this future, and ends with the error
        if not app.failed.done():
            app.failed.set_exception(exc)
    finally:
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)


async def _start_on_twitch(app: LiveApp, names: set[str]) -> None:
    if app.twitch is None:
        return
    app.twitch.watch_tokens()
    accounts = app.twitch.accounts
    is_new = not _are_signed_in(accounts)
    while not (accounts.get("bot") and accounts.id_of("broadcaster")):
        await accounts.next_change()
    if app.running_bot is None:
        app.running_bot = RunningBot(app.services, app.twitch)
        await app.running_bot.begin()
    else:
        await app.running_bot.wait_until_started()
        app.running_bot.join_twitch(app.twitch)
    while not _are_signed_in(accounts):
        await accounts.next_change()
    names |= {account.login for role in ROLES if (account := accounts.get(role))}
    if is_new and await app.twitch.eventsub.ready():
        await _greet(app.running_bot, "twitch")


async def _start_on_joystick(app: LiveApp, names: set[str]) -> None:
    if app.joystick is None:
        return
    installations = app.joystick.installations
    is_new = installations.current is None
    while installations.current is None:
        await installations.next_change()
    names.add(f"{installations.current.username.lower()}@joystick")
    if app.running_bot is None:
        app.running_bot = RunningBot(app.services, joystick=app.joystick)
        await app.running_bot.begin()
    else:
        await app.running_bot.wait_until_started()
        app.running_bot.join_joystick(app.joystick)
    if is_new:
        await app.joystick.connection.ready()
        await _greet(app.running_bot, "joystick")


def _are_signed_in(accounts: Accounts) -> bool:
    return all(accounts.get(role) for role in ROLES)


async def _greet(running_bot: RunningBot, platform: Platform) -> None:
    """Greet in chat, so that the streamer who has just connected the bot sees that it works."""
    if words := running_bot.bot.settings.greeting:
        greeting = texts(__name__).of_source(words).replace("{prefix}", running_bot.bot.settings.command_prefix)
        await running_bot.bot.channels[platform].outbox.put(Outgoing(greeting, paid=True))


def problems(app: LiveApp) -> list[str]:
    """What is wrong with the platforms, one sentence each."""
    found: list[str] = []
    if app.twitch is not None and (app.running_bot is None or not app.running_bot.is_on_twitch):
        missing = " and ".join(role for role in ROLES if app.twitch.accounts.get(role) is None)
        found.append(f"Not signed in yet: {missing}. Open {app.home}.")
    elif app.twitch is not None:
        found += app.twitch.problems()
    installations = app.joystick.installations if app.joystick is not None else None
    if installations is not None and installations.current is None and not installations.election.is_elsewhere:
        found.append(f"Not installed on Joystick.tv yet. Open {app.home}.")
    elif app.joystick is not None:
        found += app.joystick.problems()
    return found


def notes(app: LiveApp) -> list[str]:
    """What is to be known of a process that is healthy, and yet hears nothing."""
    return [STANDS_BY] if app.twitch is not None and app.twitch.eventsub.stands_by else []


async def _tell_every_chat(app: LiveApp, words: str) -> None:
    if app.running_bot is not None:
        await app.running_bot.tell_every_chat(words)


async def _end_bot(app: LiveApp) -> None:
    if app.running_bot is not None:
        await app.running_bot.end()


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
