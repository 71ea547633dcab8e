"""Text-to-speech: three engines behind one small interface. Importing this is cheap; a child process does so too."""

from typing import TYPE_CHECKING

from pixel_bot.backends.tts.speech import Engine, NotSetUp, Speech, UnknownVoice, find_voice, match_voice

if TYPE_CHECKING:
    from pixel_bot.settings import Settings

__all__ = ["Engine", "NotSetUp", "Speech", "UnknownVoice", "engine_for", "find_voice", "match_voice"]


def engine_for(settings: "Settings") -> Engine:
    """The engine that TTS_ENGINE names. Starts nothing: processes and connections begin with the first use."""
    match settings.tts_engine:
        case "espeak":
            from pixel_bot.backends.tts.espeak import Espeak

            return Espeak(settings.tts_voice)
        case "piper":
            from pixel_bot.backends.tts.piper import Piper

            return Piper(settings.data_dir / "voices", settings.tts_voice)
        case "openai":
            from pixel_bot.backends.tts.openai import SpeechServer, server_from

            return SpeechServer(server_from(settings))
