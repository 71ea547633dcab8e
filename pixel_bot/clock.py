"""The clock that all rules read, so that a test can set it."""

from datetime import UTC, datetime, timedelta

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
