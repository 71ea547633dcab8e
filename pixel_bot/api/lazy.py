"""The app of the API is made when somebody asks for it first: most bots need none, and its imports take their time."""

import asyncio
from typing import TYPE_CHECKING

from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from pixel_bot.api import PATH

if TYPE_CHECKING:
    from pixel_bot.api.state import ApiState


class LazyApi:
    """An ASGI app that makes the real one for its first request."""

    def __init__(self, state: "ApiState") -> None:
        self._state = state
        self._app: ASGIApp | None = None
        self._lock = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if self._app is None:
            async with self._lock:
                # In a thread, because the imports would hold up the event loop.
                self._app = self._app or await asyncio.to_thread(self._build)
        await self._app(scope, receive, send)

    def _build(self) -> ASGIApp:
        from pixel_bot.api.app import build_api

        return build_api(self._state)


def api_routes(state: "ApiState") -> list[Mount]:
    """The mount for the web server."""
    return [Mount(PATH, LazyApi(state))]
