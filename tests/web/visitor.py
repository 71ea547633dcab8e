"""A visitor of the sandbox page, without a page."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from sqlalchemy import text

from pixel_bot.testing import Live

Json = dict[str, Any]


def at(show: Live, path: str) -> str:
    return f"http://{show.app.web.address}{path}"


class Visitor:
    """An open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def do(self, **wish: Any) -> None:
        await self._socket.send_str(json.dumps(wish))

    async def raw(self, sent: str | bytes) -> None:
        await (self._socket.send_bytes(sent) if isinstance(sent, bytes) else self._socket.send_str(sent))

    async def hear(self, kind: str, fits: Callable[[Json], bool] = lambda _: True) -> Json:
        """The next news of a kind; other news are passed over."""
        async with asyncio.timeout(10):
            while True:
                news: Json = json.loads(await self._socket.receive_str())
                if news["type"] == kind and fits(news):
                    return news

    async def points(self, login: str, wanted: int) -> Json:
        return await self.hear("viewer", lambda news: news["login"] == login and news["points"] == wanted)


@asynccontextmanager
async def visit(show: Live) -> AsyncGenerator[tuple[Visitor, Json]]:
    """The page, opened; and what it was told first."""
    async with aiohttp.ClientSession() as web, web.ws_connect(at(show, "/sandbox/live")) as socket:
        visitor = Visitor(socket)
        yield visitor, await visitor.hear("hello")


async def play_money(show: Live) -> int:
    async with show.bot.readers() as session:
        return (await session.execute(text("SELECT COUNT(*) FROM transactions WHERE reason = 'sandbox'"))).scalar_one()
