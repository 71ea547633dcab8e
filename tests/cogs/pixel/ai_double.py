"""A double of an OpenAI-compatible server: real sockets, scripted answers."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pixel_bot.web.server import WebServer

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """What the server does with one request: it answers ``text``, or fails as told.

    Attributes:
        text: the model's words; None where a thinking model ran dry.
        status: the HTTP status; other than 200, ``error`` is sent.
        error: the error's fields.
        headers: more headers of the response.
        raw: sent as it is, as ``raw_type``, in place of a completion.
        hangs: no answer at all until the double ends.
        finish: the completion's ``finish_reason``.
    """

    text: str | None = "Hello from the double."
    status: int = 200
    error: Json = field(default_factory=lambda: Json({"message": "scripted"}))
    headers: dict[str, str] = field(default_factory=dict[str, str])
    raw: str | None = None
    raw_type: str = "application/json"
    hangs: bool = False
    finish: str = "stop"

    def response(self) -> Response:
        """The response over HTTP."""
        if self.raw is not None:
            return Response(self.raw, self.status, media_type=self.raw_type)
        if self.status != 200:
            return JSONResponse({"error": self.error}, self.status, self.headers)
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": self.text},
            "finish_reason": self.finish,
        }
        return JSONResponse({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request that arrived: its path, headers and JSON body."""

    path: str
    headers: dict[str, str]
    body: Json

    @property
    def system(self) -> str:
        """The system message."""
        return self._of("system")

    @property
    def user(self) -> str:
        """The user message."""
        return self._of("user")

    def _of(self, role: str) -> str:
        (content,) = [m["content"] for m in self.body["messages"] if m["role"] == role]
        return content


class AiDouble:
    """Takes its turns in order, and the last one again and again."""

    def __init__(self, url: str, released: asyncio.Event) -> None:
        self.url = url
        self.heard: list[ReceivedRequest] = []
        self._turns: deque[Turn] = deque([Turn()])
        self._released = released

    def will(self, *turns: Turn) -> None:
        """Set what happens with the next requests."""
        self._turns = deque(turns)

    async def chat(self, request: Request) -> Response:
        """``POST .../chat/completions``."""
        self.heard.append(ReceivedRequest(request.url.path, dict(request.headers), await request.json()))
        turn = self._turns.popleft() if len(self._turns) > 1 else self._turns[0]
        if turn.hangs:
            await self._released.wait()
        return turn.response()


@asynccontextmanager
async def ai_double() -> AsyncGenerator[AiDouble]:
    """A running double; ``url`` is what ``AI_BASE_URL`` takes."""
    server = WebServer("127.0.0.1", 0)
    released = asyncio.Event()
    double = AiDouble(f"http://{server.address}/v1", released)
    await server.start([Route("/v1/chat/completions", double.chat, methods=["POST"])], ())
    try:
        yield double
    finally:
        released.set()
        await server.stop()
