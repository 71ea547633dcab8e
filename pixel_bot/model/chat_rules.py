"""How much one may say in a chat: by the platform, by the bot's role there, and by the chat's modes."""

from dataclasses import dataclass
from typing import Literal

Standing = Literal["viewer", "vip", "moderator"]
"""What the bot is in the channel; the broadcaster counts as ``moderator``."""

LIMIT, LIMIT_AS_MOD = 20, 100
"""Messages in 30 seconds on Twitch, from an account and from one that moderates the channel
(https://dev.twitch.tv/docs/chat/#rate-limits)."""

VIEWER_GAP = 1.1
"""Seconds between two messages of who is neither mod, VIP nor broadcaster: Twitch takes one a second."""

SLOW_MARGIN = 0.1
"""Seconds beyond those of slow mode: two clocks never agree to the last millisecond."""


@dataclass(frozen=True, slots=True)
class SendRules:
    """What one chat takes.

    Attributes:
        messages: so many within the window.
        window: its seconds.
        gap: seconds between two messages.
    """

    messages: int = LIMIT
    window: float = 30.0
    gap: float = 0.0


@dataclass(frozen=True, slots=True)
class ChatModes:
    """The modes that a channel on Twitch has switched on for those who are neither mod nor VIP."""

    slow_seconds: float = 0.0
    followers_only: bool = False
    subscribers_only: bool = False
    emotes_only: bool = False

    @property
    def closed_to(self) -> str:
        """Who is kept out, in words; empty where anybody may write."""
        closed = (
            ("emote-only", self.emotes_only),
            ("subscriber-only", self.subscribers_only),
            ("followers-only", self.followers_only),
        )
        return " and ".join(name for name, is_on in closed if is_on)


def twitch_rules(standing: Standing, modes: ChatModes) -> SendRules:
    """The rules of a channel on Twitch for who has that standing in it."""
    if standing == "moderator":
        return SendRules(LIMIT_AS_MOD)
    if standing == "vip":
        return SendRules(LIMIT)
    slow = modes.slow_seconds + SLOW_MARGIN if modes.slow_seconds > 0 else 0.0
    return SendRules(LIMIT, gap=max(VIEWER_GAP, slow))
