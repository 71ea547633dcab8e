"""A Twitch client over a script of answers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from multidict import CIMultiDict
from twitchio.http import Route
from typing_extensions import override

from pixel_bot.platforms.twitch.accounts import Accounts, Tokens, TwitchAccount
from pixel_bot.platforms.twitch.http import TwitchHttp
from pixel_bot.platforms.twitch.oauth import OAuth
from pixel_bot.platforms.wire import Answer, NoAnswer, Wire

BOT = TwitchAccount("bot", "1", "bot", "Bot", frozenset(), Tokens("access-1", "refresh-1"))
FINE: Mapping[str, Any] = {"data": [{"id": "x"}]}


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    """What Twitch answers; an error has its message."""
    pairs = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, CIMultiDict(pairs), raw({"message": body} if isinstance(body, str) else body))


def raw(body: Any) -> bytes:
    """A body as it comes over the wire; a text is none of JSON."""
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


@dataclass
class Script(Wire):
    """Answers as a test wants it: those of the sign-in server, and those of the API, each in order."""

    session: aiohttp.ClientSession
    sign_in: list[Answer | None] = field(default_factory=list[Answer | None])
    api: list[Answer | None] = field(default_factory=list[Answer | None])
    grants: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    """The parameters of each request for tokens."""
    tokens: list[str] = field(default_factory=list[str])
    """What each request to the API was signed with."""
    good: set[str] = field(default_factory=set[str])
    """Where it is not empty, all but these tokens are answered 401."""
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is not set, the sign-in server thinks."""

    @override
    async def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        timeout: Any = None,
    ) -> Answer:
        if "oauth2/token" in url:
            self.grants.append(params or {})
            await self.hold.wait()
            return self._next(self.sign_in)
        if "oauth2/" in url:
            return self._next(self.sign_in)
        token = (headers or {})["Authorization"].removeprefix("Bearer ")
        self.tokens.append(token)
        await asyncio.sleep(0)
        if self.good and token not in self.good:
            return answer(401, "Invalid OAuth token")
        return self._next(self.api) if self.api else answer(200, FINE)

    def _next(self, answers: list[Answer | None]) -> Answer:
        if (given := answers.pop(0)) is None:
            raise NoAnswer("nobody there")
        return given


class Bench:
    """Requests over a scripted wire; pauses are noted and not waited for."""

    def __init__(self, wire: Script) -> None:
        self.wire = wire
        self.pauses: list[float] = []
        self.accounts = Accounts()
        self.oauth = OAuth(wire, "https://id.example/", "https://api.example/", "client", "a-secret-of-ours")
        self.http = TwitchHttp("client", self.accounts, self.oauth, wire, self._pause)
        wire.hold.set()

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def ask(self, method: Any = "GET", who: str = "bot") -> Any:
        return await self.http.request(Route(method, "streams", token_for=who))

    @property
    def asked(self) -> int:
        return len(self.wire.tokens)
