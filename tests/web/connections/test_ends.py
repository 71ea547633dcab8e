"""The server ends while its connections do."""

import asyncio

import aiohttp
import pytest
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from pixel_bot.web.connections import link_of
from pixel_bot.web.protocol import WebSocketConnection
from pixel_bot.web.server import WebServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLOSE = b"\x88\x82\x00\x00\x00\x00\x03\xe8"
"""A page's close frame, with code 1000."""


async def test_a_page_that_is_just_leaving_does_not_keep_the_server_from_its_end(web: aiohttp.ClientSession) -> None:
    links: asyncio.Queue[object] = asyncio.Queue()

    async def serve(socket: WebSocket) -> None:
        await socket.accept()
        links.put_nowait(link_of(socket.scope))
        await socket.receive()

    server = WebServer("127.0.0.1", 0)
    await server.start([WebSocketRoute("/", serve)], [])
    try:
        async with web.ws_connect(f"ws://{server.address}/"):
            link = await links.get()
            assert isinstance(link, WebSocketConnection)
            link.data_received(CLOSE)
            link.shutdown()
            assert link.transport.is_closing()
    finally:
        await server.stop()
