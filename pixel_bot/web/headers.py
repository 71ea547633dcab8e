"""Security headers on every answer, errors and refused websockets included."""

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For whatever brings no policy of its own: it is no page."""

DEFAULTS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
STATIC = "/static/"
"""Files of our own, which a browser may keep, and asks about before it uses them."""


class SecurityHeaders:
    """ASGI middleware around everything. What an answer says itself stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, and complete its answer."""
        is_decided = False

        async def complete(message: Message) -> None:
            nonlocal is_decided
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                _complete(MutableHeaders(scope=message), scope["path"])
            elif message["type"] == "websocket.close" and not is_decided and _can_answer(scope):
                is_decided = True
                await PlainTextResponse("Not allowed.\n", 403)(scope, receive, complete)
                return
            is_decided = True
            await send(message)

        await self._app(scope, receive, complete)


def _complete(headers: MutableHeaders, path: str) -> None:
    for name, value in DEFAULTS.items():
        headers.setdefault(name, value)
    if path.startswith(STATIC) and headers["Cache-Control"] == "no-store":
        headers["Cache-Control"] = "no-cache"


def _can_answer(scope: Scope) -> bool:
    return "websocket.http.response" in scope.get("extensions", {})
