"""One connection to EventSub, from its welcome until it is lost (https://dev.twitch.tv/docs/eventsub/)."""

import asyncio
from collections import deque
from collections.abc import Awaitable
from enum import Enum, auto

import aiohttp

from pixel_bot.platforms.decoding import Unreadable
from pixel_bot.platforms.twitch.events.frames import Frame, decode_payload, read_frame
from pixel_bot.platforms.twitch.events.structs import SessionPayload, payload_decoder
from pixel_bot.platforms.wire import ENDS

WELCOME_SECONDS = 11.0
KEEPALIVE_SECONDS = 10
GRACE_SECONDS = 5.0
LONGEST_FRAME = 4 * 2**20
BUFFER_AFTER_SECONDS = 2.0
"""Back-pressure lasts so long before frames are read ahead into memory."""

MOST_BUFFERED = 20_000
"""Frames that are read ahead, at most."""

_SESSIONS = payload_decoder(SessionPayload)


class SessionLost(Exception):
    """The connection ended, or never came to be: ``reason`` in words, and the close code, if there was one."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        self.reason = reason
        self.code = code
        super().__init__(reason)


_CODES = {
    4000: "Twitch has a fault",
    4001: "we sent something",
    4002: "we did not answer a ping",
    4003: "nothing was subscribed in time",
    4004: "we did not move in time",
    4005: "Twitch timed out",
    4006: "Twitch has a network fault",
    4007: "the reconnect address was refused",
}


class _Watched(Enum):
    """What the keepalive watchdog sees of a session."""

    IDLE = auto()
    """Nobody reads, so that silence cannot be told from a busy bot."""
    READING = auto()
    SILENT = auto()
    """The watchdog has closed it; no other state follows."""


class EventSubSession:
    """An open connection. ``id`` is what subscriptions are made for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._received_at = asyncio.get_running_loop().time()
        self._watched = _Watched.IDLE
        self._buffered: deque[Frame] = deque()
        self._lost: SessionLost | None = None
        self._watchdog: asyncio.Task[None] | None = None
        self.id = ""
        self.keepalive = float(KEEPALIVE_SECONDS)

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, url: str) -> "EventSubSession":
        """Connect, and wait for the welcome.

        Raises:
            SessionLost: no connection, or no welcome within 11 s.
        """
        socket: aiohttp.ClientWebSocketResponse | None = None
        try:
            async with asyncio.timeout(WELCOME_SECONDS):
                limits = aiohttp.ClientWSTimeout(ws_close=1.0)  # pyright: ignore[reportCallIssue] - made by attrs
                socket = await http.ws_connect(url, max_msg_size=LONGEST_FRAME, timeout=limits)
                session = cls(socket)
                await session._receive_welcome()
        except TimeoutError:
            reason = "no welcome came in time"
        except SessionLost as exc:
            reason = exc.reason
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            reason = f"no connection ({type(exc).__name__})"
        except asyncio.CancelledError:
            if socket is not None:
                await socket.close()
            raise
        else:
            session._watchdog = asyncio.create_task(session._watch_keepalive(), name="eventsub-silence")
            return session
        if socket is not None:
            await socket.close()
        raise SessionLost(reason)

    async def read(self) -> Frame:
        """The next frame; what is none is left out.

        Raises:
            SessionLost: the connection ended, or was silent for too long.
        """
        if self._buffered:
            return self._buffered.popleft()
        if self._lost is not None:
            raise self._lost
        return await self._receive()

    async def read_ahead(self, capacity: Awaitable[None]) -> None:
        """Wait for capacity, and buffer frames meanwhile: a connection that is not read counts as dead on both sides.

        ``read`` returns the buffered frames first, also when the connection is lost by then.
        """
        waiting = asyncio.ensure_future(capacity)
        try:
            await asyncio.wait({waiting}, timeout=BUFFER_AFTER_SECONDS)
            while not waiting.done() and self._lost is None and len(self._buffered) < MOST_BUFFERED:
                await self._read_one_ahead(waiting)
            await waiting
        finally:
            waiting.cancel()

    async def _read_one_ahead(self, waiting: asyncio.Future[None]) -> None:
        reading = asyncio.ensure_future(self._receive())
        try:
            await asyncio.wait({waiting, reading}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                self._buffered.append(reading.result())
        except SessionLost as exc:
            self._lost = exc
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _receive(self) -> Frame:
        while True:
            if self._watched is _Watched.IDLE:
                self._watched = _Watched.READING
            try:
                message = await self._socket.receive()
            except (aiohttp.ClientError, OSError, RuntimeError) as exc:
                raise SessionLost(f"the connection broke ({type(exc).__name__})") from None
            finally:
                if self._watched is _Watched.READING:
                    self._watched = _Watched.IDLE
            if message.type is aiohttp.WSMsgType.TEXT:
                self._received_at = asyncio.get_running_loop().time()
                if (frame := read_frame(message.data)) is not None:
                    return frame
            elif message.type in ENDS:
                raise self._loss()

    @property
    def silent_for(self) -> float:
        """Seconds since something was read."""
        return asyncio.get_running_loop().time() - self._received_at

    async def close(self) -> None:
        """Close the connection."""
        if self._watchdog is not None:
            self._watchdog.cancel()
        await self._socket.close()

    @property
    def is_open(self) -> bool:
        """False once it is closed, from either side."""
        return not self._socket.closed

    async def _receive_welcome(self) -> None:
        while True:
            frame = await self.read()
            if frame.metadata.message_type != "session_welcome":
                continue
            try:
                welcome = decode_payload(frame, _SESSIONS).session
            except Unreadable:
                raise SessionLost("the welcome could not be read") from None
            if not welcome.id:
                raise SessionLost("the welcome could not be read")
            self.id = welcome.id
            self.keepalive = max(1.0, welcome.keepalive_timeout_seconds or KEEPALIVE_SECONDS)
            return

    async def _watch_keepalive(self) -> None:
        """Keepalive watchdog: without a frame for ``keepalive`` seconds and a grace period the connection is dead."""
        loop = asyncio.get_running_loop()
        left = self.keepalive + GRACE_SECONDS
        while left > 0:
            await asyncio.sleep(left)
            if self._watched is _Watched.IDLE:
                self._received_at = loop.time()  # who does not listen cannot say that it is silent
            left = self._received_at + self.keepalive + GRACE_SECONDS - loop.time()
        self._watched = _Watched.SILENT
        await self._socket.close()

    def _loss(self) -> SessionLost:
        if self._watched is _Watched.SILENT:
            return SessionLost("Twitch fell silent")
        code = self._socket.close_code
        return SessionLost(_CODES.get(code or 0, f"the connection was closed ({code})"), code)
