"""Rate limit of wrong link codes, so that codes cannot be guessed."""

from datetime import datetime, timedelta

from pixel_bot.clock import Clock
from pixel_bot.errors import ChatError
from pixel_bot.lru_cache import LruCache
from pixel_bot.texts import duration
from pixel_bot.wording.texts import texts

_ = texts(__name__)

MOST = 5
WITHIN = timedelta(minutes=10)
REMEMBERED = 1_000


class TooManyAttempts(ChatError):
    """Too many wrong codes; ``seconds`` are left until the next attempt."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(_("Those were too many wrong codes. Try again in {time}.", time=duration(seconds)))


class AttemptLimit:
    """Rate limit of each user's wrong attempts, in an LRU cache: at most 5 within 10 minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: LruCache[int, tuple[datetime, ...]] = LruCache(REMEMBERED)

    def begin(self, user_id: int) -> None:
        """Begin an attempt. It counts as wrong until its result is known, so that concurrent ones count, too.

        Raises:
            TooManyAttempts: the limit is reached.
        """
        now = self._clock.now()
        recent = tuple(at for at in self._wrong.get(user_id) or () if at > now - WITHIN)
        if len(recent) >= MOST:
            raise TooManyAttempts((recent[0] + WITHIN - now).total_seconds())
        self._wrong.put(user_id, (*recent, now))

    def succeed(self, user_id: int) -> None:
        """The last attempt was right: clear the wrong ones before it."""
        self._wrong.forget(user_id)

    def forgive(self, user_id: int) -> None:
        """The last attempt was not wrong; earlier ones still count."""
        self._wrong.put(user_id, (self._wrong.get(user_id) or ())[:-1])
