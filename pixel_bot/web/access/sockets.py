"""A websocket that a session let in ends when the session does."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pixel_bot.web.access.sessions import Sessions

SIGNED_OUT = 4401


async def until_signed_out(
    app: ASGIApp, sessions: Sessions, secret: str, scope: Scope, receive: Receive, send: Send
) -> None:
    """Serve a websocket, and end it when everybody is signed out, or at its next message in another process.

    Args:
        app: what serves it.
        sessions: who is signed in.
        secret: of the session's cookie; empty for a token.
        scope, receive, send: of the websocket.
    """
    ended = asyncio.Event()

    async def receive_or_end() -> Message:
        message = await _first(receive, ended)
        if message is not None and message["type"] == "websocket.receive" and secret:
            message = message if await sessions.principal(secret) is not None else None
        if message is None:
            await send({"type": "websocket.close", "code": SIGNED_OUT})
            return {"type": "websocket.disconnect", "code": SIGNED_OUT}
        return message

    sessions.ended.add(ended.set)
    try:
        await app(scope, receive_or_end, send)
    finally:
        sessions.ended.discard(ended.set)


async def _first(receive: Receive, ended: asyncio.Event) -> Message | None:
    """The next message; None when the session ends before."""
    waiting = [asyncio.ensure_future(receive()), asyncio.ensure_future(ended.wait())]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return None if ended.is_set() else await waiting[0]  # type: ignore[return-value]
    finally:
        for task in waiting:
            task.cancel()
