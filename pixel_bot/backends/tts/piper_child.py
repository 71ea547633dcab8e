"""The process that loads Piper."""

import functools
import importlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from pixel_bot.backends.tts.wav import MAX_SECONDS, wav_of
from pixel_bot.backends.tts.worker import NoSuchVoice, serve

MODELS_KEPT = 3
"""A model takes about 100 MB of memory."""


class _Chunk(Protocol):
    """Piper's ``AudioChunk``: one sentence."""

    sample_rate: int
    sample_channels: int

    @property
    def audio_int16_bytes(self) -> bytes: ...


class _Voice(Protocol):
    """Piper's ``PiperVoice``."""

    def synthesize(self, text: str) -> Iterable[_Chunk]: ...


class PiperLibrary:
    """Piper in this process. A voice is the path of its model."""

    def __init__(self) -> None:
        load: Callable[[str], _Voice] = importlib.import_module("piper").PiperVoice.load
        self._load = functools.lru_cache(MODELS_KEPT)(load)

    def voices(self) -> Sequence[str]:
        """The bot lists the folder itself."""
        return []

    def speak(self, text: str, voice: str) -> bytes:
        """A WAV file; sentences that begin after 30 seconds are left out."""
        if not Path(voice).is_file():
            raise NoSuchVoice(voice)
        pcm, rate, channels = bytearray(), 0, 1
        for chunk in self._load(voice).synthesize(text):
            rate, channels = chunk.sample_rate, chunk.sample_channels
            pcm += chunk.audio_int16_bytes
            if len(pcm) > 2 * channels * rate * (MAX_SECONDS + 1):
                break
        return wav_of(bytes(pcm), rate or 22_050, channels)


if __name__ == "__main__":
    serve(PiperLibrary)
