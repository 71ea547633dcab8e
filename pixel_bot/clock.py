"""The clock that all rules read, so that a test can set it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


GRACE = timedelta(minutes=1)
"""How far two clocks may differ, as that of the platform and ours: a smaller difference is none."""


class Clock:
    """The real time. The test kit has a clock that a test sets."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment. Whole numbers, so that 60 s are 60 s and not 59.9999999."""
    return (moment - EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    """The aware moment of so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=value)


def last_time(now: datetime, written: str) -> datetime:
    """The last moment, up to now, at which the local clock showed that time of the day.

    A time that the clock shows twice counts once, and so does one that it skips, an hour before or after.
    """
    return next(moment for moment in _moments(now, written, range(0, -3, -1)) if moment <= now)


def next_time(now: datetime, written: str) -> datetime:
    """The first moment after now at which the local clock shows that time of the day; counted as in ``last_time``."""
    return next(moment for moment in _moments(now, written, range(-1, 3)) if moment > now)


def _moments(now: datetime, written: str, days: Iterable[int]) -> Iterator[datetime]:
    at, today = time.fromisoformat(written), now.astimezone().date()
    yield from (datetime.combine(today + timedelta(days=day), at).astimezone() for day in days)
