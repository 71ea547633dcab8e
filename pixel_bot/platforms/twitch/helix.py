"""Client of Twitch's Helix API: a path, a role whose token is used, rows that come back, and one error class."""

from typing import Any, Literal, Protocol, cast

from twitchio import HTTPException
from twitchio.http import Route

from pixel_bot.errors import PixelError
from pixel_bot.platforms.wire import NoAnswer, message_of

Role = Literal["bot", "broadcaster"]
Row = dict[str, Any]


class HelixError(PixelError):
    """Twitch refused, or could not be asked. ``status`` is 0 where no answer came; its text holds no secret."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(f"Twitch answered {status}: {message}" if status else f"Twitch cannot be reached: {message}")

    @property
    def may_pass(self) -> bool:
        """True for a transient failure: no answer, too many requests, a server error."""
        return self.status in {0, 429} or self.status >= 500


class NotSignedIn(HelixError):
    """The account is not signed in, or its sign-in has ended."""

    def __init__(self, role: Role) -> None:
        super().__init__(401, f"the {role} account is not signed in")


class Helix(Protocol):
    """The requests. Each raises ``HelixError``; transient failures were retried for some seconds before."""

    async def get(self, path: str, role: Role | None, **params: Any) -> list[Row]:
        """The rows under ``data``, of all pages. A parameter may be a list; ``role`` None asks as the application."""
        ...

    async def call(self, method: str, path: str, role: Role | None, body: Any = None, **params: Any) -> list[Row]:
        """POST, PATCH, PUT or DELETE. Returns the rows under ``data``, if any."""
        ...


class Requests(Protocol):
    """What sends a request of TwitchIO's; see ``TwitchHttp``."""

    async def request(self, route: Route) -> Any:
        """Send it. Returns the body of the answer."""
        ...


MOST_PAGES = 200


class TwitchHelix:
    """``Helix`` over TwitchIO's routes."""

    def __init__(self, http: Requests) -> None:
        self._http = http

    async def get(self, path: str, role: Role | None, **params: Any) -> list[Row]:
        """The rows under ``data``, of all pages."""
        rows: list[Row] = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            body = await self._request("GET", path, role, None, params | ({"after": after} if after else {}))
            if not _has_rows(body):
                raise HelixError(0, "its answer cannot be read")
            rows += _rows(body)
            after = _cursor(body)
            if not after:
                break
        return rows

    async def call(self, method: str, path: str, role: Role | None, body: Any = None, **params: Any) -> list[Row]:
        """POST, PATCH, PUT or DELETE. Returns the rows under ``data``, if any."""
        return _rows(await self._request(method, path, role, body, params))

    async def _request(self, method: Any, path: str, role: Role | None, body: Any, params: dict[str, Any]) -> Any:
        route = Route(method, path, params=dict(params), json=body, token_for=role or "")
        try:
            return await self._http.request(route)
        except HTTPException as exc:
            raise HelixError(exc.status, message_of(exc.extra)) from None
        except NoAnswer as exc:
            raise HelixError(0, str(exc)) from None


def _has_rows(body: Any) -> bool:
    return isinstance(body, dict) and isinstance(cast(Row, body).get("data"), list)


def _rows(body: Any) -> list[Row]:
    data: Any = cast(Row, body).get("data") if isinstance(body, dict) else None
    return [cast(Row, row) for row in cast(list[Any], data) if isinstance(row, dict)] if isinstance(data, list) else []


def _cursor(body: Any) -> str:
    page: Any = cast(Row, body).get("pagination") if isinstance(body, dict) else None
    cursor = cast(Row, page).get("cursor") if isinstance(page, dict) else None
    return cursor if isinstance(cursor, str) else ""
