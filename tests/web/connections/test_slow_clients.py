"""Slow and idle clients on real sockets: a web server with short patience, and a bot with few descriptors."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from pixel_bot.testing import Live, live
from pixel_bot.web import connections, server
from pixel_bot.web.connections import Limits, Phase, greet, trust
from pixel_bot.web.server import WebServer
from tests.harness.process import BotProcess
from tests.harness.waiting import until
from tests.web.connections.flood import HALF_A_HANDSHAKE, HALF_A_HEAD, IDLE, KINDS, SLOW_BODY, descriptors, flood
from tests.web.visitor import at, visit

HOST = "Host: localhost\r\n"


async def _ok(_: Request) -> Response:
    return PlainTextResponse("ok")


async def _echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _large(_: Request) -> Response:
    return PlainTextResponse("x" * 50_000_000)


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        if message.get("text") == "hello":
            greet(socket.scope)
            trust(socket.scope)
            await socket.send_text("welcome")


ROUTES: list[BaseRoute] = [
    Route("/healthz", _ok),
    Route("/echo", _echo, methods=["POST"]),
    Route("/setup/accept", _echo, methods=["POST"]),
    Route("/large", _large),
    WebSocketRoute("/overlay/ws", _socket),
]


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[int]:
    """A web server that waits for 0.3 s, and takes twelve connections."""
    monkeypatch.setattr(server, "SWEEP_TICKS", 1)
    patience = dict.fromkeys((Phase.HEAD, Phase.BODY, Phase.HELLO, Phase.READING), (0.3, 0.8))
    monkeypatch.setattr(connections, "PATIENCE", patience)
    web = WebServer("127.0.0.1", 0)
    await web.start(ROUTES, [], limits=Limits(12, 4))
    yield web.port
    await web.stop()


@contextlib.asynccontextmanager
async def opened(port: int) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def everything(reader: asyncio.StreamReader) -> bytes:
    """What comes until the server closes, or cuts, the connection."""
    found = b""
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                found += data
    return found


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (IDLE, b""),
        (b"GET", b"HTTP/1.1 408 Request Timeout"),
        (HALF_A_HEAD, b"HTTP/1.1 408 Request Timeout"),
        (SLOW_BODY, b"HTTP/1.1 408 Request Timeout"),
        (HALF_A_HANDSHAKE, b"HTTP/1.1 408 Request Timeout"),
        (f"POST /nothing HTTP/1.1\r\n{HOST}Content-Length: 9\r\n\r\n1".encode(), b"HTTP/1.1 404 Not Found"),
        (f"GET /healthz HTTP/1.1\r\n{HOST}\r\nGET /heal".encode(), b"HTTP/1.1 200 OK"),
    ],
)
async def test_half_a_request_is_not_waited_for(
    port: int, sent: bytes, answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(port) as (reader, writer):
        writer.write(sent)
        got = await everything(reader)
    assert got.partition(b"\r\n")[0] == answer
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []


async def test_a_body_that_trickles_is_not_waited_for(port: int, caplog: pytest.LogCaptureFixture) -> None:
    async with opened(port) as (reader, writer):
        writer.write(f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 1000\r\n\r\n".encode())

        async def trickle() -> None:
            with contextlib.suppress(OSError):
                while True:
                    writer.write(b"x")
                    await asyncio.sleep(0.05)

        trickling = asyncio.create_task(trickle())
        got = await everything(reader)
        trickling.cancel()
        await asyncio.gather(trickling, return_exceptions=True)
    assert got.startswith(b"HTTP/1.1 408")
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []


async def test_who_does_not_read_the_answer_is_cut(port: int) -> None:
    async with opened(port) as (reader, writer):
        writer.write(f"GET /large HTTP/1.1\r\n{HOST}\r\n".encode())
        await reader.readexactly(100)
        await asyncio.sleep(1.2)
        assert len(await everything(reader)) < 50_000_000


async def test_a_websocket_without_a_hello_is_closed_and_one_with_it_stays(port: int) -> None:
    async with aiohttp.ClientSession() as http:
        url = f"ws://127.0.0.1:{port}/overlay/ws"
        async with http.ws_connect(url) as silent, http.ws_connect(url) as page:
            await page.send_str("hello")
            assert await page.receive_str() == "welcome"
            assert (await silent.receive(timeout=10)).type is aiohttp.WSMsgType.CLOSE
            assert silent.close_code == 1008
            await page.send_str("hello")
            assert await page.receive_str() == "welcome"


@pytest.mark.parametrize("sent", KINDS, ids=["idle", "head", "body", "handshake"])
async def test_idle_connections_keep_nobody_out(port: int, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", {})
    async with aiohttp.ClientSession() as http, http.ws_connect(f"ws://127.0.0.1:{port}/overlay/ws") as page:
        await page.send_str("hello")
        assert await page.receive_str() == "welcome"
        async with flood(("127.0.0.1", port), 40, [sent]) as clients:
            await until(lambda: clients.opened >= 40)
            for _ in range(5):
                async with http.post(f"http://127.0.0.1:{port}/echo", data=b"12345") as answer:
                    assert (answer.status, await answer.text()) == (200, "5")
            await until(lambda: clients.held <= 8)
        await page.send_str("hello")
        assert await page.receive_str() == "welcome"


@pytest.mark.parametrize("length", [2**20 + 1, 10**18])
async def test_a_body_that_is_too_large_is_refused(port: int, length: int) -> None:
    async with opened(port) as (reader, writer):
        writer.write(f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: {length}\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")


async def test_chunks_that_are_too_many_are_refused(port: int) -> None:
    async def endless() -> AsyncGenerator[bytes]:
        for _ in range(17):
            yield b"x" * 2**16

    async with aiohttp.ClientSession() as http:
        async with http.post(f"http://127.0.0.1:{port}/echo", data=endless()) as answer:
            assert answer.status == 413
        async with http.post(f"http://127.0.0.1:{port}/echo", data=b"x" * 2**20) as answer:
            assert await answer.text() == str(2**20)


async def test_an_upload_that_hangs_keeps_nobody_waiting(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with live(tmp_path) as show, aiohttp.ClientSession() as http:
        head = f"POST /sandbox/replay HTTP/1.1\r\n{HOST}Content-Length: 1000\r\n\r\n0,alice,hi\n".encode()
        async with opened(show.app.web.port) as (_, hanging):
            hanging.write(head)
            await hanging.drain()
            await _is_receiving(show)
            async with http.post(at(show, "/sandbox/replay"), data="0,bob,hi\n") as answer:
                assert (answer.status, json.loads(await answer.text())) == (200, {"rows": 1, "skipped": 0})
            hanging.transport.abort()
        await show.settled()
        async with visit(show):
            pass
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []


async def _is_receiving(show: Live) -> None:
    await until(lambda: any(c.link.phase() is Phase.BODY for c in show.app.web.connections._open.values()))


async def test_a_bot_with_few_descriptors_bears_hundreds_of_idle_connections(tmp_path: Path) -> None:
    bot = BotProcess(tmp_path, "sandbox")
    with descriptors(256):
        await bot.start("")
    try:
        await bot.line("Cogs: ")
        port = int(bot.address.split(":")[2].partition("/")[0])
        async with flood(("127.0.0.1", port), 300, again_after=1.0) as clients:
            await until(lambda: clients.opened >= 600, 60)
            await _is_at_hand(port)
        log = (tmp_path / "data" / "logs" / "pixel.log").read_text(encoding="utf-8")
        assert (log.count("Connected to Twitch"), log.count("Traceback")) == (2, 0)
        assert len(log) < 10_000
    finally:
        await bot.kill()


async def _is_at_hand(port: int) -> None:
    """Chat and the health check answer. A connection that was made room with is made again, as a browser does."""
    for left in (2, 1, 0):
        try:
            async with aiohttp.ClientSession() as http, http.ws_connect(f"ws://127.0.0.1:{port}/sandbox/live") as page:
                await page.send_json({"do": "pick", "login": "viewer_vi"})
                await page.send_json({"do": "say", "text": "!points"})
                await asyncio.wait_for(_answered(page), 20)
                async with http.get(f"http://127.0.0.1:{port}/healthz") as answer:
                    assert (answer.status, await answer.json()) == (200, {"ok": True})
                    return
        except aiohttp.ClientOSError:
            if not left:
                raise


async def _answered(page: aiohttp.ClientWebSocketResponse) -> None:
    """Wait for the bot's answer on the sandbox page."""
    while True:
        message = json.loads(await page.receive_str())
        if message["type"] == "chat" and any("points" in line["text"] and line["bot"] for line in message["lines"]):
            return
