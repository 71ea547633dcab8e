"""Speech by eSpeak."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator

import pytest

from pixel_bot.backends.tts import UnknownVoice, find_voice
from pixel_bot.backends.tts.espeak import Espeak
from pixel_bot.errors import ChatError, EffectFailed
from tests.backends.tts.wav import samples_of

SAME = 0.05
"""Seconds by which eSpeak's own noise may move the end of the same text."""


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
