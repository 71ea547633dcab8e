"""The bot as the overlay page sees it: its files, one websocket, and a note of all that the page said."""

import asyncio
import io
import json
import math
import struct
import wave
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from pixel_bot.overlay.art import ART_TYPES
from pixel_bot.overlay.server import ART_SECURITY, SECURITY
from pixel_bot.web.server import STATIC, WebServer

KEY = "key with & and ="
WAIT_SECONDS = 10.0

Message = dict[str, Any]

FRAME_POLICY = "default-src 'self' 'unsafe-inline'"
FRAME = """<!doctype html><meta charset="utf-8">
<style>:root { color-scheme: dark } iframe { width: 640px; height: 360px }</style>
<p>Somewhere to click</p><script>
  window.told = [];
  addEventListener("message", (event) => window.told.push(event.data));
  addEventListener("click", () => frames[0].postMessage({ pixel: "unlock" }, location.origin));
</script><iframe src="/overlay?key=key%20with%20%26%20and%20%3D"></iframe>"""


@cache
def tone(seconds: float, hertz: float = 440.0, rate: int = 8_000) -> bytes:
    """A WAV file with a sine of half the full strength."""
    samples = (int(16_000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(seconds * rate)))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()


class OverlayDouble:
    """Serves the page and speaks its protocol. ``heard`` has every message of every connection, in order."""

    def __init__(self, port: int = 0, volume: int = 80) -> None:
        self.web = WebServer("127.0.0.1", port)
        self.volume = volume
        self.heard: list[Message] = []
        self.files = {"short.wav": tone(0.4), "long.wav": tone(12), "broken.wav": b"no sound at all"}
        self.art: dict[str, bytes | str] = {}
        """Files of cogs, by name; they are there under every version."""
        self.asked: list[str] = []
        self._pages: list[WebSocket] = []
        self._news = asyncio.Condition()
        self._echoes = 0
        self._never = asyncio.Event()

    @property
    def url(self) -> str:
        """Where the page is, with its key."""
        return f"http://{self.web.address}/overlay?key=key%20with%20%26%20and%20%3D"

    async def start(self) -> None:
        """Take connections."""
        routes = [
            Route("/overlay", self._page),
            Route("/frame", self._frame),
            Route("/overlay/audio/{name}", self._audio),
            Route("/overlay/art/{version}/{name}", self._art),
            WebSocketRoute("/overlay/ws", self._talk),
        ]
        await self.web.start(routes, [])

    async def stop(self) -> None:
        """Go away, as a bot does that ends: its connections are closed."""
        self._never.set()
        await self.web.stop()

    async def send(self, message_type: str, **fields: object) -> None:
        """One message to every page that is connected."""
        await self.send_text(json.dumps({"type": message_type, **fields}))

    async def send_text(self, text: str) -> None:
        """The same, of any text."""
        for page in self._pages:
            await page.send_text(text)

    async def play(self, effect_id: str, what: str, audio: str | None = None, **fields: object) -> None:
        """An effect; ``audio`` is the name of a file."""
        path = {"audio": f"/overlay/audio/{audio}?key=k"} if audio else {}
        await self.send("play", **{"id": effect_id, "what": what, "by": "Alice", **path, **fields})

    async def hears(self, count: int = 1, **wanted: object) -> Message:
        """Wait for the message, the ``count``-th one with these fields."""

        def found() -> list[Message]:
            return [m for m in self.heard if all(m.get(key) == value for key, value in wanted.items())]

        try:
            async with asyncio.timeout(WAIT_SECONDS), self._news:
                await self._news.wait_for(lambda: len(found()) >= count)
        except TimeoutError:
            raise AssertionError(f"the page never said {wanted} ({count} times), but {self.heard}") from None
        return found()[count - 1]

    async def acked(self, effect_id: str, state: str, count: int = 1) -> Message:
        """Wait for the ``count``-th acknowledgement of that state."""
        return await self.hears(count, do="ack", id=effect_id, state=state)

    def acks(self, effect_id: str) -> list[str]:
        """The states that were acknowledged until now."""
        return [m["state"] for m in self.heard if m["do"] == "ack" and m["id"] == effect_id]

    async def echo(self) -> None:
        """Returns when the page has worked off all that was sent before."""
        self._echoes += 1
        probe = f"echo-{self._echoes}"
        await self.send("play", id=probe, what="nothing of the kind")
        await self.acked(probe, "failed")

    async def _page(self, _: Request) -> Response:
        return FileResponse(STATIC / "overlay" / "overlay.html", headers=SECURITY)

    async def _frame(self, _: Request) -> Response:
        return HTMLResponse(FRAME, headers={"Content-Security-Policy": FRAME_POLICY})

    async def _audio(self, request: Request) -> Response:
        name = request.path_params["name"]
        self.asked.append(name)
        if name == "never.wav":
            await self._never.wait()
        data = self.files.get(name)
        return Response(status_code=404) if data is None else Response(data, media_type="audio/wav")

    async def _art(self, request: Request) -> Response:
        name = request.path_params["name"]
        data = self.art.get(name)
        kind = ART_TYPES.get(Path(name).suffix, "")
        return Response(status_code=404) if data is None else Response(data, media_type=kind, headers=ART_SECURITY)

    async def _talk(self, socket: WebSocket) -> None:
        await socket.accept()
        if socket.query_params.get("key") != KEY:
            await socket.close(4401)
            return
        self._pages.append(socket)
        await socket.send_json({"type": "hello", "volume": self.volume})
        try:
            while True:
                message = await socket.receive_json()
                async with self._news:
                    self.heard.append(message)
                    self._news.notify_all()
        except WebSocketDisconnect:
            self._pages.remove(socket)


@asynccontextmanager
async def overlay_double(port: int = 0, volume: int = 80) -> AsyncGenerator[OverlayDouble]:
    """A double that takes connections until the block ends."""
    double = OverlayDouble(port, volume)
    await double.start()
    try:
        yield double
    finally:
        await double.stop()
