"""Reads the WAV files that engines write, and brings them to one form: 16 bit, at most 30 seconds."""

import io
import logging
import struct
import wave
from array import array
from dataclasses import dataclass
from typing import NoReturn

from pixel_bot.backends.tts.speech import Speech
from pixel_bot.errors import EffectFailed

log = logging.getLogger(__name__)

MAX_SECONDS = 30.0
FADE_SECONDS = 0.03
QUIET = 32
"""Samples that never get louder than this (of 32,767) are silence."""
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
_UNSIGNED = bytes(byte ^ 0x80 for byte in range(256))
"""8-bit samples count from 0 to 255 with silence at 128; this makes them signed."""


@dataclass(frozen=True, slots=True)
class _Format:
    coding: int
    channels: int
    rate: int
    bits: int

    @property
    def known(self) -> bool:
        widths = {PCM: (8, 16, 24, 32), FLOAT: (32, 64)}.get(self.coding, ())
        return self.bits in widths and self.channels in {1, 2} and 4_000 <= self.rate <= 192_000


def speech_of(wav: bytes) -> Speech:
    """Speech from a WAV file of 8 to 32 bit PCM or float samples, mono or stereo.

    Sizes that a streaming server could not know (0 or 0xFFFFFFFF) are taken as "to the end".

    Raises:
        EffectFailed: it is no such file, or there is nothing to hear in it.
    """
    form, data = _parse(wav)
    if form is None or not form.known:
        _refuse(str(form or f"{len(wav)} bytes that are no WAV file"), "The voice gave an answer that I cannot play.")
    width = form.bits // 8 * form.channels
    frames = min(len(data) // width, int(MAX_SECONDS * form.rate))
    samples = _to_16_bit(data[: frames * width], form)
    if not any(abs(sample) > QUIET for sample in samples):
        _refuse("Silence.", "There was nothing in that text that could be said.")
    if frames < len(data) // width:
        _fade_out(samples, int(FADE_SECONDS * form.rate) * form.channels)
    return Speech(wav_of(samples.tobytes(), form.rate, form.channels), frames / form.rate)


def wav_of(pcm: bytes, rate: int, channels: int = 1) -> bytes:
    """A WAV file around 16-bit samples."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return out.getvalue()


def _refuse(detail: str, sentence: str) -> NoReturn:
    log.warning("Speech was not usable: %s", detail)
    raise EffectFailed(sentence)


def _parse(wav: bytes) -> tuple[_Format | None, bytes]:
    if len(wav) < 12 or wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        return None, b""
    riff_end = 8 + int.from_bytes(wav[4:8], "little")
    form, at = None, 12
    while at + 8 <= len(wav):
        name, size = wav[at : at + 4], int.from_bytes(wav[at + 4 : at + 8], "little")
        body = at + 8
        if name == b"fmt ":
            form = _format(wav[body : body + size])
        elif name == b"data":
            unknown = size == 0 and not body < riff_end <= len(wav)
            return form, wav[body:] if unknown else wav[body : body + size]
        at = body + size + size % 2
    return form, b""


def _format(chunk: bytes) -> _Format | None:
    if len(chunk) < 16:
        return None
    coding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if coding == EXTENSIBLE and len(chunk) >= 26:
        (coding,) = struct.unpack_from("<H", chunk, 24)
    return _Format(coding, channels, rate, bits)


def _to_16_bit(data: bytes, form: _Format) -> "array[int]":
    """The samples as 16 bit. Whole slices are copied, which takes milliseconds where a loop would take a second."""
    if form.coding == FLOAT:
        floats = array("f" if form.bits == 32 else "d", data)
        return array("h", (_sample(value) for value in floats))
    if form.bits == 16:
        return array("h", data)
    step = form.bits // 8
    pcm = bytearray(len(data) // step * 2)
    if step == 1:
        pcm[1::2] = data.translate(_UNSIGNED)
    else:
        pcm[0::2] = data[step - 2 :: step]
        pcm[1::2] = data[step - 1 :: step]
    return array("h", bytes(pcm))


def _sample(value: float) -> int:
    # Not a number is not equal to itself.
    return round(max(-1.0, min(1.0, value)) * 32_767) if value == value else 0


def _fade_out(samples: "array[int]", length: int) -> None:
    length = min(length, len(samples))
    start = len(samples) - length
    for i in range(length):
        samples[start + i] = samples[start + i] * (length - i - 1) // length
