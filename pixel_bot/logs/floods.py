"""A cog that writes very much into the log does not hide what others write."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from pixel_bot.configuration.cog_files import PACKAGE

MOST, WINDOW_SECONDS = 100, 60.0
"""Lines of one cog in so many seconds."""

WORDS = "The cog %s writes more than %d lines a minute into the log. The rest of this minute is left out."


class Floods:
    """Counts the lines of each cog.

    Args:
        now: monotonic seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counts: dict[str, tuple[float, int]] = {}

    def is_too_much(self, record: logging.LogRecord) -> bool:
        """Whether a line is beyond what its cog may write. Warnings that the bot itself writes about it are not."""
        cog = cog_of(record)
        if cog is None:
            return False
        now = self._now()
        since, count = self._counts.get(cog, (now, 0))
        if now - since >= WINDOW_SECONDS:
            since, count = now, 0
        self._counts[cog] = (since, count + 1)
        return count >= MOST

    def notice(self, record: logging.LogRecord) -> logging.LogRecord | None:
        """What to write instead of the first line that is too much; None for all others."""
        cog = cog_of(record)
        if cog is None or self._counts.get(cog, (0.0, 0))[1] != MOST + 1:
            return None
        return logging.LogRecord(__name__, logging.WARNING, __file__, 0, WORDS, (cog, MOST), None)


_places: dict[str, Path] = {}


def watch(cog: str, place: Path) -> None:
    """Lines from that file or folder are the cog's, whichever logger they go to."""
    _places[cog] = place


def cog_of(record: logging.LogRecord) -> str | None:
    """The cog that wrote a line; None for everybody else."""
    first, _, rest = record.name.partition(".")
    if first == PACKAGE and rest:
        return rest.partition(".")[0]
    if first == "pixel_bot":
        return None
    path = Path(record.pathname)
    return next((cog for cog, place in _places.items() if path.is_relative_to(place)), None)
