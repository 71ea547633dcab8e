"""What is durable: looked at from outside, in the database that a killed bot would leave."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pixel_bot.db.schema import HEAD
from pixel_bot.testing.sim.invariants.violation import Violation

FACTS = {"chat", "follow", "sub", "gift", "cheer", "raid", "streak", "upgrade", "tip", "enter"}
"""Kinds of ids with which the points that they paid are noted."""

REFUND = "refund:"
WHOLE_EVERY = 500
"""Commits between two looks at all items that were given back."""


class Durable:
    """Checks what is durable. What it has seen once is not read again.

    Args:
        file: the bot's database.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection = _opened(file)
        self._looks = 0
        self._is_current = False
        self._seen = 0
        self._balances: dict[int, int] = {}
        self._people: dict[int, tuple[str, int | None]] = {}
        self._users: dict[str, int] = {}
        self.paid: defaultdict[tuple[int, str], int] = defaultdict(int)
        """What each user was paid for each kind of facts."""
        self.when_paid: Callable[[int, str], None] = lambda user, kind: None
        """Called with user and kind after such a row; may raise Violation."""

    def restored(self) -> None:
        """A copy of the database is in its place now: it must have all that was durable.

        Raises:
            Violation: something is missing.
        """
        self._connection.close()
        self._connection = _opened(self._file)
        newest = self.value("SELECT COALESCE(MAX(id), 0) FROM transactions")
        if newest < self._seen:
            raise Violation(f"Row {self._seen} was committed, and the copy ends with row {newest}.")

    def close(self) -> None:
        """Look no more."""
        self._connection.close()

    def rows(self, query: str, *values: object) -> list[Any]:
        """The rows of a query."""
        return self._connection.execute(query, values).fetchall()

    def value(self, query: str, *values: object) -> Any:
        """The first column of the first row; None without rows."""
        row = self._connection.execute(query, values).fetchone()
        return None if row is None else row[0]

    def check(self) -> None:
        """Look at all that was committed since the last time.

        Raises:
            Violation: a balance is not the sum of its rows, or an item was given back and done, or given back twice.
        """
        self._looks += 1
        touched, is_refund = self._new_rows()
        for user in touched:
            points = self.value("SELECT points FROM users WHERE id = ?", user)
            if points != self._balances[user]:
                raise Violation(f"User {user} has {points} points, and rows for {self._balances[user]}.")
        if is_refund or self._looks % WHOLE_EVERY == 0:
            self.check_refunds()

    def check_refunds(self) -> None:
        """Each item that was given back has one row for it; those of the others, none.

        Raises:
            Violation: of one kind of items, more or less was given back.
        """
        query = """
            SELECT u.redeem, u.paid, COALESCE(t.total, 0) FROM
            (SELECT redeem, SUM(cost) AS paid FROM queue_items WHERE refunded_at IS NOT NULL GROUP BY redeem) u
            LEFT JOIN
            (SELECT reason, SUM(amount) AS total FROM transactions WHERE reason LIKE 'refund:%' GROUP BY reason) t
            ON t.reason = 'refund:' || u.redeem WHERE u.paid <> COALESCE(t.total, 0)
        """
        for redeem, owed, given in self.rows(query):
            raise Violation(f"{redeem}: {owed} points were to be given back, and {given} were.")

    def check_settled(self) -> None:
        """Once nothing goes wrong any more: everything that was paid has ended, and who was owed a word got it.

        Raises:
            Violation: something still waits.
        """
        self.check_refunds()
        for (item,) in self.rows("SELECT id FROM queue_items WHERE status IN ('pending', 'running')"):
            raise Violation(f"Item {item} neither happened nor was it given back.")
        for (item,) in self.rows("SELECT id FROM queue_items WHERE NOT told"):
            raise Violation(f"Nobody was told that item {item} was given back.")

    def check_facts(self) -> None:
        """What messages and events paid is what is noted with their ids, each of which is there once.

        Raises:
            Violation: something was paid twice, or not at all.
        """
        noted = {"chat": 0, **dict(self.rows("SELECT kind, SUM(points) FROM events GROUP BY kind"))}
        paid = dict(self.rows("SELECT reason, SUM(amount) FROM transactions GROUP BY reason"))
        for kind, points in noted.items():
            if kind in FACTS and points != paid.get(kind, 0):
                raise Violation(f"For {kind}, {points} points are noted, and {paid.get(kind, 0)} were paid.")

    def for_digest(self) -> Iterator[tuple[object, ...]]:
        """All of the ledger, for a digest."""
        yield from self.rows("SELECT user_id, amount, reason, balance_after FROM transactions ORDER BY id")
        yield from self.rows("SELECT id, redeem, status, cost, note FROM queue_items ORDER BY id")

    # Who is who

    def person(self, user: int) -> str:
        """Twitch's id of a user."""
        if user not in self._people:
            for found, platform_id, merged in self.rows("SELECT id, platform_id, merged_into FROM users"):
                self._people[found] = platform_id, merged
                self._users[platform_id] = found
        return self._people[user][0]

    def user(self, person: str) -> int | None:
        """Who has that id of Twitch; None for somebody who never came."""
        if person not in self._users:
            found = self.value("SELECT id FROM users WHERE platform = 'twitch' AND platform_id = ?", person)
            if found is not None:
                self._users[person] = found
        return self._users.get(person)

    @property
    def is_current(self) -> bool:
        """Whether its schema is the newest one: an older database may be on its way there."""
        self._is_current = self._is_current or self.value("SELECT version_num FROM alembic_version") == HEAD
        return self._is_current

    def paid_elsewhere(self, kind: str) -> int:
        """How many points accounts on Twitch were paid at most for what linked people did on Joystick.tv."""
        noted = self.value("SELECT SUM(points) FROM events WHERE kind = ? AND id LIKE 'joystick:%'", kind) or 0
        there = sum(paid for (user, what), paid in self.paid.items() if what == kind and not self.is_on_twitch(user))
        return noted - there

    def names(self, user: int) -> set[str]:
        """The names of an account and of those that are or were joined with it, without their platform."""
        query = (
            "SELECT u.name, u.display_name FROM users u WHERE u.id = ?1 OR u.id IN (SELECT merged_id FROM links "
            "WHERE kept_id = ?1) OR u.id IN (SELECT kept_id FROM links WHERE merged_id = ?1)"
        )
        names = {name for row in self.rows(query, user) for name in row if name}
        return {name.partition("@")[0].lower() for name in names}

    def is_on_twitch(self, user: int) -> bool:
        """Whether somebody is there, and not on another platform."""
        return self.value("SELECT platform FROM users WHERE id = ?", user) == "twitch"

    def is_ignored(self, user: int) -> bool:
        """Whether an account earns nothing, or did not for a while."""
        return bool(self.value("SELECT 1 FROM ignored_accounts WHERE user_id = ?", user))

    def _new_rows(self) -> tuple[dict[int, None], bool]:
        touched: dict[int, None] = {}
        is_refund = False
        query = "SELECT id, user_id, amount, balance_after, reason FROM transactions WHERE id > ? ORDER BY id"
        for row, user, amount, after, reason in self._connection.execute(query, (self._seen,)):
            self._seen = row
            before = self._balances.get(user, 0)
            if before + amount != after or after < 0:
                raise Violation(f"Row {row}: {before} and {amount} are not {after}.")
            self._balances[user] = after
            touched[user] = None
            is_refund = is_refund or (reason or "").startswith(REFUND)
            if reason in FACTS:
                self.paid[user, reason] += amount
                self.when_paid(user, reason)
        return touched, is_refund


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)
