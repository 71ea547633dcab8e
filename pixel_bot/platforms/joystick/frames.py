"""Reads what Joystick.tv sends, in its second version and in its first.

Types are matched exactly: a tip goal that grew is no tip, and a new count of followers is no follow. The ``text`` of an
event is written for people and can hold HTML, so nothing is ever taken from it but a name that looks like one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

import orjson

from pixel_bot.model.channel_events import ChannelEvent, Entrance, Follow, Gift, Raid, Sub, Tip, WheelClaim
from pixel_bot.model.chat_message import ChatMessage, chat_message
from pixel_bot.model.people import Person
from pixel_bot.platforms.joystick.fields import (
    Message,
    amount_of,
    emote_names,
    id_of,
    moment_of,
    person_named,
    plain_words,
    printable,
)

Kind = Literal["tip", "follow", "sub", "resub", "gift", "wheel", "raid", "enter", "on", "off"]

KINDS: Mapping[str, Kind] = {
    "Tipped": "tip",
    "tipped": "tip",
    "Followed": "follow",
    "followed": "follow",
    "Subscribed": "sub",
    "subscribed": "sub",
    "Resubscribed": "resub",
    "resubscribed": "resub",
    "GiftedSubscriptions": "gift",
    "gifted_subscriptions": "gift",
    "WheelSpinClaimed": "wheel",
    "wheel_spin_claimed": "wheel",
    "StreamDroppedIn": "raid",
    "stream_dropped_in": "raid",
    "enter_stream": "enter",
    "Started": "on",
    "started": "on",
    "stream_started": "on",
    "Ended": "off",
    "ended": "off",
    "stream_ended": "off",
}
"""What counts, by the first version's name and by the second one's. All other types pay nothing and say nothing."""

CHAT = {"new_message", "chat_message"}


@dataclass(frozen=True, slots=True)
class StreamChange:
    """The stream went on, or off."""

    live: bool
    at: datetime


GatewayEvent = ChatMessage | ChannelEvent | StreamChange


def read(message: Message, *, now: datetime) -> GatewayEvent | None:
    """Read the ``message`` of a data frame.

    Args:
        message: as it came.
        now: stands for a time that is missing, or cannot be.

    Returns:
        None for what pays nothing and asks for nothing: goals and counts, somebody unnamed who came in, and messages
        that not everybody can read, because the answer would be for everybody.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: a needed field is missing, or is not what it should be.
    """
    kind = message["type"]
    if not isinstance(kind, str):
        raise TypeError("a type that is no text")
    if kind in CHAT:
        return _chat_message(message, now)
    if kind not in KINDS:
        return None
    at = moment_of(message, now)
    what = KINDS[kind]
    if what in {"on", "off"}:
        return StreamChange(what == "on", at)
    return _READERS[what](f"joystick:{what}:{id_of(message)}", _fields(message), message, at)


def _chat_message(message: Message, now: datetime) -> ChatMessage | None:
    body: Message = message["data"] if isinstance(message.get("data"), dict) else message
    author: Message = body["author"]
    badges = _object(author.get("badges"))
    visibility = body.get("visibility", message.get("visibility"))
    if visibility not in {None, "", "public"}:
        return None
    text = body.get("text", message.get("text"))
    if not isinstance(text, str):
        raise TypeError("a message without a text")
    person = person_named(author.get("username") or author.get("slug"))
    is_streamer = badges.get("streamer") is True or author.get("isStreamer") is True
    return chat_message(
        person,
        f"joystick:{id_of(message)}",
        moment_of(message, now),
        printable(text),
        is_mod=is_streamer or badges.get("mod") is True or author.get("isModerator") is True,
        is_streamer=is_streamer,
        is_bot=badges.get("bot") is True,
        emotes=emote_names(body.get("emotes") or body.get("emotesUsed")),
    )


def _object(value: object) -> Message:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _fields(message: Message) -> Mapping[str, Any]:
    """What an event says of itself: an object, or in the first version a text that holds one."""
    raw: Any = message.get("data") if "data" in message else message.get("metadata")
    if isinstance(raw, str):
        raw = orjson.loads(raw) if raw.strip() else {}
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise TypeError("metadata that is no object")
    return cast(dict[str, Any], raw)


def _who(fields: Mapping[str, Any]) -> Person | None:
    """Who did it; None where nobody is named."""
    who = fields.get("who") or fields.get("username") or _object(fields.get("author")).get("username")
    return person_named(who) if who else None


def _tip(event_id: str, fields: Mapping[str, Any], _: Message, at: datetime) -> ChannelEvent:
    tokens, item = amount_of(fields["how_much"]), plain_words(fields.get("tip_menu_item"))
    return Tip(event_id, _who(fields), at, tokens=tokens, item=item)


def _follow(event_id: str, fields: Mapping[str, Any], _: Message, at: datetime) -> ChannelEvent:
    return Follow(event_id, _who(fields), at)


def _sub(event_id: str, fields: Mapping[str, Any], _: Message, at: datetime) -> ChannelEvent:
    return Sub(event_id, _who(fields), at)


def _resub(event_id: str, fields: Mapping[str, Any], _: Message, at: datetime) -> ChannelEvent:
    return Sub(event_id, _who(fields), at, months=amount_of(fields.get("how_long"), default=1))


def _gift(event_id: str, fields: Mapping[str, Any], _: Message, at: datetime) -> ChannelEvent:
    return Gift(event_id, _who(fields), at, total=amount_of(fields.get("how_much"), least=1, default=1))


def _wheel(event_id: str, fields: Mapping[str, Any], _: Message, at: datetime) -> ChannelEvent:
    return WheelClaim(event_id, _who(fields), at, prize=plain_words(fields.get("prize")))


def _raid(event_id: str, fields: Mapping[str, Any], _: Message, at: datetime) -> ChannelEvent:
    return Raid(event_id, _who(fields), at, viewers=amount_of(fields.get("number_of_viewers"), default=0))


def _enter(event_id: str, fields: Mapping[str, Any], message: Message, at: datetime) -> ChannelEvent | None:
    """The first version names who came in where other events have their words."""
    person = _who(fields)
    if person is None and "data" not in message and (name := message.get("text")):
        person = person_named(name)
    return Entrance(event_id, person, at) if person is not None else None


_READERS: Mapping[Kind, Callable[[str, Mapping[str, Any], Message, datetime], ChannelEvent | None]] = {
    "tip": _tip,
    "follow": _follow,
    "sub": _sub,
    "resub": _resub,
    "gift": _gift,
    "wheel": _wheel,
    "raid": _raid,
    "enter": _enter,
}
