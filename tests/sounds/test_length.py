"""The length of a sound, by its file."""

import io
import struct
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from pixel_bot.sounds.length import NoSound, seconds_of_file


def wav(seconds: float, rate: int = 8_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(rate)
        written.writeframes(b"\0\0" * round(seconds * rate))
    return file.getvalue()


def mp3(seconds: float, bitrates: tuple[int, ...] = (9,)) -> bytes:
    """Frames of MPEG 1, layer 3, 44.1 kHz; ``bitrates`` are indexes that take turns."""
    kbits = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    raw = bytearray()
    for number in range(round(seconds * 44_100 / 1_152)):
        index = bitrates[number % len(bitrates)]
        size = 144 * kbits[index] * 1_000 // 44_100
        raw += bytes((0xFF, 0xFB, index << 4, 0)) + b"\0" * (size - 4)
    return bytes(raw)


def page(position: int, body: bytes) -> bytes:
    return b"OggS\0\0" + struct.pack("<qIII", position, 1, 0, 0) + bytes((1, len(body))) + body


def vorbis(seconds: float, rate: int = 44_100) -> bytes:
    head = b"\x01vorbis" + struct.pack("<IBI", 0, 2, rate) + b"\0" * 14
    return page(0, head) + page(round(seconds * rate), b"sound") + page(-1, b"more")


def opus(seconds: float) -> bytes:
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 2, 312, 44_100, 0, 0)
    return page(0, head) + page(round(seconds * 48_000) + 312, b"sound")


def id3(raw: bytes) -> bytes:
    """With a tag of 300 bytes before it, which holds what looks like a frame, and one behind it."""
    return b"ID3\x04\0\0\0\0\x02\x2c" + b"\xff\xfb\x90\0" * 75 + raw + b"TAG" + b"\0" * 125


def changing_mp3(seconds: float) -> bytes:
    return mp3(seconds, (5, 9, 14))


def tagged_mp3(seconds: float) -> bytes:
    return id3(mp3(seconds))


@pytest.mark.parametrize("seconds", [0.5, 12.0, 90.0])
@pytest.mark.parametrize("made", [wav, mp3, vorbis, opus, changing_mp3, tagged_mp3])
def test_the_length_of_a_sound(tmp_path: Path, made: Callable[[float], bytes], seconds: float) -> None:
    file = tmp_path / "sound"
    file.write_bytes(made(seconds))
    assert seconds_of_file(file) == pytest.approx(seconds, abs=0.03)


def test_a_wav_that_was_written_as_it_went(tmp_path: Path) -> None:
    raw = wav(2.0)
    at = raw.index(b"data") + 4
    for size in (0, 2**32 - 1):
        (tmp_path / "a.wav").write_bytes(raw[:at] + struct.pack("<I", size) + raw[at + 4 :])
        assert seconds_of_file(tmp_path / "a.wav") == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "it is empty"),
        (b"hello, I am a text " * 100, "it is none of WAV, MP3 and Ogg"),
        (b"\0\0\0\x20ftypM4A " + b"\0" * 2_000, "it is none of WAV, MP3 and Ogg"),
        (b"fLaC" + b"\0" * 2_000, "it is none of WAV, MP3 and Ogg"),
        (b"RIFF\0\0\0\0WAVE", "its header is damaged"),
        (wav(0), "there is no sound in it"),
        (wav(1).replace(b"fmt \x10\0\0\0\x01", b"fmt \x10\0\0\0\x11"), "browsers cannot play this kind of WAV"),
        (page(0, b"\x7fFLAC" + b"\0" * 20), "only Vorbis and Opus can be played"),
        (vorbis(1)[:60], "its header is damaged"),
        (b"\xff\xfb", "it is none of WAV, MP3 and Ogg"),
    ],
)
def test_what_is_no_sound_says_why(tmp_path: Path, raw: bytes, why: str) -> None:
    (tmp_path / "x.mp3").write_bytes(raw)
    with pytest.raises(NoSound, match=why):
        seconds_of_file(tmp_path / "x.mp3")


def test_a_folder_is_no_sound(tmp_path: Path) -> None:
    with pytest.raises(NoSound, match="it cannot be read"):
        seconds_of_file(tmp_path)
