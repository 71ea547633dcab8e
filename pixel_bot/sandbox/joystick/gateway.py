"""The double's gateway: ActionCable as Rails speaks it, with the faults that a test asks for."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from pixel_bot.sandbox.joystick.connection import Connection, ConnectionState
from pixel_bot.sandbox.joystick.frames import Json, Version
from pixel_bot.sandbox.twitch.faults import gone, receive_of
from pixel_bot.web.connections import greet, trust

PROTOCOL = "actioncable-v1-json"
UNAUTHORIZED = 4401
REMEMBERED = 5_000
BEGUN = b'\x81\x7e\x01\x00{"type":'
"""The beginning of a frame of 256 bytes."""

VERSIONS: dict[str, Version] = {"v1": "v1", "v2": "v2"}
Perform = Callable[[Json], Awaitable[str]]
"""Handles a command of the bot; returns an error, or an empty text."""


class Gateway:
    """All open connections, and the faults injected into them."""

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
        """How many subscriptions are lost on their way, from now on."""
        self.confirm_after = 0.0
        """Seconds that an answer to a subscription takes."""
        self.errors: list[str] = []
        """What the next commands are refused with, one after another; an empty one is not."""
        self.wraps_errors = False
        """Whether errors come inside of a ``message``."""
        self.commands: deque[Json] = deque(maxlen=REMEMBERED)
        """Commands from the client that could be parsed."""
        self._changed = asyncio.Event()

    async def serve(self, socket: WebSocket, *, authorized: bool) -> None:
        """One connection, from its handshake to its end."""
        wanted = socket.headers.get("sec-websocket-protocol", "").split(",")
        await socket.accept(PROTOCOL if PROTOCOL in {name.strip() for name in wanted} else None)
        connection = Connection(socket)
        self.opened += 1
        if not authorized:
            await self._reject(connection)
            return
        greet(socket.scope)
        trust(socket.scope)
        self.connections.append(connection)
        self._notify()
        connection.spawn(self._ping(connection))
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
            self.connections.remove(connection)
            self._notify()
            await connection.end()

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

    # Faults

    def cut(self) -> None:
        """All connections break."""
        for connection in tuple(self.connections):
            connection.cut()

    async def cut_in_a_frame(self) -> None:
        """All connections break in the middle of a frame."""
        for connection in tuple(self.connections):
            connection.cut(BEGUN)

    def fall_silent(self) -> None:
        """Connections stay open, and nothing is sent any more."""
        for connection in self.connections:
            connection.state = ConnectionState.SILENT

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

    # Commands from the client

    async def _reject(self, connection: Connection) -> None:
        await connection.send(orjson.dumps(_goodbye("unauthorized", reconnect=False)).decode())
        await connection.hang_up(UNAUTHORIZED)
        await gone(receive_of(connection.socket))

    async def _ping(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(self.ping_seconds)
            await connection.send(f'{{"type":"ping","message":{int(time.time())}}}')

    async def _take(self, connection: Connection, raw: str) -> None:
        """Handle a command. One that cannot be parsed, or names no subscription, is ignored, as Rails does."""
        try:
            command: Any = orjson.loads(raw)
            identifier, what = command["identifier"], command["command"]
            data: Any = orjson.loads(command["data"]) if what == "message" else {}
        except (orjson.JSONDecodeError, TypeError, KeyError):
            return
        if not isinstance(identifier, str) or not isinstance(data, dict):
            return
        self.commands.append(cast(Json, command))
        if what == "subscribe":
            await self._subscribe(connection, identifier)
        elif what == "unsubscribe":
            connection.subscribed.pop(identifier, None)
            connection.asked_for.discard(identifier)
        elif what == "message" and identifier in connection.subscribed:
            error = (self.errors.pop(0) if self.errors else "") or await self._perform(cast(Json, data))
            if error:
                await self._refuse(connection, identifier, error)

    async def _subscribe(self, connection: Connection, identifier: str) -> None:
        """A channel that is not there, and one that was asked for already, get no answer, as in Rails."""
        if self.unconfirmed > 0:
            self.unconfirmed -= 1
            return
        wanted = _version_of(identifier)
        if wanted is None or identifier in connection.asked_for:
            return
        connection.asked_for.add(identifier)
        if self.confirm_after > 0:
            connection.spawn(self._answer(connection, identifier, wanted))
        else:
            await self._answer(connection, identifier, wanted)

    async def _answer(self, connection: Connection, identifier: str, wanted: str) -> None:
        if self.confirm_after > 0:
            await asyncio.sleep(self.confirm_after)
            if identifier not in connection.asked_for:
                return
        version = VERSIONS.get(wanted)
        if version in self.versions:
            connection.subscribed[identifier] = version
            kind = "confirm_subscription"
        else:
            connection.asked_for.discard(identifier)
            kind = "reject_subscription"
        await connection.send(orjson.dumps({"identifier": identifier, "type": kind}).decode())
        self._notify()

    async def _refuse(self, connection: Connection, identifier: str, error: str) -> None:
        frame = {"identifier": identifier, "message": {"error": error}} if self.wraps_errors else {"error": error}
        await connection.send(orjson.dumps(frame).decode())

    def _notify(self) -> None:
        self._changed.set()


def _goodbye(reason: str, *, reconnect: bool) -> Json:
    return {"type": "disconnect", "reason": reason, "reconnect": reconnect}


def _version_of(identifier: str) -> str | None:
    """The version that is wanted, whether there is such a one or not; None for another channel."""
    try:
        wanted: Any = orjson.loads(identifier)
        if wanted["channel"] != "GatewayChannel":
            return None
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return None
    return str(wanted.get("event_version", "v1"))
