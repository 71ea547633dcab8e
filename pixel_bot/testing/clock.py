"""A clock that only the test moves."""

from datetime import UTC, datetime, timedelta

from typing_extensions import override

from pixel_bot.clock import Clock


class SettableClock(Clock):
    """Time as the test sets it; it begins on 1 January 2026 at noon, UTC."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)) -> None:
        self._now = start

    @override
    def now(self) -> datetime:
        """The moment that was set."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Set the present moment."""
        self._now = moment

    def advance(self, seconds: float) -> None:
        """Move on by so many seconds."""
        self._now += timedelta(seconds=seconds)
