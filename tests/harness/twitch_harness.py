"""A double of Twitch on a server of its own, and bots that run live against it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from sqlalchemy import func, select
from starlette.routing import BaseRoute, Mount, Router
from typing_extensions import override

from pixel_bot.clock import Clock
from pixel_bot.db.models import Transaction
from pixel_bot.platforms.twitch.accounts import Tokens, TwitchAccount
from pixel_bot.platforms.twitch.helix import Role as TokenRole
from pixel_bot.platforms.twitch.subscription_types import scopes_for, subscription_types
from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.double import SandboxMessage, SandboxSession, TwitchDouble
from pixel_bot.sandbox.twitch.endpoints import Endpoints
from pixel_bot.sandbox.twitch.eventsub import session_of
from pixel_bot.sandbox.twitch.users import BOT, STREAMER, Role, SandboxUser, SandboxUsers, sandbox_user
from pixel_bot.web.server import WebServer
from tests.harness.live_harness import LiveHarness
from tests.harness.live_harness import the_bot as the_bot
from tests.harness.near_wire import bring_near
from tests.harness.waiting import until

DOUBLE = "/twitch"
SECONDS = 15.0
ACCOUNTS: tuple[tuple[TokenRole, SandboxUser], ...] = (("bot", BOT), ("broadcaster", STREAMER))
CHAT, CHEERS = "channel.chat.message", "channel.bits.use"
TYPES = sum(not kind.instead_of for kind in subscription_types("1", "2"))


class Harness(LiveHarness):
    """The double, and how a person gets a bot to run on it."""

    def __init__(
        self,
        folder: Path,
        web: WebServer,
        twitch: TwitchDouble,
        http: aiohttp.ClientSession,
        routes: Sequence[BaseRoute],
    ) -> None:
        super().__init__(folder, web, http)
        self.twitch = twitch
        self.routes = routes
        self.is_near = True
        """Whether bots of this process ask the double without a socket."""
        self.world = twitch.users
        self.lines: list[SandboxMessage] = []
        """All that the bot said, also where it speaks as the streamer."""
        twitch.listeners.add(self._on_line)

    @override
    def settings(self, **more: Any) -> dict[str, Any]:
        """What stands in the streamer's ``.env``."""
        base = f"{self.web.address}{DOUBLE}"
        return {
            "twitch_client_id": self.world.client_id,
            "twitch_client_secret": "" if self.world.is_public else self.world.client_secret,
            "twitch_helix_url": f"http://{base}/helix/",
            "twitch_id_url": f"http://{base}/",
            "twitch_eventsub_url": f"ws://{base}/ws",
            **more,
        }

    @override
    def prepare(self, app: LiveApp) -> None:
        """What it asks the double needs no socket, unless the double is away or goes wrong."""
        routes = Router([Mount(DOUBLE, routes=self.routes)])
        base = f"http://{self.web.address}{DOUBLE}/"
        bring_near(app.platform.wire, base, routes, lambda: not self.is_near or bool(self.twitch.faults._waiting))

    @asynccontextmanager
    async def signed_in(self, clock: Clock | None = None, **settings: Any) -> AsyncGenerator[LiveApp]:
        """A bot with both accounts signed in, that listens."""
        async with self.bot(clock, **settings) as app:
            for role, who in ACCOUNTS:
                if app.platform.accounts.tokens_of(role) is None:
                    await self.grant(app, role, who)
            await listening(app)
            yield app

    async def grant(self, app: LiveApp, role: TokenRole, who: SandboxUser) -> None:
        """Somebody has signed in, without the pages that lead there: in half of the time of a bot's start."""
        scopes = scopes_for(role, app.services.settings)
        tokens = Tokens(*self.world.grant(who.id, scopes))
        await app.platform.accounts.sign_in(TwitchAccount(role, who.id, who.login, who.name, scopes, tokens))

    async def begin(self, app: LiveApp, account: str) -> str:
        """Where the bot sends somebody who wants to sign in."""
        await self.enter(app)
        url = f"http://localhost:{app.web.port}/oauth?account={account}"
        async with self.http.get(url, allow_redirects=False) as answer:
            assert answer.status in {302, 303, 307}, await answer.text()
            return answer.headers["Location"]

    async def agree(self, address: str, who: SandboxUser) -> str:
        """Somebody agrees at Twitch. Returns where Twitch sends them back to."""
        async with self.http.get(f"{address}&login={who.login}", allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            return answer.headers["Location"]

    async def come_back(self, address: str) -> tuple[int, str]:
        """The browser follows; status and text of the page that it ends on."""
        async with self.http.get(address) as answer:
            return answer.status, await answer.text()

    async def sign_in(self, app: LiveApp, account: str, who: SandboxUser) -> tuple[int, str]:
        """All of it, with a yes to the question whether this is the account."""
        status, text = await self.come_back(await self.agree(await self.begin(app, account), who))
        role = "bot" if account == "bot" else "broadcaster"
        if status == 200 and app.platform.accounts.tokens_of(role) is None:
            return await self.answer(app, "accept", account, text)
        return status, text

    async def answer(self, app: LiveApp, verb: str, account: str, text: str) -> tuple[int, str]:
        """Press the button under a question of the page."""
        return await self.submit(app, verb, account, ticket_in(text, account))

    async def say(self, login: str, text: str, role: Role = "viewer", *, message_id: str = "") -> SandboxMessage:
        """Somebody writes in chat."""
        who = STREAMER if role == "broadcaster" else self.world.settle(sandbox_user(login, role))
        return await self.twitch.say(who, text, message_id=message_id)

    async def ask(self, login: str, text: str, role: Role = "viewer") -> str:
        """Somebody types a command. Returns the answer to it."""
        line = await self.say(login, text, role)
        return (await self.said(lambda said: said.reply_id == line.id)).text

    async def said(self, fits: Callable[[SandboxMessage], bool], seconds: float = SECONDS) -> SandboxMessage:
        """Wait until the bot has said something that fits."""
        await until(lambda: any(map(fits, self.lines)), seconds, changed=self.spoken)
        return next(filter(fits, self.lines))

    async def cheer(self, login: str, bits: int, message_id: str) -> None:
        """Somebody cheers."""
        event = frames.bits_use(self.world.settle(sandbox_user(login)), bits)
        await self.twitch.notify(CHEERS, event, message_id, datetime.now(UTC))

    def session(self, kind: str) -> SandboxSession:
        """The bot's connection that hears events of a type."""
        sessions = (
            self.twitch.sessions.get(session_of(s)) for s in self.twitch.subscriptions.values() if s["type"] == kind
        )
        return next(found for found in sessions if found is not None)

    def on_session(self, *sessions: SandboxSession) -> set[str]:
        """The ids of the subscriptions that Twitch holds on some sessions."""
        ids = {session.id for session in sessions}
        return {key for key, s in self.twitch.subscriptions.items() if session_of(s) in ids}

    async def all_heard(self, *gone: SandboxSession) -> None:
        """Wait until those sessions are over, and every type of event is subscribed on an open one."""
        async with asyncio.timeout(SECONDS):
            for former in gone:
                await former.ended.wait()
            await self.twitch.subscribed(TYPES)

    async def leave(self) -> None:
        """Twitch cannot be reached any more, and all connections are lost."""
        self.is_near = False
        await self.web.stop()

    async def return_(self) -> None:
        """Twitch is back, under the same address."""
        self.web = WebServer("127.0.0.1", self.web.port)
        await self.web.start([Mount(DOUBLE, routes=self.routes)], [])

    def _on_line(self, line: SandboxMessage) -> None:
        if line.who.login == BOT.login or line.reply_id is not None:
            self.lines.append(line)
            self.spoken.set()


@asynccontextmanager
async def house(folder: Path, *, near: bool = True) -> AsyncGenerator[Harness]:
    """A double of Twitch, on a port of its own; ``near=False`` for tests about requests on their way."""
    twitch = TwitchDouble(SandboxUsers())
    routes = Endpoints(twitch).routes()
    web = WebServer("127.0.0.1", 0)
    await web.start([Mount(DOUBLE, routes=routes)], [])
    try:
        async with aiohttp.ClientSession() as browser:
            home = Harness(folder, web, twitch, browser, routes)
            home.is_near = near
            try:
                yield home
            finally:
                await home.web.stop()
    finally:
        await web.stop()


def in_haste(patch: pytest.MonkeyPatch) -> None:
    """A bot that waits as long as it should, in another measure of time. Call it before the bot starts."""
    pauses = {
        "eventsub.connection.FIRST_PAUSE": 0.05,
        "eventsub.connection.LONGEST_PAUSE": 0.3,
        "eventsub.subscriptions.FIRST_PAUSE": 0.05,
        "eventsub.subscriptions.LONGEST_PAUSE": 0.3,
        "http.FIRST_PAUSE": 0.02,
        "eventsub.reconnect.PAUSE_SECONDS": 0.05,
        "eventsub.reconnect.DRAIN_SECONDS": 0.3,
        "channel_state.RETRY_SECONDS": 0.2,
        "eventsub.session.WELCOME_SECONDS": 0.5,
    }
    for name, seconds in pauses.items():
        patch.setattr(f"pixel_bot.platforms.twitch.{name}", seconds)


async def listening(app: LiveApp, seconds: float = SECONDS) -> None:
    """Wait until the bot listens, or knows of each type of event that it cannot."""
    async with asyncio.timeout(seconds):
        await until(lambda: app.running_bot is not None and app.platform.eventsub.session_ids, seconds)
        await app.platform.eventsub.ready()


async def all_paid(app: LiveApp, expected: int) -> None:
    """Wait until so many points were paid in all, to everybody; more are a failure."""
    bot = the_bot(app)
    async with asyncio.timeout(SECONDS):
        while (paid := await _paid(app)) < expected:
            await asyncio.sleep(0.01)
            await bot.settled()
    assert paid == expected


async def _paid(app: LiveApp) -> int:
    async with app.services.database.readers() as reading:
        return (await reading.execute(select(func.coalesce(func.sum(Transaction.amount), 0)))).scalar_one()


async def points(app: LiveApp, login: str) -> int:
    """Somebody's balance, when all that was heard is worked."""
    await the_bot(app).settled()
    return (await app.services.viewers.find(login)).points


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def ticket_in(page: str, account: str) -> str:
    """The one-time secret under the question for an account."""
    _, _, rest = page.partition(f'name="account" value="{account}"')
    _, _, rest = rest.partition('name="ticket" value="')
    return rest.partition('"')[0]
