"""Audio of every kind becomes speech that the overlay can play."""

import math
import struct
from array import array

import pytest

from pixel_bot.backends.tts.wav import speech_of, wav_of
from pixel_bot.errors import EffectFailed
from tests.backends.tts.wav import HUM, RATE, fmt, packed, riff, samples_of


def extensible(coding: int, bits: int) -> bytes:
    guid = struct.pack("<H", coding) + bytes.fromhex("000000001000800000aa00389b71")
    return fmt(0xFFFE, bits) + struct.pack("<HHI", 22, bits, 4) + guid


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
