"""A Joystick.tv that does nothing by itself: a test opens each door by hand, and sees who knocks."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from aiohttp import WSMsgType, web
from cryptography.fernet import Fernet

from pixel_bot.db.engine import Database
from pixel_bot.model.channel_events import ChannelEvent
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.model.stream_state import Stream
from pixel_bot.platforms.joystick.gateway_socket import GatewayTimeouts
from pixel_bot.platforms.joystick.oauth import Grant
from pixel_bot.platforms.joystick.platform import JoystickEndpoints, JoystickPlatform
from pixel_bot.security.cipher import Cipher
from pixel_bot.testing import SettableClock
from tests.harness.pattern import fresh
from tests.harness.seed import url_of

Json = dict[str, Any]

ID, SECRET = "client-id", "client-secret>xx?x"
"""Together they make a key with all that an address must not hold as it is: + / ="""

BASIC = base64.b64encode(f"{ID}:{SECRET}".encode()).decode()
CHANNEL, STREAMER = "channel-1", "Pixel_Street"
V1, V2 = '{"channel":"GatewayChannel"}', '{"channel":"GatewayChannel","event_version":"v2"}'
SECONDS = 10.0


@dataclass
class Door:
    """One connection of a client."""

    socket: web.WebSocketResponse
    token: str
    commands: asyncio.Queue[Json] = field(default_factory=asyncio.Queue[Json])
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, frame: Json | str) -> None:
        """Send a frame as it is."""
        await self.socket.send_str(frame if isinstance(frame, str) else orjson.dumps(frame).decode())

    async def event(self, kind: str, data: Json, **fields: Any) -> None:
        """Send an event of the second version, without an identifier, as in the documents."""
        message = {"v": 2, "type": kind, "id": f"e-{kind}", "channel_id": CHANNEL, "data": data}
        await self.send({"message": message | fields})

    async def say(self, text: str, username: str = "Bob", **fields: Any) -> None:
        """Send a chat message; its id is its text, without spaces."""
        data = {"author": {"username": username}, "text": text, "visibility": "public"}
        await self.event("new_message", data, **({"id": "".join(text.split())} | fields))

    async def command(self) -> Json:
        """The next command of the client."""
        async with asyncio.timeout(SECONDS):
            return await self.commands.get()

    async def action(self) -> Json:
        """The data of its next command, which is a message."""
        command = await self.command()
        assert command["command"] == "message"
        return orjson.loads(command["data"])

    async def welcome(self, *, identifier: str = V2) -> None:
        """Let it in: welcome, and confirm what it subscribes to."""
        await self.send({"type": "welcome"})
        assert await self.command() == {"command": "subscribe", "identifier": identifier}
        await self.send({"type": "confirm_subscription", "identifier": identifier})

    async def left(self) -> None:
        """Wait until the connection has ended."""
        async with asyncio.timeout(SECONDS):
            await self.gone.wait()

    async def cut(self) -> None:
        """Cut the wire, without a word."""
        transport = self.socket._req.transport if self.socket._req is not None else None
        assert transport is not None
        transport.abort()
        await self.left()


class Server:
    """The gateway, the token server and the API."""

    def __init__(self) -> None:
        self.base = ""
        self.refuses: set[str] = set()
        """Keys with which the socket is refused before it is opened."""
        self.requests: list[str] = []
        """What was asked for beside the socket, in order."""
        self.answers: dict[str, list[tuple[int, Any]]] = {}
        """What to answer next to a path, in order; else all is well."""
        self.said: list[Json] = []
        self.is_live = False
        self.granted = 0
        self._doors: asyncio.Queue[Door] = asyncio.Queue()

    def times(self, path: str) -> int:
        """How often a path was asked for."""
        return self.requests.count(path)

    async def door(self) -> Door:
        """The next client that connects."""
        async with asyncio.timeout(SECONDS):
            return await self._doors.get()

    async def subscribed(self) -> Door:
        """The next client that connects, let in."""
        door = await self.door()
        await door.welcome()
        return door

    @property
    def nobody_knocks(self) -> bool:
        """True while no client waits to be let in."""
        return self._doors.empty()

    async def serve_socket(self, request: web.Request) -> web.StreamResponse:
        """``/cable``."""
        token = request.query["token"]
        if token in self.refuses:
            return web.Response(status=401)
        socket = web.WebSocketResponse(protocols=("actioncable-v1-json",))
        await socket.prepare(request)
        door = Door(socket, token)
        assert socket.ws_protocol == "actioncable-v1-json"
        await self._doors.put(door)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await door.commands.put(orjson.loads(message.data))
        finally:
            door.gone.set()
        return socket

    async def serve(self, request: web.Request) -> web.Response:
        """Everything else."""
        path = request.path.removeprefix("/api/")
        self.requests.append(path)
        if waiting := self.answers.get(path):
            status, body = waiting.pop(0)
            return web.json_response(body, status=status)
        return web.json_response(await self._usual(path, request))

    async def _usual(self, path: str, request: web.Request) -> Json:
        if path == "oauth/token":
            self.granted += 1
            return {"access_token": f"access-{self.granted}", "refresh_token": f"refresh-{self.granted}"}
        if path == "oauth/introspect":
            return {"active": True, "username": "pixel_bot"}
        if path == "v1/me/identity":
            return {"channel_id": CHANNEL, "username": STREAMER, "live": self.is_live}
        if request.content_type == "application/json":
            self.said.append(await request.json())
        return {"id": f"m{len(self.said)}"}


@asynccontextmanager
async def server() -> AsyncGenerator[Server]:
    """A server on a port of its own."""
    built = Server()
    app = web.Application()
    app.router.add_get("/cable", built.serve_socket)
    app.router.add_route("*", "/api/{path:.*}", built.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port, *_ = runner.addresses[0]
    built.base = f"{host}:{port}"
    try:
        yield built
    finally:
        await runner.cleanup()


class RecordingListener:
    """Notes what a bot hears."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[ChatMessage | ChannelEvent] = asyncio.Queue()
        self.is_congested = False
        self.room = asyncio.Event()
        self.breathing = asyncio.Event()
        self.fails: Callable[[ChatMessage], bool] = lambda _: False

    def on_chat_message(self, message: ChatMessage) -> None:
        """Somebody wrote in chat."""
        if self.fails(message):
            raise RuntimeError("what nobody foresaw")
        self.heard.put_nowait(message)

    def on_channel_event(self, channel_event: ChannelEvent) -> None:
        """Something happened that may pay."""
        self.heard.put_nowait(channel_event)

    async def wait_for_capacity(self) -> None:
        """Wait until there is room for more."""
        self.breathing.set()
        await self.room.wait()

    async def next(self) -> Any:
        """What was heard next."""
        async with asyncio.timeout(SECONDS):
            return await self.heard.get()

    async def words(self, count: int) -> list[str]:
        """The next so many lines of chat."""
        return [(await self.next()).text for _ in range(count)]


def place(base: str) -> JoystickEndpoints:
    """Where the server is."""
    return JoystickEndpoints(f"http://{base}/", f"ws://{base}/cable", f"http://{base}/authorize", ID, SECRET)


@asynccontextmanager
async def opened_database(folder: Path) -> AsyncGenerator[Database]:
    """An empty database."""
    path = folder / "pixel.db"
    fresh(path)
    database = Database(url_of(path))
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def client(
    base: str, database: Database, clock: SettableClock, key: bytes | None = None
) -> AsyncGenerator[JoystickPlatform]:
    """Joystick.tv as a bot uses it, with nothing installed yet."""
    platform = JoystickPlatform(place(base), database, clock, Cipher(key or Fernet.generate_key()), Stream())
    platform.connection.timeouts = GatewayTimeouts(welcome=SECONDS, confirm=SECONDS, silence=SECONDS)
    await platform.load()
    try:
        yield platform
    finally:
        await platform.close()


def grant(clock: SettableClock, number: int = 0, seconds: float = 864_000) -> Grant:
    """A pair of tokens that lasts so long."""
    return Grant(f"access-{number}", f"refresh-{number}", clock.now() + timedelta(seconds=seconds))
