"""How requests of cogs are sent: over one pool of connections, or by what a test has instead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
import orjson
from typing_extensions import override

from pixel_bot.wording.texts import later

MOST_BYTES = 8 * 2**20


class NoAnswer(Exception):
    """No answer came; ``str(error)`` is the reason in a word, and holds no address."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it is sent."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    seconds: float

    @property
    def host(self) -> str:
        """The server's name."""
        return urlsplit(self.url).hostname or "nowhere"

    def json(self) -> Any:
        """The body as JSON; None where there is none."""
        return None if self.body is None else orjson.loads(self.body)

    @override
    def __repr__(self) -> str:
        return f"HttpRequest({self.method} {self.host})"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back: the status, the headers by their names in lower case, and the body as it came."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    raw: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.raw.decode(errors="replace")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: it is none.
        """
        return orjson.loads(self.raw)


class Transport(Protocol):
    """Sends one request, once."""

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Send it. Any answer is returned, also a refusal.

        Raises:
            NoAnswer: none came.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class PooledTransport(Transport):
    """Sends over one pool of connections, which is opened with the first request."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @override
    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Send it."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            async with self._session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.body,
                allow_redirects=request.method in {"GET", "HEAD"},
                timeout=aiohttp.ClientTimeout(total=request.seconds),
            ) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                return HttpAnswer(response.status, headers, await _whole(response.content))
        except TimeoutError:
            reason = later("no answer in time")
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            reason = type(exc).__name__
        # Outside of the handler: an error of aiohttp's may hold the address, and would come along as the context.
        raise NoAnswer(reason)

    @override
    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def _whole(content: aiohttp.StreamReader) -> bytes:
    """All of a body.

    Raises:
        ValueError: it is longer than anything that a cog should hold in memory.
    """
    raw = bytearray()
    async for piece in content.iter_any():
        raw += piece
        if len(raw) > MOST_BYTES:
            raise ValueError("the answer is too long")
    return bytes(raw)
