"""Speech by a server."""

import asyncio
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, Response

from pixel_bot.backends.tts import NotSetUp, UnknownVoice, engine_for
from pixel_bot.backends.tts.openai import OPENAI, Server, SpeechServer, server_from
from pixel_bot.backends.tts.wav import wav_of
from pixel_bot.errors import EffectFailed
from pixel_bot.testing import settings_in
from tests.backends.tts.wav import RATE, SpeechDouble


async def test_a_server_speaks(double: SpeechDouble, engine: SpeechServer) -> None:
    assert (await engine.speak("Hello!")).seconds == 1.0
    assert (await engine.speak("Hello!", "NOVA")).seconds == 1.0
    assert double.asked == [
        {"input": "Hello!", "model": "kokoro", "voice": voice, "response_format": "wav"} for voice in ("alloy", "nova")
    ]
    assert double.keys == ["Bearer sk-a-key-of-a-test"] * 2


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_server_that_is_busy_is_asked_once_more(
    double: SpeechDouble, engine: SpeechServer, status: int
) -> None:
    double.answer(Response(status_code=status))
    assert (await engine.speak("Hello!")).seconds == 1.0
    double.answer(*(Response(status_code=status) for _ in range(2)))
    with pytest.raises(EffectFailed, match=r"^The voice is not available right now\.$"):
        await engine.speak("Hello!")
    assert len(double.asked) == 4


@pytest.mark.parametrize("status", [400, 401, 404])
async def test_a_refusal_is_not_repeated(
    double: SpeechDouble, engine: SpeechServer, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    double.answer(JSONResponse({"error": {"message": "Bad key: sk-a-key-of-a-test"}}, status))
    with pytest.raises(EffectFailed, match="not available"):
        await engine.speak("Hello!")
    assert len(double.asked) == 1
    assert str(status) in caplog.text
    assert "sk-a-key-of-a-test" not in caplog.text


@pytest.mark.parametrize("body", [b"", b"<html>", b"ID3" + bytes(500), wav_of(bytes(2 * RATE), RATE)])
async def test_a_wrong_answer_fails(double: SpeechDouble, engine: SpeechServer, body: bytes) -> None:
    double.answer(Response(body, media_type="audio/wav"))
    with pytest.raises(EffectFailed):
        await engine.speak("Hello!")
    assert (await engine.speak("Hello!")).seconds == 1.0


async def test_a_server_that_is_slow_or_gone_fails(double: SpeechDouble) -> None:
    released = asyncio.Event()

    async def hang() -> Response:
        await released.wait()
        return Response()

    double.next.append(hang)
    slow, gone = SpeechServer(Server(double.url, timeout=0.5)), SpeechServer(Server("http://127.0.0.1:9/v1"))
    with pytest.raises(EffectFailed, match="took too long"):
        await slow.speak("Hello!")
    for refused in (gone.speak("Hello!"), gone.voices()):
        with pytest.raises(EffectFailed, match="not available"):
            await refused
    released.set()
    assert len(double.asked) <= 1, "asked again"  # none, where the machine is too slow to send it in time
    await slow.close()
    await gone.close()


@pytest.mark.parametrize(
    "listed",
    [
        {"voices": ["bf_emma", "af_heart"]},
        {"voices": [{"id": "bf_emma"}, {"name": "af_heart"}, {}]},
        ["af_heart", "bf_emma", "bf_emma"],
    ],
)
async def test_a_servers_own_voices_are_known(double: SpeechDouble, engine: SpeechServer, listed: object) -> None:
    double.voices = JSONResponse(listed)
    assert await engine.voices() == ["af_heart", "bf_emma"]
    with pytest.raises(UnknownVoice):
        await engine.speak("Hello!", "alloy")
    assert double.asked == []


@pytest.mark.parametrize(
    "listed", [Response("<html>"), JSONResponse([]), JSONResponse(None), Response(status_code=405)]
)
async def test_a_server_without_a_list_has_the_usual_voices(
    double: SpeechDouble, engine: SpeechServer, listed: Response
) -> None:
    double.voices = listed
    assert {"alloy", "nova"} <= set(await engine.voices())


def test_the_address_and_key_of_the_ai_are_used_where_speech_has_none(tmp_path: Path) -> None:
    def server(**values: str) -> Server:
        return server_from(settings_in(tmp_path, **values))

    assert server(ai_base_url="http://ai/v1/", ai_api_key="ai-key") == Server("http://ai/v1", "ai-key")
    both = server(ai_base_url="http://ai/v1", tts_base_url="http://tts:8880", tts_api_key="tts-key", tts_voice="nova")
    assert both == Server("http://tts:8880/v1", "tts-key", voice="nova")
    assert server(ai_base_url="http://localhost:11434") == Server("http://localhost:11434/v1")
    assert server(tts_api_key="tts-key", tts_model="tts-1") == Server(OPENAI, "tts-key", "tts-1")
    assert "tts-key" not in repr(both)


async def test_a_server_that_nobody_set_is_said_plainly(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    engine = engine_for(settings_in(tmp_path, tts_engine="openai"))
    with pytest.raises(NotSetUp) as caught:
        await engine.speak("Hello!")
    assert "TTS_BASE_URL" in caught.value.fix
    assert caught.value.fix in caplog.text
    await engine.close()
