"""Limits of what a request may send, and a quiet end for requests whose sender has gone."""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

MAX_BODY_BYTES = 2**20
"""Of a request, where its route does not say otherwise."""

TOO_LARGE = "That was more than the bot takes here.\n"


class _TooLargeError(Exception):
    """More was sent than may be."""


class RequestLimits:
    """ASGI middleware that answers 413 to a body that is too large, and ends quietly when the sender has gone.

    Args:
        app: what comes next.
        large: paths whose handlers have a limit of their own.
    """

    def __init__(self, app: ASGIApp, large: Collection[str] = ()) -> None:
        self._app = app
        self._large = frozenset(large)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        try:
            if scope["type"] == "http" and scope["path"] not in self._large:
                await self._limited(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        except (ClientDisconnect, WebSocketDisconnect):
            return  # there is nobody left to answer

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0
        has_begun = False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY_BYTES:
                raise _TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        declared = Headers(scope=scope).get("content-length", "")
        try:
            if declared.isdecimal() and (len(declared) > 15 or int(declared) > MAX_BODY_BYTES):
                raise _TooLargeError
            await self._app(scope, counted, noted)
        except _TooLargeError:
            if not has_begun:
                await PlainTextResponse(TOO_LARGE, 413)(scope, receive, send)
