"""How the overlay is, in the words that chat and ``!status`` share."""

from pixel_bot.overlay.overlay import Overlay

OPEN = "open"
CLOSED = "closed"
BLOCKED = "open, but its sound is blocked: click on the page"
"""A browser plays no sound on a page that nobody has clicked on; OBS does."""


def overlay_words(overlay: Overlay, *, needs_sound: bool = True) -> str:
    """``open``, ``closed``, or what keeps sounds from being played."""
    if overlay.away_since(needs_sound=False) is not None:
        return CLOSED
    return BLOCKED if needs_sound and overlay.away_since(needs_sound=True) is not None else OPEN
