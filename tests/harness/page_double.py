"""An overlay page over a real websocket, without a browser: it plays in no time, or as the test has it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect

Message = dict[str, Any]


class PageDouble:
    """What a page does: it remembers what it played to the end, and acknowledges again."""

    def __init__(self, address: str, key: str, page: str = "double") -> None:
        self._url = f"ws://{address}/overlay/ws?key={key}"
        self._http = f"http://{address}"
        self._page = page
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self.asked: list[Message] = []
        self.alerts: list[Message] = []
        self.stopped: list[str] = []
        self.ended: list[str] = []
        self.plays = True

    async def open(self, **state: Any) -> None:
        """Connect, and say what kind of page this is."""
        self._socket = await connect(self._url)
        hello: Message = {"do": "hello", "page": self._page, "obs": False, "visible": True, "sound": "on"}
        await self.send(**(hello | state))
        assert json.loads(await self._socket.recv())["type"] == "hello"
        self._reader = asyncio.create_task(self._read(self._socket))

    async def close(self, *, bye: bool = True) -> None:
        """Close the page, or only its connection."""
        if self._socket is None or self._reader is None:
            return
        if bye:
            await self.send(do="bye")
        await self._socket.close()
        await self._reader
        self._socket = None

    async def send(self, **message: Any) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(message))

    async def asks(self, count: int = 1) -> Message:
        """Wait until so many plays were asked for. Returns the last of them."""
        async with asyncio.timeout(20):
            while len(self.asked) < count:
                self._news.clear()
                await self._news.wait()
        return self.asked[count - 1]

    async def ack(self, message: Message, state: str, **more: Any) -> None:
        """Say what became of an effect."""
        if state == "finished":
            self.ended.append(message["id"])
        await self.send(do="ack", id=message["id"], state=state, **more)

    async def fetch(self, path: str) -> bytes:
        """What the page would load, like speech."""
        async with aiohttp.ClientSession() as http, http.get(self._http + path) as answer:
            assert answer.status == 200, answer.status
            return await answer.read()

    async def _read(self, socket: ClientConnection) -> None:
        async for raw in socket:
            message: Message = json.loads(raw)
            match message["type"]:
                case "play":
                    self.asked.append(message)
                    if message["id"] in self.ended:
                        await self.send(do="ack", id=message["id"], state="finished")
                    elif self.plays:
                        await self.ack(message, "started", seconds=1.0)
                        await self.ack(message, "finished")
                case "stop":
                    self.stopped.append(message.get("id", ""))
                case "alert":
                    self.alerts.append(message)
                case _:
                    continue
            self._news.set()


@asynccontextmanager
async def page_double(address: str, key: str, page: str = "double", **state: Any) -> AsyncGenerator[PageDouble]:
    """A page that is open, and closes with the test."""
    double = PageDouble(address, key, page)
    await double.open(**state)
    try:
        yield double
    finally:
        await double.close()
