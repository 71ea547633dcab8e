"""EventSub frames: the envelope is decoded at once, what stands in it when its type is known.

https://dev.twitch.tv/docs/eventsub/websocket-reference/
"""

import logging
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import orjson

from pixel_bot.platforms.decoding import Unreadable, decode
from pixel_bot.platforms.twitch.events.structs import ChatEvent, Payload

log = logging.getLogger(__name__)

T = TypeVar("T")

CHAT = "channel.chat.message"

_CHAT_MARK = f'"subscription_type":"{CHAT}"'
"""As Twitch writes it. In a text of chat the quotes would be escaped, so it cannot come from there."""


_MOD_MARKS = tuple(f'"set_id":"{badge}"' for badge in ("moderator", "lead_moderator", "broadcaster"))


class Metadata(msgspec.Struct, frozen=True, gc=False):
    """What a frame says of itself; the last three are empty where they do not apply."""

    message_type: str
    message_id: str = ""
    message_timestamp: str = ""
    subscription_type: str = ""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """A frame: its metadata, and all of it as text. ``chat`` is the event of a chat message, decoded already."""

    metadata: Metadata
    text: str
    chat: ChatEvent | None = None

    def as_json(self) -> dict[str, Any]:
        """All of it as dictionaries, for what is built on them. Costs more than the fields that one needs."""
        return orjson.loads(self.text)


class _Envelope(msgspec.Struct, gc=False):
    metadata: Metadata


class _Whole(msgspec.Struct, gc=False):
    payload: msgspec.Raw


class _ChatFrame(msgspec.Struct, gc=False):
    metadata: Metadata
    payload: Payload[ChatEvent]


_ENVELOPES = msgspec.json.Decoder(_Envelope)
_WHOLE = msgspec.json.Decoder(_Whole)
_CHAT_FRAMES = msgspec.json.Decoder(_ChatFrame)


def read_frame(text: str) -> Frame | None:
    """The frame in a text message of the socket; None, and a warning in the log, where it is none."""
    try:
        return _chat_frame(text) or Frame(decode(_ENVELOPES, text).metadata, text)
    except Unreadable as exc:
        log.warning("A frame from Twitch was left out, because it does not say what it is (%s).", exc)
        return None


def frame_of(frame: Mapping[str, Any]) -> Frame:
    """The frame that a dictionary stands for.

    Raises:
        Unreadable: it has no metadata.
    """
    text = orjson.dumps(frame).decode()
    return _chat_frame(text) or Frame(decode(_ENVELOPES, text).metadata, text)


def _chat_frame(text: str) -> Frame | None:
    """A chat message in one pass, because nearly all frames are one; None for others, and for what cannot be read."""
    if _CHAT_MARK not in text:
        return None
    try:
        whole = _CHAT_FRAMES.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return None  # decoded again by whoever needs the event, who then gets the error
    return Frame(whole.metadata, text, whole.payload.event)


def is_by_mod(frame: Frame) -> bool:
    """True for a chat message whose author has a badge of those who moderate.

    Read from the text as Twitch writes it, because it is asked for each message. In a text of chat the quotes would be
    escaped, so a badge cannot come from there.
    """
    return any(mark in frame.text for mark in _MOD_MARKS)


def decode_payload(frame: Frame, decoder: msgspec.json.Decoder[T]) -> T:
    """The payload of a frame.

    Raises:
        Unreadable: it is not what the decoder expects.
    """
    return decode(decoder, decode(_WHOLE, frame.text).payload)
