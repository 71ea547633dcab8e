"""The double's routes: each request is recorded, may meet a fault, is authorised and answered like Twitch's."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from pixel_bot.sandbox.twitch.calls import Call, Handler, Refusal
from pixel_bot.sandbox.twitch.channel_api import Channel
from pixel_bot.sandbox.twitch.double import TwitchDouble
from pixel_bot.sandbox.twitch.faults import RecordedRequest, serve_with_fault, without_secrets
from pixel_bot.sandbox.twitch.oauth import OAuth, bearer, parameters
from pixel_bot.sandbox.twitch.people_api import Moderation, People
from pixel_bot.sandbox.twitch.rewards_api import Rewards
from pixel_bot.sandbox.twitch.stream_api import Stream
from pixel_bot.sandbox.twitch.subscriptions_api import Subscribing
from pixel_bot.web.connections import trust

Work = Callable[[Request], Awaitable[Response]]
REQUESTS_A_MINUTE = 800


@dataclass(slots=True)
class Meter:
    """Counts requests a minute for Twitch's rate-limit headers. It refuses nobody: faults do."""

    minute: int = 0
    used: Counter[str] = field(default_factory=Counter[str])

    def headers(self, who: str) -> Mapping[str, str]:
        """The headers for the next answer to somebody."""
        minute = int(time.time() // 60)
        if minute != self.minute:
            self.minute, self.used = minute, Counter()
        self.used[who] += 1
        return {
            "Ratelimit-Limit": str(REQUESTS_A_MINUTE),
            "Ratelimit-Remaining": str(max(0, REQUESTS_A_MINUTE - self.used[who])),
            "Ratelimit-Reset": str((minute + 1) * 60),
        }


class Endpoints:
    """The routes of one double."""

    def __init__(self, twitch: TwitchDouble) -> None:
        self._twitch = twitch
        self._users = twitch.users
        self._oauth = OAuth(twitch.users)
        self._meter = Meter()

    def routes(self) -> list[BaseRoute]:
        """All routes, to be mounted where TWITCH_ID_URL, TWITCH_HELIX_URL and TWITCH_EVENTSUB_URL point."""
        oauth: dict[tuple[str, str], Work] = {
            ("GET", "authorize"): self._oauth.authorize,
            ("POST", "token"): self._oauth.token,
            ("POST", "device"): self._oauth.device,
            ("GET", "validate"): self._oauth.validate,
            ("POST", "revoke"): self._oauth.revoke,
        }
        helix: dict[tuple[str, str], Handler] = {}
        for part in (Channel, People, Moderation, Stream, Subscribing, Rewards):
            helix |= part(self._twitch).handlers()
        return [
            *(
                Route(f"/oauth2/{path}", self._open(f"oauth2/{path}", work), methods=[method])
                for (method, path), work in oauth.items()
            ),
            *(
                Route(f"/helix/{path}", self._signed(path, handler), methods=[method])
                for (method, path), handler in helix.items()
            ),
            WebSocketRoute("/ws", self._socket),
        ]

    def _open(self, path: str, work: Work) -> Work:
        """A route that needs no token."""

        async def answer(request: Request) -> Response:
            query = without_secrets(parse_qs(request.url.query, keep_blank_values=True))
            form = without_secrets(await parameters(request))
            self._twitch.requests.note(RecordedRequest(request.method, path, query, "", form))
            return await self._with_faults(path, request, lambda: work(request))

        return answer

    def _signed(self, path: str, handler: Handler) -> Work:
        """A route of the API: a good token, and the client that it was made for."""

        async def answer(request: Request) -> Response:
            token = self._users.find(bearer(request))
            user = self._users.by_id(token.user_id) if token is not None and token.user_id is not None else None
            if token is not None:
                trust(request.scope)
            body = _json(await request.body())
            who = user.login if user is not None else ""
            query = parse_qs(request.url.query, keep_blank_values=True)
            self._twitch.requests.note(RecordedRequest(request.method, path, query, who, body))

            async def work() -> Response:
                if token is None:
                    raise Refusal(401, "Invalid OAuth token" if bearer(request) else "OAuth token is missing")
                if request.headers.get("client-id") != token.client_id:
                    raise Refusal(401, "Client ID and OAuth token do not match")
                return await handler(Call(request, user, token.scopes, body))

            response = await self._with_faults(path, request, work)
            for name, value in self._meter.headers(who).items():
                response.headers.setdefault(name, value)
            return response

        return answer

    async def _with_faults(self, path: str, request: Request, work: Callable[[], Awaitable[Response]]) -> Response:
        fault = self._twitch.faults.take(path, request.method)
        if fault is None:
            return await _answer(work)
        answer = await _answer(work) if fault.done or not fault.replaces else None
        await fault.hold(request.receive)
        return await fault.answer(request) if fault.replaces or answer is None else answer

    async def _socket(self, socket: WebSocket) -> None:
        fault = self._twitch.faults.take("ws", "GET")
        await serve_with_fault(fault, socket, lambda: self._twitch.serve_socket(socket))


async def _answer(work: Callable[[], Awaitable[Response]]) -> Response:
    try:
        return await work()
    except Refusal as refusal:
        return refusal.answer()


def _json(body: bytes) -> Any:
    """What a body holds; None where it is no JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
