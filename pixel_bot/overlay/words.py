"""How the overlay is, in the words that chat and ``!status`` share."""

from pixel_bot.overlay.overlay import Overlay
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

OPEN = later("open")
CLOSED = later("closed")
BLOCKED = later("open, but its sound is blocked: click on the page")
"""A browser plays no sound on a page that nobody has clicked on; OBS does."""


def overlay_shown(words: str) -> str:
    """What ``overlay_words`` says, in the language of the chat."""
    return _(words)


def overlay_words(overlay: Overlay, *, needs_sound: bool = True) -> str:
    """``open``, ``closed``, or what keeps sounds from being played."""
    if overlay.away_since(needs_sound=False) is not None:
        return CLOSED
    return BLOCKED if needs_sound and overlay.away_since(needs_sound=True) is not None else OPEN
