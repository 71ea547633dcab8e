"""A simulated channel: a double of Twitch, and the real bot, which is started, stopped and killed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path

from starlette.routing import BaseRoute, Mount

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.platforms.twitch.accounts import Tokens, TwitchAccount
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.platforms.twitch.subscription_types import scopes_for
from pixel_bot.platforms.twitch.token_store import TokenStore
from pixel_bot.run.live_app import LiveApp, live
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch.double import SandboxMessage, TwitchDouble
from pixel_bot.sandbox.twitch.endpoints import Endpoints
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUser, SandboxUsers
from pixel_bot.security.cipher import Cipher, load_cipher
from pixel_bot.services import Services
from pixel_bot.settings import Settings
from pixel_bot.testing.settings import settings_in
from pixel_bot.testing.sim.lives import Life
from pixel_bot.testing.sim.sqlite import Commits
from pixel_bot.web.server import WebServer

TWITCH_PORT, BOT_PORT = 8081, 8080

SignIn = Callable[[Services, Cipher], Awaitable[None]]


class Channel:
    """The channel, with the bot or without it.

    Args:
        folder: the bot's files.
        commits: hears of the bot's commits.
        settings: of the bot, by their lower-case names.
    """

    def __init__(self, folder: Path, commits: Commits, **settings: object) -> None:
        self.commits = commits
        self.twitch = TwitchDouble(SandboxUsers())
        self.said: list[SandboxMessage] = []
        """All that the bot said."""
        self.kills = 0
        self.app: LiveApp | None = None
        self.folder = folder
        self._life: Life | None = None
        self._main: asyncio.Task[None] | None = None
        self._end = asyncio.Event()
        self._web = WebServer("127.0.0.1", TWITCH_PORT)
        base = f"127.0.0.1:{TWITCH_PORT}"
        self._chosen: dict[str, object] = {
            "web_port": BOT_PORT,
            "twitch_client_id": self.twitch.users.client_id,
            "twitch_client_secret": self.twitch.users.client_secret,
            "twitch_helix_url": f"http://{base}/helix/",
            "twitch_id_url": f"http://{base}/",
            "twitch_eventsub_url": f"ws://{base}/ws",
            **settings,
        }
        self.twitch.listeners.add(self._on_message)
        self._notify, self.twitch.notify = self.twitch.notify, self._remembered
        self._last: Callable[[], Awaitable[int]] | None = None

    @property
    def settings(self) -> Settings:
        """Those with which the bot is started the next time."""
        return settings_in(self.folder, **self._chosen)

    def choose(self, **settings: object) -> None:
        """The streamer changes settings, by their lower-case names. They hold from the next start on."""
        self._chosen |= settings

    @property
    def file(self) -> Path:
        """The bot's database."""
        path = Database(self.settings.database_for("live")).path
        assert path is not None
        return path

    async def open(self, beside: Sequence[BaseRoute] = (), signed_in: Sequence[SignIn] = ()) -> None:
        """Twitch begins; the bot's accounts are signed in once, so that it can start.

        Args:
            beside: routes of what else there is in the network, at Twitch's port.
            signed_in: keeps what the bot needs for other platforms.
        """
        await self._web.start([*beside, Mount("/", routes=Endpoints(self.twitch).routes())], [])
        async with opened(self.settings, "live", Clock()) as services:
            cipher = load_cipher(self.settings)
            for sign_in in signed_in:
                await sign_in(services, cipher)
            store = TokenStore(services.database, services.clock, cipher, self.settings.twitch_client_id)
            accounts: tuple[tuple[Role, SandboxUser], ...] = (("bot", BOT), ("broadcaster", STREAMER))
            for role, who in accounts:
                scopes = scopes_for(role, self.settings)
                tokens = Tokens(*self.twitch.users.grant(who.id, scopes))
                await store.keep(TwitchAccount(role, who.id, who.login, who.name, scopes, tokens))

    def start(self) -> None:
        """The streamer starts the bot, unless it runs; returns at once."""
        if self._life is not None and not self._life.is_dead and self._main is not None and not self._main.done():
            return
        self._end = asyncio.Event()
        self._life = Life(f"bot {self.kills}")
        self._main = self._life.start(self._run())

    def start_if_dead(self) -> None:
        """The streamer sees to it that the bot runs."""
        if self._life is not None and self._life.is_dead:
            self.kill()
        if self._main is None or self._main.done():
            self.start()

    def kill(self) -> None:
        """The bot's process dies, wherever it is."""
        if self._life is not None:
            self.kills += 1
            self._life.kill()
            self._life = self._main = self.app = None

    async def killed_at_commit(self, count: int, *, before: bool) -> None:
        """The bot's process dies just before or just after one of its next commits."""
        await self.commits.kill_at(count, before=before)
        self.kill()

    async def stop(self) -> None:
        """The streamer ends the bot in order, unless it dies meanwhile."""
        life, main = self._life, self._main
        if life is None or main is None or life.is_dead:
            return
        ended = asyncio.get_running_loop().create_future()

        def is_over(*_: object) -> None:
            if not ended.done():
                ended.set_result(None)

        life.at_death(is_over)
        main.add_done_callback(is_over)
        self._end.set()
        await ended
        if self._life is life and not life.is_dead:
            self._life = self._main = self.app = None

    async def close(self) -> None:
        """The bot ends, then Twitch."""
        await self.stop()
        await self._web.stop()

    async def settled(self) -> None:
        """Wait until the bot has heard and worked everything. One that does not run is started."""
        if self._end.is_set():
            await self.stop()
        self.start_if_dead()
        while not self._is_running():  # noqa: ASYNC110 - the app tells nobody
            await asyncio.sleep(0.05)
        app = self.app
        if app is not None and app.running_bot is not None:
            await app.platform.eventsub.ready()
            await app.running_bot.bot.settled()

    async def repeat(self) -> None:
        """Twitch sends its last event once more, as it may."""
        if self._last is not None:
            await self._last()

    def when_said(self, listener: Callable[[SandboxMessage], None]) -> None:
        """Call it with each message of chat."""
        self.twitch.listeners.add(listener)

    def _is_running(self) -> bool:
        return self.app is not None and self.app.running_bot is not None

    async def _run(self) -> None:
        end = self._end
        async with live(self.settings) as app:
            self.app = app
            asked = asyncio.ensure_future(end.wait())
            try:
                await asyncio.wait({asked, app.failed}, return_when=asyncio.FIRST_COMPLETED)
                if app.failed.done():
                    app.failed.result()
            finally:
                asked.cancel()
                self.app = None

    async def _remembered(self, kind: str, event: Json, message_id: str, at: datetime) -> int:
        self._last = lambda: self._notify(kind, event, message_id, at)
        return await self._last()

    def _on_message(self, message: SandboxMessage) -> None:
        if message.who.login == BOT.login:
            self.said.append(message)
