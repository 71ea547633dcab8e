"""One connection of the double's event socket."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pixel_bot.sandbox.twitch.faults import receive_of, transport_of
from pixel_bot.sandbox.twitch.frames import Json

HALF_A_FRAME = b'\x81\x7e\x10\x00{"metadata": {"message_id": "ha'
"""The beginning of a frame that says it is 4,096 bytes long."""


@dataclass(slots=True, eq=False)
class SandboxSession:
    """One connection of the event socket."""

    id: str
    socket: WebSocket
    keepalive: int
    last_sent: float = field(default_factory=time.monotonic)
    connected_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    subscribed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    silent: bool = False
    lost: bool = False

    async def send(self, frame: Json) -> bool:
        """Send a frame; waits while the receiver is slow. A connection that is gone takes nothing: False."""
        self.last_sent = time.monotonic()
        if self.silent or self.lost or self.socket.application_state is not WebSocketState.CONNECTED:
            return False
        try:
            await self.socket.send_text(orjson.dumps(frame).decode())
        except (WebSocketDisconnect, RuntimeError):
            return False
        return True

    async def close(self, code: int) -> None:
        """Close the connection, if it is still open."""
        if self.socket.application_state is WebSocketState.CONNECTED:
            await self.socket.close(code)

    def cut(self, *, mid_frame: bool = False) -> None:
        """Cut the connection without a word; with ``mid_frame`` in the middle of one."""
        self.lost = True
        transport = transport_of(receive_of(self.socket))
        if mid_frame:
            transport.write(HALF_A_FRAME)
            transport.close()
        else:
            transport.abort()
