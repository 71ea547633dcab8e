"""The child process that speaks."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.backends.tts.child import Child
from pixel_bot.backends.tts.wav import wav_of
from pixel_bot.errors import EffectFailed

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
