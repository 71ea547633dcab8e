"""Client of Twitch's Helix API: a path, a role whose token is used, rows that come back as structs, one error class."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Generic, Literal, Protocol, TypeVar

import msgspec
from twitchio import HTTPException
from twitchio.http import Route
from typing_extensions import override

from pixel_bot.errors import PixelError
from pixel_bot.platforms.decoding import Unreadable, decode, decoder_of
from pixel_bot.platforms.twitch.helix_structs import Row
from pixel_bot.platforms.wire import NoAnswer, without_secrets

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R", bound=Row)

Role = Literal["bot", "broadcaster"]


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


class UnreadableAnswer(HelixError):
    """An answer came that is not what it should be: what was asked for may have been done."""

    def __init__(self) -> None:
        super().__init__(0, "its answer cannot be read")


class NotSignedIn(HelixError):
    """The account is not signed in, or its sign-in has ended."""

    def __init__(self, role: Role) -> None:
        super().__init__(401, f"the {role} account is not signed in")


class Helix(Protocol):
    """The requests. Each raises ``HelixError``; transient failures were retried for some seconds before.

    ``row`` is the struct of a row (``helix_structs``). ``role`` None asks as the application. Parameters may be lists.
    """

    async def get(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        """The rows under ``data``, of all pages."""
        ...

    async def first_page(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        """The rows under ``data`` of the first page alone: the best matches of a search."""
        ...

    async def create(self, path: str, role: Role | None, row: type[R], body: Any, **params: Any) -> R:
        """POST. Returns the new row."""
        ...

    async def call(self, method: str, path: str, role: Role | None, body: Any = None, **params: Any) -> None:
        """PATCH, PUT or DELETE, or a POST whose answer says nothing new."""
        ...


class Requests(Protocol):
    """What sends a request of TwitchIO's; see ``TwitchHttp``."""

    async def fetch(self, route: Route) -> bytes:
        """Send it. Returns the body of the answer as it came."""
        ...


MOST_PAGES = 200


class TwitchHelix(Helix):
    """``Helix`` over TwitchIO's routes."""

    def __init__(self, http: Requests) -> None:
        self._http = http

    @override
    async def get(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        """The rows under ``data``, of all pages."""
        rows: list[R] = []
        after = ""
        for _ in range(MOST_PAGES):
            body = await self._request("GET", path, role, None, params | ({"after": after} if after else {}))
            found, after = read_page(body, row)
            rows += found
            if not after:
                break
        return rows

    @override
    async def first_page(self, path: str, role: Role | None, row: type[R], **params: Any) -> list[R]:
        """The rows under ``data`` of the first page alone."""
        return read_page(await self._request("GET", path, role, None, params), row)[0]

    @override
    async def create(self, path: str, role: Role | None, row: type[R], body: Any, **params: Any) -> R:
        """POST. Returns the new row."""
        answer = await self._request("POST", path, role, body, params)
        rows, _ = read_page(answer, row)
        if not rows:
            raise UnreadableAnswer
        return rows[0]

    @override
    async def call(self, method: str, path: str, role: Role | None, body: Any = None, **params: Any) -> None:
        """PATCH, PUT or DELETE."""
        answer = await self._request(method, path, role, body, params)
        if answer:
            _check(_OBJECTS, answer)

    async def _request(self, method: Any, path: str, role: Role | None, body: Any, params: dict[str, Any]) -> bytes:
        route = Route(method, path, params=dict(params), json=body, token_for=role or "")
        try:
            return await self._http.fetch(route)
        except HTTPException as exc:
            raise HelixError(exc.status, without_secrets(exc.extra.get("message"))) from None
        except NoAnswer as exc:
            raise HelixError(0, str(exc)) from None


class _Pagination(msgspec.Struct, gc=False):
    cursor: str = ""


class _Page(msgspec.Struct, Generic[T], gc=False):
    data: list[T]
    pagination: _Pagination = msgspec.field(default_factory=_Pagination)


class _AnyPage(msgspec.Struct, gc=False):
    data: list[msgspec.Raw]
    pagination: msgspec.Raw = msgspec.Raw(b"{}")


class _Object(msgspec.Struct, gc=False):
    """Any object, and not the page of a proxy."""


_OBJECTS = msgspec.json.Decoder(_Object)
_LOOSE = msgspec.json.Decoder(_AnyPage)


def read_page(body: bytes, row: type[R]) -> tuple[list[R], str]:
    """The rows of a page, and the cursor of the next one; empty after the last.

    Raises:
        UnreadableAnswer: there are none, or one that is needed cannot be read; others are left out.
    """
    try:
        page = decode(decoder_of(_Page[row]), body)
        return page.data, page.pagination.cursor
    except Unreadable as exc:
        log.info("Twitch's answer cannot be read, or not all of it (%s): %s", row.__name__, exc)
    loose = _check(_LOOSE, body)
    rows = list(_readable(loose.data, row))
    if row.is_needed and len(rows) < len(loose.data):
        raise UnreadableAnswer
    return rows, next((page.cursor for page in _readable([loose.pagination], _Pagination)), "")


def _check(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decode(decoder, body)
    except Unreadable:
        raise UnreadableAnswer from None


def _readable(pieces: Iterable[msgspec.Raw], kind: type[T]) -> Iterator[T]:
    for piece in pieces:
        with suppress(Unreadable):
            yield decode(decoder_of(kind), piece)
