"""What of a chat message is read only when a cog asks for it: its author's badges, and its fragments."""

from collections.abc import Collection
from typing import get_args

from msgspec import Struct

from pixel_bot.model.heard_chat import ChatRole, Fragment
from pixel_bot.platforms.decoding import Text, Unreadable
from pixel_bot.platforms.twitch.events.frames import Frame, decode_payload
from pixel_bot.platforms.twitch.events.structs import payloads

BADGES: dict[str, ChatRole] = {
    "broadcaster": "streamer",
    "moderator": "mod",
    "lead_moderator": "mod",
    "vip": "vip",
    "subscriber": "sub",
    "founder": "sub",
}
"""Badge sets of Twitch that say what somebody is in the channel. A founder is an early subscriber.

https://dev.twitch.tv/docs/api/reference/#get-global-chat-badges
"""

KINDS = frozenset(get_args(Fragment.__annotations__["kind"]))


class _Badge(Struct, gc=False):
    set_id: Text


class _Fragment(Struct, gc=False):
    type: str
    text: str


class _Message(Struct, gc=False):
    fragments: list[_Fragment] = []


class _Details(Struct, gc=False):
    message: _Message
    badges: list[_Badge] = []


_DETAILS = payloads(_Details)


def roles_of(badges: Collection[str]) -> frozenset[ChatRole]:
    """What somebody with these badge sets is in the channel. The streamer is a mod, too."""
    roles: set[ChatRole] = {BADGES[badge] for badge in badges if badge in BADGES}
    if "streamer" in roles:
        roles.add("mod")
    return frozenset(roles)


class TwitchDetails:
    """Reads the frame when it is asked for the first time."""

    __slots__ = ("_frame", "_read")

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._read: _Details | None = None

    @property
    def roles(self) -> frozenset[ChatRole]:
        """What the author is in this channel."""
        return roles_of([badge.set_id for badge in self._details().badges])

    @property
    def fragments(self) -> tuple[Fragment, ...]:
        """The message's parts, in order. What is of an unknown kind counts as text."""
        return tuple(
            Fragment(part.type if part.type in KINDS else "text", part.text)  # pyright: ignore[reportArgumentType]
            for part in self._details().message.fragments
        )

    def _details(self) -> _Details:
        if self._read is None:
            try:
                self._read = decode_payload(self._frame, _DETAILS).event
            except Unreadable:
                self._read = _Details(_Message())  # its text was readable, or nobody had heard of it
        return self._read
