"""Speech: the engines, the processes that they run in, and the files that they give."""

import asyncio
import math
import os
import signal
import struct
import subprocess
import sys
import wave
from array import array
from collections.abc import AsyncGenerator, Awaitable, Callable
from io import BytesIO
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pixel_bot.backends.tts import NotSetUp, Speech, UnknownVoice, engine_for, find_voice
from pixel_bot.backends.tts import openai as server_module
from pixel_bot.backends.tts.child import Child
from pixel_bot.backends.tts.espeak import Espeak
from pixel_bot.backends.tts.openai import OPENAI, Server, SpeechServer, server_from
from pixel_bot.backends.tts.piper import Piper
from pixel_bot.backends.tts.wav import speech_of, wav_of
from pixel_bot.errors import ChatError, EffectFailed
from pixel_bot.testing import settings_in
from pixel_bot.web.server import WebServer

RATE = 8_000
HUM = [math.sin(i / 5) / 2 for i in range(RATE)]
"""One second."""
SAME = 0.05
"""Seconds by which eSpeak's own noise may move the end of the same text."""


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


def extensible(coding: int, bits: int) -> bytes:
    guid = struct.pack("<H", coding) + bytes.fromhex("000000001000800000aa00389b71")
    return fmt(0xFFFE, bits) + struct.pack("<HHI", 22, bits, 4) + guid


def packed(bits: int) -> bytes:
    if bits == 8:
        return bytes(round(128 + 127 * s) for s in HUM)
    top = 2 ** (bits - 1) - 1
    return b"".join(round(top * s).to_bytes(bits // 8, "little", signed=True) for s in HUM)


@pytest.mark.parametrize(
    "wav",
    [
        *(riff(fmt(1, bits), packed(bits)) for bits in (8, 16, 24, 32)),
        riff(fmt(3, 32), array("f", HUM).tobytes()),
        riff(fmt(3, 64), array("d", HUM).tobytes()),
        riff(extensible(1, 16), packed(16)),
        riff(extensible(3, 32), array("f", HUM).tobytes()),
        riff(fmt(1, 16), packed(16), riff_size=0xFFFFFFFF, data_size=0xFFFFFFFF),
        riff(fmt(1, 16), packed(16), riff_size=0, data_size=0),
        riff(fmt(1, 16), packed(16), riff_size=36, data_size=0),
        riff(fmt(1, 16), packed(16) + b"\1"),
    ],
)
def test_wav_files_of_every_kind_become_16_bit(wav: bytes) -> None:
    speech = speech_of(wav)
    assert speech.seconds == 1.0
    assert max(abs(a - 32_767 * b) for a, b in zip(samples_of(speech), HUM, strict=True)) < 260  # 8 bits are coarse


def test_stereo_stays_stereo() -> None:
    left = packed(16)
    both = b"".join(left[i : i + 2] + bytes(2) for i in range(0, len(left), 2))
    speech = speech_of(riff(fmt(1, 16, channels=2), both))
    assert speech.seconds == 1.0
    assert samples_of(speech).tobytes() == both


def test_floats_beyond_the_limit_are_held_at_it() -> None:
    wild = [2.0, -3.0, math.inf, -math.inf, math.nan, 0.5]
    speech = speech_of(riff(fmt(3, 32), array("f", wild).tobytes()))
    assert list(samples_of(speech)) == [32_767, -32_767, 32_767, -32_767, 0, 16_384]


def test_speech_ends_softly_after_30_seconds() -> None:
    speech = speech_of(wav_of(array("h", [20_000] * (40 * RATE)).tobytes(), RATE))
    samples = samples_of(speech)
    assert speech.seconds == 30.0
    assert samples[0] == samples[-RATE // 10] == 20_000
    assert samples[-1] == 0
    assert list(samples[-200:]) == sorted(samples[-200:], reverse=True)
    just_right = speech_of(wav_of(array("h", [20_000] * (30 * RATE)).tobytes(), RATE))
    assert samples_of(just_right)[-1] == 20_000


@pytest.mark.parametrize(
    "wav",
    [
        b"",
        b"RIFF",
        b"ID3 this is no wav file at all",
        b"RIFF\0\0\0\0WAVE",
        riff(b"short", packed(16)),
        riff(fmt(1, 12), packed(16)),
        riff(fmt(7, 8), packed(8)),
        riff(fmt(1, 16, channels=6), packed(16)),
        riff(struct.pack("<HHIIHH", 1, 1, 0, 0, 2, 16), packed(16)),
    ],
)
def test_what_is_no_speech_is_refused(wav: bytes) -> None:
    with pytest.raises(EffectFailed, match="cannot play"):
        speech_of(wav)


@pytest.mark.parametrize("pcm", [b"", bytes(2 * RATE), array("h", [3, -3] * RATE).tobytes()])
def test_silence_is_no_speech(pcm: bytes) -> None:
    with pytest.raises(EffectFailed, match="nothing in that text"):
        speech_of(wav_of(pcm, RATE))


@pytest.fixture
async def espeak() -> AsyncGenerator[Espeak]:
    engine = Espeak()
    yield engine
    await engine.close()


async def test_espeak_speaks_and_stays_warm(espeak: Espeak) -> None:
    assert espeak.child.pid is None
    first = await espeak.speak("Hello there, this is a test.")
    pid = espeak.child.pid
    assert 1.0 < first.seconds < 4.0
    assert max(samples_of(first)) > 3_000
    again = await espeak.speak("Hello there, this is a test.", "en-us")
    assert again.seconds == pytest.approx(first.seconds, abs=SAME)
    assert espeak.child.pid == pid is not None


async def test_espeak_knows_many_voices(espeak: Espeak) -> None:
    names = await espeak.voices()
    assert {"en-us", "en-gb", "en-gb-scotland", "de", "fr", "es", "es-419", "pt-br", "ja"} <= set(names)
    assert names == sorted(set(names))
    assert len(await asyncio.gather(*(espeak.speak("one two three", name) for name in names))) == len(names)
    spoken = [(await espeak.speak("one two three", voice)).seconds for voice in ("en-us", "EN-GB", "de", "fr")]
    assert len({round(seconds, 1) for seconds in spoken}) > 1


async def test_an_unknown_voice_is_refused_kindly(espeak: Espeak) -> None:
    for refused in (espeak.speak("hello", "klaus"), find_voice(espeak, " klaus ")):
        with pytest.raises(UnknownVoice) as caught:
            await refused
        assert str(caught.value) == "I have no voice called klaus. Type !voice to see which ones I have."
        assert isinstance(caught.value, ChatError)
        assert isinstance(caught.value, EffectFailed)
    assert await find_voice(espeak, " EN-us ") == "en-us"
    assert (await espeak.speak("hello")).seconds > 0


async def test_a_wrong_setting_leaves_the_usual_voice(caplog: pytest.LogCaptureFixture) -> None:
    engine, usual = Espeak("alloy"), Espeak()
    assert (await engine.speak("hello")).seconds == pytest.approx((await usual.speak("hello")).seconds, abs=SAME)
    await engine.speak("again")
    assert [r.getMessage() for r in caplog.records] == ["TTS_VOICE=alloy is no voice of eSpeak, so en-us speaks."]
    await engine.close()
    await usual.close()


@pytest.mark.parametrize(
    ("markup", "read_as"),
    [("[[h@'loU w'3:ld]]", "h@'loU w'3:ld"), ("a \x01+50s\x01500P b", "a +50s 500P b"), ("a \x00 b", "a b")],
)
async def test_text_is_data(espeak: Espeak, markup: str, read_as: str) -> None:
    """As phonemes the first would take 0.8 s and not 3; as commands the second would be sped up."""
    read = await espeak.speak(read_as)
    assert (await espeak.speak(markup)).seconds == pytest.approx(read.seconds, abs=SAME)


async def test_markup_is_read_out_and_not_obeyed(espeak: Espeak) -> None:
    paused = await espeak.speak('hello <break time="20s"/> there')
    assert paused.seconds < 10


async def test_long_speech_is_cut(espeak: Espeak) -> None:
    assert (await espeak.speak("1234567890 " * 45)).seconds == 30.0


@pytest.mark.parametrize("text", ["", " ", "...", "\x01\x02", "[[]]"])
async def test_nothing_to_say_fails(espeak: Espeak, text: str) -> None:
    with pytest.raises(EffectFailed, match="nothing in that text"):
        await espeak.speak(text)


async def test_a_child_that_died_unnoticed_costs_nothing(espeak: Espeak) -> None:
    await espeak.speak("hello")
    pid = espeak.child.pid
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    assert (await espeak.speak("hello")).seconds > 0
    assert espeak.child.pid not in {None, pid}


async def test_close_ends_the_child_and_it_starts_again(espeak: Espeak) -> None:
    await espeak.speak("hello")
    await espeak.close()
    assert espeak.child.pid is None
    assert (await espeak.speak("hello")).seconds > 0


FAKE_CHILD = '''
"""Does what the text says."""

import os
import time

from pixel_bot.backends.tts.wav import wav_of
from pixel_bot.backends.tts.worker import serve


class Fake:
    def voices(self):
        return []

    def speak(self, text, voice):
        if text == "crash":
            os._exit(3)
        if text == "hang":
            time.sleep(60)
        if text == "raise":
            raise ValueError("a detail for the log")
        if text == "chatter":
            os.write(1, b"a library that prints")
            print("and prints", flush=True)
        return wav_of(text.encode("utf-16-le"), 8000)


serve(Fake)
'''


@pytest.fixture
async def fake_child(tmp_path: Path) -> AsyncGenerator[Child]:
    (tmp_path / "fake_child.py").write_text(FAKE_CHILD, encoding="utf-8")
    child = Child("fake_child", timeout=5.0, install="Install it.")
    yield child
    await child.close()


async def test_a_crash_costs_one_sentence(fake_child: Child, caplog: pytest.LogCaptureFixture) -> None:
    await fake_child.speak("fine", "")
    with pytest.raises(EffectFailed, match="broke down over that text"):
        await fake_child.speak("crash", "")
    assert await fake_child.speak("fine", "") == wav_of("fine".encode("utf-16-le"), 8_000)
    assert "ended" in caplog.text


@pytest.mark.usefixtures("fake_child")
async def test_a_child_that_hangs_is_ended() -> None:
    impatient = Child("fake_child", timeout=0.5, install="")
    await impatient.speak("warm", "")
    with pytest.raises(EffectFailed, match="took too long"):
        await impatient.speak("hang", "")
    assert impatient.pid is None
    assert await impatient.speak("fine", "") == wav_of("fine".encode("utf-16-le"), 8_000)
    await impatient.close()


async def test_a_cancelled_sentence_does_not_answer_the_next_one(fake_child: Child) -> None:
    await fake_child.speak("warm", "")
    hanging = asyncio.ensure_future(fake_child.speak("hang", ""))
    waiting = asyncio.ensure_future(fake_child.speak("next", ""))
    await asyncio.sleep(0)
    hanging.cancel()
    assert await waiting == wav_of("next".encode("utf-16-le"), 8_000)
    assert hanging.cancelled()


def _is_running(child: Child) -> bool:
    return child.pid is not None


async def test_who_gives_up_twice_leaves_no_process_behind(fake_child: Child) -> None:
    hanging = asyncio.ensure_future(fake_child.speak("hang", ""))
    while not _is_running(fake_child):
        await asyncio.sleep(0.01)
    process = fake_child._process
    assert process is not None
    hanging.cancel()
    while _is_running(fake_child):
        await asyncio.sleep(0)
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)
    await fake_child.close()
    assert process.returncode is not None


async def test_an_error_in_the_child_is_logged_and_it_lives_on(
    fake_child: Child, caplog: pytest.LogCaptureFixture
) -> None:
    await fake_child.speak("fine", "")
    pid = fake_child.pid
    with pytest.raises(EffectFailed, match=r"^The voice could not say that text\.$"):
        await fake_child.speak("raise", "")
    assert "ValueError: a detail for the log" in caplog.text
    assert await fake_child.speak("chatter", "") == wav_of("chatter".encode("utf-16-le"), 8_000)
    assert fake_child.pid == pid


@pytest.mark.parametrize("module", ["espeak_child", "piper_child"])
def test_a_child_ends_with_its_input(module: str) -> None:
    command = [sys.executable, "-m", f"pixel_bot.backends.tts.{module}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, b"", b"")


def test_a_child_ends_when_nobody_reads_its_answer() -> None:
    question = b'{"do": "speak", "voice": "en-us", "text": "%s"}' % (b"hello " * 90)
    command = [sys.executable, "-m", "pixel_bot.backends.tts.espeak_child"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        process.stdin.write(len(question).to_bytes(4, "big") + question)
        process.stdin.flush()
        assert process.wait(timeout=20) == 0


def test_the_child_loads_nothing_of_the_bot() -> None:
    code = "import pixel_bot.backends.tts.espeak_child, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split()
    assert not {"twitchio", "sqlalchemy", "pydantic", "openai", "asyncio"} & set(loaded)


def test_choosing_an_engine_starts_and_loads_nothing() -> None:
    code = (
        "import sys; from pathlib import Path; from pixel_bot.settings import Settings;"
        "from pixel_bot.backends.tts import engine_for;"
        "print(*(type(engine_for(Settings(tts_engine=name))).__name__ for name in ('espeak', 'piper', 'openai')));"
        "print(*{'openai', 'piper', 'espeakng_loader', 'httpx2'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert said == "Espeak Piper SpeechServer\n\n"


FAKE_PIPER = '''
"""The part of Piper that is used; loading a voice is noted in a file."""

from pathlib import Path


class Chunk:
    sample_rate, sample_channels, sample_width = 16000, 1, 2

    def __init__(self, level):
        self.audio_int16_bytes = level.to_bytes(2, "little") * 16000


class PiperVoice:
    @staticmethod
    def load(model_path):
        with Path("loaded.txt").open("a", encoding="utf-8") as file:
            file.write(Path(model_path).name + "\\n")
        return PiperVoice()

    def synthesize(self, text):
        for sentence in text.split("."):
            if sentence:
                yield Chunk(1000 * len(sentence))
'''


def add_voice(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.onnx").write_bytes(b"model")
    (folder / f"{name}.onnx.json").write_text("{}", encoding="utf-8")


@pytest.fixture
def piper_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "piper.py").write_text(FAKE_PIPER, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "library"))


@pytest.mark.usefixtures("piper_installed")
async def test_piper_speaks_with_the_voices_in_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "voices"
    for name in ("en_US-lessac-medium", "de_DE-thorsten-high"):
        add_voice(folder, name)
    (folder / "half.onnx").write_bytes(b"no description")
    engine = Piper(folder)
    assert await engine.voices() == ["de_DE-thorsten-high", "en_US-lessac-medium"]
    speech = await engine.speak("one.three")
    assert speech.seconds == 2.0
    assert set(samples_of(speech)) == {3_000, 5_000}
    await engine.speak("again")
    await engine.speak("again", "EN_us-lessac-medium")
    with pytest.raises(UnknownVoice):
        await engine.speak("hello", "../half")
    assert (await engine.speak("x." * 100)).seconds == 30.0
    await engine.close()
    loaded = (tmp_path / "loaded.txt").read_text(encoding="utf-8").split()
    assert loaded == ["de_DE-thorsten-high.onnx", "en_US-lessac-medium.onnx"]


@pytest.mark.usefixtures("piper_installed")
async def test_piper_says_which_voice_is_missing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "voices"
    with pytest.raises(NotSetUp, match=r"^Speech is not set up on this stream yet\.$") as caught:
        await Piper(folder).voices()
    assert "python -m pixel_bot voices download NAME" in caught.value.fix
    add_voice(folder, "en_US-amy-low")
    with pytest.raises(NotSetUp) as caught:
        await Piper(folder, "en_GB-alba-medium").speak("hello")
    assert caught.value.fix == (
        "TTS_VOICE=en_GB-alba-medium was not downloaded. Run: python -m pixel_bot voices download en_GB-alba-medium"
    )
    assert caught.value.fix in caplog.text


async def test_piper_says_how_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "library" / "piper.py"
    broken.parent.mkdir()
    broken.write_text("raise ModuleNotFoundError('No module named piper')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(broken.parent))
    add_voice(tmp_path / "voices", "en_US-amy-low")
    engine = Piper(tmp_path / "voices")
    with pytest.raises(NotSetUp) as caught:
        await engine.speak("hello")
    assert 'python -m pip install -e ".[piper]"' in caught.value.fix
    assert "No module named piper" in caplog.text
    broken.write_text(FAKE_PIPER, encoding="utf-8")
    assert (await engine.speak("now it is there")).seconds == 1.0
    await engine.close()


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
    assert len(double.asked) == 1
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
