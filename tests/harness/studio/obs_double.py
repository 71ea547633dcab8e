"""A double of obs-websocket 5 for what the real OBS does not do on demand: faults, delays, silence."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import msgpack
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PASSWORD = "double-password"
SECONDS = 5.0

_wire = cast(Any, msgpack)


class ObsDouble:
    """Listens on a port that stays the same over ``stop`` and ``start``.

    ``codes`` has what a request is answered with, 100 unless told; a negative one leaves the status out. ``silent`` has
    the requests that are not answered; ``Hello`` among them means no greeting. With ``reports`` every save writes a
    file and reports it at once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.password = PASSWORD
        self.port = 0
        self.codes: dict[str, int] = {}
        self.silent: set[str] = set()
        self.buffer_on = True
        self.reports = True
        self.asked: list[str] = []
        self.connections = 0
        self.subscriptions: list[int] = []
        self._news = asyncio.Condition()
        self._server: Server | None = None
        self._guests: set[ServerConnection] = set()
        self._unanswered: dict[str, tuple[ServerConnection, dict[str, Any]]] = {}

    async def start(self) -> None:
        self._server = await serve(
            self._welcome, "127.0.0.1", self.port, subprotocols=[Subprotocol("obswebsocket.msgpack")]
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self.cut()
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def heard(self, request: str, times: int = 1) -> None:
        """Returns when a request came so often, counted from the beginning."""
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(lambda: self.asked.count(request) >= times)

    async def visited(self, times: int) -> None:
        """Returns when so many connections were opened, counted from the beginning."""
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(lambda: self.connections >= times)

    async def tell(self, kind: str, data: dict[str, Any] | None = None) -> None:
        """Send an event to all."""
        event = {"eventType": kind, "eventIntent": 64} | ({"eventData": data} if data is not None else {})
        await self.frame(_wire.packb({"op": 5, "d": event}))

    async def answer_late(self, request: str) -> None:
        """Send the answer that a silent request did not get."""
        guest, answer = self._unanswered.pop(request)
        await _send(guest, 7, answer)

    async def report(self, name: str, content: bytes = b"video") -> str:
        """Write a clip, and send the event; returns its path. Without content no file is written."""
        path = self.folder / name
        if content:
            path.write_bytes(content)
        await self.tell("ReplayBufferSaved", {"savedReplayPath": str(path)})
        return str(path)

    async def buffer(self, state: str) -> None:
        """Send the event of a new state: STARTING, STARTED, STOPPING, STOPPED."""
        self.buffer_on = state == "STARTED"
        data = {"outputActive": self.buffer_on, "outputState": f"OBS_WEBSOCKET_OUTPUT_{state}"}
        await self.tell("ReplayBufferStateChanged", data)

    async def frame(self, frame: bytes | str) -> None:
        """Send a frame as it is."""
        for guest in tuple(self._guests):
            await guest.send(frame)

    async def hang_up(self, code: int) -> None:
        """Close every connection properly."""
        for guest in tuple(self._guests):
            await guest.close(code)

    def cut(self) -> None:
        """End every connection without a word, as a kill does: the other side sees 1006."""
        for guest in tuple(self._guests):
            guest.transport.abort()

    async def _welcome(self, guest: ServerConnection) -> None:
        try:
            await self._serve(guest)
        except ConnectionClosed:
            pass
        finally:
            self._guests.discard(guest)

    async def _serve(self, guest: ServerConnection) -> None:
        self._guests.add(guest)
        await self._note(connection=True)
        if "Hello" in self.silent:
            await guest.wait_closed()
            return
        proof = {"challenge": "a challenge", "salt": "some salt"}
        await _send(guest, 0, {"obsWebSocketVersion": "5.1.0", "rpcVersion": 1, "authentication": proof})
        identify = await _receive(guest)
        if identify["d"].get("authentication") != self._proof(**proof):
            await guest.close(4009, "Authentication failed.")
            return
        self.subscriptions.append(identify["d"]["eventSubscriptions"])
        await _send(guest, 2, {"negotiatedRpcVersion": 1})
        while True:
            await self._answer(guest, (await _receive(guest))["d"])

    async def _answer(self, guest: ServerConnection, request: dict[str, Any]) -> None:
        kind = request["requestType"]
        code = self.codes.get(kind, 100)
        if kind == "SaveReplayBuffer" and not self.buffer_on:
            code = self.codes.get(kind, 501)
        answer: dict[str, Any] = {"requestType": kind, "requestId": request["requestId"]}
        if code > 0:
            answer["requestStatus"] = {"result": code == 100, "code": code}
        if kind == "GetReplayBufferStatus" and code == 100:
            answer["responseData"] = {"outputActive": self.buffer_on}
        if kind in self.silent:
            self._unanswered[kind] = (guest, answer)
        else:
            await _send(guest, 7, answer)
        await self._note(kind)
        if kind == "SaveReplayBuffer" and code == 100 and self.reports:
            await self.report(f"Replay {self.asked.count(kind)}.mkv")

    async def _note(self, request: str | None = None, *, connection: bool = False) -> None:
        async with self._news:
            self.connections += connection
            if request is not None:
                self.asked.append(request)
            self._news.notify_all()

    def _proof(self, salt: str, challenge: str) -> str:
        secret = base64.b64encode(hashlib.sha256((self.password + salt).encode()).digest())
        return base64.b64encode(hashlib.sha256(secret + challenge.encode()).digest()).decode()


async def _send(guest: ServerConnection, op: int, data: dict[str, Any]) -> None:
    await guest.send(_wire.packb({"op": op, "d": data}))


async def _receive(guest: ServerConnection) -> dict[str, Any]:
    return _wire.unpackb(await guest.recv())


@asynccontextmanager
async def obs_double(folder: Path) -> AsyncGenerator[ObsDouble]:
    """A double that listens, with an empty folder for its clips."""
    double = ObsDouble(folder)
    await double.start()
    try:
        yield double
    finally:
        await double.stop()
