"""The answers to whoever does not get in: a page that says how, or JSON for programs."""

from enum import StrEnum

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from pixel_bot.web.access.access import Access
from pixel_bot.web.access.origins import host_name
from pixel_bot.web.templates import page

PROGRAMS = ("/api",)
"""Paths that only programs ask for."""


class Why(StrEnum):
    """Why somebody does not get in, in a sentence."""

    NOBODY = "This page is only for the streamer, and this browser is not signed in."
    USED = "This link was used already. Each one signs one browser in."
    EXPIRED = "This link is too old."
    UNKNOWN = "This link is not right. Was it copied as a whole?"
    TOKEN = "This token is not right, or was revoked."  # noqa: S105 - a sentence about one
    WAIT = "That was wrong too often. Wait a minute, then try again."
    DATABASE = "The bot cannot use its database just now, so it cannot tell who you are. Try again soon."


def refused(conn: HTTPConnection, access: Access, why: str, status: int = 401, wait: int = 0) -> Response:
    """The answer, with the status; 401 is never a redirect, so that a program notices."""
    headers = {"Retry-After": str(wait)} if wait else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if wants_json(conn):
        return JSONResponse({"error": str(why), "how": HOW}, status, headers=headers)
    values: dict[str, object] = {
        "sentence": str(why),
        "is_link": status == 401,
        "elsewhere": access.home_url if host_name(conn.headers.get("host", "")) != host_name(_netloc(access)) else "",
    }
    answer = page("signin.html", values, status)
    answer.headers.update(headers)
    return answer


HOW = "Send a token as 'Authorization: Bearer pb_...'. Make one with: python -m pixel_bot token NAME"


def wants_json(conn: HTTPConnection) -> bool:
    """True for a request of a program rather than of a person's browser."""
    if conn.scope["type"] == "websocket" or "authorization" in conn.headers:
        return True
    if any(is_below(conn.url.path, path) for path in PROGRAMS):
        return True
    accepted = conn.headers.get("accept", "")
    return "json" in accepted and "text/html" not in accepted


def is_below(path: str, top: str) -> bool:
    """True for a path, and for all below it."""
    return path == top or path.startswith(top + "/")


def _netloc(access: Access) -> str:
    return access.base.partition("://")[2]
