"""``bot.http`` against a server, and moderation on the double of Joystick.tv, over real sockets."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pixel_bot.bot.cog_services import http_transport
from pixel_bot.bot.cog_services.http import CogHttp
from pixel_bot.plugin import HttpFailed
from pixel_bot.testing import live
from pixel_bot.web.server import WebServer
from tests.bot.cogs.conftest import WriteCog
from tests.harness.waiting import until


class Server:
    """A server that notes what it got."""

    def __init__(self) -> None:
        self.web = WebServer("127.0.0.1", 0)
        self.got: list[tuple[str, str, bytes]] = []
        self.hangs = asyncio.Event()

    def at(self, path: str) -> str:
        return f"http://{self.web.address}/{path}"

    async def echo(self, request: Request) -> Response:
        self.got.append((request.method, request.headers.get("content-type", ""), await request.body()))
        return Response(b"x" * int(request.query_params.get("size", "3")), headers={"X-Kind": "Echo"})

    async def away(self, request: Request) -> Response:
        return RedirectResponse("/echo/secret-path")

    async def hang(self, request: Request) -> Response:
        await self.hangs.wait()
        return Response()


@pytest.fixture
async def server() -> AsyncGenerator[Server]:
    built = Server()
    methods = ["GET", "POST", "PUT"]
    routes = [
        Route("/echo/secret-path", built.echo, methods=methods),
        Route("/away/secret-path", built.away),
        Route("/hang/secret-path", built.hang),
    ]
    await built.web.start(routes, [])
    yield built
    built.hangs.set()
    await built.web.stop()


async def test_one_pool_sends_and_is_closed(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(http_transport, "MOST_BYTES", 1_000)
    transport = http_transport.PooledTransport()
    http = CogHttp(transport, sleep=_at_once)
    answer = await http.post(server.at("echo/secret-path"), {"a": 1})
    assert (answer.status, answer.text, answer.headers["x-kind"]) == (200, "xxx", "Echo")
    await http.post(server.at("echo/secret-path"), form={"b": "2 3"})
    assert server.got == [
        ("POST", "application/json", b'{"a":1}'),
        ("POST", "application/x-www-form-urlencoded", b"b=2+3"),
    ]
    assert (await http.get(server.at("away/secret-path"))).text == "xxx"
    with pytest.raises(HttpFailed, match=r"^127\.0\.0\.1 cannot be reached \(no answer in time\)") as hung:
        await http.get(server.at("hang/secret-path"), seconds=0.05)
    with pytest.raises(HttpFailed, match="127"):
        await http.get(server.at("echo/secret-path"), params={"size": "1001"})
    with pytest.raises(HttpFailed, match="answered 404"):
        await http.get(server.at("nowhere/secret-path"))
    session = transport._session
    assert session is not None
    await http.close()
    assert session.closed
    unreachable = CogHttp(http_transport.PooledTransport(), sleep=_at_once)
    await server.web.stop()
    with pytest.raises(HttpFailed) as gone:
        await unreachable.get(server.at("echo/secret-path"))
    await unreachable.close()
    assert gone.value.__cause__ is None
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("pixel_bot")]
    assert ours
    assert not any("secret-path" in words for words in (*ours, str(hung.value), str(gone.value)))


async def _at_once(_: float) -> None:
    """No pause between two tries."""


async def test_joystick_deletes_and_mutes_what_a_filter_blocks(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    @filter()
    def no_spam(self, message):
        return Block("No spam.", delete=True, timeout=60) if "spam" in message.text else None
    """
    async with live(tmp_path, cogs_dir=cog(body)) as chat:
        line = await chat.app.joystick.say("joy", "spam")
        await until(lambda: len(chat.app.joystick.performed) == 2)
        done = [(data["action"], data["message_id"]) for data in chat.app.joystick.performed]
        assert done == [("delete_message", line.id), ("mute_user", line.id)]
        await chat.app.joystick.say(chat.app.joystick.streamer, "spam")
        await chat.app.joystick.say("joy", "hello")
        written = await chat.say("viewer_vi", "spam")
        await until(lambda: chat.twitch.bans)
        assert written.who.id in chat.twitch.bans
        assert len(chat.app.joystick.performed) == 2
