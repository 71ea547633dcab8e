"""A client of Twitch's double."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.tokens import ALL_SCOPES
from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUser, SandboxUsers, sandbox_user
from pixel_bot.web.server import WebServer

HERE = "http://localhost:8080/oauth/callback"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
ALICE = sandbox_user("alice")


@dataclass(frozen=True)
class Answer:
    """What the double answered."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def message(self) -> str:
        return self.body["message"]

    @property
    def data(self) -> list[dict[str, Any]]:
        return self.body["data"]


class Double:
    """A double on a port of its own, and a client for it."""

    def __init__(self, web: WebServer, session: aiohttp.ClientSession) -> None:
        self.world = SandboxUsers()
        self.twitch = TwitchDouble(self.world)
        self.web = web
        self.http = session
        self._tokens: dict[tuple[str | None, tuple[str, ...]], str] = {}

    @property
    def url(self) -> str:
        return f"http://{self.web.address}"

    async def oauth(self, method: str, path: str, **params: str) -> Answer:
        """Ask the sign-in; the parameters travel in the address."""
        return await self._ask(method, f"{self.url}/oauth2/{path}", params=params)

    async def token(self, **params: str) -> Answer:
        """Ask for tokens, by a form."""
        client = {"client_id": self.world.client_id, "client_secret": self.world.client_secret}
        return await self._ask("POST", f"{self.url}/oauth2/token", data=client | params)

    async def ask(
        self,
        method: str,
        path: str,
        who: SandboxUser | str | None = STREAMER,
        body: Any = None,
        scopes: Iterable[str] = ALL_SCOPES,
        **params: Any,
    ) -> Answer:
        """Ask the API as somebody (None for the application), or with a token as it is."""
        token = who if isinstance(who, str) else self.token_of(who, scopes)
        headers = {"Authorization": f"Bearer {token}", "Client-Id": self.world.client_id}
        return await self._ask(method, f"{self.url}/helix/{path}", params=params, json=body, headers=headers)

    def token_of(self, who: SandboxUser | None, scopes: Iterable[str] = ALL_SCOPES) -> str:
        """A token of somebody with those scopes; the same one every time."""
        key = (who.id if who is not None else None, tuple(scopes))
        if key not in self._tokens:
            self._tokens[key] = self.world.grant(*key)[0]
        return self._tokens[key]

    async def _ask(self, method: str, url: str, **options: Any) -> Answer:
        async with self.http.request(method, url, allow_redirects=False, **options) as answer:
            is_json = answer.headers.get("content-type", "") == "application/json"
            return Answer(answer.status, await answer.json() if is_json else await answer.text(), answer.headers)


async def validate(double: Double, access: str) -> Answer:
    return await double._ask("GET", f"{double.url}/oauth2/validate", headers={"Authorization": f"OAuth {access}"})
