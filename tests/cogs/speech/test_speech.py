"""!tts: what is refused before it is charged, and that viewers' words that are shown or spoken pass the filter."""

import codecs
from collections.abc import Sequence
from pathlib import Path

import pytest

from pixel_bot.backends.build import Backends, build_backends
from pixel_bot.backends.tts import Speech
from pixel_bot.backends.tts.speech import NotSetUp, UnreadableText
from pixel_bot.backends.tts.wav import wav_of
from pixel_bot.errors import EffectFailed
from pixel_bot.testing import settings_in, stage

SLUR = codecs.decode("snttbg", "rot13")


class Reader:
    """An engine that notes what it is to say."""

    def __init__(self, refuses: EffectFailed | None = None) -> None:
        self.refuses = refuses
        self.said: list[str] = []

    async def voices(self) -> Sequence[str]:
        return ["robot"]

    async def check(self, text: str, voice: str = "") -> None:
        if self.refuses is not None:
            raise self.refuses

    async def speak(self, text: str, voice: str = "") -> Speech:
        if self.refuses is not None:
            raise self.refuses
        self.said.append(text)
        return Speech(wav_of(bytes(4_410), 22_050), 0.1)

    async def close(self) -> None:
        """Nothing is open."""


def with_reader(folder: Path, reader: Reader) -> Backends:
    real = build_backends(settings_in(folder))
    return Backends(reader, None, real.text_filter)


async def test_a_script_that_nobody_reads_is_refused_before_the_charge(tmp_path: Path) -> None:
    async with stage(tmp_path, backends=with_reader(tmp_path, Reader(UnreadableText("Khmer")))) as chat:
        await chat.viewer("alice", points=50)
        assert await chat.say("alice", "!tts សួស្តី") == ["I have no voice that can read Khmer letters."]
        assert await chat.points("alice") == 50


async def test_an_engine_that_is_away_gives_the_points_back(tmp_path: Path) -> None:
    async with stage(tmp_path, backends=with_reader(tmp_path, Reader(NotSetUp("Install it.")))) as chat:
        await chat.viewer("alice", points=50)
        told = await chat.say("alice", "!tts hello")
        assert told[-1] == "@alice tts: Speech is not set up on this stream yet. Your 25 points are back."
        assert await chat.points("alice") == 50


@pytest.mark.parametrize("name", [SLUR, SLUR.replace("a", "4"), SLUR.upper()])
async def test_a_name_that_is_a_slur_is_neither_spoken_nor_shown(tmp_path: Path, name: str) -> None:
    reader = Reader()
    async with stage(tmp_path, backends=with_reader(tmp_path, reader)) as chat:
        await chat.viewer(name.lower(), points=50)
        await chat.say(name.lower(), "!tts hello")
        assert reader.said == ["bleep: hello"]
        assert chat.overlay.played[0]["by"] == "bleep"


async def test_a_text_in_look_alikes_is_spoken_as_bleep(tmp_path: Path) -> None:
    reader = Reader()
    async with stage(tmp_path, backends=with_reader(tmp_path, reader)) as chat:
        await chat.viewer("alice", points=50)
        await chat.say("alice", f"!tts you {SLUR.replace('g', 'ǥ')}")
        assert reader.said == ["alice: you bleep"]
        assert chat.overlay.played[0]["text"] == "you bleep"
