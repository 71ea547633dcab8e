"""The pages that are there in every mode."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

Health = Callable[[], Awaitable[list[str]]]
"""Tells what is wrong, one sentence each; nothing when all is well."""


def common_routes(home: str, health: Health) -> list[BaseRoute]:
    """``/`` leads home, ``/healthz`` tells a watchdog how the bot is."""

    async def index(_: Request) -> Response:
        return RedirectResponse(home, 307)

    async def healthz(_: Request) -> Response:
        reasons = await health()
        if reasons:
            return JSONResponse({"ok": False, "reasons": reasons}, 503)
        return JSONResponse({"ok": True})

    return [Route("/", index), Route("/healthz", healthz)]
