"""``/metrics``: the figures for a Prometheus server, in its text format 0.0.4. The gate decides who may read them."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""https://prometheus.io/docs/instrumenting/exposition_formats/"""


def metrics_routes(figures: Callable[[], Awaitable[bytes]]) -> list[BaseRoute]:
    """The route; ``figures`` makes the text of the page."""

    async def metrics(_: Request) -> Response:
        return Response(await figures(), headers={"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"})

    return [Route("/metrics", metrics)]
