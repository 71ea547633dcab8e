"""Two bots in a thread of their own, on the sandbox and live, for tests that speak to their sockets from outside."""

import asyncio
import contextlib
import logging
import re
import socket
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.routing import BaseRoute, Mount, WebSocketRoute
from starlette.routing import Route as StarletteRoute
from typing_extensions import override
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State
from websockets.sync.client import ClientConnection, connect

from pixel_bot.run.live_app import live as live_app
from pixel_bot.run.sandbox_app import running
from pixel_bot.sandbox.twitch.users import STREAMER
from pixel_bot.testing import settings_in
from pixel_bot.web.server import WebServer
from tests.web.fuzz.inputs import Route, routes_of

SECONDS = 20.0
DEAD = "127.0.0.1:9"
MAY_BE_DOWN = ("/healthz", "/sandbox/replay")
"""They answer 503 in plain words: the bot is not connected, and too many logs are being sent."""


class Errors(logging.Handler):
    """What was logged that nobody should be able to cause: errors, and tracebacks of any level."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR or record.exc_info:
            self.found.append(f"{record.name}: {logging.Formatter().format(record)}")


@dataclass
class Target:
    """One bot: where it listens, its routes, and the headers that open those that need a token."""

    port: int
    key: str
    routes: list[Route]
    sockets: list[str]
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    errors: Errors = field(default_factory=Errors)

    def send(self, route: Route, request: bytes) -> str:
        """Send a request. Returns what is wrong with the answer; empty when all is well."""
        request = request.replace(b"{TOKEN}", (self.tokens.get(route.token) or "X-Nothing: 1").encode())
        with socket.create_connection(("127.0.0.1", self.port), SECONDS) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(request)
            answer = _first(connection)
        found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
        if found is None:
            return f"no answer: {answer[:100]!r}"
        status, path = int(found[1]), request.split(b" ")[1].decode("latin-1")
        is_down = status == 503 and path.startswith(MAY_BE_DOWN)
        return f"{status}: {answer[-300:]!r}" if status >= 500 and not is_down else ""

    def open(self, path: str) -> ClientConnection:
        """Open one of the websockets."""
        return connect(f"ws://127.0.0.1:{self.port}{path}", open_timeout=SECONDS, max_size=None)


def survives(page: ClientConnection, frame: bytes, *, binary: bool) -> bool:
    """Send a frame. Returns whether the socket is still open afterwards."""
    try:
        page.send(frame if binary else frame.decode("utf-8", "replace"))
        answered = page.ping(ack_on_close=True)
        return answered.wait(SECONDS) and page.protocol.state is State.OPEN
    except ConnectionClosed:
        return False


def _first(connection: socket.socket) -> bytes:
    answer = b""
    with contextlib.suppress(OSError):
        while data := connection.recv(65_536):
            answer += data
            if answer.startswith(b"HTTP/1.1 1") and not answer.startswith(b"HTTP/1.1 101"):
                answer = answer.partition(b"\r\n\r\n")[2]
            if b"\r\n\r\n" in answer:
                break
    return answer


def _listed(routes: Sequence[BaseRoute], before: str = "") -> tuple[list[tuple[str, tuple[str, ...]]], list[str]]:
    found: list[tuple[str, tuple[str, ...]]] = []
    sockets: list[str] = []
    for route in routes:
        if isinstance(route, Mount):
            more, more_sockets = _listed(route.routes, before + route.path)
            found += more
            sockets += more_sockets
        elif isinstance(route, StarletteRoute):
            found.append((before + route.path, tuple(sorted(route.methods or ()))))
        elif isinstance(route, WebSocketRoute):
            sockets.append(before + route.path)
    return [*found, *([] if before else [("/static/{path}", ("GET",))])], sockets


@contextmanager
def targets(folder: Path) -> Generator[list[Target]]:
    """Both bots, until the block ends."""
    ready: Future[list[Target]] = Future()
    loop, end = asyncio.new_event_loop(), asyncio.Event()
    errors = Errors()
    taken: list[list[BaseRoute]] = []
    start = WebServer.start

    async def noted(self: WebServer, routes: Sequence[BaseRoute], *more: object, **named: object) -> None:
        taken.append([*routes])
        await start(self, routes, *more, **named)  # pyright: ignore[reportArgumentType]

    async def serve() -> None:
        live_settings = settings_in(
            folder / "live",
            twitch_client_id="client",
            twitch_client_secret="not so secret",
            joystick_client_id="client",
            joystick_client_secret="not so secret",
            **{f"twitch_{name}_url": f"http://{DEAD}/" for name in ("helix", "id")},
            **{f"joystick_{name}_url": f"http://{DEAD}/" for name in ("api", "authorize")},
            twitch_eventsub_url=f"ws://{DEAD}/ws",
            joystick_gateway_url=f"ws://{DEAD}/cable",
        )
        async with running(settings_in(folder / "sandbox")) as app, live_app(live_settings) as real:
            made = [
                Target(web.port, services.overlay.key, *_routes(listed), errors=errors)
                for web, services, listed in (
                    (app.web, app.services, taken[0]),
                    (real.web, real.services, taken[1]),
                )
            ]
            users, joystick = app.twitch.users, app.joystick
            token, _ = users.grant(STREAMER.id)
            made[0].tokens = {
                "twitch": f"Authorization: Bearer {token}\r\nClient-Id: {users.client_id}",
                "joystick": f"Authorization: Bearer {joystick.grant()[0]}",
            }
            ready.set_result(made)
            await end.wait()

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve())
        except BaseException as exc:  # noqa: BLE001 - told to the test
            if not ready.done():
                ready.set_exception(exc)
        finally:
            loop.close()

    WebServer.start = noted  # pyright: ignore[reportAttributeAccessIssue]
    thread = threading.Thread(target=run)
    logging.getLogger().addHandler(errors)
    thread.start()
    try:
        yield ready.result(60)
    finally:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(end.set)
        thread.join(60)
        logging.getLogger().removeHandler(errors)
        WebServer.start = start


def _routes(listed: Sequence[BaseRoute]) -> tuple[list[Route], list[str]]:
    found, sockets = _listed(listed)
    prefixes = {"/sandbox/twitch/helix": "twitch", "/sandbox/twitch/oauth2": "twitch", "/sandbox/joystick": "joystick"}
    return routes_of(prefixes, found), sockets
