"""Builds everything, runs it, and closes it in reverse."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from starlette.routing import BaseRoute, Mount
from twitchio import HTTPException
from twitchio.exceptions import WebsocketConnectionException

from pixel_bot.bot import Account, PixelBot
from pixel_bot.chat.command import command_list, usage
from pixel_bot.chat.guards import audience
from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database, sqlite_path
from pixel_bot.db.lock import only_one
from pixel_bot.db.meta import Mode, claim_mode
from pixel_bot.db.schema import upgrade
from pixel_bot.errors import FolderNotWritable, StartError
from pixel_bot.logs import redact
from pixel_bot.platforms.sandbox.endpoints import Endpoints
from pixel_bot.platforms.sandbox.page import Page
from pixel_bot.platforms.sandbox.twitch import Twitch
from pixel_bot.platforms.sandbox.world import BOT, STREAMER, World
from pixel_bot.platforms.twitch.connect import listen, point_to
from pixel_bot.services.container import Services, build_services
from pixel_bot.settings import Settings
from pixel_bot.texts import count
from pixel_bot.web.overlay import OverlayPages
from pixel_bot.web.pages import common_routes
from pixel_bot.web.server import WebServer

log = logging.getLogger(__name__)

DRAIN_SECONDS = 10.0
CLEAN_UP_SECONDS = 3_600.0


@dataclass(frozen=True)
class App:
    """A running bot."""

    mode: Mode
    web: WebServer
    services: Services
    bot: PixelBot
    twitch: Twitch

    @property
    def home(self) -> str:
        """The page that a person opens first."""
        return f"http://{self.web.address}/sandbox"

    @property
    def overlay_url(self) -> str:
        """The address of the overlay, key included: what the streamer adds to OBS as a browser source."""
        return f"http://{self.web.address}/overlay?key={self.services.overlay.key}"


@dataclass(frozen=True)
class Place:
    """Where Twitch is, and who the bot is there."""

    helix_url: str
    id_url: str
    eventsub_url: str
    account: Account


@asynccontextmanager
async def running(settings: Settings, clock: Clock | None = None) -> AsyncGenerator[App]:
    """The bot on its sandbox, from start to an orderly end.

    Raises:
        StartError: it cannot start. The sentence says why, and what to do.
    """
    async with AsyncExitStack() as stack:
        web = WebServer(settings.web_host, settings.web_port)
        stack.push_async_callback(web.stop)
        stack.enter_context(only_one(sqlite_path(settings.database_for("sandbox"))))
        services = await stack.enter_async_context(opened(settings, "sandbox", clock or Clock()))
        twitch = Twitch(World(), settings.command_prefix)
        place = sandbox_place(twitch.world, web.address)
        async with connected(services, place, stack) as bot:
            page = Page(twitch, services, lambda: describe_commands(bot))
            overlay = OverlayPages(services.overlay, services.sounds)
            stack.push_async_callback(overlay.close)
            stack.push_async_callback(page.close)
            await web.start([*_routes(twitch, page, bot), *overlay.routes()], settings.web_allowed_hosts.split(","))
            await start_bot(bot)
            yield App("sandbox", web, services, bot, twitch)


@asynccontextmanager
async def opened(settings: Settings, mode: Mode, clock: Clock) -> AsyncGenerator[Services]:
    """The database, upgraded where needed, and the services over it.

    Raises:
        DatabaseRefused: it is damaged, newer, or of the other mode.
    """
    database = Database(settings.database_for(mode))
    try:
        done = await upgrade(database, settings.backup_dir)
        if done.backup is not None:
            log.info("Before the database was upgraded, it was copied to %s.", done.backup)
        for line in done.report:
            log.info("%s", line)
        await _mark(database, mode)
        services = build_services(settings, database, clock, (STREAMER.login, BOT.login), mode)
        if changed := await services.levels.align():
            log.info("The level curve is new: %s moved, without rewards.", count(changed, "viewer"))
        yield services
    finally:
        await database.close()


async def _mark(database: Database, mode: Mode) -> None:
    try:
        async with database.write() as session:
            await claim_mode(session, mode)
    except OperationalError as exc:
        if database.path is not None and "readonly" in str(exc):
            raise FolderNotWritable(database.path.parent, "DATA_DIR") from exc
        raise


def sandbox_place(world: World, address: str) -> Place:
    """The sandbox's own addresses, and tokens that it grants to the bot and the streamer."""
    tokens = (world.grant(BOT.id), world.grant(STREAMER.id))
    account = Account(world.client_id, world.client_secret, BOT.id, STREAMER.id, tokens, limited=False)
    base = f"{address}{SANDBOX}"
    return Place(f"http://{base}/helix/", f"http://{base}/", f"ws://{base}/ws", account)


SANDBOX = "/sandbox/twitch"


@asynccontextmanager
async def connected(services: Services, place: Place, stack: AsyncExitStack) -> AsyncGenerator[PixelBot]:
    """A bot that is built and will be closed in order: first deaf, then all that it heard worked, then gone."""
    point_to(place.helix_url, place.id_url, place.eventsub_url)
    bot = PixelBot(services, place.account)
    services.awards.start()
    bot.backends.start()
    stack.push_async_callback(bot.close)
    stack.push_async_callback(bot.backends.close)
    stack.push_async_callback(services.awards.stop)
    stack.push_async_callback(_finish, bot)
    routine = asyncio.create_task(_clean_up(services), name="clean-up")
    stack.callback(routine.cancel)
    yield bot


async def start_bot(bot: PixelBot) -> None:
    """Sign in, load the cogs, listen.

    Raises:
        StartError: Twitch refused, or cannot be reached.
    """
    try:
        await bot.login(save_tokens=False)
        await listen(bot, bot.bot_id, bot.owner_id or bot.bot_id)
    except HTTPException as exc:
        # Its text holds the URL, and the URL the client secret: neither may reach a log or a traceback.
        raise StartError(
            f"Twitch refused the sign-in: {exc.status} {redact(str(exc.extra.get('message', '')))}"
        ) from None
    except (OSError, WebsocketConnectionException) as exc:
        raise StartError(f"Twitch cannot be reached ({type(exc).__name__}). Is the internet connection up?") from None
    await bot.jobs.start()
    bot.dispatch("ready")
    bot._ready_event.set()  # noqa: SLF001 - what Client.start does; it would also block, and own the web server


async def _finish(bot: PixelBot) -> None:
    for socket in [s for sockets in bot._websockets.values() for s in sockets.values()]:  # noqa: SLF001
        await socket.close()
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            await bot.settled()
    except TimeoutError:
        log.warning("Some commands were still at work at the end.")
    await bot.jobs.stop()
    await bot.outbox.drained(DRAIN_SECONDS)
    await bot.outbox.stop()


async def _clean_up(services: Services) -> None:
    while True:
        await asyncio.sleep(CLEAN_UP_SECONDS)
        try:
            await services.cooldowns.clean_up()
        except DBAPIError as exc:
            log.warning("Old cooldowns could not be removed; they are tried again in an hour: %s", exc.orig)


def describe_commands(bot: PixelBot) -> Sequence[dict[str, Any]]:
    """All commands for people: name, how to type it, what it does, and whether it is for mods."""
    prefix = bot.settings.command_prefix
    return [
        {
            "name": c.name,
            "usage": usage(c, prefix),
            "help": c.help.strip().partition("\n")[0],
            "mods": audience(c) != "everyone",
        }
        for c in command_list(bot)
    ]


def _routes(twitch: Twitch, page: Page, bot: PixelBot) -> list[BaseRoute]:
    async def health() -> list[str]:
        if bot.services.database.closed:
            return ["The bot is stopping."]
        reasons: list[str] = []
        try:
            async with bot.readers() as session:
                await session.execute(text("SELECT 1"))
        except DBAPIError:
            reasons.append("The database cannot be read.")
        for account in {bot.bot_id, bot.owner_id or bot.bot_id}:
            sockets = bot._websockets.get(account, {}).values()  # noqa: SLF001
            if not any(socket.connected for socket in sockets):
                reasons.append(f"The connection to Twitch for the account {account} is down.")
        return reasons

    return [*common_routes("/sandbox", health), *page.routes(), Mount(SANDBOX, routes=Endpoints(twitch).routes())]
