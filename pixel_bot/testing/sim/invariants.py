"""What must always hold: looked at from outside, in the database that a killed bot would leave."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

from pixel_bot.sandbox.twitch.users import BOT
from pixel_bot.testing.sim.rows import Rows
from pixel_bot.testing.sim.words import Words

FACTS = {"chat", "follow", "sub", "gift", "cheer", "raid", "streak", "upgrade", "tip", "enter"}
"""Kinds of ids with which the points that they paid are noted."""


class Violation(AssertionError):
    """A promise was broken; the sentence says which, and where."""


class Promises:
    """Checks what is durable. What it has seen once is not read again.

    Args:
        file: the bot's database.
    """

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)
        self._seen = 0
        self._balances: dict[int, int] = {}
        self._words = Words(self._connection, BOT.login)
        self.rows_of_all = Rows(self._connection)

    def close(self) -> None:
        """Look no more."""
        self._connection.close()

    def check(self) -> None:
        """Look at all that was committed since the last time.

        Raises:
            Violation: a balance is not the sum of its rows, or an item was given back and done, or given back twice.
        """
        touched = self._new_rows()
        for user, points in self._points(touched):
            if points != self._balances[user]:
                raise Violation(f"User {user} has {points} points, and rows for {self._balances[user]}.")
        for sentence in chain(self._refunds(), self.rows_of_all.broken(), self._words.broken()):
            raise Violation(sentence)

    def hear(self, login: str, text: str) -> None:
        """Somebody wrote in chat.

        Raises:
            Violation: the bot said what is not durable.
        """
        for sentence in self._words.hear(login, text):
            raise Violation(sentence)

    def check_settled(self) -> None:
        """Once nothing goes wrong any more: everything that was paid has ended, and who was owed a word got it.

        Raises:
            Violation: something still waits.
        """
        for (item,) in self._connection.execute("SELECT id FROM queue_items WHERE status IN ('pending', 'running')"):
            raise Violation(f"Item {item} neither happened nor was it given back.")
        for (item,) in self._connection.execute("SELECT id FROM queue_items WHERE NOT told"):
            raise Violation(f"Nobody was told that item {item} was given back.")

    def check_facts(self) -> None:
        """What messages and events paid is what is noted with their ids, each of which is there once.

        Raises:
            Violation: something was paid twice, or not at all.
        """
        noted = {"chat": 0, **dict(self._connection.execute("SELECT kind, SUM(points) FROM events GROUP BY kind"))}
        paid = dict(self._connection.execute("SELECT reason, SUM(amount) FROM transactions GROUP BY reason"))
        for kind, points in noted.items():
            if kind in FACTS and points != paid.get(kind, 0):
                raise Violation(f"For {kind}, {points} points are noted, and {paid.get(kind, 0)} were paid.")

    def rows(self) -> Iterator[tuple[object, ...]]:
        """All of the ledger, for a digest."""
        yield from self._connection.execute(
            "SELECT user_id, amount, reason, balance_after FROM transactions ORDER BY id"
        )
        yield from self._connection.execute("SELECT id, redeem, status, cost, note FROM queue_items ORDER BY id")

    def _new_rows(self) -> set[int]:
        touched: set[int] = set()
        query = "SELECT id, user_id, amount, balance_after FROM transactions WHERE id > ? ORDER BY id"
        for row, user, amount, after in self._connection.execute(query, (self._seen,)):
            self._seen = row
            before = self._balances.get(user, 0)
            if before + amount != after or after < 0:
                raise Violation(f"Row {row}: {before} and {amount} are not {after}.")
            self._balances[user] = after
            touched.add(user)
        return touched

    def _points(self, users: set[int]) -> Iterator[tuple[int, int]]:
        for user in sorted(users):
            with closing(self._connection.execute("SELECT points FROM users WHERE id = ?", (user,))) as found:
                yield user, found.fetchone()[0]

    def _refunds(self) -> Iterator[str]:
        """Each item that was given back has one row for it; those of the others, none."""
        query = """
            SELECT u.redeem, u.paid, COALESCE(t.total, 0) FROM
            (SELECT redeem, SUM(cost) AS paid FROM queue_items WHERE refunded_at IS NOT NULL GROUP BY redeem) u
            LEFT JOIN (SELECT reason, SUM(amount) AS total FROM transactions GROUP BY reason) t
            ON t.reason = 'refund:' || u.redeem WHERE u.paid <> COALESCE(t.total, 0)
        """
        for redeem, owed, given in self._connection.execute(query):
            yield f"{redeem}: {owed} points were to be given back, and {given} were."
