"""What the harnesses of both platforms share: a double on a server of its own, and a bot that runs live against it."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakSet

import aiohttp

from pixel_bot.bot.bot import PixelBot
from pixel_bot.clock import Clock
from pixel_bot.run.live_app import LiveApp, live
from pixel_bot.testing import settings_in
from pixel_bot.web.access.access import Access
from pixel_bot.web.access.sessions import Purpose
from pixel_bot.web.server import WebServer
from tests.harness.database import findings


class HasAccess(Protocol):
    """An app whose pages somebody opens."""

    @property
    def access(self) -> Access:
        """Who gets in."""
        ...


async def enter(http: aiohttp.ClientSession, app: HasAccess) -> None:
    """Open a link as the one that is printed at the start; from then on the session's cookies sign it in."""
    async with http.get(await app.access.link(Purpose.START)) as answer:
        assert answer.status == 200, await answer.text()
        assert "key=" not in str(answer.url)


async def cookie_of(app: HasAccess) -> dict[str, str]:
    """The ``Cookie`` header of a browser that was signed in."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        link = await app.access.link(Purpose.START)
        async with http.get(link, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}


def form_token_in(page: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    assert found is not None, page
    return found[1]


class LiveHarness:
    """A server with a double of a platform, and how a streamer gets a bot to run on it.

    A platform's harness says in ``settings`` where its double is.
    """

    def __init__(self, folder: Path, web: WebServer, http: aiohttp.ClientSession) -> None:
        self.folder = folder
        self.web = web
        self.http = http
        self.spoken = asyncio.Event()
        """Set whenever the bot has said something."""
        self._entered: WeakSet[Access] = WeakSet()

    def settings(self, **more: Any) -> dict[str, Any]:
        """What stands in the streamer's ``.env``."""
        raise NotImplementedError

    def prepare(self, app: LiveApp) -> None:
        """Change a bot before anything happens to it."""

    @asynccontextmanager
    async def bot(self, clock: Clock | None = None, **settings: Any) -> AsyncGenerator[LiveApp]:
        """A bot, started as the streamer starts it; whatever happens to it, the ledger is right in the end."""
        async with live(settings_in(self.folder, **self.settings(**settings)), clock) as app:
            self.prepare(app)
            yield app
            if app.failed.done():
                app.failed.result()
            if app.running_bot is not None:
                await app.running_bot.bot.settled()
            assert await findings(app.services) == []

    async def enter(self, app: LiveApp) -> None:
        """Sign the browser in, as the streamer does by the printed link; once."""
        if app.access not in self._entered:
            self._entered.add(app.access)
            await enter(self.http, app)

    async def open_link(self, link: str) -> None:
        """Open a link that a bot in a process of its own has printed."""
        async with self.http.get(link) as answer:
            assert answer.status == 200, await answer.text()

    async def get(self, app: LiveApp, path: str, **options: Any) -> tuple[int, str]:
        """A page of the bot, in a browser that is signed in, with all redirects: status and text."""
        await self.enter(app)
        async with self.http.get(f"http://localhost:{app.web.port}{path}", **options) as answer:
            return answer.status, await answer.text()

    async def submit(self, app: LiveApp, verb: str, account: str, ticket: str = "") -> tuple[int, str]:
        """Press a button of the set-up page: status and text of what follows."""
        origin = f"http://localhost:{app.web.port}"
        _, page = await self.get(app, "/setup")
        fields = {"account": account, "ticket": ticket, "form_token": form_token_in(page)}
        async with self.http.post(f"{origin}/setup/{verb}", data=fields, headers={"Origin": origin}) as answer:
            return answer.status, await answer.text()


def the_bot(app: LiveApp) -> PixelBot:
    """The bot at work."""
    assert app.running_bot is not None
    return app.running_bot.bot
