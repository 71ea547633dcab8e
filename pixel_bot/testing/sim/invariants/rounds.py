"""Rounds of games: what came in was paid out, given back or left to the house, and each ends in its time."""

from collections.abc import Callable, Iterator
from datetime import datetime

from pixel_bot.testing.sim.invariants.durable import Durable
from pixel_bot.testing.sim.invariants.violation import Violation

NEWEST = 200
"""So many rounds are looked at; older ones have ended long ago."""

LONGEST = {"duel": 600, "heist": 600, "raffle": 600, "gamble": 0, "slots": 0, "roulette": 0}
"""Seconds after which a round has ended, by its kind, where no mod is waited for; 0: with its own transaction."""


class Rounds:
    """Looks at what was committed.

    Args:
        durable: what is in the database.
        now: the bot's time.
    """

    def __init__(self, durable: Durable, now: Callable[[], datetime]) -> None:
        self._durable = durable
        self._now = now

    def check(self) -> None:
        """Look at the newest rounds.

        Raises:
            Violation: one does not add up.
        """
        for sentence in (*self._sums(), *self._sides()):
            raise Violation(sentence)

    def check_settled(self) -> None:
        """Once nothing has gone wrong for a while.

        Raises:
            Violation: one is still open that should have ended.
        """
        rows = self._durable.rows("SELECT id, kind, opened_at FROM rounds WHERE state = 'open' ORDER BY id")
        for number, kind, opened_at in rows:
            age = (self._now().replace(tzinfo=None) - datetime.fromisoformat(opened_at)).total_seconds()
            if age > LONGEST.get(kind, float("inf")):
                raise Violation(f"The {kind} of round {number} is open for {age:.0f} s.")

    def _sums(self) -> Iterator[str]:
        query = (
            "SELECT r.id, r.kind, r.state, r.house, -COALESCE(SUM(t.amount), 0) FROM rounds r "
            "LEFT JOIN transactions t ON t.round_id = r.id "
            f"WHERE r.id > (SELECT COALESCE(MAX(id), 0) FROM rounds) - {NEWEST} GROUP BY r.id"
        )
        for number, kind, state, house, kept in self._durable.rows(query):
            if state == "open":
                if kept < 0 and kind != "raffle":
                    yield f"The {kind} of round {number} is open, and has paid {-kept} points more than came in."
            elif kept != house or (state == "returned" and house):
                yield f"The {kind} of round {number} kept {kept} points, and {house} are noted ({state})."

    def _sides(self) -> Iterator[str]:
        if not self._durable.rows("SELECT 1 FROM sqlite_master WHERE name = 'cog_bets_stake'"):
            return
        query = "SELECT viewer FROM cog_bets_stake GROUP BY viewer HAVING COUNT(DISTINCT option) > 1"
        for (viewer,) in self._durable.rows(query):
            yield f"User {viewer} has bet on two sides."
