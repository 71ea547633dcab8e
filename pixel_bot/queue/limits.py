"""Timeouts and limits of the queue."""

from dataclasses import dataclass

from pixel_bot.model.outcome import Effect, OverlayEffect, PlaySound, ShowOverlay, Speak

ATTEMPTS = 3
"""Attempts at an effect that was cut off, before it is refunded."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Timeouts in seconds. A page has ``margin`` to begin an effect, and as much beyond its length to end it.

    ``begun`` is for what counts because it was seen to begin, once its page is gone: so long it may be shown again.
    """

    margin: float = 15.0
    begun: float = 30.0
    overlay: float = 120.0
    grace: float = 5.0


def needs_sound(effect: Effect) -> bool:
    """True when only a page whose sound is not blocked can play it."""
    with_sound = isinstance(effect, ShowOverlay | OverlayEffect) and bool(effect.sound)
    return with_sound or isinstance(effect, Speak | PlaySound)
