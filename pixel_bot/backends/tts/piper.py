"""Piper: neural voices, each a file that was downloaded before. An extra, because it brings 200 MB along."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from pixel_bot.backends.tts.child import Child
from pixel_bot.backends.tts.scripts import Reading, reading
from pixel_bot.backends.tts.speech import NotSetUp, Speech, match_voice
from pixel_bot.backends.tts.wav import speech_of

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20.0
INSTALL = (
    "TTS_ENGINE=piper needs Piper. In the bot's folder run: "
    'python -m pip install -e ".[piper]" (installed from a package: pip install "pixel-bot[piper]").'
)


class Piper:
    """Speaks with the voices in one folder: a model ``NAME.onnx`` with its ``NAME.onnx.json``."""

    def __init__(self, folder: Path, voice: str = "", *, timeout: float = TIMEOUT_SECONDS) -> None:
        """``voice`` is the streamer's choice; empty for the first one in the folder."""
        self._folder = folder
        self._voice = voice
        self.child = Child("pixel_bot.backends.tts.piper_child", timeout=timeout, install=INSTALL)

    async def voices(self) -> Sequence[str]:
        """The voices that were downloaded."""
        return downloaded(self._folder) or _not_set_up(
            "TTS_ENGINE=piper has no voice yet. See what there is with: python -m pixel_bot voices list; "
            "then run: python -m pixel_bot voices download NAME"
        )

    async def check(self, text: str, voice: str = "") -> None:
        """See ``Engine.check``."""
        await self._reading(text, voice)

    async def speak(self, text: str, voice: str = "") -> Speech:
        """See ``Engine.speak``. The first sentence of a voice takes longer, because its model is read."""
        chosen = await self._reading(text, voice)
        return speech_of(await self.child.speak(chosen.text, str(self._folder.resolve() / f"{chosen.voice}.onnx")))

    async def _reading(self, text: str, voice: str) -> Reading:
        names = await self.voices()
        return reading(text, match_voice(voice, names) if voice else self._chosen(names), names)

    async def close(self) -> None:
        """End the child."""
        await self.child.close()

    def _chosen(self, names: Sequence[str]) -> str:
        if not self._voice:
            return names[0]
        wanted = self._voice.casefold()
        return next((name for name in names if name.casefold() == wanted), "") or _not_set_up(
            f"TTS_VOICE={self._voice} was not downloaded. Run: python -m pixel_bot voices download {self._voice}"
        )


def downloaded(folder: Path) -> list[str]:
    """The names of the voices in a folder, sorted; a model without its description does not count."""
    return sorted(model.stem for model in folder.glob("*.onnx") if model.with_name(f"{model.name}.json").is_file())


def _not_set_up(fix: str) -> NoReturn:
    log.warning("%s", fix)
    raise NotSetUp(fix)
