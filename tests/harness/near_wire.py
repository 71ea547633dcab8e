"""Requests of a bot to a double in the same process, worked without a socket between them.

A start of a bot asks Twitch seventy things; by way of two HTTP parsers they take a quarter of a test. Events still come
over a real websocket, and a double that goes wrong is asked over a real connection.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from multidict import CIMultiDict
from starlette.types import ASGIApp

from pixel_bot.platforms.wire import Answer, Wire


def bring_near(wire: Wire, base: str, app: ASGIApp, is_far: Callable[[], bool]) -> None:
    """From now on a pool of connections needs none to one server.

    Args:
        wire: the pool.
        base: how the server's addresses begin.
        app: what answers there.
        is_far: whether a request takes the real way now.
    """
    by_socket = wire.send

    async def send(
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Answer:
        if not url.startswith(base) or is_far() or wire.session.closed:
            return await by_socket(method, url, params=params, headers=headers, json=json, form=form, **more)
        body, kind = b"", {}
        if json is not None:
            body, kind = orjson.dumps(json), {"content-type": "application/json"}
        elif form is not None:
            body, kind = urlencode(form).encode(), {"content-type": "application/x-www-form-urlencoded"}
        parts = urlsplit(url)
        query = "&".join(filter(None, (parts.query, urlencode(params or {}))))
        await asyncio.sleep(0)  # whoever waits for its turn has it, as while a socket is written
        told = {"host": parts.netloc, "content-length": str(len(body)), **(headers or {}), **kind}
        return await _worked(app, _scope(method, parts.path, query, told), body)

    wire.send = send


def _scope(method: str, path: str, query: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """A request, as ASGI describes it (https://asgi.readthedocs.io/en/latest/specs/www.html)."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


async def _worked(app: ASGIApp, scope: dict[str, Any], body: bytes) -> Answer:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]
    begun: dict[str, Any] = {}
    written = bytearray()

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()  # the other side stays
        return waiting.pop()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            begun.update(message)
        else:
            written.extend(message.get("body", b""))

    await app(scope, receive, send)
    pairs: Sequence[tuple[bytes, bytes]] = begun["headers"]
    headers = CIMultiDict((name.decode(), value.decode()) for name, value in pairs)
    return Answer(begun["status"], headers, bytes(written))
