"""OBS, as the bot knows it: a WebSocket server that saves clips. It is away, silent, slow, or wrong."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Any, cast

import msgpack
from pydantic import SecretStr
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from typing_extensions import override

from pixel_bot.sandbox.twitch.faults import transport_of
from pixel_bot.testing.sim.actors.part import Part, Scene
from pixel_bot.testing.sim.series import Event
from pixel_bot.web.server import WebServer

PORT = 4455
PASSWORD = "simulated-password"  # noqa: S105 - of a simulated OBS
PROTOCOL = "obswebsocket.msgpack"
CHALLENGE = {"challenge": "a challenge", "salt": "some salt"}
GOOD, NO_BUFFER, BUSY = 100, 501, 207
STATES = ("there", "there", "away", "silent", "slow", "off", "busy", "no file", "lost")

_wire = cast(Any, msgpack)


class ObsStudio(Part):
    """OBS on the streamer's machine, in one of ``STATES``."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._state = "there"
        self._web: WebServer | None = None
        self._sockets: dict[WebSocket, None] = {}
        self._saved = 0

    @override
    def settings(self) -> dict[str, object]:
        return {"obs_host": "127.0.0.1", "obs_port": PORT, "obs_password": SecretStr(PASSWORD)}

    @override
    async def open(self) -> None:
        (self.channel.folder / "clips").mkdir()
        await self._start()

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again("obs", 90.0, self._change), self.again("clip", self.pause(20), self._clip))

    @override
    async def settle(self) -> None:
        await self._become("there")

    @override
    async def close(self) -> None:
        await self._stop()

    async def _change(self, event: Event) -> None:
        state = event.chance.choice(STATES)
        self.tell(event, f"OBS: {state}")
        await self._become(state)

    async def _clip(self, event: Event) -> None:
        await self.say(event, self.somebody(event), "!clip")

    async def _become(self, state: str) -> None:
        before, self._state = self._state, state
        if state == "away":
            await self._stop()
        else:
            await self._start()
        if state == "lost":
            self._cut()
            self._state = "there"
        if (state == "off") != (before == "off"):
            is_on = state != "off"
            for socket in tuple(self._sockets):
                await self._tell(socket, "ReplayBufferStateChanged", {"outputActive": is_on})

    async def _start(self) -> None:
        if self._web is None:
            self._web = WebServer("127.0.0.1", PORT)
            await self._web.start([WebSocketRoute("/", self._serve)], [])

    async def _stop(self) -> None:
        web, self._web = self._web, None
        if web is not None:
            self._cut()
            await web.stop()

    def _cut(self) -> None:
        for socket in tuple(self._sockets):
            transport_of(socket.scope).abort()

    async def _serve(self, socket: WebSocket) -> None:
        await socket.accept(PROTOCOL)
        self._sockets[socket] = None
        try:
            await self._talk(socket)
        except (WebSocketDisconnect, RuntimeError, KeyError):
            pass
        finally:
            self._sockets.pop(socket, None)

    async def _talk(self, socket: WebSocket) -> None:
        greeting = {"obsWebSocketVersion": "5.1.0", "rpcVersion": 1, "authentication": CHALLENGE}
        if self._state != "silent":
            await _send(socket, 0, greeting)
        identify = _wire.unpackb(await socket.receive_bytes())["d"]
        if identify.get("authentication") != _proof():
            await socket.close(4009)
            return
        await _send(socket, 2, {"negotiatedRpcVersion": 1})
        while True:
            await self._answer(socket, _wire.unpackb(await socket.receive_bytes())["d"])

    async def _answer(self, socket: WebSocket, request: dict[str, Any]) -> None:
        if self._state == "silent":
            return
        if self._state == "slow":
            await asyncio.sleep(3.0)
        kind = request["requestType"]
        saves = kind == "SaveReplayBuffer"
        code = {"busy": BUSY, "off": NO_BUFFER if saves else GOOD}.get(self._state, GOOD)
        answer: dict[str, Any] = {"requestType": kind, "requestId": request["requestId"]}
        answer["requestStatus"] = {"result": code == GOOD, "code": code}
        if kind == "GetReplayBufferStatus" and code == GOOD:
            answer["responseData"] = {"outputActive": self._state != "off"}
        await _send(socket, 7, answer)
        if saves and code == GOOD:
            await self._save(socket)

    async def _save(self, socket: WebSocket) -> None:
        self._saved += 1
        path = self.channel.folder / "clips" / f"Replay {self._saved}.mkv"
        if self._state != "no file":
            path.write_bytes(b"video")
        await self._tell(socket, "ReplayBufferSaved", {"savedReplayPath": str(path)})

    async def _tell(self, socket: WebSocket, kind: str, data: dict[str, Any]) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):  # a bot that was killed may have left this very moment
            await _send(socket, 5, {"eventType": kind, "eventIntent": 64, "eventData": data})


async def _send(socket: WebSocket, op: int, data: dict[str, Any]) -> None:
    await socket.send_bytes(_wire.packb({"op": op, "d": data}))


def _proof() -> str:
    secret = base64.b64encode(hashlib.sha256((PASSWORD + CHALLENGE["salt"]).encode()).digest())
    return base64.b64encode(hashlib.sha256(secret + CHALLENGE["challenge"].encode()).digest()).decode()
