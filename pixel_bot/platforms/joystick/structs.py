"""What stands in Joystick.tv's frames and answers, in its second version and in its first, as far as the bot uses it.

A message of the second version has its fields in ``data``. In the first one chat has them in the message itself, and
events have them in ``metadata``, a text that holds JSON.
"""

from typing import Annotated, Generic, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, field

from pixel_bot.platforms.decoding import Anything, NoObject, Text

T = TypeVar("T")

Id = Annotated[str, Meta(pattern=r"\A[!-~]{1,200}\Z")]
"""Printable characters without a space."""

Amount = int | float | str | None
"""A whole number, or its digits as a text; what else may stand there is refused when it is read."""


# The connection


class MessageEnvelope(Struct, gc=False):
    """What a message says of itself, or, without a type, of a command that was refused."""

    type: Anything = UNSET
    error: Anything = None
    channel_id: Anything = None
    channel_id_v1: Anything = field(name="channelId", default=None)


class FrameEnvelope(Struct, gc=False):
    """A frame of ActionCable: a data frame has a message and no type, all others a type."""

    type: Anything = UNSET
    identifier: Anything = None
    message: MessageEnvelope | NoObject = None
    error: Anything = None
    reason: Anything = None
    reconnect: Anything = None


# Messages


class Stamped(Struct, gc=False):
    """When something happened."""

    occurred_at: Anything = None
    created_at: Anything = field(name="createdAt", default=None)


class Message(Stamped, gc=False):
    """What happened, by its id."""

    id: str | None = None
    id_v1: str | None = field(name="messageId", default=None)


class Badges(Struct, gc=False):
    """Who somebody is. Only what is exactly true counts."""

    streamer: Anything = None
    mod: Anything = None
    bot: Anything = None


class Author(Struct, rename="camel", gc=False):
    """Who wrote. The first version has no badges."""

    username: str | None = None
    slug: str | None = None
    badges: Badges | NoObject = None
    is_streamer: Anything = None
    is_moderator: Anything = None


class ChatBody(Struct, gc=False):
    """What somebody wrote: the ``data`` of the second version, the message itself of the first one."""

    author: Author
    text: str | UnsetType = UNSET
    visibility: Anything = UNSET
    emotes: Anything = None
    emotes_v1: Anything = field(name="emotesUsed", default=None)


class ChatMessage(Message, gc=False):
    """A chat message; its text and visibility stand for those that its ``data`` does not have."""

    data: ChatBody | NoObject = None
    text: Anything = UNSET
    visibility: Anything = UNSET


class EventMessage(Message, Generic[T], gc=False):
    """Anything but chat. What it says of itself is an object, or a text that holds one."""

    data: T | str | UnsetType | None = UNSET
    metadata: T | str | None = None
    text: Anything = None


class DataFrame(Struct, Generic[T], gc=False):
    """The frame of a message."""

    message: T


# What events say of themselves


class Named(Struct, gc=False):
    """Somebody by their name."""

    username: str | None = None


class WhoFields(Struct, gc=False):
    """Who did it, and the base of others; nobody is named where somebody stays anonymous."""

    who: str | None = None
    username: str | None = None
    author: Named | NoObject = None


class TipFields(WhoFields, kw_only=True, gc=False):
    """A tip."""

    how_much: Amount
    tip_menu_item: Anything = None


class ResubFields(WhoFields, gc=False):
    """A month more."""

    how_long: Amount = None


class GiftFields(WhoFields, gc=False):
    """Gifted subscriptions."""

    how_much: Amount = None


class WheelFields(WhoFields, gc=False):
    """A prize of the wheel."""

    prize: Anything = None


class RaidFields(WhoFields, gc=False):
    """Somebody brings their viewers."""

    number_of_viewers: Amount = None


# Answers of the API, and of the sign-in server


class IdentityFields(Struct, gc=False):
    """``me/identity``."""

    channel_id: Id
    username: str
    live: Anything = False


class SentFields(Struct, gc=False):
    """A message that was sent."""

    id: str | int | None = None


class TokenFields(Struct, gc=False):
    """A pair of tokens. Where there is no new refresh token, the old one stays."""

    access_token: Text
    refresh_token: str | None = None
    expires_in: Anything = None


class Introspection(Struct, gc=False):
    """What is said on a token. Only an ``active`` that is exactly false ends anything."""

    active: Anything = None
    username: Anything = None


class OAuthErrorFields(Struct, gc=False):
    """A refusal."""

    error: Anything = None
