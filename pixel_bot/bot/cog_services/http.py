"""``bot.http``: one pool of connections for all cogs, with time-outs, retries and secrets that stay secret.

Addresses are never logged and stand in no error, because one may be a secret itself, as that of a webhook is.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson
from pydantic import SecretStr

from pixel_bot.bot.cog_services.http_transport import HttpAnswer, HttpRequest, NoAnswer, PooledTransport, Transport
from pixel_bot.concurrency.retry import backoff
from pixel_bot.errors import ChatError, EffectFailed
from pixel_bot.logs import hide
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)
log = logging.getLogger(__name__)

TRIES = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between two tries. A server that asks for a longer pause is not asked again."""

SECONDS = 10.0

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Sent again also when it is unknown whether the request arrived (RFC 9110, 9.2.2)."""

Text = str | SecretStr


class HttpFailed(EffectFailed, ChatError):
    """A server refused, or could not be reached. The sentence names the server, and no address.

    ``status`` is 0 where no answer came; ``answer`` is what the server said.
    """

    def __init__(self, host: str, answer: HttpAnswer | None, reason: str = "") -> None:
        self.host = host
        self.answer = answer
        self.status = answer.status if answer is not None else 0
        said = _("{host} cannot be reached ({reason}). Try again in a minute.", host=host, reason=_(reason))
        if answer is not None:
            said = _("{host} answered {status}. Try again in a minute.", host=host, status=str(answer.status))
        super().__init__(said)


class CogHttp:
    """HTTP for cogs. What is no success raises ``HttpFailed``, whose sentence can be said in chat."""

    def __init__(
        self, transport: Transport | None = None, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self.transport = transport or PooledTransport()
        """What sends; a test has one of its own."""
        self._sleep = sleep
        self._is_closed = False

    async def get(
        self,
        url: Text,
        *,
        params: Mapping[str, Text] | None = None,
        headers: Mapping[str, Text] | None = None,
        seconds: float = SECONDS,
    ) -> HttpAnswer:
        """GET; see ``request``."""
        return await self.request("GET", url, params=params, headers=headers, seconds=seconds)

    async def post(
        self,
        url: Text,
        json: Any = None,
        *,
        form: Mapping[str, Text] | None = None,
        headers: Mapping[str, Text] | None = None,
        seconds: float = SECONDS,
    ) -> HttpAnswer:
        """POST, with a body of JSON or of form fields; see ``request``."""
        return await self.request("POST", url, json=json, form=form, headers=headers, seconds=seconds)

    async def request(
        self,
        method: str,
        url: Text,
        *,
        params: Mapping[str, Text] | None = None,
        headers: Mapping[str, Text] | None = None,
        json: Any = None,
        form: Mapping[str, Text] | None = None,
        seconds: float = SECONDS,
        idempotent: bool | None = None,
    ) -> HttpAnswer:
        """Send a request. It is tried up to three times, with growing pauses, where that can do no harm.

        Args:
            method: like ``GET``.
            url: http or https. It, parameters, headers and form fields may be a ``SecretStr``.
            params: are added to the address.
            headers: of the request.
            json: the body.
            form: or the body as form fields.
            seconds: for each try.
            idempotent: whether it may be sent twice; None for what HTTP says of the method. A server that is too busy
                (429) is asked again in any case.

        Returns:
            The answer, a success.

        Raises:
            HttpFailed: the server refused, or cannot be reached.
            ValueError: ``url`` is no address.
        """
        built = _built(method.upper(), url, params, headers, json, form, seconds)
        may_repeat = built.method in IDEMPOTENT if idempotent is None else idempotent
        for tries in range(1, TRIES + 1):
            answer, reason = await self._try(built)
            if answer is not None and answer.status < 400:
                return answer
            pause = _pause(answer, tries, may_repeat=may_repeat)
            if pause is None:
                raise HttpFailed(built.host, answer, reason)
            await self._sleep(pause)
        raise AssertionError("the last try has no pause")

    async def close(self) -> None:
        """Close the connections, for good."""
        self._is_closed = True
        await self.transport.close()

    async def _try(self, request: HttpRequest) -> tuple[HttpAnswer | None, str]:
        if self._is_closed:
            return None, later("the bot is stopping")
        try:
            answer = await self.transport.send(request)
        except NoAnswer as exc:
            log.info("No answer from %s to a %s: %s", request.host, request.method, exc)
            return None, str(exc)
        if answer.status >= 400:
            log.info("%s answered a %s with %s.", request.host, request.method, answer.status)
        return answer, ""


def _built(
    method: str,
    url: Text,
    params: Mapping[str, Text] | None,
    headers: Mapping[str, Text] | None,
    json: Any,
    form: Mapping[str, Text] | None,
    seconds: float,
) -> HttpRequest:
    parts = urlsplit(_plain(url))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("An address begins with https:// or http://, and this one does not.")
    if params:
        query = "&".join(filter(None, [parts.query, urlencode(_all_plain(params))]))
        parts = parts._replace(query=query)
    head = {"User-Agent": "PixelBot", **_all_plain(headers or {})}
    body: bytes | None = None
    if json is not None:
        body = orjson.dumps(json)
        head.setdefault("Content-Type", "application/json")
    elif form is not None:
        body = urlencode(_all_plain(form)).encode()
        head.setdefault("Content-Type", "application/x-www-form-urlencoded")
    return HttpRequest(method, urlunsplit(parts), head, body, seconds)


def _plain(value: Text) -> str:
    if isinstance(value, SecretStr):
        secret = value.get_secret_value()
        hide(secret)
        return secret
    return value


def _all_plain(values: Mapping[str, Text]) -> dict[str, str]:
    return {name: _plain(value) for name, value in values.items()}


def _pause(answer: HttpAnswer | None, tries: int, *, may_repeat: bool) -> float | None:
    """Seconds until the next try, with exponential back-off and jitter; None for no further one."""
    if tries >= TRIES:
        return None
    pause = backoff(FIRST_PAUSE, tries)
    if answer is None:
        return pause if may_repeat else None
    if answer.status == 429 or (answer.status >= 500 and may_repeat):
        return _asked_for(answer, pause)
    return None


def _asked_for(answer: HttpAnswer, default: float) -> float | None:
    """The pause that a server asks for; None for one that is too long to wait."""
    try:
        seconds = float(answer.headers.get("retry-after", ""))
    except ValueError:
        return default
    return max(seconds, default) if seconds <= LONGEST_PAUSE else None
