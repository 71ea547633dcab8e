"""Routes of every mode: the index redirect and the health check."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

Health = Callable[[], Awaitable[list[str]]]
"""Returns what is wrong, one sentence each; empty when the bot is healthy."""


def common_routes(home: str, health: Health) -> list[BaseRoute]:
    """``/`` redirects to the home page, ``/healthz`` is the health check for a watchdog."""

    async def index(_: Request) -> Response:
        return RedirectResponse(home, 307)

    async def healthz(_: Request) -> Response:
        reasons = await health()
        if reasons:
            return JSONResponse({"ok": False, "reasons": reasons}, 503)
        return JSONResponse({"ok": True})

    return [Route("/", index), Route("/healthz", healthz)]
