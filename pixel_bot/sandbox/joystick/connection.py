"""One open socket of the double's gateway."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from pixel_bot.sandbox.joystick.frames import Version
from pixel_bot.sandbox.twitch.faults import receive_of, transport_of


class Connection:
    """One open socket, and the versions that are subscribed on it, by their identifiers."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.subscribed: dict[str, Version] = {}
        self.asked_for: set[str] = set()
        """Identifiers that are subscribed, or will be in a moment."""
        self.silent = False
        self.over = False
        self._chores: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something happen beside the reading, until the connection ends."""
        task = asyncio.create_task(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def end(self) -> None:
        """Nothing is sent from now on."""
        self.over = True
        chores = tuple(self._chores)
        for task in chores:
            task.cancel()
        await asyncio.gather(*chores, return_exceptions=True)

    async def send(self, text: str) -> None:
        """Send a frame, unless the connection is silent or over."""
        if self.silent or self.over:
            return
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
            await self.socket.send_text(text)

    async def hang_up(self, code: int) -> None:
        """Close it."""
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self.socket.close(code)

    def cut(self, started: bytes = b"") -> None:
        """Tear it, without a goodbye; ``started`` goes out before."""
        transport = transport_of(receive_of(self.socket))
        if started:
            transport.write(started)
            transport.close()
        else:
            transport.abort()
