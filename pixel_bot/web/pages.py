"""Routes of every mode: the index redirect and the health check."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pixel_bot.web.access.origins import is_from_this_machine
from pixel_bot.web.access.principal import known_principal

Health = Callable[[], Awaitable[list[str]]]
"""Returns what is wrong, one sentence each; empty when the bot is healthy."""


def common_routes(home: str, health: Health, notes: Callable[[], Sequence[str]] = tuple) -> list[BaseRoute]:
    """``/`` redirects to the home page, ``/healthz`` is the health check for a watchdog.

    What is wrong is told to programs on this machine, and to whoever is signed in. Others learn whether all is well.
    ``notes`` are sentences on a healthy bot that it should know, like that it stands by.
    """

    async def index(_: Request) -> Response:
        return RedirectResponse(home, 307)

    async def healthz(request: Request) -> Response:
        reasons = await health()
        if reasons and not is_from_this_machine(request.scope) and known_principal(request) is None:
            return JSONResponse({"ok": False}, 503)
        if reasons:
            return JSONResponse({"ok": False, "reasons": reasons}, 503)
        told = list(notes()) if is_from_this_machine(request.scope) or known_principal(request) is not None else []
        return JSONResponse({"ok": True, "notes": told} if told else {"ok": True})

    return [Route("/", index), Route("/healthz", healthz)]
