"""WAV files of every kind."""

import asyncio
import math
import struct
import wave
from array import array
from collections.abc import Awaitable, Callable
from io import BytesIO

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pixel_bot.backends.tts import Speech
from pixel_bot.web.server import WebServer

RATE = 8_000
HUM = [math.sin(i / 5) / 2 for i in range(RATE)]
"""One second."""


def samples_of(speech: Speech) -> "array[int]":
    with wave.open(BytesIO(speech.wav)) as file:
        assert file.getsampwidth() == 2
        assert file.getnframes() / file.getframerate() == speech.seconds
        return array("h", file.readframes(file.getnframes()))


def riff(fmt: bytes, data: bytes, *, riff_size: int | None = None, data_size: int | None = None) -> bytes:
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"LIST" + struct.pack("<I", 3) + b"odd\0"
    body += b"data" + struct.pack("<I", len(data) if data_size is None else data_size) + data
    return b"RIFF" + struct.pack("<I", len(body) if riff_size is None else riff_size) + body


def fmt(coding: int, bits: int, channels: int = 1) -> bytes:
    width = bits // 8 * channels
    return struct.pack("<HHIIHH", coding, channels, RATE, RATE * width, width, bits)


def packed(bits: int) -> bytes:
    if bits == 8:
        return bytes(round(128 + 127 * s) for s in HUM)
    top = 2 ** (bits - 1) - 1
    return b"".join(round(top * s).to_bytes(bits // 8, "little", signed=True) for s in HUM)


class SpeechDouble:
    """A server with ``/v1/audio/speech``; answers what the test says, once each, then a second of speech."""

    def __init__(self) -> None:
        self.web = WebServer("127.0.0.1", 0)
        self.next: list[Callable[[], Awaitable[Response]]] = []
        self.asked: list[dict[str, str]] = []
        self.keys: list[str | None] = []
        self.voices: Response = JSONResponse({"detail": "Not Found"}, 404)

    @property
    def url(self) -> str:
        return f"http://{self.web.address}/v1"

    async def speech(self, request: Request) -> Response:
        self.asked.append(await request.json())
        self.keys.append(request.headers.get("authorization"))
        if self.next:
            return await self.next.pop(0)()
        return Response(
            riff(fmt(1, 16), packed(16), riff_size=0xFFFFFFFF, data_size=0xFFFFFFFF), media_type="audio/wav"
        )

    async def list_voices(self, request: Request) -> Response:
        return self.voices

    def answer(self, *answers: Response) -> None:
        for answer in answers:
            self.next.append(lambda answer=answer: asyncio.sleep(0, answer))
