"""``/metrics``: the figures for a Prometheus server, in its text format 0.0.4."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from pixel_bot.web.bearer import bears

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""https://prometheus.io/docs/instrumenting/exposition_formats/"""


def metrics_routes(token: str, figures: Callable[[], Awaitable[bytes]]) -> list[BaseRoute]:
    """The route; none without a token, so that the page is not there (404).

    Args:
        token: METRICS_TOKEN.
        figures: the text of the page.
    """

    async def metrics(request: Request) -> Response:
        if not bears(request, token):
            sentence = "Send METRICS_TOKEN as a bearer token: Authorization: Bearer ...\n"
            return PlainTextResponse(sentence, 401, headers={"WWW-Authenticate": "Bearer"})
        return Response(await figures(), headers={"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"})

    return [Route("/metrics", metrics)] if token else []
