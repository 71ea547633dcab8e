"""XP: there is as much as was earned, won and given by mods, levels fit it, and each level's reward is paid once."""

from pixel_bot.services import curve_of
from pixel_bot.settings import Settings
from pixel_bot.testing.sim.invariants.durable import Durable
from pixel_bot.testing.sim.invariants.violation import Violation

WHOLE_EVERY = 100
"""Commits between two looks at all of it."""

SUMS = """
SELECT (SELECT COALESCE(SUM(xp), 0) FROM xp_records), (SELECT COALESCE(SUM(xp), 0) FROM events),
(SELECT COALESCE(SUM(json_extract(prize_json, '$.grant_xp')), 0) FROM draws WHERE landed_at NOT NULL),
(SELECT COALESCE(SUM(xp_delta), 0) FROM changes WHERE undone_at IS NULL),
(SELECT COALESCE(SUM(xp_delta), 0) FROM changes WHERE undone_at IS NOT NULL AND xp_delta > 0)
"""
TWICE = """
SELECT user_id, reason FROM transactions WHERE reason LIKE 'level:%'
AND user_id NOT IN (SELECT kept_id FROM links UNION SELECT merged_id FROM links)
GROUP BY user_id, reason HAVING COUNT(*) > 1
"""


class Experience:
    """Compares XP with what it came from.

    Args:
        durable: what is in the database.
    """

    def __init__(self, durable: Durable) -> None:
        self._durable = durable
        self._looks = 0
        self._first: int | None = None
        """What an older database had before."""

    def check(self) -> None:
        """Look at what was committed, now and then.

        Raises:
            Violation: there is more or less XP than there may be, or a level was paid twice.
        """
        self._looks += 1
        if self._looks % WHOLE_EVERY == 1:
            self.check_whole()

    def check_whole(self) -> None:
        """Look at all of it.

        Raises:
            Violation: as ``check``.
        """
        ((there, earned, won, given, taken_back),) = self._durable.rows(SUMS)
        due = earned + won + given
        if self._first is None:
            self._first = there - due
        due += self._first
        # An undo takes back what is left of what was given, so some of that may stay with others.
        if not due <= there <= due + taken_back:
            raise Violation(f"There are {there} XP; {due} were earned, won and given.")
        for user, reason in self._durable.rows(TWICE):
            raise Violation(f"User {user} was paid twice for {reason}.")

    def check_levels(self, settings: Settings) -> None:
        """Once all has settled.

        Raises:
            Violation: somebody's level is not that of their XP.
        """
        curve = curve_of(settings)
        for name, xp, level in self._durable.rows("SELECT user_name, xp, level FROM xp_records"):
            if level != curve.level_of(xp or 0):
                raise Violation(f"{name} has {xp} XP, and level {level}.")
