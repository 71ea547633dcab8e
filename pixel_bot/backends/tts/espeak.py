"""eSpeak NG: speaks a hundred languages at once, with nothing to install."""

import logging
from collections.abc import Sequence

from pixel_bot.backends.tts.child import Child
from pixel_bot.backends.tts.scripts import Reading, reading, spells_latin
from pixel_bot.backends.tts.speech import Speech, UnknownVoice
from pixel_bot.backends.tts.wav import speech_of

log = logging.getLogger(__name__)

DEFAULT_VOICE = "en-us"
TIMEOUT_SECONDS = 5.0
INSTALL = "Speech needs eSpeak NG. Install it with: python -m pip install espeakng-loader"


class Espeak:
    """The default engine."""

    def __init__(self, voice: str = "", *, timeout: float = TIMEOUT_SECONDS) -> None:
        """``voice`` is the streamer's choice; empty for American English."""
        self._voice = voice or DEFAULT_VOICE
        self._names: Sequence[str] = ()
        self.child = Child("pixel_bot.backends.tts.espeak_child", timeout=timeout, install=INSTALL)

    async def voices(self) -> Sequence[str]:
        """Languages and accents, like ``de`` and ``en-gb-scotland``."""
        return sorted(await self.child.voices())

    async def check(self, text: str, voice: str = "") -> None:
        """See ``Engine.check``."""
        await self._reading(text, voice)

    async def speak(self, text: str, voice: str = "") -> Speech:
        """See ``Engine.speak``."""
        try:
            return await self._spoken(text, voice)
        except UnknownVoice:
            if voice or self._voice == DEFAULT_VOICE:
                raise
        log.warning("TTS_VOICE=%s is no voice of eSpeak, so %s speaks.", self._voice, DEFAULT_VOICE)
        self._voice = DEFAULT_VOICE
        return await self._spoken(text, "")

    async def _spoken(self, text: str, voice: str) -> Speech:
        chosen = await self._reading(text, voice)
        return speech_of(await self.child.speak(chosen.text, chosen.voice))

    async def _reading(self, text: str, voice: str) -> Reading:
        """What is read, and by which voice. The voices are asked for only where the wanted one may not do."""
        wanted = voice or self._voice
        if text.isascii() and not spells_latin(wanted):
            return Reading(text, wanted)
        if not self._names:
            self._names = [DEFAULT_VOICE, *await self.voices()]
        return reading(text, wanted, self._names)

    async def close(self) -> None:
        """End the child."""
        await self.child.close()
