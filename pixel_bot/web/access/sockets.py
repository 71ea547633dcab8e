"""A websocket that a session or a token let in ends when that does."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pixel_bot.web.access.sessions import Sessions

SIGNED_OUT = 4401


class GuardedSocket:
    """One websocket.

    Args:
        receive, send: of the websocket.
        is_still_in: asked at each message, because another process may have ended the session.
    """

    def __init__(self, receive: Receive, send: Send, is_still_in: Callable[[], Awaitable[bool]]) -> None:
        self._receive = receive
        self._send = send
        self._is_still_in = is_still_in
        self._ended = asyncio.Event()

    async def serve(self, app: ASGIApp, scope: Scope, sessions: Sessions) -> None:
        """Let the app serve it, until everybody is signed out."""
        sessions.ended.add(self._ended.set)
        try:
            await app(scope, self._next, self._send)
        finally:
            sessions.ended.discard(self._ended.set)

    async def _next(self) -> Message:
        """The next message; a disconnect when the sender is signed out."""
        message = await self._before_end()
        if message is not None and (message["type"] != "websocket.receive" or await self._is_still_in()):
            return message
        await self._send({"type": "websocket.close", "code": SIGNED_OUT})
        return {"type": "websocket.disconnect", "code": SIGNED_OUT}

    async def _before_end(self) -> Message | None:
        """The next message; None when everybody is signed out before."""
        message, end = asyncio.ensure_future(self._receive()), asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait({message, end}, return_when=asyncio.FIRST_COMPLETED)
            return None if self._ended.is_set() else message.result()
        finally:
            message.cancel()
            end.cancel()
