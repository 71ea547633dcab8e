"""A request to the double of Helix: its user, its scopes, its parameters, and refusals."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pixel_bot.errors import PixelError
from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import SandboxUser

MOST_IDS = 100
NAMES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Refusal(PixelError):
    """An error answer: a status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def answer(self) -> Response:
        """The answer that says so."""
        return refused(self.status, str(self))


def refused(status: int, message: str, error: str = "") -> Response:
    """An error as Twitch words it."""
    name = error or NAMES.get(status, "Error")
    return JSONResponse({"error": name, "status": status, "message": message}, status)


@dataclass(frozen=True, slots=True)
class Call:
    """One signed request; ``user`` is whose token it carries, None for the application's own."""

    request: Request
    user: SandboxUser | None
    scopes: tuple[str, ...]
    body: Any

    def one(self, name: str) -> str:
        """A parameter of the address; empty where it is missing."""
        return self.request.query_params.get(name, "")

    def many(self, name: str, most: int = MOST_IDS) -> list[str]:
        """A parameter that may be given several times.

        Raises:
            Refusal: 400, more than ``most`` of them.
        """
        found = self.request.query_params.getlist(name)
        if len(found) > most:
            raise Refusal(400, f'The parameter "{name}" was malformed: the maximum number of values is {most}')
        return found

    def required(self, name: str) -> str:
        """A parameter that must be there.

        Raises:
            Refusal: 400, it is missing.
        """
        if not (value := self.one(name)):
            raise Refusal(400, f'Missing required parameter "{name}"')
        return value

    def signed_by(self, *scopes: str) -> SandboxUser:
        """The user behind the token, which must hold one of the scopes.

        Raises:
            Refusal: 401, it is the application's token, or lacks them all.
        """
        if self.user is None:
            raise Refusal(401, "Missing User OAUTH Token")
        if scopes and not set(scopes) & set(self.scopes):
            raise Refusal(401, f"Missing scope: {' or '.join(scopes)}")
        return self.user

    def as_self(self, name: str, *scopes: str) -> SandboxUser:
        """The user behind the token, whom the parameter ``name`` must mean.

        Raises:
            Refusal: 400 or 401.
        """
        wanted, user = self.required(name), self.signed_by(*scopes)
        if wanted != user.id:
            raise Refusal(401, f"The ID in {name} must match the user ID found in the request's OAuth token.")
        return user

    def fields(self) -> Mapping[str, Any]:
        """The body, which must be an object.

        Raises:
            Refusal: 400, it is not.
        """
        body: object = self.body
        if not isinstance(body, dict):
            raise Refusal(400, "The request body is not valid JSON.")
        return cast(Json, body)

    def page(self, rows: Sequence[Any], usual: int = 20, most: int = 100) -> tuple[Sequence[Any], Json]:
        """The part of the rows that ``first`` and ``after`` ask for, and the pagination that leads on.

        Raises:
            Refusal: 400, one of them makes no sense.
        """
        wanted = self.one("first") or str(usual)
        if not (wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= most):
            raise Refusal(400, f'The parameter "first" was malformed: the value must be between 1 and {most}')
        start = _offset(self.one("after"))
        end = start + int(wanted)
        return rows[start:end], {"cursor": _cursor(end)} if end < len(rows) else {}


Handler = Callable[[Call], Awaitable[Response]]
Handlers = Mapping[tuple[str, str], Handler]
"""By method and path."""


def listed(rows: Sequence[Any], pagination: Json | None = None, status: int = 200, **more: Any) -> Response:
    """Rows under ``data``."""
    answer: Json = {"data": list(rows)} | more
    return JSONResponse(answer if pagination is None else answer | {"pagination": pagination}, status)


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(f"row {offset}".encode()).decode()


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        number = base64.urlsafe_b64decode(cursor).decode().removeprefix("row ")
        return int(number)
    except (binascii.Error, ValueError):
        raise Refusal(400, 'The parameter "after" was malformed: the cursor is invalid') from None
