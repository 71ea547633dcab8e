"""One websocket of the double's gateway."""

import asyncio
import contextlib
from collections.abc import Coroutine
from enum import Enum, auto
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from pixel_bot.sandbox.joystick.frames import Version
from pixel_bot.sandbox.twitch.faults import transport_of


class ConnectionState(Enum):
    """How a connection takes frames."""

    OPEN = auto()
    SILENT = auto()
    """Open, but nothing is sent any more."""
    CLOSED = auto()


class Connection:
    """One open socket, and the versions that are subscribed on it, by their identifiers."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.subscribed: dict[str, Version] = {}
        self.asked_for: set[str] = set()
        """Identifiers that are subscribed, or will be in a moment."""
        self.state = ConnectionState.OPEN
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a background task until the connection ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Nothing is sent from now on."""
        self.state = ConnectionState.CLOSED
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def send(self, text: str) -> None:
        """Send a frame, unless the connection is silent or closed."""
        if self.state is not ConnectionState.OPEN:
            return
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
            await self.socket.send_text(text)

    async def hang_up(self, code: int) -> None:
        """Close it."""
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self.socket.close(code)

    def cut(self, started: bytes = b"") -> None:
        """Cut the connection without a close frame; ``started`` is sent before."""
        transport = transport_of(self.socket.scope)
        if started:
            transport.write(started)
            transport.close()
        else:
            transport.abort()
