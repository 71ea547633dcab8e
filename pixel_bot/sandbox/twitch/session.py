"""One websocket session of the double's EventSub."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pixel_bot.sandbox.twitch.faults import transport_of
from pixel_bot.sandbox.twitch.frames import Json

HALF_A_FRAME = b'\x81\x7e\x10\x00{"metadata": {"message_id": "ha'
"""The beginning of a frame that says it is 4,096 bytes long."""


class SessionState(Enum):
    """How a session takes frames."""

    OPEN = auto()
    SILENT = auto()
    """Open, but nothing is sent: neither events nor keepalives."""
    LOST = auto()
    """Its connection was cut, without a close frame."""


@dataclass(slots=True, eq=False)
class SandboxSession:
    """One websocket session."""

    id: str
    socket: WebSocket
    keepalive: int
    last_sent: float = field(default_factory=lambda: time.monotonic())
    connected_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    subscribed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    state: SessionState = SessionState.OPEN

    async def send(self, frame: Json) -> bool:
        """Send a frame; waits while the receiver is slow. Returns False where it was not sent."""
        self.last_sent = time.monotonic()
        if self.state is not SessionState.OPEN or self.socket.application_state is not WebSocketState.CONNECTED:
            return False
        try:
            await self.socket.send_text(orjson.dumps(frame).decode())
        except (WebSocketDisconnect, RuntimeError):
            return False
        return True

    async def close(self, code: int) -> None:
        """Close the connection, if it is still open."""
        if self.socket.application_state is WebSocketState.CONNECTED:
            with suppress(RuntimeError):  # the other end has left just now
                await self.socket.close(code)

    def cut(self, *, mid_frame: bool = False) -> None:
        """Cut the connection without a close frame; with ``mid_frame`` inside a frame."""
        self.state = SessionState.LOST
        transport = transport_of(self.socket.scope)
        if mid_frame:
            transport.write(HALF_A_FRAME)
            transport.close()
        else:
            transport.abort()
