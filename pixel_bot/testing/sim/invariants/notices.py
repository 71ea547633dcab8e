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


class Said:
    """What the bot said last in one chat, and how much in all."""

    def __init__(self) -> None:
        self.count = 0
        self._texts: deque[str] = deque(maxlen=REMEMBERED)

    def hear(self, text: str) -> None:
        """It says something."""
        self.count += 1
        self._texts.append(text)

    def since(self, count: int) -> list[str]:
        """What was said after so much."""
        return list(self._texts)[-min(self.count - count, REMEMBERED) :] if self.count > count else []


class Notices(Invariant):
    """Listens to chat, and looks into the database."""

    def __init__(self, channel: Channel, durable: Durable, report: Callable[[Violation], None]) -> None:
        super().__init__(channel, durable, report)
        self._said = {is_elsewhere: Said() for is_elsewhere in (False, True)}
        self._owed: dict[int, tuple[set[str], int]] = {}
        """By the item that was given back: the names by which chat may tell its buyer, and how much was said before."""
        self._elsewhere: dict[int, bool] = {}
        """Whether such an item was bought on another platform."""
        channel.when_said_elsewhere.append(self._said[True].hear)
        channel.twitch.users.when_spent_again.add(self._on_spent_again)

    def hear(self, message: SandboxMessage) -> None:
        """Somebody said something in chat.

        Raises:
            Violation: the bot said what is not durable.
        """
        if message.who.role != "bot":
            return
        self._said[False].hear(message.text)
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
            "SELECT q.id, COALESCE(u.display_name, u.name), COALESCE(q.message_id, '') LIKE 'joystick:%' "
            "FROM queue_items q JOIN users u ON u.id = q.user_id "
            "WHERE NOT q.told AND q.note IS NOT NULL AND q.status = 'failed'"
        )
        rows = self._durable.rows(query)
        untold: dict[int, str] = {item: name for item, name, _ in rows}
        self._elsewhere |= {item: bool(elsewhere) for item, _, elsewhere in rows}
        for item in [item for item in self._owed if item not in untold]:
            names, since = self._owed.pop(item)
            said = self._said[self._elsewhere.pop(item)].since(since)
            if not any(f"@{name}".lower() in text.lower() for text in said for name in names):
                raise Violation(f"Item {item} counts as told, and chat has not heard of it.")
        for item, name in untold.items():
            count = self._said[self._elsewhere[item]].count
            self._owed.setdefault(item, (set(), count))[0].add(name)

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
