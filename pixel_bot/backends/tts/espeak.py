"""eSpeak NG: speaks a hundred languages at once, with nothing to install."""

import logging
from collections.abc import Sequence

from pixel_bot.backends.tts.child import Child
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
        self.child = Child("pixel_bot.backends.tts.espeak_child", timeout=timeout, install=INSTALL)

    async def voices(self) -> Sequence[str]:
        """Languages and accents, like ``de`` and ``en-gb-scotland``."""
        return sorted(await self.child.voices())

    async def speak(self, text: str, voice: str = "") -> Speech:
        """See ``Engine.speak``."""
        try:
            return speech_of(await self.child.speak(text, voice or self._voice))
        except UnknownVoice:
            if voice or self._voice == DEFAULT_VOICE:
                raise
        log.warning("TTS_VOICE=%s is no voice of eSpeak, so %s speaks.", self._voice, DEFAULT_VOICE)
        self._voice = DEFAULT_VOICE
        return speech_of(await self.child.speak(text, self._voice))

    async def close(self) -> None:
        """End the child."""
        await self.child.close()
