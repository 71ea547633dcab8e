"""HTTP client for the platforms. No error that is raised here holds an address, which could hold a secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec
import orjson

from pixel_bot.logs import redact
from pixel_bot.platforms.decoding import Anything, Unreadable, decode
from pixel_bot.texts import plain

TIMEOUT = aiohttp.ClientTimeout(total=10.0, connect=5.0)
MOST_BYTES = 8 * 2**20
MOST_WORDS = 10_000


class NoAnswer(ConnectionError):
    """The platform could not be reached, or did not answer in time."""

    def __init__(self, reason: str, platform: str = "Twitch") -> None:
        super().__init__(f"no answer from {platform} ({reason})")


class _Refusal(msgspec.Struct, gc=False):
    message: Anything = None


_REFUSALS = msgspec.json.Decoder(_Refusal)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers (in any case), and the body as it came."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The JSON of the body, its text where it is none: for what is built on dictionaries. Parsed anew each time."""
        try:
            return orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            return self.raw.decode(errors="replace")

    @property
    def message(self) -> str:
        """The ``message`` in the body, without secrets; empty where there is none."""
        try:
            return without_secrets(decode(_REFUSALS, self.raw).message)
        except Unreadable:
            return ""


def without_secrets(message: object) -> str:
    """A platform's message as a short text, without secrets that it may repeat; empty for None."""
    # Cut last: half a secret would not be found.
    return plain(redact(str(message or "")[:MOST_WORDS])[:300])


class Wire:
    """Sends HTTP requests over one connection pool. Needs a running event loop.

    Args:
        timeout: for each request.
        platform: the platform's name for error messages.
    """

    def __init__(self, timeout: aiohttp.ClientTimeout = TIMEOUT, platform: str = "Twitch") -> None:
        self.platform = platform
        self.session = aiohttp.ClientSession(timeout=timeout)

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()

    async def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        timeout: aiohttp.ClientTimeout | None = None,
    ) -> Answer:
        """Send a request, with a body of JSON or of form fields, if any. Any answer is returned, also a refusal.

        ``timeout`` applies to this request; without it the pool's.

        Raises:
            NoAnswer: none came.
        """
        body = orjson.dumps(json) if json is not None else form
        extra = {"Content-Type": "application/json"} if json is not None else {}
        try:
            async with self.session.request(
                method,
                url,
                params=params,
                headers={**(headers or {}), **extra},
                data=body,
                allow_redirects=False,
                timeout=timeout or self.session.timeout,
            ) as response:
                return Answer(response.status, response.headers, await _whole(response.content))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as exc:
            reason = type(exc).__name__
        # Outside of the handler: an error of aiohttp's may hold the address, and would come along as the context.
        raise NoAnswer(reason, self.platform)


async def _whole(content: aiohttp.StreamReader) -> bytes:
    """All of a body.

    Raises:
        ValueError: it is longer than anything that a platform has to say.
    """
    raw = bytearray()
    async for piece in content.iter_any():
        raw += piece
        if len(raw) > MOST_BYTES:
            raise ValueError("the answer is too long")
    return bytes(raw)


ENDS = {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
"""Messages of a websocket after which nothing comes any more."""
