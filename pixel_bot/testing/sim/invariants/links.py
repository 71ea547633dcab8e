"""Which accounts are joined with one of another platform, or were until lately."""

from collections.abc import Callable

from pixel_bot.testing.sim.invariants.durable import Durable

ACTIVE = "SELECT kept_id, merged_id FROM links WHERE undone_at IS NULL"


class Links:
    """Follows the links.

    Args:
        durable: what is in the database.
        now: seconds since the simulation began.
    """

    def __init__(self, durable: Durable, now: Callable[[], float]) -> None:
        self._durable = durable
        self._now = now
        self._active: set[int] = set()
        self._until: dict[int, float] = {}

    def check(self) -> None:
        """Look at what was committed."""
        active = {user for link in self._durable.rows(ACTIVE) for user in link}
        for user in self._active - active:
            self._until[user] = self._now()
        self._active = active

    def was_linked(self, user: int, since: float) -> bool:
        """Whether an account is linked, or was at that second or later."""
        return user in self._active or self._until.get(user, -1.0) >= since
