"""Bearer tokens (https://www.rfc-editor.org/rfc/rfc6750): the one check of who may read ``/metrics``."""

import hmac

from starlette.requests import HTTPConnection


def bears(request: HTTPConnection, token: str) -> bool:
    """Whether a request carries that token; never for an empty one. The time that it takes tells nothing about it."""
    scheme, _, carried = request.headers.get("authorization", "").partition(" ")
    return bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(carried.strip().encode(), token.encode())
