"""How often somebody may be wrong, so that nobody guesses their way in."""

from datetime import datetime, timedelta

from pixel_bot.clock import Clock
from pixel_bot.errors import ChatError
from pixel_bot.lru_cache import LruCache
from pixel_bot.texts import duration

MOST = 5
WITHIN = timedelta(minutes=10)
REMEMBERED = 1_000


class TooManyAttempts(ChatError):
    """Somebody was wrong too often; ``seconds`` are left until they may try again."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"Those were too many wrong codes. Try again in {duration(seconds)}.")


class AttemptLimit:
    """Counts the wrong tries of each user, in memory: at most 5 within 10 minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: LruCache[int, tuple[datetime, ...]] = LruCache(REMEMBERED)

    def begin(self, user_id: int) -> None:
        """One more try. It counts as wrong until something else is said, so that many at once count as many.

        Raises:
            TooManyTries: no more for now.
        """
        now = self._clock.now()
        recent = tuple(at for at in self._wrong.get(user_id) or () if at > now - WITHIN)
        if len(recent) >= MOST:
            raise TooManyAttempts((recent[0] + WITHIN - now).total_seconds())
        self._wrong.put(user_id, (*recent, now))

    def succeed(self, user_id: int) -> None:
        """The last try was right, and those before are forgiven."""
        self._wrong.forget(user_id)

    def forgive(self, user_id: int) -> None:
        """The last try was not wrong; those before still count."""
        self._wrong.put(user_id, (self._wrong.get(user_id) or ())[:-1])
