"""What was given back counts as told once chat has heard of it; nothing is done more often than it was asked for."""

import re
from collections import deque
from collections.abc import Callable

from pixel_bot.sandbox.twitch.double import SandboxMessage
from pixel_bot.testing.sim.channel import Channel
from pixel_bot.testing.sim.invariants.durable import Durable
from pixel_bot.testing.sim.invariants.invariant import Invariant
from pixel_bot.testing.sim.invariants.violation import Violation

GAVE = re.compile(r"You gave (?P<to>\S+) (?P<amount>[0-9,]+) points?\.")
REMEMBERED = 2_000
ANSWER_SECONDS = 5.0
"""Nothing may go wrong for so long before a token is used: a request may have been under way."""


class Notices(Invariant):
    """Listens to Twitch's chat, and looks into the database. What is told on Joystick.tv is not looked at."""

    def __init__(self, channel: Channel, durable: Durable, report: Callable[[Violation], None]) -> None:
        super().__init__(channel, durable, report)
        self._said: deque[str] = deque(maxlen=REMEMBERED)
        self._count = 0
        self._owed: dict[int, tuple[set[str], int]] = {}
        """By the item that was given back: the names by which chat may tell its buyer, and how much was said before."""
        channel.twitch.users.when_spent_again.add(self._on_spent_again)

    def hear(self, message: SandboxMessage) -> None:
        """Somebody said something in chat.

        Raises:
            Violation: the bot said what is not durable.
        """
        if message.who.role != "bot":
            return
        self._said.append(message.text)
        self._count += 1
        for gave in GAVE.finditer(message.text):
            amount = int(gave["amount"].replace(",", ""))
            if not self._was_given(gave["to"], amount):
                raise Violation(f"Chat heard of {amount} points for {gave['to']}, and no row has them.")

    def check(self) -> None:
        """Look at what was committed.

        Raises:
            Violation: an item counts as told, and chat has not named its buyer.
        """
        query = (
            "SELECT q.id, COALESCE(u.display_name, u.name) FROM queue_items q JOIN users u ON u.id = q.user_id "
            "WHERE NOT q.told AND q.note IS NOT NULL AND q.status = 'failed' "
            "AND COALESCE(q.message_id, '') NOT LIKE 'joystick:%'"
        )
        untold: dict[int, str] = dict(self._durable.rows(query))
        for item in [item for item in self._owed if item not in untold]:
            names, since = self._owed.pop(item)
            said = list(self._said)[-min(self._count - since, REMEMBERED) :] if self._count > since else []
            if not any(f"@{name}".lower() in text.lower() for text in said for name in names):
                raise Violation(f"Item {item} counts as told, and chat has not heard of it.")
        for item, name in untold.items():
            self._owed.setdefault(item, (set(), self._count))[0].add(name)

    def _on_spent_again(self, spent: float) -> None:
        """A refresh token was used before. Whoever did not get the answer, or died with it, can only try once more."""
        if self._channel.quiet.seconds() > self._channel.now() - spent + ANSWER_SECONDS:
            self._report(Violation("A refresh token was spent a second time."))

    def _was_given(self, to: str, amount: int) -> bool:
        query = (
            "SELECT 1 FROM transactions t JOIN users u ON u.name = t.note WHERE t.reason = 'give' AND t.amount = ? "
            "AND COALESCE(u.display_name, u.name) = ? LIMIT 1"
        )
        return bool(self._durable.rows(query, -amount, to))
