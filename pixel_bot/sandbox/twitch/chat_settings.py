"""The double's chat modes, and Twitch's rules on who may say how much (https://dev.twitch.tv/docs/chat/#rate-limits)."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from pixel_bot.sandbox.twitch.frames import Json, broadcaster_fields
from pixel_bot.texts import visible

Standing = Literal["viewer", "vip", "moderator"]

WINDOW_SECONDS = 30.0
MOST, MOST_AS_MOD = 20, 100
"""Messages of one account in the window."""

ONE_A_SECOND = 1.0

REASONS = {
    "msg_ratelimit": "You are sending messages too quickly.",
    "msg_slowmode": "This room is in slow mode and you are sending messages too quickly.",
    "msg_duplicate": "Your message is identical to the previous one you sent less than 30 seconds ago.",
    "msg_emoteonly": "This room is in emote-only mode.",
    "msg_subsonly": "This room is in subscribers-only mode.",
    "msg_followersonly": "This room is in followers-only mode.",
    "msg_r9k": "This room is in unique-chat mode and the message you attempted to send is not unique.",
    "automod_held": "Your message is being held by AutoMod.",
}


@dataclass(slots=True)
class _Said:
    """What one account said: when, and its last message."""

    at: deque[float] = field(default_factory=deque[float])
    text: str = ""


class ChatSettings:
    """The modes of the channel's chat, and what they and Twitch's limits drop.

    Args:
        clock: seconds, from whenever.
    """

    def __init__(self, clock: Callable[[], float] = lambda: time.monotonic()) -> None:
        self.enforced = False
        """Whether anything is dropped, and a reply to a message that is gone is refused. Off in the sandbox."""
        self.slow_seconds = 0
        self.follower_minutes: int | None = None
        """None where anybody may write; 0 where one must follow, for however short a time."""
        self.subscribers_only = False
        self.emotes_only = False
        self.unique = False
        """Unique-chat mode: nothing may be said twice."""
        self.held_words: set[str] = set()
        """Words whose messages AutoMod holds."""
        self._clock = clock
        self._said: dict[str, _Said] = {}
        self._texts: set[str] = set()

    def drop_code(self, user_id: str, standing: Standing, text: str) -> str | None:
        """Why a message is dropped now; None where it is taken, which then counts."""
        if not self.enforced:
            return None
        now, said = self._clock(), self._said.setdefault(user_id, _Said())
        while said.at and said.at[0] <= now - max(WINDOW_SECONDS, self.slow_seconds):
            said.at.popleft()
        code = self._too_much(now, said, standing) or (self._closed(said, text, now) if standing == "viewer" else None)
        if code is None and standing != "moderator" and any(word in text.casefold() for word in self.held_words):
            code = "automod_held"
        if code is None:
            said.at.append(now)
            said.text = text
            self._texts.add(visible(text))
        return code

    def _too_much(self, now: float, said: _Said, standing: Standing) -> str | None:
        most = MOST_AS_MOD if standing == "moderator" else MOST
        if sum(at > now - WINDOW_SECONDS for at in said.at) >= most:
            return "msg_ratelimit"
        if standing != "viewer" or not said.at:
            return None
        if now - said.at[-1] < ONE_A_SECOND:
            return "msg_ratelimit"
        return "msg_slowmode" if now - said.at[-1] < self.slow_seconds else None

    def _closed(self, said: _Said, text: str, now: float) -> str | None:
        if said.text == text and said.at and now - said.at[-1] < WINDOW_SECONDS:
            return "msg_duplicate"
        closed = (
            ("msg_emoteonly", self.emotes_only),
            ("msg_subsonly", self.subscribers_only),
            ("msg_followersonly", self.follower_minutes is not None),
            ("msg_r9k", self.unique and visible(text) in self._texts),
        )
        return next((code for code, is_on in closed if is_on), None)

    def as_json(self) -> Json:
        """A row of ``GET chat/settings``."""
        broadcaster_id = broadcaster_fields()["broadcaster_user_id"]
        return {
            "broadcaster_id": broadcaster_id,
            "slow_mode": self.slow_seconds > 0,
            "slow_mode_wait_time": self.slow_seconds or None,
            "follower_mode": self.follower_minutes is not None,
            "follower_mode_duration": self.follower_minutes,
            "subscriber_mode": self.subscribers_only,
            "emote_mode": self.emotes_only,
            "unique_chat_mode": self.unique,
        }

    def as_event(self) -> Json:
        """``channel.chat_settings.update``."""
        return {
            **broadcaster_fields(),
            "slow_mode": self.slow_seconds > 0,
            "slow_mode_wait_time_seconds": self.slow_seconds or None,
            "follower_mode": self.follower_minutes is not None,
            "follower_mode_duration_minutes": self.follower_minutes,
            "subscriber_mode": self.subscribers_only,
            "emote_mode": self.emotes_only,
            "unique_chat_mode": self.unique,
        }
