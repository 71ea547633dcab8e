"""HTTP routes of the overlay: the page, its sounds and speech, and its WebSocket."""

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

import orjson
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pixel_bot.overlay.art import ART_TYPES
from pixel_bot.overlay.overlay import Overlay
from pixel_bot.overlay.pages import Ack, AckState, OverlayPage, PageState
from pixel_bot.sounds.library import MEDIA_TYPES, Sounds
from pixel_bot.web.connections import trust
from pixel_bot.web.server import STATIC, WebServer

WRONG_KEY = 4401
RESTARTING = 1012
NO_HELLO = 1008
MAX_REASON = 200
LONGEST_SECONDS = 3_600.0
"""Of what a page plays, whatever it says."""

HELLO_SECONDS = 10.0
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
        "frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
ART_SECURITY = SECURITY | {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
"""A picture that is opened as a page of its own runs nothing."""

CLOSED = "This is not the overlay's address. Copy it from the bot's page.\n"
REPORTED_STATES = {AckState.STARTED, AckState.FINISHED, AckState.FAILED}


def overlay_url(web: WebServer, overlay: Overlay) -> str:
    """The address of the overlay with its key, for a browser source in OBS."""
    return f"http://{web.address}/overlay?key={overlay.key}"


class OverlayPages:
    """The routes below ``/overlay``. All of them require the key."""

    def __init__(self, overlay: Overlay, sounds: Sounds) -> None:
        self._overlay = overlay
        self._sounds = sounds
        self._sockets: set[WebSocket] = set()
        self._closed = False

    def routes(self) -> list[BaseRoute]:
        """The page, its WebSocket, and the sounds and speech that it fetches."""
        return [
            Route("/overlay", self._page),
            Route("/overlay/audio/{token}", self._audio),
            Route("/overlay/sound/{name}", self._sound),
            Route("/overlay/art/{key}/{cog}/{version}/{name}", self._art),
            WebSocketRoute("/overlay/ws", self._socket),
        ]

    async def close(self) -> None:
        """Close all connections; the pages reconnect by themselves."""
        self._closed = True
        for socket in tuple(self._sockets):
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(RESTARTING)

    def _has_key(self, connection: HTTPConnection) -> bool:
        given: str = connection.path_params.get("key") or connection.query_params.get("key", "")
        if not secrets.compare_digest(given.encode("utf-8", "surrogatepass"), self._overlay.key.encode()):
            return False
        trust(connection.scope)
        return True

    async def _page(self, request: Request) -> Response:
        if not self._has_key(request):
            return PlainTextResponse(CLOSED, 403)
        return FileResponse(STATIC / "overlay" / "overlay.html", headers=SECURITY)

    async def _audio(self, request: Request) -> Response:
        wav = self._overlay.audio(request.path_params["token"])
        if wav is None or not self._has_key(request):
            return PlainTextResponse("There is no such speech.\n", 404)
        return Response(wav, media_type="audio/wav", headers={"Cache-Control": "no-store"})

    async def _sound(self, request: Request) -> Response:
        path = self._sounds.path(request.path_params["name"])
        if path is None or not self._has_key(request):
            return PlainTextResponse("There is no such sound.\n", 404)
        return FileResponse(path, media_type=MEDIA_TYPES[path.suffix.lower()], headers={"Cache-Control": "no-cache"})

    async def _art(self, request: Request) -> Response:
        path = self._overlay.art.file(request.path_params["cog"], request.path_params["name"])
        if path is None or not self._has_key(request):
            return PlainTextResponse("There is no such file.\n", 404)
        return FileResponse(path, media_type=ART_TYPES[path.suffix.lower()], headers=ART_SECURITY)

    async def _socket(self, socket: WebSocket) -> None:
        if not self._has_key(socket):
            await socket.close(WRONG_KEY)
            return
        await socket.accept()
        if self._closed:
            await socket.close(RESTARTING)
            return
        self._sockets.add(socket)
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = await _hello(socket)
            await self._serve(socket, hello)
        except TimeoutError:
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(NO_HELLO)
        except WebSocketDisconnect:
            pass
        finally:
            self._sockets.discard(socket)

    async def _serve(self, socket: WebSocket, hello: Mapping[str, Any]) -> None:
        async def send(message: Mapping[str, Any]) -> None:
            if socket.application_state is not WebSocketState.CONNECTED:
                raise ConnectionError("The page is gone.")
            try:
                await socket.send_text(orjson.dumps(message).decode())
            except (WebSocketDisconnect, RuntimeError) as exc:
                raise ConnectionError("The page is gone.") from exc

        name = hello.get("page")
        page_id = name[:64] if isinstance(name, str) and name else secrets.token_hex(8)
        page = OverlayPage(page_id, send, obs=hello.get("obs") is True)
        visible, sound = _flags(hello)
        page.state = PageState.of(visible=visible, sound=sound)
        for_good = False
        await self._overlay.join(page)
        try:
            while not for_good:
                message = await _receive(socket)
                for_good = message.get("do") == "bye"
                self._handle(page, message)
        finally:
            self._overlay.leave(page, for_good=for_good)

    def _handle(self, page: OverlayPage, message: Mapping[str, Any]) -> None:
        match message.get("do"):
            case "state":
                visible, sound = _flags(message)
                self._overlay.update(page, visible=visible, sound=sound)
            case "ack":
                token, ack = message.get("id"), _ack(message)
                if isinstance(token, str) and ack is not None:
                    self._overlay.ack(token, ack, page)
            case _:
                return


def _ack(message: Mapping[str, Any]) -> Ack | None:
    """What a page acknowledges; None where it is nothing that a page reports."""
    state, seconds, reason = message.get("state"), message.get("seconds"), message.get("reason")
    if not isinstance(state, str) or state not in REPORTED_STATES:
        return None
    length = min(max(float(seconds), 0.0), LONGEST_SECONDS) if isinstance(seconds, int | float) else 0.0
    why, detail = (text[:MAX_REASON] if isinstance(text, str) else "" for text in (reason, message.get("detail")))
    return Ack(AckState(state), length, why, detail)


async def _hello(socket: WebSocket) -> Mapping[str, Any]:
    """Wait until a page says what it is; anything else before that is ignored.

    Raises:
        WebSocketDisconnect: the page is gone.
    """
    while (message := await _receive(socket)).get("do") != "hello":
        pass
    return message


async def _receive(socket: WebSocket) -> Mapping[str, Any]:
    """Receive the next message; an empty one for malformed data.

    Raises:
        WebSocketDisconnect: the page is gone.
    """
    frame = await socket.receive()
    if frame["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(frame.get("code", 1006))
    try:
        message: Any = orjson.loads(frame.get("text") or frame.get("bytes") or b"")
    except orjson.JSONDecodeError:
        return {}
    return cast(Mapping[str, Any], message) if isinstance(message, dict) else {}


def _flags(message: Mapping[str, Any]) -> tuple[bool, bool]:
    return message.get("visible") is not False, message.get("sound") != "blocked"
