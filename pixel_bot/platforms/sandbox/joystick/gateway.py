"""The double's gateway: ActionCable as Rails speaks it, with the faults that a test asks for."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from pixel_bot.platforms.sandbox.faults import gone, transport_of
from pixel_bot.platforms.sandbox.joystick.frames import Json, Version

PROTOCOL = "actioncable-v1-json"
UNAUTHORIZED = 4401
Perform = Callable[[Json], Awaitable[str]]
"""Works what the bot sent; returns an error, or nothing."""


class Connection:
    """One open socket, and the versions that are subscribed on it, by their identifiers."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.subscribed: dict[str, Version] = {}
        self.silent = False
        self.ended = asyncio.Event()

    async def send(self, text: str) -> None:
        """Send a frame, unless the connection is silent or over."""
        if self.silent or self.ended.is_set():
            return
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
            await self.socket.send_text(text)

    async def hang_up(self, code: int) -> None:
        """Close it."""
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self.socket.close(code)

    def cut(self) -> None:
        """Tear it, without a goodbye."""
        transport_of(self.socket._receive).abort()  # noqa: SLF001 - below it is the connection


class Gateway:
    """All open sockets, and what is to go wrong with them."""

    def __init__(self, perform: Perform) -> None:
        self._perform = perform
        self.connections: list[Connection] = []
        self.opened = 0
        """How many were opened, since the start."""
        self.ping_seconds = 3.0
        self.versions: set[Version] = {"v1", "v2"}
        """Which may be subscribed to; the others are rejected."""
        self.welcomes = True
        self.unconfirmed = 0
        """How many subscriptions are heard and not answered, from now on."""
        self.errors: list[str] = []
        """What the next commands are refused with."""
        self.wraps_errors = False
        """Whether errors come inside of a ``message``."""
        self.commands: list[Json] = []
        """All that was sent to us."""
        self._changed = asyncio.Event()

    async def serve(self, socket: WebSocket, *, authorized: bool) -> None:
        """One connection, from its handshake to its end."""
        wanted = socket.headers.get("sec-websocket-protocol", "").split(",")
        await socket.accept(PROTOCOL if PROTOCOL in {name.strip() for name in wanted} else None)
        connection = Connection(socket)
        self.opened += 1
        if not authorized:
            await self._turn_away(connection)
            return
        self.connections.append(connection)
        self._note()
        pinging = asyncio.create_task(self._ping(connection))
        try:
            if self.welcomes:
                await connection.send('{"type":"welcome"}')
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                await self._take(connection, message.get("text") or "")
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            connection.ended.set()
            self.connections.remove(connection)
            self._note()
            pinging.cancel()
            await asyncio.gather(pinging, return_exceptions=True)

    async def broadcast(self, by_version: Mapping[Version, Callable[[], Json]]) -> int:
        """Send a message to every subscription, in its version. Returns how many there were."""
        ready: dict[str, str] = {}
        sent = 0
        for connection in tuple(self.connections):
            for identifier, version in tuple(connection.subscribed.items()):
                if identifier not in ready:
                    frame = {"identifier": identifier, "message": by_version[version]()}
                    ready[identifier] = orjson.dumps(frame).decode()
                await connection.send(ready[identifier])
                sent += 1
        return sent

    async def subscribed(self, count: int = 1) -> None:
        """Wait until so many subscriptions are open."""
        while sum(len(c.subscribed) for c in self.connections) < count:
            self._changed.clear()
            await self._changed.wait()

    async def left(self) -> None:
        """Wait until no connection is open."""
        while self.connections:
            self._changed.clear()
            await self._changed.wait()

    # What goes wrong

    def cut(self) -> None:
        """All connections break."""
        for connection in tuple(self.connections):
            connection.cut()

    async def cut_in_a_frame(self) -> None:
        """All connections break in the middle of a frame."""
        for connection in tuple(self.connections):
            transport = transport_of(connection.socket._receive)  # noqa: SLF001 - below it is the connection
            transport.write(b'\x81\x7e\x01\x00{"type":')
            await asyncio.sleep(0)
            connection.cut()

    def fall_silent(self) -> None:
        """Connections stay open, and nothing comes any more."""
        for connection in self.connections:
            connection.silent = True

    async def disconnect(self, *, reconnect: bool, reason: str = "server_restart") -> None:
        """Ask all to leave."""
        for connection in tuple(self.connections):
            await connection.send(orjson.dumps(_goodbye(reason, reconnect=reconnect)).decode())
            await connection.hang_up(1000)

    async def close_all(self, code: int = UNAUTHORIZED) -> None:
        """Close all connections with a code."""
        for connection in tuple(self.connections):
            await connection.hang_up(code)

    async def send_raw(self, text: str) -> None:
        """Send something to every connection."""
        for connection in tuple(self.connections):
            await connection.send(text)

    # What is sent to us

    async def _turn_away(self, connection: Connection) -> None:
        await connection.send(orjson.dumps(_goodbye("unauthorized", reconnect=False)).decode())
        await connection.hang_up(UNAUTHORIZED)
        await gone(connection.socket._receive)  # noqa: SLF001 - until the other side has read it

    async def _ping(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(self.ping_seconds)
            await connection.send(f'{{"type":"ping","message":{int(asyncio.get_running_loop().time())}}}')

    async def _take(self, connection: Connection, raw: str) -> None:
        try:
            command: Any = orjson.loads(raw)
            identifier, what = command["identifier"], command["command"]
            data: Any = orjson.loads(command["data"]) if what == "message" else {}
        except (orjson.JSONDecodeError, TypeError, KeyError):
            return  # Rails only logs it
        self.commands.append(cast(Json, command))
        if what == "subscribe":
            await self._subscribe(connection, str(identifier))
        elif what == "unsubscribe":
            connection.subscribed.pop(str(identifier), None)
        elif what == "message" and identifier in connection.subscribed:
            error = self.errors.pop(0) if self.errors else await self._perform(cast(Json, data))
            if error:
                await self._refuse(connection, str(identifier), error)

    async def _subscribe(self, connection: Connection, identifier: str) -> None:
        if self.unconfirmed > 0:
            self.unconfirmed -= 1
            return
        version = _version_of(identifier)
        good = version is not None and version in self.versions
        kind = "confirm_subscription" if good else "reject_subscription"
        if version is not None and good:
            connection.subscribed[identifier] = version
        await connection.send(orjson.dumps({"identifier": identifier, "type": kind}).decode())
        self._note()

    async def _refuse(self, connection: Connection, identifier: str, error: str) -> None:
        frame = {"identifier": identifier, "message": {"error": error}} if self.wraps_errors else {"error": error}
        await connection.send(orjson.dumps(frame).decode())

    def _note(self) -> None:
        self._changed.set()


def _goodbye(reason: str, *, reconnect: bool) -> Json:
    return {"type": "disconnect", "reason": reason, "reconnect": reconnect}


def _version_of(identifier: str) -> Version | None:
    try:
        wanted: Any = orjson.loads(identifier)
        if wanted["channel"] != "GatewayChannel":
            return None
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return None
    version = wanted.get("event_version", "v1")
    return version if version in {"v1", "v2"} else None
