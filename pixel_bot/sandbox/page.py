"""The page ``/sandbox``: chat as anybody, trigger events, and watch points change."""

import asyncio
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from pixel_bot.sandbox.joystick.double import JoystickDouble
from pixel_bot.sandbox.page_connection import PageConnection
from pixel_bot.sandbox.page_updates import CommandList
from pixel_bot.sandbox.replay import ChatLog, fresh_start, parse_log, play, start_of
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.services import Services
from pixel_bot.texts import count
from pixel_bot.web.server import STATIC

RESTARTING = 1012
REPLAY = "/sandbox/replay"
MAX_LOG_BYTES = 16 * 2**20
MOST_UPLOADS = 4
"""Logs that are being received at the same time; each is held in memory."""

RUNNING = "A replay is running already. Wait for its end."
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; connect-src 'self' ws: wss:; frame-src 'self'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Page:
    """The page and its live connection."""

    def __init__(
        self, twitch: TwitchDouble, joystick: JoystickDouble, services: Services, commands: CommandList
    ) -> None:
        self._twitch = twitch
        self._joystick = joystick
        self._services = services
        self._commands = commands
        self._connections: set[PageConnection] = set()
        self._replay: asyncio.Task[None] | None = None
        self._uploads = 0
        self._closed = False

    def routes(self) -> list[BaseRoute]:
        """The page, its websocket, and where logs are sent."""
        return [
            Route("/sandbox", self._html),
            Route(REPLAY, self._take_log, methods=["POST"]),
            WebSocketRoute("/sandbox/live", self._live),
        ]

    async def close(self) -> None:
        """End a replay that is under way, and all connections: they read a database that is about to close."""
        self._closed = True
        await asyncio.gather(*(connection.end() for connection in tuple(self._connections)))
        if self._replay is not None:
            self._replay.cancel()
            await asyncio.gather(self._replay, return_exceptions=True)

    async def _html(self, _: Request) -> Response:
        return FileResponse(STATIC / "sandbox" / "sandbox.html", headers=SECURITY)

    async def _live(self, socket: WebSocket) -> None:
        if self._closed:
            await socket.close(RESTARTING)
            return
        await socket.accept()
        connection = PageConnection(socket, self._twitch, self._joystick, self._services, self._commands)
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)

    async def _take_log(self, request: Request) -> Response:
        if self._is_replaying:
            return PlainTextResponse(RUNNING, 409)
        if self._uploads >= MOST_UPLOADS:
            return PlainTextResponse("Other logs are being sent right now. Try again in a moment.", 503)
        self._uploads += 1
        try:
            return await self._start_replay(request)
        finally:
            self._uploads -= 1

    @property
    def _is_replaying(self) -> bool:
        return self._replay is not None and not self._replay.done()

    async def _start_replay(self, request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_LOG_BYTES:
                return PlainTextResponse("That log is larger than 16 MB. Use --replay FILE instead.", 413)
        chat_log = await asyncio.to_thread(parse_log, bytes(body))
        if not chat_log.rows:
            return PlainTextResponse("No rows like second,user,text were found.", 422)
        # Whoever has sent all of it first is played: one who sends slowly keeps nobody waiting.
        if self._is_replaying:
            return PlainTextResponse(RUNNING, 409)
        speed = _speed(request.query_params.get("speed", "1"))
        self._replay = asyncio.create_task(self._play(chat_log, speed), name="page-replay")
        return JSONResponse({"rows": len(chat_log.rows), "skipped": len(chat_log.skipped)})

    async def _play(self, chat_log: ChatLog, speed: float) -> None:
        start = await start_of(self._services.database, chat_log, fresh_start(chat_log, speed, datetime.now(UTC)))
        total = len(chat_log.rows)
        note = f"{count(len(chat_log.skipped), 'row')} could not be used." if chat_log.skipped else ""

        def report(sent: int) -> None:
            for connection in self._connections:
                update = {"type": "replay", "sent": sent, "total": total, "done": sent == total, "note": note}
                connection.replay_update = update

        await play(self._twitch, chat_log, start, speed, report)


def _speed(text: str) -> float:
    """The requested speed; real time when it is invalid."""
    try:
        speed = float(text)
    except ValueError:
        return 1.0
    return speed if 0 <= speed <= 1_000_000 and text.isascii() else 1.0
