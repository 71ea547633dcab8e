"""What the bot says must be durable; and who is owed a word gets it."""

import re
import sqlite3
from collections import deque
from collections.abc import Iterator

GAVE = re.compile(r"You gave (?P<to>\S+) (?P<amount>[0-9,]+) points?\.")
REMEMBERED = 2_000


class Words:
    """Listens to chat, and looks into the database.

    Args:
        connection: reads the bot's database.
        bot: the bot's login.
    """

    def __init__(self, connection: sqlite3.Connection, bot: str) -> None:
        self._connection = connection
        self._bot = bot
        self._said: deque[str] = deque(maxlen=REMEMBERED)
        self._owed: dict[int, tuple[str, int]] = {}
        """By the item that was given back: whom chat must name, and how much had been said by then."""
        self._count = 0
        self._gives = self._paid_gives = 0
        self._row = 0

    def hear(self, login: str, text: str) -> Iterator[str]:
        """Somebody said something in chat. Yields a sentence for each promise that is broken."""
        if login != self._bot:
            self._gives += text.startswith("!give ")
            return
        self._said.append(text)
        self._count += 1
        for gave in GAVE.finditer(text):
            amount = int(gave["amount"].replace(",", ""))
            if not self._was_given(gave["to"], amount):
                yield f"Chat heard of {amount} points for {gave['to']}, and no row has them."

    def broken(self) -> Iterator[str]:
        """Look at what was committed. Yields a sentence for each promise that is broken."""
        yield from self._untold()
        query = "SELECT id, reason, amount FROM transactions WHERE id > ? ORDER BY id"
        for row, reason, amount in self._connection.execute(query, (self._row,)):
            self._row = row
            self._paid_gives += reason == "give" and amount < 0
        if self._paid_gives > self._gives:
            yield f"{self._paid_gives} gifts were made, and {self._gives} were asked for."

    def _was_given(self, to: str, amount: int) -> bool:
        query = (
            "SELECT 1 FROM transactions t JOIN users u ON u.name = t.note WHERE t.reason = 'give' AND t.amount = ? "
            "AND COALESCE(u.display_name, u.name) = ? LIMIT 1"
        )
        return bool(self._connection.execute(query, (-amount, to)).fetchall())

    def _untold(self) -> Iterator[str]:
        """An item counts as told once chat has named its buyer."""
        query = (
            "SELECT q.id, COALESCE(u.display_name, u.name) FROM queue_items q JOIN users u ON u.id = q.user_id "
            "WHERE NOT q.told AND q.note IS NOT NULL AND q.status = 'failed'"
        )
        untold: dict[int, str] = dict(self._connection.execute(query).fetchall())
        for item in [item for item in self._owed if item not in untold]:
            name, since = self._owed.pop(item)
            said = list(self._said)[-min(self._count - since, REMEMBERED) :] if self._count > since else []
            if not any(f"@{name}" in text for text in said):
                yield f"Item {item} counts as told, and chat has not heard of it."
        for item, name in untold.items():
            self._owed.setdefault(item, (name, self._count))
