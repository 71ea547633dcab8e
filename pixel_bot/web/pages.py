"""Routes of every mode: the index redirect and the health check."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

Health = Callable[[], Awaitable[list[str]]]
"""Returns what is wrong, one sentence each; empty when the bot is healthy."""


def common_routes(home: str, health: Health, notes: Callable[[], Sequence[str]] = tuple) -> list[BaseRoute]:
    """``/`` redirects to the home page, ``/healthz`` is the health check for a watchdog.

    ``notes`` are sentences on a healthy bot that it should know, like that it stands by.
    """

    async def index(_: Request) -> Response:
        return RedirectResponse(home, 307)

    async def healthz(_: Request) -> Response:
        reasons = await health()
        if reasons:
            return JSONResponse({"ok": False, "reasons": reasons}, 503)
        told = list(notes())
        return JSONResponse({"ok": True, "notes": told} if told else {"ok": True})

    return [Route("/", index), Route("/healthz", healthz)]
