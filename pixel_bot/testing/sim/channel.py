"""A simulated channel: a double of Twitch, and the real bot, which is started, stopped and killed."""

import asyncio
import gc
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

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
from pixel_bot.sandbox.twitch.session import SandboxSession
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, SandboxUser, SandboxUsers
from pixel_bot.security.cipher import Cipher, load_cipher
from pixel_bot.services import Services
from pixel_bot.settings import Settings
from pixel_bot.testing.settings import settings_in
from pixel_bot.testing.sim.disk import Disk
from pixel_bot.testing.sim.lives import Life
from pixel_bot.testing.sim.quiet import Quiet
from pixel_bot.testing.sim.sqlite import Commits
from pixel_bot.web.server import WebServer

TWITCH_PORT, BOT_PORT = 8081, 8080
RESTART_SECONDS = 5.0
SIGN_IN_SECONDS = 60.0
ACCOUNTS: tuple[tuple[Role, SandboxUser], ...] = (("bot", BOT), ("broadcaster", STREAMER))
REMEMBERED = 20


class Notified(NamedTuple):
    """An event that Twitch sends: its type, what it says, its id and time; ``again`` where it was sent before."""

    kind: str
    event: Json
    id: str
    at: datetime
    again: bool = False


SignIn = Callable[[Services, Cipher], Awaitable[None]]
Delivered = Callable[[Notified, Life, tuple[SandboxSession, ...]], None]


class Channel:
    """The channel, with the bot or without it.

    Args:
        folder: the bot's files.
        commits: hears of the bot's commits.
        disk: of the bot's machine.
        settings: of the bot, by their lower-case names.
    """

    def __init__(self, folder: Path, commits: Commits, disk: Disk, **settings: object) -> None:
        self.folder = folder
        self.commits = commits
        self.disk = disk
        self.quiet = Quiet()
        self.twitch = TwitchDouble(SandboxUsers())
        self.said: list[SandboxMessage] = []
        """All that the bot said."""
        self.kills = 0
        self.app: LiveApp | None = None
        self.when_said_elsewhere: list[Callable[[str], None]] = []
        """Called with each message of the bot on another platform."""
        self.when_emitted: list[Callable[[Notified], None]] = []
        """Called with each event of Twitch, when it happens."""
        self.when_sent: list[Callable[[Notified], None]] = []
        """Called with each event just before it is sent, also again, to a bot that lives."""
        self.when_delivered: list[Delivered] = []
        """Called with each event that was sent to a bot that lives, and the sessions that there were."""
        self.when_restored: list[Callable[[], None]] = []
        """Called when a copy of the database was put in its place."""
        self.when_ended: list[Callable[[BaseException | None], None]] = []
        """Called with the error with which the bot ended by itself."""
        self.hold: Callable[[], float] = lambda: 0.0
        """How many seconds late the next event comes."""
        self._is_closing = False
        self._life: Life | None = None
        self._main: asyncio.Task[None] | None = None
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
        self.choose()
        self.twitch.listeners.add(self._on_message)
        self._notify, self.twitch.notify = self.twitch.notify, self._remembered
        self._sent: deque[Notified] = deque(maxlen=REMEMBERED)

    def now(self) -> float:
        """Seconds since the simulation began."""
        return asyncio.get_running_loop().time()

    def choose(self, **settings: object) -> None:
        """The streamer changes settings, by their lower-case names. They hold from the next start on."""
        self._chosen |= settings
        self.settings: Settings = settings_in(self.folder, **self._chosen)

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
            store = TokenStore(services.database, services.clock, cipher, self.settings.twitch_client_id)
            for sign_in in signed_in:
                await sign_in(services, cipher)
            for role, who in ACCOUNTS:
                await store.keep(self._granted(role, who))
        self._restart = asyncio.get_running_loop().call_soon(lambda: None)
        self._signing_in = asyncio.create_task(self._sign_in_again())

    @property
    def life(self) -> Life | None:
        """The bot's process, while it lives."""
        return None if self._life is None or self._life.is_dead else self._life

    def start(self) -> None:
        """The streamer sees to it that the bot runs; returns at once."""
        if self._life is not None and self._life.is_dead:
            self.kill()
        if self._life is None and not self._is_closing:
            self._life = Life(f"bot {self.kills}")
            self._main = self._life.start(self._run())
            self._main.add_done_callback(self._on_end, context=copy_context())

    def kill(self) -> None:
        """The bot's process dies, wherever it is."""
        if self._life is not None:
            self.kills += 1
            self._gone()

    def collect_garbage(self) -> None:
        """Free what refers to itself; what is done for it is done by the bot that lives."""
        if self._life is not None:
            self._life.run(gc.collect)

    async def killed_at_commit(self, count: int, *, before: bool) -> None:
        """The bot's process dies just before or just after one of its next commits."""
        await self.commits.kill_at(count, before=before)
        self.kill()

    async def killed_in(self, steps: int) -> None:
        """The bot's process dies before it has done so many more steps, if it lives so long."""
        if (life := self.life) is not None:
            life.die_in(steps)
            await asyncio.wait({life.death})
            self.kill()

    async def stop(self) -> None:
        """The streamer ends the bot in order, unless it dies meanwhile."""
        main, life = self._main, self.life
        if main is not None and life is not None:
            self.app = None
            main.cancel()
            await asyncio.wait({main, life.death}, return_when=asyncio.FIRST_COMPLETED)
            if self._life is life:
                self._gone()

    async def close(self) -> None:
        """The bot ends, then Twitch."""
        self._is_closing = True
        self._signing_in.cancel()
        await self.stop()
        await self._web.stop()

    async def settled(self) -> None:
        """Wait until the bot has heard and worked everything. It is started, should somebody have left it stopped."""
        while not self.is_running:
            self.start()
            await asyncio.sleep(0.05)
        app = self.app
        if app is not None and app.running_bot is not None:
            await app.platform.eventsub.ready()
            await app.running_bot.bot.settled()

    async def repeat(self, back: int = 1) -> None:
        """Twitch sends one of its last events once more, as it may."""
        if self._sent:
            await self._send(self._sent[-min(back, len(self._sent))]._replace(again=True))

    def when_said(self, listener: Callable[[SandboxMessage], None]) -> None:
        """Call it with each message of chat."""
        self.twitch.listeners.add(listener)

    @property
    def is_running(self) -> bool:
        """Whether the bot has started."""
        return self.app is not None and self.app.running_bot is not None

    async def _run(self) -> None:
        async with live(self.settings) as app:
            self.app = app
            await app.failed

    def _granted(self, role: Role, who: SandboxUser) -> TwitchAccount:
        scopes = scopes_for(role, self.settings)
        return TwitchAccount(
            role, who.id, who.login, who.name, scopes, Tokens(*self.twitch.users.grant(who.id, scopes))
        )

    async def _sign_in_again(self) -> None:
        """The streamer looks now and then whether a sign-in has ended, as when the bot dies while it renews a token."""
        while True:
            await asyncio.sleep(SIGN_IN_SECONDS)
            life, app = self.life, self.app
            if life is None or app is None:
                continue
            accounts = app.platform.accounts
            for role, who in ACCOUNTS:
                if accounts.get(role) is not None and accounts.tokens_of(role) is None:
                    life.start(accounts.sign_in(self._granted(role, who)))

    def _on_end(self, main: asyncio.Task[None]) -> None:
        """It ended by itself: the streamer reads why, and starts it again."""
        if main is not self._main:
            return
        if main.cancelled():
            self._gone()
            return
        error = main.exception()
        for listener in self.when_ended:
            listener(error)
        self._gone()
        self._restart.cancel()
        self._restart = asyncio.get_running_loop().call_later(RESTART_SECONDS, self.start)

    def _gone(self) -> None:
        life, self._life, self._main, self.app = self._life, None, None, None
        if life is not None:
            life.kill()

    async def _remembered(self, kind: str, event: Json, message_id: str, at: datetime) -> int:
        notified = Notified(kind, event, message_id, at)
        for listener in self.when_emitted:
            listener(notified)
        seconds = self.hold()
        if seconds:
            self.twitch.spawn(self._send_late(notified, seconds))
            return 0
        return await self._send(notified)

    async def _send_late(self, notified: Notified, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._send(notified)

    async def _send(self, notified: Notified) -> int:
        self._sent.append(notified)
        sessions, life = tuple(self.twitch.sessions.values()), self.life
        for listener in self.when_sent if life is not None else ():
            listener(notified)
        reached = await self._notify(notified.kind, notified.event, notified.id, notified.at)
        if reached and life is not None:
            for delivered in self.when_delivered:
                delivered(notified, life, sessions)
        return reached

    def _on_message(self, message: SandboxMessage) -> None:
        if message.who.login == BOT.login:
            self.said.append(message)
