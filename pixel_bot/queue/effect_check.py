"""Whether an effect can happen at all, asked before anybody pays for it."""

import logging

from pixel_bot.backends.tts import Engine, match_voice
from pixel_bot.errors import ChatError, EffectFailed, RedeemRefused
from pixel_bot.model.outcome import Effect, OverlayEffect, PlaySound, Run, ShowOverlay, Speak
from pixel_bot.queue.effects import Effects
from pixel_bot.services import Services
from pixel_bot.texts import plain
from pixel_bot.wording.texts import texts

_ = texts(__name__)

log = logging.getLogger(__name__)


class CannotHappen(RedeemRefused):
    """The effect of a redeem cannot happen. ``problem`` says why, as a sentence without its end."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem[:1].upper()}{problem[1:]}. {_('Nothing was charged.')}")


class EffectCheck:
    """Refuses effects that cannot happen: a sound, voice, image or module that is not there.

    Args:
        services: of this bot.
        speech: who speaks.
        effects: of the loaded cogs.
    """

    def __init__(self, services: Services, speech: Engine, effects: Effects) -> None:
        self._sounds = services.sounds
        self._art = services.overlay.art
        self._speech = speech
        self._voices: set[str] = set()
        """Names that the engine had when it was asked last: it is asked only for others, because it may be speaking."""
        self._effects = effects

    async def check(self, effect: Effect) -> None:
        """Refuse an effect that cannot happen.

        Raises:
            CannotHappen: the sentence says what is missing.
            UnreadableText, UnknownVoice: of a text that is to be read out.
        """
        if isinstance(effect, Speak):
            await self._check_voice(effect)
        elif problem := self._problem(effect):
            log.warning("A redeem was refused: %s.", problem)
            raise CannotHappen(problem)

    def _problem(self, effect: Effect) -> str:
        match effect:
            case PlaySound(name=name):
                return self._sounds.problem(name)
            case ShowOverlay(image=image, cog=cog) if image and self._art.image(cog, image) is None:
                return _("there is no image {name}", name=_shown(image))
            case OverlayEffect(name=name, cog=cog) if self._art.module(cog, name) is None:
                return _("there is no overlay effect {name}", name=_shown(name))
            case ShowOverlay(sound=sound, cog=cog) | OverlayEffect(sound=sound, cog=cog):
                return self._sounds.problem(sound) if sound and self._art.sound(cog, sound) is None else ""
            case Run(name=name) if self._effects.get(name) is None:
                return _("there is no effect {name}", name=_shown(name))
            case _:
                return ""

    async def _check_voice(self, effect: Speak) -> None:
        """An engine that cannot be asked now does not refuse anything: speech waits, and is given back if it fails."""
        try:
            await self._speech.check(effect.text, effect.voice)
            if effect.voice and effect.voice.strip().casefold() not in self._voices:
                voices = await self._speech.voices()
                match_voice(effect.voice, voices)
                self._voices = {voice.casefold() for voice in voices}
        except ChatError:
            raise  # the voice or the text, and not the engine
        except EffectFailed:
            return


def _shown(name: str) -> str:
    return plain(name.strip()[:40])
