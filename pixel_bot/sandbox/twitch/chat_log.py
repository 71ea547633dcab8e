"""The sandbox's chat log: its last messages, removals, and the bot's response times."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import SandboxUser

HISTORY = 200
MAX_ASKED = 5_000


@dataclass(frozen=True, slots=True)
class SandboxMessage:
    """A message of the sandbox's chat; ``removed`` when a mod deleted it."""

    id: str
    who: SandboxUser
    text: str
    at: datetime
    reply_to: str | None = None
    reply_id: str | None = None
    removed: bool = False


@dataclass(slots=True)
class Answers:
    """Measures the bot's response times."""

    asked: dict[str, float] = field(default_factory=dict[str, float])
    seconds: list[float] = field(default_factory=list[float])

    def ask(self, message_id: str) -> None:
        """A command was sent. The oldest unanswered ones are dropped beyond ``MAX_ASKED``."""
        if len(self.asked) >= MAX_ASKED:
            self.asked.pop(next(iter(self.asked)))
        self.asked[message_id] = time.perf_counter()

    def answered(self, message_id: str | None) -> None:
        """The bot answered it."""
        since = self.asked.pop(message_id or "", None)
        if since is not None:
            self.seconds.append(time.perf_counter() - since)


class ChatLog:
    """The last messages, oldest first, and by id."""

    def __init__(self) -> None:
        self._messages: dict[str, SandboxMessage] = {}
        self._order: deque[str] = deque()

    @property
    def lines(self) -> list[SandboxMessage]:
        """What a page that opens now should see."""
        return [self._messages[message_id] for message_id in self._order]

    def add(self, message: SandboxMessage) -> None:
        """Somebody wrote; the oldest message is dropped."""
        if message.id not in self._messages:
            self._order.append(message.id)
        self._messages[message.id] = message
        if len(self._order) > HISTORY:
            del self._messages[self._order.popleft()]

    def find(self, message_id: str | None) -> SandboxMessage | None:
        """A message by its id; None when it is unknown, or too old."""
        return self._messages.get(message_id or "")

    def remove(self, fits: Callable[[SandboxMessage], bool]) -> list[str]:
        """Remove messages from chat. Returns the ids of those that were removed now."""
        gone = [message.id for message in self._messages.values() if fits(message) and not message.removed]
        for message_id in gone:
            self._messages[message_id] = replace(self._messages[message_id], removed=True)
        return gone

    def author(self, message_id: str | None) -> str | None:
        """Who wrote a message, as chat shows the name."""
        message = self.find(message_id)
        return message.who.name if message else None

    def reply(self, message_id: str | None) -> Json | None:
        """The ``reply`` of a chat message that answers another one."""
        message = self.find(message_id)
        if message is None:
            return None
        who = message.who
        parent: dict[str, Any] = {
            "parent_message_id": message.id,
            "parent_message_body": message.text,
            "parent_user_id": who.id,
            "parent_user_login": who.login,
            "parent_user_name": who.name,
        }
        thread = {f"thread_{k.removeprefix('parent_')}": v for k, v in parent.items() if "body" not in k}
        return parent | thread
