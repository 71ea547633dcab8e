"""A chat message as cogs get it, the same on every platform."""

from typing import Literal, NamedTuple, Protocol

import msgspec

from pixel_bot.model.chat_message import ChatMessage as Message
from pixel_bot.model.event import Event
from pixel_bot.model.people import Person, Platform

ChatRole = Literal["streamer", "mod", "vip", "sub"]

CHAT_ROLES: tuple[ChatRole, ...] = ("streamer", "mod", "vip", "sub")


class Fragment(NamedTuple):
    """A part of a message: plain ``text``, an ``emote``, a ``cheermote`` or a ``mention``, and how it is written."""

    kind: Literal["text", "emote", "cheermote", "mention"]
    text: str


class ChatDetails(Protocol):
    """What of a message is read only when it is asked for: a busy chat has thousands of messages a second."""

    @property
    def roles(self) -> frozenset[ChatRole]:
        """What its author is in this channel."""
        ...

    @property
    def fragments(self) -> tuple[Fragment, ...]:
        """Its parts, in order."""
        ...


class ChatMessage(Event, msgspec.Struct, frozen=True, gc=False):
    """Somebody wrote in chat.

    ``is_first`` is True for their first message since the stream began, or the bot started, whichever is later.
    """

    message: Message
    details: ChatDetails
    is_first: bool = False

    @property
    def id(self) -> str:
        """Of the message, unique over all platforms."""
        return self.message.id

    @property
    def viewer(self) -> Person:
        """Who wrote it. Reads as their name; ``await bot.viewers.meet(message.viewer)`` has their points."""
        return self.message.person

    @property
    def text(self) -> str:
        """What was written, without invisible characters."""
        return self.message.text

    @property
    def platform(self) -> Platform:
        """Where."""
        return self.message.platform

    @property
    def bits(self) -> int:
        """What was cheered with it."""
        return self.message.bits

    @property
    def is_guest(self) -> bool:
        """True where it comes from another channel's shared chat."""
        return self.message.is_guest

    @property
    def roles(self) -> frozenset[ChatRole]:
        """What its author is in this channel: ``streamer``, ``mod``, ``vip``, ``sub``. Empty for anybody else."""
        return self.details.roles

    @property
    def fragments(self) -> tuple[Fragment, ...]:
        """Its parts, in order: texts, emotes, cheermotes and mentions."""
        return self.details.fragments
