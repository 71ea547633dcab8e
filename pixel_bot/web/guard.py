"""Host and Origin checks, against DNS rebinding and cross-origin requests.

A foreign page could point its own name to this machine (DNS rebinding), or open a websocket across origins. So a
request must name a host of ours, and its origin, if any, must be ours.
"""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

REFUSAL = "This address is not known here. Open the bot as localhost, or add the name to WEB_ALLOWED_HOSTS.\n"


class HostGuard:
    """ASGI middleware that refuses foreign Host and Origin headers with 403."""

    def __init__(self, app: ASGIApp, allowed: Collection[str] = ()) -> None:
        self._app = app
        self._allowed = {"localhost", *(name.strip().lower() for name in allowed if name.strip())}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] in {"http", "websocket"} and not self._is_allowed(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4403})
            else:
                await PlainTextResponse(REFUSAL, 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_ours(_name(host), scope):
            return False
        if _is_cross_site_embed(headers):
            return False
        origin = headers.get("origin")
        if origin is None:
            return True
        netloc = origin.lower().partition("://")[2]
        return netloc == host.lower() or _name(netloc) in self._allowed - {"localhost"}

    def _is_ours(self, name: str, scope: Scope) -> bool:
        if name in self._allowed:
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        server = scope.get("server")
        return address.is_loopback or (server is not None and str(address) == server[0])


def _is_cross_site_embed(headers: Headers) -> bool:
    """True for what a foreign page embeds as image, script or frame; a link that a person follows is allowed.

    Every current browser sends these headers (https://www.w3.org/TR/fetch-metadata/).
    """
    if headers.get("sec-fetch-site") != "cross-site":
        return False
    return headers.get("sec-fetch-mode") != "navigate" or headers.get("sec-fetch-dest") != "document"


def _name(netloc: str) -> str:
    """``localhost:8080`` -> ``localhost``, ``[::1]:8080`` -> ``::1``."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").lower()
    except ValueError:
        return ""
