"""A double of Twitch that is never the bottleneck: little checking, frames made beforehand, several in each write."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson
from aiohttp import web

from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import BOT, STREAMER

FRAMES_A_WRITE = 50
QUIET_SECONDS = 600
"""The welcome's keepalive: longer than any run, so that no keepalive frame is needed."""

NAMES = {BOT.id: BOT.login, STREAMER.id: STREAMER.login}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a bot answered to one message, and when (``time.perf_counter``)."""

    text: str
    at: float


class Double:
    """One bot's Twitch. Make it with ``double()``."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: dict[str, Answer] = {}
        """The first answer to each message, by the message's id."""
        self.answered = asyncio.Event()
        self._listening = asyncio.Event()
        self._sessions: dict[str, web.Request] = {}
        self._chat: web.Request | None = None
        self._numbers = count(1)

    def app(self) -> web.Application:
        """The routes that a bot needs to start, hear and answer."""
        app = web.Application()
        app.router.add_post("/oauth2/token", self._token)
        app.router.add_get("/oauth2/validate", self._validate)
        app.router.add_get("/helix/users", self._users)
        app.router.add_route("*", "/helix/eventsub/subscriptions", self._subscriptions)
        app.router.add_post("/helix/chat/messages", self._messages)
        app.router.add_get("/ws", self._socket)
        return app

    async def listening(self) -> None:
        """Wait until a bot has subscribed to chat."""
        await self._listening.wait()

    async def send(self, blob: bytes) -> None:
        """Send frames to who listens to chat; waits while the bot does not read. A bot that is gone hears nothing."""
        assert self._chat is not None
        transport = self._chat.transport
        if transport is None or transport.is_closing():
            return
        transport.write(blob)
        if self._chat.protocol._paused:
            await self._chat.protocol._drain_helper()

    async def flood(self, recorded: Sequence[bytes]) -> None:
        """Send recorded frames as fast as the bot takes them."""
        for start in range(0, len(recorded), FRAMES_A_WRITE):
            await self.send(b"".join(recorded[start : start + FRAMES_A_WRITE]))

    async def stream(self, recorded: Sequence[bytes], rate: int, step: float = 0.005) -> None:
        """Send recorded frames at an even pace, so many a second, every ``step`` seconds some."""
        began, sent = time.perf_counter(), 0
        while sent < len(recorded):
            await asyncio.sleep(began + sent / rate + step - time.perf_counter())
            due = int((time.perf_counter() - began) * rate)
            await self.send(b"".join(recorded[sent:due]))
            sent = due

    async def answers_to(self, ids: Iterable[str], seconds: float) -> None:
        """Wait until all these messages are answered, or for so many seconds."""
        missing = set(ids)
        try:
            async with asyncio.timeout(seconds):
                while missing := missing - self.answers.keys():
                    self.answered.clear()
                    await self.answered.wait()
        except TimeoutError:
            return

    async def _token(self, _: web.Request) -> web.Response:
        return _json({"access_token": "app", "expires_in": 14_400, "token_type": "bearer"})

    async def _validate(self, request: web.Request) -> web.Response:
        user_id = request.headers["Authorization"].split()[-1].removeprefix("token-of-")
        answer: dict[str, Any] = {"client_id": "client", "scopes": [], "expires_in": 14_400}
        return _json(answer | ({"login": NAMES[user_id], "user_id": user_id} if user_id in NAMES else {}))

    async def _users(self, request: web.Request) -> web.Response:
        return _json({"data": [_user(user_id) for user_id in request.query.getall("id", [])]})

    async def _subscriptions(self, request: web.Request) -> web.Response:
        if request.method != "POST":
            return _json({"data": [], "total": 0, "total_cost": 0, "max_total_cost": 10, "pagination": {}})
        body = orjson.loads(await request.read())
        if body["type"] == "channel.chat.message":
            self._chat = self._sessions[body["transport"]["session_id"]]
            self._listening.set()
        made = {**body, "id": f"subscription-{next(self._numbers)}", "status": "enabled", "cost": 0}
        return _json({"data": [made], "total": 1, "total_cost": 0, "max_total_cost": 10}, 202)

    async def _messages(self, request: web.Request) -> web.Response:
        at = time.perf_counter()
        body = orjson.loads(await request.read())
        self.answers.setdefault(body.get("reply_parent_message_id") or "", Answer(body["message"], at))
        self.answered.set()
        sent = {"message_id": f"answer-{next(self._numbers)}", "is_sent": True, "drop_reason": None}
        return _json({"data": [sent]})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        session_id = f"session-{next(self._numbers)}"
        self._sessions[session_id] = request
        await socket.send_str(orjson.dumps(frames.welcome(session_id, QUIET_SECONDS, datetime.now(UTC))).decode())
        async for _ in socket:
            pass
        return socket


def _json(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def _user(user_id: str) -> dict[str, str]:
    login = NAMES[user_id]
    empty = dict.fromkeys(("type", "broadcaster_type", "description", "profile_image_url", "offline_image_url"), "")
    return {"id": user_id, "login": login, "display_name": login, "created_at": "2020-01-01T00:00:00Z", **empty}


@asynccontextmanager
async def double() -> AsyncGenerator[Double]:
    """A double on a free port of this machine."""
    twitch = Double()
    runner = web.AppRunner(twitch.app(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        twitch.port = runner.addresses[0][1]
        yield twitch
    finally:
        await runner.cleanup()
