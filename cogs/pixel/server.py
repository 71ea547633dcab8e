"""One question to an OpenAI-compatible server over HTTP, and every way in which that fails.

The SDK is imported when the first question comes, in a thread, because that takes the better part of a second.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from pixel_bot.plugin import fit, hide, later, redact, with_version

from .settings import Settings

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

log = logging.getLogger(__name__)

OPENAI_URL = "https://api.openai.com/v1"
# Servers without keys want a header all the same.
NO_KEY = "none"
_ANSWER_TOKENS = 150
# A model that thinks before it speaks spends tokens on that too.
_THINKING_TOKENS = 1_500

NOT_SET_UP = later("The AI is not set up right. The streamer finds the reason in the bot's log.")
TOO_SLOW = later("The AI took too long to answer.")
TOO_BUSY = later("The AI has too much to do right now. Please try again in a minute.")
AWAY = later("The AI cannot be reached right now.")
NOTHING_TO_SAY = later("The AI found nothing to say that fits this chat.")


class AiFailure(Exception):
    """A request that brought no answer.

    Attributes:
        sentence: the one for the viewer.
        why: what the streamer reads in the log; it holds no secret.
        again: whether a second request makes sense.
        wait: seconds that the server asked to wait before it; None when it did not.
    """

    def __init__(self, sentence: str, why: str, *, again: bool = False, wait: float | None = None) -> None:
        self.sentence = sentence
        self.why = why
        self.again = again
        self.wait = wait
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model wrote. ``unfinished`` means that it ran out of tokens."""

    text: str
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class _Budget:
    """How a server is told to be brief: newer models of OpenAI know only one name, older servers only the other."""

    name: str
    tokens: int = _ANSWER_TOKENS

    def renamed(self) -> "_Budget":
        other = "max_tokens" if self.name == "max_completion_tokens" else "max_completion_tokens"
        return replace(self, name=other)


class ChatServer:
    """A server with ``/chat/completions``. What was learnt about it is kept for the next question.

    Args:
        settings: of this cog.
        seconds: how long one request may take.
        count_call: awaited before each request; what it raises goes through, and no request is made.
    """

    def __init__(self, settings: Settings, seconds: float, count_call: Callable[[], Awaitable[None]]) -> None:
        self._url = with_version(settings.base_url).removesuffix("/chat/completions") or OPENAI_URL
        self._key = settings.api_key.get_secret_value().strip() or NO_KEY
        self._model = settings.model
        self._seconds = seconds
        self._count_call = count_call
        self._budget = _Budget("max_completion_tokens" if self._url == OPENAI_URL else "max_tokens")
        self._client: AsyncOpenAI | None = None
        self._connecting = asyncio.Lock()
        if self._key != NO_KEY:
            hide(self._key)

    async def complete(self, system: str, user: str) -> Reply:
        """Ask once; a second time at once where the server refuses only the name of the token limit.

        Raises:
            AiFailure: when no answer came.
        """
        client = await self._connected()
        budget = self._budget
        try:
            return await self._request(client, budget, system, user)
        except _BudgetRefused:
            self._budget = budget.renamed()
        return await self._request(client, self._budget, system, user)

    def allow_thinking(self) -> None:
        """Raise the token limit for reasoning from the next request on."""
        self._budget = replace(self._budget, tokens=_THINKING_TOKENS)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _connected(self) -> "AsyncOpenAI":
        _check(self._url, self._key)
        async with self._connecting:
            if self._client is None:
                self._client = await asyncio.to_thread(_open, self._url, self._key, self._seconds)
            return self._client

    async def _request(self, client: "AsyncOpenAI", budget: _Budget, system: str, user: str) -> Reply:
        import openai

        await self._count_call()
        # The failure is raised outside of the handlers, so that no foreign error is its context: those hold the key.
        try:
            async with asyncio.timeout(self._seconds):
                completion = await client.chat.completions.create(
                    model=self._model,
                    messages=[{"role": "system", "content": system}, {"role": "user", "content": user}],
                    extra_body={budget.name: budget.tokens},
                )
        except (TimeoutError, openai.APITimeoutError):
            failure = AiFailure(TOO_SLOW, f"The AI server did not answer within {self._seconds:g} s.", again=True)
        except openai.APIStatusError as exc:
            failure = self._refusal(exc, budget)
        except openai.APIConnectionError:
            failure = AiFailure(AWAY, "The AI server cannot be reached. Is it running? Check AI_BASE_URL.", again=True)
        except (openai.OpenAIError, ValueError):
            failure = _gibberish()
        else:
            return _reply(completion)
        raise failure

    def _refusal(self, exc: "APIStatusError", budget: _Budget) -> AiFailure:
        status, words = exc.status_code, exc.message
        if status in {400, 422} and budget.name in words:
            return _BudgetRefused(NOT_SET_UP, f"The AI server takes no {budget.name} (HTTP {status}). Check AI_MODEL.")
        if status == 402 or exc.code == "insufficient_quota":
            return AiFailure(NOT_SET_UP, f"The AI account has no credit left (HTTP {status}). Check its billing page.")
        if status == 429:
            why = "The AI server gets too many requests (HTTP 429)."
            return AiFailure(TOO_BUSY, why, again=True, wait=_seconds_to_wait(exc.response.headers))
        if status in {408, 409} or status >= 500:
            why = f"The AI server has a problem of its own (HTTP {status})."
            return AiFailure(AWAY, why, again=True, wait=_seconds_to_wait(exc.response.headers))
        return AiFailure(NOT_SET_UP, _advice(status, self._quoted(words)))

    def _quoted(self, words: str) -> str:
        """The server's own words, without the key that some servers repeat."""
        return fit(redact(words.replace(self._key, "[hidden]") if self._key != NO_KEY else words), 200)


class _BudgetRefused(AiFailure):
    """The server does not know the token limit by this name."""


def _open(url: str, key: str, seconds: float) -> "AsyncOpenAI":
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key=key, base_url=url, timeout=seconds, max_retries=0)
    # The SDK loads this part when it is first touched: here, in the thread, and not in the event loop.
    _completions = client.chat.completions
    return client


def _check(url: str, key: str) -> None:
    """Refuse what the SDK would choke on in ways that repeat the key or the address."""
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise AiFailure(NOT_SET_UP, "AI_API_KEY holds characters that no key has. Copy it again.")
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
        password = parts.password
    except ValueError:
        good, password = False, None
    if not good:
        raise AiFailure(NOT_SET_UP, "AI_BASE_URL is no web address. Write it like http://localhost:11434/v1")
    if password:
        hide(password)


def _advice(status: int, words: str) -> str:
    """What the streamer should check. A refused key is not worth quoting: some servers repeat parts of it."""
    if status == 401:
        return "The AI server refuses the key (HTTP 401). Check AI_API_KEY."
    if status == 403:
        return "The AI server does not let this key use the model (HTTP 403). Check AI_API_KEY and AI_MODEL."
    if status == 404:
        return (
            "The AI server does not know the address or the model (HTTP 404). "
            f"Check AI_BASE_URL (most end with /v1) and AI_MODEL. It said: {words}"
        )
    return f"The AI server refuses the question (HTTP {status}). Check AI_MODEL and AI_BASE_URL. It said: {words}"


def _gibberish() -> AiFailure:
    why = "The AI server sent something that is no chat completion. Check AI_BASE_URL: most end with /v1."
    return AiFailure(AWAY, why, again=True)


def _seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _reply(completion: object) -> Reply:
    """What a server sent. The SDK checks nothing of it, so any part may be missing or something else."""
    choices: object = getattr(completion, "choices", None)
    if not isinstance(choices, list) or not choices:
        raise _gibberish()
    first = cast(object, choices[0])
    content: object = getattr(getattr(first, "message", None), "content", None)
    return Reply(content if isinstance(content, str) else "", getattr(first, "finish_reason", None) == "length")
