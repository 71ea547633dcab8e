"""Fixtures of the tests of speech."""

from collections.abc import AsyncGenerator

import pytest
from starlette.routing import Route

from pixel_bot.backends.tts import openai as server_module
from pixel_bot.backends.tts.openai import Server, SpeechServer
from tests.backends.tts.wav import SpeechDouble


@pytest.fixture
async def double(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[SpeechDouble]:
    monkeypatch.setattr(server_module, "RETRY_SECONDS", 0.0)
    speech = SpeechDouble()
    routes = [
        Route("/v1/audio/speech", speech.speech, methods=["POST"]),
        Route("/v1/audio/voices", speech.list_voices),
    ]
    await speech.web.start(routes, [])
    yield speech
    await speech.web.stop()


@pytest.fixture
async def engine(double: SpeechDouble) -> AsyncGenerator[SpeechServer]:
    server = SpeechServer(Server(double.url, "sk-a-key-of-a-test", "kokoro"))
    yield server
    await server.close()
