"""Notices when chat falls silent during a stream: perhaps nobody writes, perhaps the bot has gone deaf."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from pixel_bot.clock import Clock
from pixel_bot.errors import PixelError
from pixel_bot.model.stream_state import Broadcast, Stream, check_when_due
from pixel_bot.texts import duration

log = logging.getLogger(__name__)

SILENCE = timedelta(minutes=10)
STANDBY_SECONDS = 60.0


class Watchdog:
    """Warns once for each silence of ten minutes while the stream is on.

    Args:
        clock, stream: when it is, and whether the stream is on.
        on_silence: awaited with each warning; a ``PixelError`` that it raises is logged.
        listens: False while another process listens, so that this one hears nothing.
    """

    def __init__(
        self,
        clock: Clock,
        stream: Stream,
        on_silence: Callable[[], Awaitable[object]],
        listens: Callable[[], bool] = lambda: True,
    ) -> None:
        self._clock = clock
        self._stream = stream
        self._on_silence = on_silence
        self._listens = listens
        self._heard_at = clock.now()
        self._watched: tuple[Broadcast, datetime] | None = None
        self._warned_for: datetime | None = None

    def on_chat(self) -> None:
        """Somebody wrote in chat. Thousands of times a second, so it only notes when."""
        self._heard_at = self._clock.now()

    async def run(self) -> None:
        """Watch until cancelled."""
        await check_when_due(self._stream, self.look)

    async def look(self) -> float | None:
        """Warn where chat has been silent for too long. Returns the seconds until the next look; None while off."""
        live = self._stream.now
        if live is None:
            self._watched = self._warned_for = None
            return None
        if not self._listens():
            self._watched = self._warned_for = None
            return STANDBY_SECONDS
        now = self._clock.now()
        silent_since = self._silent_since(live, now)
        if silent_since == self._warned_for:
            # A new silence begins with a message that is yet to come, so it cannot last long enough before that.
            return SILENCE.total_seconds()
        if now - silent_since < SILENCE:
            return (silent_since + SILENCE - now).total_seconds()
        self._warned_for = silent_since
        await self._warn(now - silent_since)
        return SILENCE.total_seconds()

    def _silent_since(self, live: Broadcast, now: datetime) -> datetime:
        """What was before the bot knew of the stream is no silence. A clock that is set back begins anew."""
        since = self._watched[1] if self._watched is not None and self._watched[0] == live else now
        self._watched = (live, min(since, now))
        self._heard_at = min(self._heard_at, now)
        return max(self._heard_at, self._watched[1])

    async def _warn(self, silence: timedelta) -> None:
        log.warning(
            "The stream is live, but no chat was heard for %s. If viewers do write, open /setup and see whether both "
            "accounts are connected; if they are, start the bot again.",
            duration(silence.total_seconds()),
        )
        try:
            await self._on_silence()
        except PixelError as exc:
            log.warning("What the bot listens to could not be checked: %s", exc)
