"""The sandbox's chat room: its last lines, what was taken out of it, and how fast the bot answers."""

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
    """A line of the sandbox's chat; ``removed`` when a mod took it out."""

    id: str
    who: SandboxUser
    text: str
    at: datetime
    reply_to: str | None = None
    reply_id: str | None = None
    removed: bool = False


@dataclass(slots=True)
class Answers:
    """How fast the bot answered."""

    asked: dict[str, float] = field(default_factory=dict[str, float])
    seconds: list[float] = field(default_factory=list[float])

    def ask(self, message_id: str) -> None:
        """A command was sent. Those that nobody answers are forgotten after a while."""
        if len(self.asked) >= MAX_ASKED:
            self.asked.pop(next(iter(self.asked)))
        self.asked[message_id] = time.perf_counter()

    def answered(self, message_id: str | None) -> None:
        """The bot answered it."""
        since = self.asked.pop(message_id or "", None)
        if since is not None:
            self.seconds.append(time.perf_counter() - since)


class ChatLog:
    """The last lines, oldest first, also by their ids."""

    def __init__(self) -> None:
        self._lines: dict[str, SandboxMessage] = {}
        self._order: deque[str] = deque()

    @property
    def lines(self) -> list[SandboxMessage]:
        """What a page that opens now should see."""
        return [self._lines[line_id] for line_id in self._order]

    def add(self, line: SandboxMessage) -> None:
        """Somebody wrote; the oldest line makes room."""
        if line.id not in self._lines:
            self._order.append(line.id)
        self._lines[line.id] = line
        if len(self._order) > HISTORY:
            del self._lines[self._order.popleft()]

    def find(self, message_id: str | None) -> SandboxMessage | None:
        """A line by its id; None when it is unknown, or long ago."""
        return self._lines.get(message_id or "")

    def remove(self, fits: Callable[[SandboxMessage], bool]) -> list[str]:
        """Take lines out of chat. Returns the ids of those that were still in it."""
        gone = [line.id for line in self._lines.values() if fits(line) and not line.removed]
        for line_id in gone:
            self._lines[line_id] = replace(self._lines[line_id], removed=True)
        return gone

    def author(self, message_id: str | None) -> str | None:
        """Who wrote a line, as chat shows the name."""
        line = self.find(message_id)
        return line.who.name if line else None

    def reply(self, message_id: str | None) -> Json | None:
        """The ``reply`` of a chat message that answers a line."""
        line = self.find(message_id)
        if line is None:
            return None
        who = line.who
        parent: dict[str, Any] = {
            "parent_message_id": line.id,
            "parent_message_body": line.text,
            "parent_user_id": who.id,
            "parent_user_login": who.login,
            "parent_user_name": who.name,
        }
        thread = {f"thread_{k.removeprefix('parent_')}": v for k, v in parent.items() if "body" not in k}
        return parent | thread
