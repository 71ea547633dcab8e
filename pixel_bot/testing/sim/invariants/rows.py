"""What rows of different tables must say of each other after each commit."""

from collections import defaultdict
from collections.abc import Iterator

from pixel_bot.testing.sim.invariants.durable import Durable
from pixel_bot.testing.sim.invariants.violation import Violation

NEWEST = 200
"""So many items are looked at; older ones have ended long ago."""

ENDED = ("done", "failed")


class Rows:
    """Looks at what is new.

    Args:
        durable: what is in the database.
    """

    def __init__(self, durable: Durable) -> None:
        self._durable = durable
        self._ended: dict[int, str] = {}
        self._transaction = self._item = 0
        self._charged: dict[str, int] = defaultdict(int)
        self._changes: dict[int, int] = defaultdict(int)
        self._undone: dict[int, int] = defaultdict(int)
        self._won = 0

    def check(self) -> None:
        """Look at what was committed since the last time.

        Raises:
            Violation: rows contradict each other.
        """
        for look in (self._items, self._ledger, self._prizes, self._cooldowns):
            for sentence in look():
                raise Violation(sentence)

    def _items(self) -> Iterator[str]:
        """An item ends once; one that failed was given back; a message buys once."""
        query = (
            "SELECT id, status, redeem, refunded_at IS NULL AND cost > 0 AND user_id IS NOT NULL FROM queue_items "
            f"WHERE id > (SELECT COALESCE(MAX(id), 0) FROM queue_items) - {NEWEST} ORDER BY id"
        )
        for item, status, redeem, is_unpaid in self._durable.rows(query):
            before = self._ended.get(item)
            if before is not None and status != before:
                yield f"Item {item}, {redeem}, had ended: {before}. Now it is {status}."
            if status == "failed" and is_unpaid:
                yield f"Item {item}, {redeem}, did not happen, and was not given back."
            if status in ENDED:
                self._ended[item] = status
        query = (
            "SELECT message_id FROM queue_items WHERE cost > 0 AND message_id NOT NULL "
            f"AND id > (SELECT MAX(id) FROM queue_items) - {NEWEST} GROUP BY message_id HAVING COUNT(*) > 1"
        )
        for (message,) in self._durable.rows(query):
            yield f"What message {message} bought was bought twice."
        for item in [i for i in self._ended if i <= max(self._ended) - NEWEST]:
            del self._ended[item]

    def _ledger(self) -> Iterator[str]:
        """What was charged is what the items cost; an undo takes no more than was given."""
        query = "SELECT id, amount, reason, change_id FROM transactions WHERE id > ? ORDER BY id"
        for row, amount, reason, change in self._durable.rows(query, self._transaction):
            self._transaction = row
            if reason.startswith("redeem:"):
                self._charged[reason.removeprefix("redeem:")] -= amount
            self._won += amount if reason == "wheel" else 0
            if change is not None:
                (self._undone if reason == "undo" else self._changes)[change] += amount
                if abs(self._undone[change]) > abs(self._changes[change]):
                    yield f"Change {change} moved {self._changes[change]} points, its undo {self._undone[change]}."
        query = "SELECT id, redeem, cost FROM queue_items WHERE id > ? ORDER BY id"
        for item, redeem, cost in self._durable.rows(query, self._item):
            self._item = item
            if redeem is not None:
                self._charged[redeem] -= cost
        for redeem, left in self._charged.items():
            if left:
                yield f"{redeem}: {left} points were charged beyond what the items cost."

    def _prizes(self) -> Iterator[str]:
        """The wheel pays what its draws that have landed won, and no more."""
        query = (
            "SELECT COALESCE(SUM(json_extract(prize_json, '$.grant_points')), 0) FROM draws WHERE landed_at NOT NULL"
        )
        ((due,),) = self._durable.rows(query)
        if self._won > due:
            yield f"The wheel paid {self._won} points, and {due} were won."

    def _cooldowns(self) -> Iterator[str]:
        """A viewer rests only after a purchase that was not given back: their own, or that of an account of theirs.

        What rested together when two accounts were linked stays with one of them when they part.
        """
        query = """
            SELECT c.user_id, c.key FROM cooldowns c JOIN redeems r ON r.key = c.key
            WHERE NOT EXISTS (SELECT 1 FROM queue_items q WHERE q.redeem = c.key
                              AND q.cooldown_until = c.expires_at
                              AND (q.user_id = c.user_id AND q.refunded_at IS NULL
                                   OR q.user_id IN (SELECT merged_id FROM links WHERE kept_id = c.user_id)
                                   OR q.user_id IN (SELECT kept_id FROM links WHERE merged_id = c.user_id)))
        """
        for user, key in self._durable.rows(query):
            yield f"User {user} rests from {key} without having bought it."
