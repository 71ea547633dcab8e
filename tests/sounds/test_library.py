"""The sound library: what is listed plays, and what cannot be played is named."""

import unicodedata
from pathlib import Path

import pytest

from pixel_bot.errors import BadInput
from pixel_bot.sounds.library import Sounds, name_of
from pixel_bot.testing import stage
from tests.sounds.test_length import mp3, vorbis, wav

SHORT = wav(0.1)
CAFE = "café"


@pytest.mark.parametrize(
    "file",
    [
        "bonk.mp3.mp3",
        "trail .wav",
        " lead.wav",
        "two  spaces.wav",
        "LOUD.WAV",
        unicodedata.normalize("NFD", "café.wav"),
        "dots.in.name.ogg",
        "mixed.wav.mp3",
        "un\u200bseen.wav",
        "100%.wav",
        "#1 & more?.wav",
    ],
)
async def test_what_is_listed_plays(tmp_path: Path, file: str) -> None:
    folder = tmp_path / "sounds"
    folder.mkdir()
    (folder / file).write_bytes(SHORT)
    async with stage(tmp_path, sounds_dir=folder) as chat:
        own = set(chat.bot.sounds.names()) - set(Sounds(tmp_path / "none").names())
        (name,) = own
        await chat.viewer("alice", points=100)
        await chat.say("alice", f"!sound {unicodedata.normalize('NFD', name)}")
        assert [message["name"] for message in chat.overlay.played] == [name]
        assert await chat.points("alice") == 85
    assert Sounds(folder).path(file) == folder / file


def test_names_have_one_form() -> None:
    assert name_of("bonk.mp3.mp3") == "bonk"
    assert name_of("trail .wav") == "trail"
    assert name_of(unicodedata.normalize("NFD", "CAFÉ.wav")) == CAFE
    assert name_of(".mp3") == ""


@pytest.mark.parametrize("file", ["long.wav", "long.mp3", "long.ogg"])
async def test_a_sound_that_is_too_long_is_refused_before_the_charge(tmp_path: Path, file: str) -> None:
    folder = tmp_path / "sounds"
    folder.mkdir()
    (folder / file).write_bytes({".wav": wav, ".mp3": mp3, ".ogg": vorbis}[file[4:]](90))
    async with stage(tmp_path, sounds_dir=folder) as chat:
        await chat.viewer("alice", points=15)
        said = "The sound long cannot be played: it is 1m 30s long, and 1m is the most. Nothing was charged."
        assert await chat.say("alice", "!sound long") == [said]
        assert await chat.points("alice") == 15
        assert chat.overlay.played == []
        assert "long" not in chat.bot.sounds.names()


def test_a_minute_is_not_too_long(tmp_path: Path) -> None:
    (tmp_path / "minute.wav").write_bytes(wav(60))
    assert "minute" in Sounds(tmp_path).names()


def test_what_cannot_be_played_is_named(tmp_path: Path) -> None:
    (tmp_path / "phone.m4a").write_bytes(b"\0\0\0\x20ftypM4A ")
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.mp3").write_text("no sound")
    (tmp_path / "fine.wav").write_bytes(SHORT)
    (tmp_path / "notes.txt").write_text("not meant as a sound")
    (tmp_path / ".hidden.wav").write_bytes(b"")
    assert Sounds(tmp_path).problems() == [
        "empty.wav cannot be played: it is empty.",
        "phone.m4a cannot be played: sounds are .wav, .mp3 or .ogg files.",
        "text.mp3 cannot be played: it is none of WAV, MP3 and Ogg.",
    ]


def test_a_file_that_was_mended_is_read_again(tmp_path: Path) -> None:
    sounds = Sounds(tmp_path)
    (tmp_path / "beep.wav").write_bytes(b"")
    with pytest.raises(BadInput, match="it is empty"):
        sounds.choose("beep")
    (tmp_path / "beep.wav").write_bytes(SHORT)
    assert sounds.choose("beep") == "beep"


def test_a_broken_file_does_not_hide_a_shipped_sound(tmp_path: Path) -> None:
    (tmp_path / "ding.wav").write_bytes(b"")
    sounds = Sounds(tmp_path)
    assert sounds.choose("ding") == "ding"
    assert sounds.path("ding") != tmp_path / "ding.wav"


def test_shipped_sounds_can_be_played(tmp_path: Path) -> None:
    sounds = Sounds(tmp_path / "none")
    assert {"ding", "fanfare", "airhorn"} <= set(sounds.names())
    assert sounds.problems() == []
