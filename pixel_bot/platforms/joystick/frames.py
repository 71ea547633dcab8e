"""Reads what Joystick.tv sends, in its second version and in its first.

Types are matched exactly: a tip goal that grew is no tip, and a new count of followers is no follow. The ``text`` of an
event is written for people and can hold HTML, so nothing is ever taken from it but a name that looks like one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from msgspec import UNSET

from pixel_bot.model.channel_events import ChannelEvent, Entrance, Follow, Gift, Raid, Sub, Tip, WheelClaim
from pixel_bot.model.chat_message import ChatMessage, chat_message
from pixel_bot.model.people import Person
from pixel_bot.platforms.decoding import Unreadable, decode, decoder_of, text_or
from pixel_bot.platforms.joystick import structs
from pixel_bot.platforms.joystick.fields import (
    amount_of,
    checked_id,
    emote_names,
    moment_of,
    person_named,
    plain_words,
    printable,
)
from pixel_bot.platforms.joystick.structs import MessageEnvelope

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

_CHAT = decoder_of(structs.DataFrame[structs.ChatMessage])
_CHAT_V1 = decoder_of(structs.DataFrame[structs.ChatBody])
_STAMPED = decoder_of(structs.DataFrame[structs.Stamped])
_NO_BADGES = structs.Badges()


@dataclass(frozen=True, slots=True)
class StreamChange:
    """The stream went on, or off."""

    live: bool
    at: datetime


GatewayEvent = ChatMessage | ChannelEvent | StreamChange


@dataclass(frozen=True, slots=True)
class Frame:
    """A data frame: what its message says of itself, and all of it as text."""

    envelope: MessageEnvelope
    text: str


def read(frame: Frame, *, now: datetime) -> GatewayEvent | None:
    """Read a data frame.

    Args:
        frame: as it came.
        now: stands for a time that is missing, or cannot be.

    Returns:
        None for what pays nothing and asks for nothing: goals and counts, somebody unnamed who came in, and messages
        that not everybody can read, because the answer would be for everybody.

    Raises:
        Unreadable: a needed field is missing, or is not what it should be.
    """
    kind = frame.envelope.type
    if not isinstance(kind, str):
        raise Unreadable("a message without a type")
    if kind in CHAT:
        return _chat_message(frame, now)
    if kind not in KINDS:
        return None
    what = KINDS[kind]
    if what in {"on", "off"}:
        return StreamChange(what == "on", _moment(decode(_STAMPED, frame.text).message, now))
    return _READERS[what](frame, what, now)


def _chat_message(frame: Frame, now: datetime) -> ChatMessage | None:
    message = decode(_CHAT, frame.text).message
    body = message.data if isinstance(message.data, structs.ChatBody) else decode(_CHAT_V1, frame.text).message
    visibility = message.visibility if body.visibility is UNSET else body.visibility
    if visibility is not UNSET and visibility not in (None, "", "public"):
        return None
    text = message.text if body.text is UNSET else body.text
    if not isinstance(text, str):
        raise Unreadable("a message without a text")
    author = body.author
    badges = author.badges if isinstance(author.badges, structs.Badges) else _NO_BADGES
    is_streamer = badges.streamer is True or author.is_streamer is True
    return chat_message(
        person_named(author.username or author.slug or ""),
        f"joystick:{_id(message)}",
        _moment(message, now),
        printable(text),
        is_mod=is_streamer or badges.mod is True or author.is_moderator is True,
        is_streamer=is_streamer,
        is_bot=badges.bot is True,
        emotes=emote_names(body.emotes or body.emotes_v1),
    )


def _id(message: structs.Message) -> str:
    return checked_id(message.id or message.id_v1 or "")


def _moment(message: structs.Stamped, now: datetime) -> datetime:
    return moment_of(text_or(message.occurred_at or message.created_at), now)


W = TypeVar("W", bound=structs.WhoFields)


@dataclass(frozen=True, slots=True)
class _Event(Generic[W]):
    """An event: its id, who did it (None where nobody is named), when, and what it says of itself."""

    id: str
    who: Person | None
    at: datetime
    fields: W
    message: structs.EventMessage[W]


def _event(frame: Frame, what: Kind, now: datetime, fields: type[W]) -> _Event[W]:
    message = decode(decoder_of(structs.DataFrame[structs.EventMessage[fields]]), frame.text).message
    found = message.metadata if message.data is UNSET else message.data
    if found is None or isinstance(found, str):
        found = decode(decoder_of(fields), (found or "").strip() or "{}")
    author = found.author.username if isinstance(found.author, structs.Named) else None
    who = found.who or found.username or author
    at = _moment(message, now)
    return _Event(f"joystick:{what}:{_id(message)}", person_named(who) if who else None, at, found, message)


def _tip(frame: Frame, what: Kind, now: datetime) -> ChannelEvent:
    event = _event(frame, what, now, structs.TipFields)
    item = plain_words(text_or(event.fields.tip_menu_item))
    return Tip(event.id, event.who, event.at, tokens=amount_of(event.fields.how_much), item=item)


def _follow(frame: Frame, what: Kind, now: datetime) -> ChannelEvent:
    event = _event(frame, what, now, structs.WhoFields)
    return Follow(event.id, event.who, event.at)


def _sub(frame: Frame, what: Kind, now: datetime) -> ChannelEvent:
    event = _event(frame, what, now, structs.WhoFields)
    return Sub(event.id, event.who, event.at)


def _resub(frame: Frame, what: Kind, now: datetime) -> ChannelEvent:
    event = _event(frame, what, now, structs.ResubFields)
    return Sub(event.id, event.who, event.at, months=amount_of(event.fields.how_long, default=1))


def _gift(frame: Frame, what: Kind, now: datetime) -> ChannelEvent:
    event = _event(frame, what, now, structs.GiftFields)
    return Gift(event.id, event.who, event.at, total=amount_of(event.fields.how_much, least=1, default=1))


def _wheel(frame: Frame, what: Kind, now: datetime) -> ChannelEvent:
    event = _event(frame, what, now, structs.WheelFields)
    return WheelClaim(event.id, event.who, event.at, prize=plain_words(text_or(event.fields.prize)))


def _raid(frame: Frame, what: Kind, now: datetime) -> ChannelEvent:
    event = _event(frame, what, now, structs.RaidFields)
    return Raid(event.id, event.who, event.at, viewers=amount_of(event.fields.number_of_viewers, default=0))


def _enter(frame: Frame, what: Kind, now: datetime) -> ChannelEvent | None:
    """The first version names who came in where other events have their words."""
    event = _event(frame, what, now, structs.WhoFields)
    person, name = event.who, text_or(event.message.text)
    if person is None and event.message.data is UNSET and name:
        person = person_named(name)
    return Entrance(event.id, person, event.at) if person is not None else None


_READERS: Mapping[Kind, Callable[[Frame, Kind, datetime], ChannelEvent | None]] = {
    "tip": _tip,
    "follow": _follow,
    "sub": _sub,
    "resub": _resub,
    "gift": _gift,
    "wheel": _wheel,
    "raid": _raid,
    "enter": _enter,
}
