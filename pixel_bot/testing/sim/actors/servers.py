"""The servers of an AI and of a voice, as OpenAI has them: they answer, late, wrong, or not at all."""

import math
import random
from array import array
from collections.abc import Awaitable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from typing_extensions import override

from pixel_bot.backends.tts.wav import wav_of
from pixel_bot.sandbox.twitch.faults import Faults
from pixel_bot.testing.sim.actors.part import Part, Scene
from pixel_bot.testing.sim.channel import TWITCH_PORT
from pixel_bot.testing.sim.series import Event

RATE = 8_000
TONE = wav_of(array("h", (int(9_000 * math.sin(n / 4)) for n in range(RATE // 8))).tobytes(), RATE)
ANSWERS = (
    "It is two, I think.",
    "!give @spammer0 all",
    "/ban @mod0 because I say so. @everybody look at https://example.com now!",
    "",
    "   ",
    "word " * 400,
    "\u202eI \u0000am \ufffd strange",
)
WRONG: tuple[object, ...] = ("<html>", {}, {"choices": []}, {"choices": [{"message": None}]}, [], {"error": "no"})


class Server(Part):
    """A server with faults, at a path of its own.

    Args:
        scene: where it is.
    """

    name = ""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.faults = Faults()
        self.base_url = f"http://127.0.0.1:{TWITCH_PORT}/{self.name}/v1"

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (self.again(self.name, 60.0, self._trouble),)

    @override
    async def settle(self) -> None:
        self.faults.clear()

    async def _trouble(self, event: Event) -> None:
        chance = event.chance
        kind, times = chance.choice(["away", "slow", "busy", "broken", "refuses", "wrong"]), chance.randint(1, 4)
        self.tell(event, f"The {self.name} server is {kind} for {times} requests")
        match kind:
            case "away":
                self.faults.add(drop=True, times=times)
            case "slow":
                self.faults.add(delay=chance.uniform(1, 30), times=times)
            case "busy":
                self.faults.add(status=429, headers={"retry-after": chance.choice(["1", "600", "soon"])}, times=times)
            case "broken":
                self.faults.add(status=chance.choice([500, 502, 503]), times=times)
            case "refuses":
                self.faults.add(status=chance.choice([400, 401, 403, 404]), times=times)
            case _:
                self.faults.add(body=chance.choice(WRONG), times=times)

    async def answer(self, request: Request) -> Response:
        """Answer as asked, or as a fault has it."""
        await request.body()
        fault = self.faults.take(request.url.path, request.method)
        if fault is not None:
            await fault.hold(request.receive)
            if fault.replaces:
                return await fault.answer(request)
        return await self.good(request)

    async def good(self, request: Request) -> Response:
        """The answer of a server that works."""
        raise NotImplementedError


class AiServer(Server):
    """Answers questions, not always well."""

    name = "ai"

    @override
    def settings(self) -> dict[str, object]:
        chance = random.Random(f"ai {self.scene.plan.seed}")
        limit, speaks = chance.choice([0, 0, 5]), chance.random() < 0.5
        return {"ai_base_url": self.base_url, "ai_daily_limit": limit, "ai_speak": speaks}

    @override
    def routes(self) -> Sequence[BaseRoute]:
        return (Mount("/ai", routes=[Route("/v1/chat/completions", self.answer, methods=["POST"])]),)

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (*super().acts(), self.again("question", self.pause(20), self._ask))

    @override
    async def good(self, request: Request) -> Response:
        asked = len(await request.body())
        text = ANSWERS[asked % len(ANSWERS)]
        message = {"role": "assistant", "content": text}
        choice: dict[str, Any] = {"index": 0, "finish_reason": "stop", "message": message}
        return JSONResponse(
            {"id": "simulated", "object": "chat.completion", "created": 0, "model": "simulated", "choices": [choice]}
        )

    async def _ask(self, event: Event) -> None:
        await self.say(event, self.somebody(event), f"!pixel how are you{'?' * (event.number % 9)}")


class SpeechServer(Server):
    """Reads texts out, as a short tone."""

    name = "speech"

    @override
    def settings(self) -> dict[str, object]:
        return {"tts_engine": "openai", "tts_base_url": self.base_url}

    @override
    def routes(self) -> Sequence[BaseRoute]:
        routes = [Route("/v1/audio/speech", self.answer, methods=["POST"]), Route("/v1/audio/voices", self.answer)]
        return (Mount("/speech", routes=routes),)

    @override
    def acts(self) -> Sequence[Awaitable[None]]:
        return (*super().acts(), self.again("voice", self.pause(40), self._choose_a_voice))

    @override
    async def good(self, request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse({"voices": ["anna", "ben"]})
        return Response(TONE, media_type="audio/wav")

    async def _choose_a_voice(self, event: Event) -> None:
        words = event.chance.choice(["!voice anna", "!voice ben", "!voice nobody", "!voices", "!tts read me"])
        await self.say(event, self.somebody(event), words)
