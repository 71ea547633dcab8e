"""The times that messages and events carry: none is taken for later than now, whatever its sender's clock says."""

from collections.abc import Callable
from datetime import timedelta

from pixel_bot.clock import GRACE, Clock, micros

_GRACE = GRACE // timedelta(microseconds=1)


class TimeBound:
    """Cuts times that lie in the future to now. ``set_back`` is called when the clock was set back."""

    def __init__(self, clock: Clock, set_back: Callable[[], None]) -> None:
        self._clock = clock
        self._set_back = set_back
        self._latest = micros(clock.now())

    def cut(self, at: int) -> int:
        """The moment, in microseconds since 1970; now, where it is more than a minute ahead."""
        # Nearly always within a minute of the latest look at the clock: then this is all.
        if self._latest - _GRACE <= at <= self._latest + _GRACE:
            return at
        now = micros(self._clock.now())
        if now < self._latest - _GRACE:
            self._set_back()
        self._latest = now
        return now if at > now + _GRACE else at
