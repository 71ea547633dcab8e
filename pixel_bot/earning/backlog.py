"""The bounded queue of a write outage: it accepts what may still earn something, and counts what it drops."""

import logging

from pixel_bot.earning.chat_gate import ChatGate
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.texts import count

log = logging.getLogger(__name__)

MAX_MESSAGES = 50_000
"""Chat messages that wait for the end of the outage. Each takes about half a kilobyte."""

MAX_EVENTS = 10_000
"""Follows, subs and their like that wait for it."""


class Backlog:
    """Decides what waits during one write outage.

    A message within the cooldown of one that waits will earn nothing, so it need not wait: what waits grows with the
    people in chat, not with what they write. Of somebody who has not been paid lately, who may be on a cooldown that
    only the table knows, the first message is taken for one that earns; that can delay their next award by less than
    one cooldown.
    """

    def __init__(self, gate: ChatGate) -> None:
        self._gate = gate
        self._until: dict[str, tuple[int, int]] = {}
        self._dropped = 0

    def accepts_message(self, message: ChatMessage, waiting: int) -> bool:
        """Whether a message joins the queue, which has ``waiting`` messages."""
        rules, at = self._gate.rules, message.at
        points_until, xp_until = self._until.get(message.key) or self._known(message.key)
        points, xp = rules.points and at >= points_until, rules.xp and at >= xp_until
        if not (points or xp):
            return False
        if waiting >= MAX_MESSAGES:
            return self._drop()
        self._until[message.key] = (
            at + rules.points_cooldown * 1_000_000 if points else points_until,
            at + rules.xp_cooldown * 1_000_000 if xp else xp_until,
        )
        return True

    def accepts_event(self, waiting: int) -> bool:
        """Whether an event joins the queue, which has ``waiting`` events."""
        return waiting < MAX_EVENTS or self._drop()

    def end(self) -> None:
        """The outage is over: log how many were dropped."""
        if self._dropped:
            lost = count(self._dropped, "award")
            log.warning("While the database could not be written, %s found no room to wait.", lost)

    def _known(self, key: str) -> tuple[int, int]:
        chatter = self._gate.chatters.get(key)
        return (0, 0) if chatter is None else chatter[1:3]

    def _drop(self) -> bool:
        if not self._dropped:
            log.warning("Too much waits for the database. From now on some of what chat earns is lost.")
        self._dropped += 1
        return False
