"""The interface of speech engines, its values and errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pixel_bot.errors import ChatError, EffectFailed
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)


@dataclass(frozen=True, slots=True)
class Speech:
    """Spoken text: a RIFF/WAVE file of 16-bit PCM, and its length. Never longer than 30 seconds, never silent."""

    wav: bytes
    seconds: float


class UnknownVoice(ChatError, EffectFailed):
    """The engine has no such voice. Nothing was said, and ``voices()`` knows which ones there are."""

    def __init__(self, name: str, command_prefix: str = "!") -> None:
        self.name = name
        words = later("I have no voice called {voice}. Type {command} to see which ones I have.")
        super().__init__(_(words, voice=name[:40], command=f"{command_prefix}voice"))


class UnreadableText(ChatError, EffectFailed):
    """No voice can read the script of a text."""

    def __init__(self, script: str) -> None:
        self.script = script
        super().__init__(_("I have no voice that can read {script} letters.", script=script))


class NotSetUp(EffectFailed):
    """The engine cannot speak until the streamer does something; ``fix`` is the sentence for the streamer."""

    def __init__(self, fix: str) -> None:
        self.fix = fix
        super().__init__(_("Speech is not set up on this stream yet."))


class Engine(Protocol):
    """Turns text into speech."""

    async def voices(self) -> Sequence[str]:
        """The names that ``speak`` takes, sorted.

        Raises:
            EffectFailed: the engine is away.
        """
        ...

    async def check(self, text: str, voice: str = "") -> None:
        """Find out, before anybody pays, whether a text can be read out.

        Args:
            text, voice: as for ``speak``.

        Raises:
            UnreadableText: no voice knows its script.
        """
        ...

    async def speak(self, text: str, voice: str = "") -> Speech:
        """Say a text, by another voice where the named one does not know its script.

        It is data: markup and phoneme codes in it mean nothing.

        Args:
            text: what to say.
            voice: one of ``voices()``, in any case; empty for the streamer's choice, else the engine's own.

        Raises:
            UnknownVoice: there is no such voice.
            UnreadableText: no voice knows the text's script.
            NotSetUp: the streamer has to do something first.
            EffectFailed: the text was not said.
        """
        ...

    async def close(self) -> None:
        """End what the engine has started. It starts anew when it is used again."""
        ...


async def find_voice(engine: Engine, typed: str) -> str:
    """The engine's own spelling of a voice that a viewer typed.

    Raises:
        UnknownVoice: there is no such voice.
        EffectFailed: the engine is away.
    """
    return match_voice(typed, await engine.voices())


def match_voice(typed: str, names: Sequence[str]) -> str:
    """The name that equals what was typed, whatever the case; raises ``UnknownVoice`` when there is none."""
    wanted = typed.strip().casefold()
    for name in names:
        if name.casefold() == wanted:
            return name
    raise UnknownVoice(typed.strip())
