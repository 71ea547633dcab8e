"""A client of the bot's API in the same process: no port, no sign-in, and every answer as it would be sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.types import ASGIApp, Message

from pixel_bot.web.access.principal import Principal, introduce


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What the API answered. ``body`` is JSON that was read; None where there is none."""

    status: int
    body: Any
    headers: Mapping[str, str]


class ApiClient:
    """Sends requests to an app, as somebody.

    Args:
        app: an ASGI app, as ``pixel_bot.api.app.build_api`` makes it.
        principal: who asks.
    """

    def __init__(self, app: ASGIApp, principal: Principal) -> None:
        self._app = app
        self.principal = principal

    async def get(self, path: str, **query: Any) -> ApiAnswer:
        """GET a path, like ``/viewers``."""
        return await self.send("GET", path + (f"?{urlencode(query)}" if query else ""))

    async def post(self, path: str, body: Any = None, *, key: str = "") -> ApiAnswer:
        """POST to a path; ``key`` is the idempotency key."""
        return await self.send("POST", path, body, key=key)

    async def put(self, path: str, body: Any = None, *, key: str = "") -> ApiAnswer:
        """PUT to a path."""
        return await self.send("PUT", path, body, key=key)

    async def patch(self, path: str, body: Any = None, *, key: str = "") -> ApiAnswer:
        """PATCH a path."""
        return await self.send("PATCH", path, body, key=key)

    async def delete(self, path: str, *, key: str = "") -> ApiAnswer:
        """DELETE a path."""
        return await self.send("DELETE", path, key=key)

    async def send(
        self, method: str, path: str, body: Any = None, *, key: str = "", headers: Mapping[str, str] | None = None
    ) -> ApiAnswer:
        """Send a request, and wait for its answer."""
        sent = b"" if body is None else json.dumps(body).encode()
        named = {"content-type": "application/json", **({"idempotency-key": key} if key else {}), **(headers or {})}
        path, _, query = path.partition("?")
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
            "server": ("localhost", 8080),
            "client": ("127.0.0.1", 1),
        }
        introduce(scope, self.principal)
        return await self._exchange(scope, sent)

    async def _exchange(self, scope: dict[str, Any], sent: bytes) -> ApiAnswer:
        received = [{"type": "http.request", "body": sent, "more_body": False}]
        parts: list[Message] = []

        async def receive() -> Message:
            return received.pop(0) if received else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            parts.append(message)

        await self._app(scope, receive, send)
        body = b"".join(part.get("body", b"") for part in parts[1:])
        headers = {name.decode(): value.decode() for name, value in parts[0]["headers"]}
        return ApiAnswer(parts[0]["status"], json.loads(body) if body else None, headers)
