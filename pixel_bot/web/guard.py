"""Host, Origin and Fetch Metadata checks, against DNS rebinding and requests of foreign pages.

A foreign page could point its own name to this machine (DNS rebinding), embed our addresses, send forms to them, or
open a websocket across origins. So a request must name a host of ours, its origin, if any, must be ours by scheme, host
and port, and from another site only links are followed. A page on another port of this machine is another origin of the
same site: it gets no more than one from elsewhere.
"""

from collections.abc import Collection
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pixel_bot.web.access.origins import Origin, host_name, origin_from, requested_origin

REFUSAL = "This address is not known here. Open the bot as localhost, or add the name to WEB_ALLOWED_HOSTS.\n"
FOREIGN_SITES = {"cross-site", "same-site"}
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class HostGuard:
    """ASGI middleware that refuses foreign requests with 403.

    Args:
        app: what it guards.
        allowed: more host names, as WEB_ALLOWED_HOSTS has them.
        public: the origin of WEB_PUBLIC_URL, or None.
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str] = (), public: Origin | None = None) -> None:
        self._app = app
        self._public = public
        self._allowed = {"localhost", *(name.strip().lower() for name in allowed if name.strip())}
        if public is not None:
            self._allowed.add(public.host)

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
        if not self._is_ours(host_name(headers.get("host", "")), scope):
            return False
        if not _may_foreign_site(scope, headers):
            return False
        sent = headers.get("origin")
        if sent is None:
            return True
        origin = origin_from(sent)
        return origin is not None and origin in {requested_origin(scope, self._public), self._public}

    def _is_ours(self, name: str, scope: Scope) -> bool:
        if name in self._allowed:
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        server = scope.get("server")
        return address.is_loopback or (server is not None and str(address) == server[0])


def _may_foreign_site(scope: Scope, headers: Headers) -> bool:
    """False for what a foreign page embeds as image, script or frame, or sends; a link that a person follows may pass.

    Every current browser sends these headers (https://www.w3.org/TR/fetch-metadata/).
    """
    if headers.get("sec-fetch-site") not in FOREIGN_SITES:
        return True
    if scope.get("method", "GET") not in SAFE_METHODS:
        return False
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
