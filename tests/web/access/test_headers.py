"""Security headers on every answer, whatever it is."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pixel_bot.run.live_app import LiveApp
from pixel_bot.testing import live as on_sandbox
from pixel_bot.web.access.sessions import Purpose
from pixel_bot.web.server import WebServer
from tests.web.access.stranger import ask, sign_in

ANSWERS = {
    ("GET", "/"): 307,
    ("GET", "/setup"): 401,
    ("POST", "/setup"): 401,
    ("GET", "/setup?key=wrong"): 401,
    ("GET", "/api/v1/status"): 401,
    ("GET", "/oauth"): 401,
    ("GET", "/healthz"): 503,
    ("POST", "/healthz"): 405,
    ("GET", "/overlay"): 403,
    ("GET", "/overlay/sound/coin?key=x"): 404,
    ("GET", "/nothing"): 404,
    ("GET", "/static/pixel.css"): 200,
    ("GET", "/static/nothing"): 404,
}


def check(headers: Mapping[str, str]) -> None:
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
    assert headers["Cache-Control"] in {"no-store", "no-cache"}
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "frame-ancestors" in policy


async def test_every_answer_has_them(app: LiveApp, web: aiohttp.ClientSession) -> None:
    for (method, path), status in ANSWERS.items():
        answer = await ask(web, app.access, path, method)
        assert answer.status == status, (method, path)
        check(answer.headers)
        assert "unsafe" not in answer.headers["Content-Security-Policy"], (method, path)


async def test_refusals_and_pages_for_the_signed_in_have_them(app: LiveApp, web: aiohttp.ClientSession) -> None:
    cookie = await sign_in(app.access, await app.access.link(Purpose.START))
    for path, headers in (
        ("/setup", cookie),
        ("/setup/accept", cookie),
        ("/oauth?account=god", cookie),
        ("/setup", {"Host": "evil.example"}),
        ("/setup", {"Origin": "http://evil.example"}),
        (await app.access.link(Purpose.START), {}),
    ):
        check((await ask(web, app.access, path, headers=headers)).headers)
    setup = await ask(web, app.access, "/setup", headers=cookie)
    assert setup.headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in setup.headers["Content-Security-Policy"]


async def test_a_fault_of_our_own_has_them_too() -> None:
    async def broken(_: Request) -> Response:
        raise ZeroDivisionError

    server = WebServer("127.0.0.1", 0)
    await server.start([Route("/broken", broken)], [])
    try:
        async with aiohttp.ClientSession() as web, web.get(f"http://{server.address}/broken") as answer:
            assert answer.status == 500
            check(answer.headers)
    finally:
        await server.stop()


async def test_the_pages_of_the_sandbox_have_them(tmp_path: Path, web: aiohttp.ClientSession) -> None:
    async with on_sandbox(tmp_path) as show:
        key = show.bot.overlay.key
        for path in ("/sandbox", f"/overlay?key={key}", f"/overlay/sound/coin?key={key}", "/sandbox/twitch/nothing"):
            check((await ask(web, show.app.access, path)).headers)


@pytest.mark.parametrize("headers", ["Host: evil.example", "Host: localhost:{port}"], ids=["foreign", "no key"])
async def test_a_refused_websocket_is_no_upgrade_and_has_them(app: LiveApp, headers: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", app.web.port)
    head = headers.replace("{port}", str(app.web.port))
    lines = [
        "GET /overlay/ws?key=wrong HTTP/1.1",
        head,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    async with asyncio.timeout(10):
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith("http/1.1 403")
    for name in ("content-security-policy: default-src 'none'", "x-content-type-options: nosniff", "referrer-policy:"):
        assert name in answer
