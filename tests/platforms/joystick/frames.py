"""Frames as Joystick sends them, in both versions of its protocol."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from pixel_bot.model.people import Person
from pixel_bot.platforms.decoding import decode, decoder_of
from pixel_bot.platforms.joystick.frames import Frame, read
from pixel_bot.platforms.joystick.structs import FrameEnvelope, MessageEnvelope

NOW = datetime(2026, 7, 24, 7, tzinfo=UTC)
THEN = datetime(2026, 7, 24, 6, 59, 45, tzinfo=UTC)
BOB = Person("bob_9", "bob_9", "Bob_9", "joystick")
NAMED: Mapping[str, Any] = {"who": "Bob_9"}
Json = dict[str, Any]


def v2(kind: str, data: object = NAMED, **fields: Any) -> Json:
    """An event of the second version."""
    message = {
        "v": 2,
        "type": kind,
        "id": "e1",
        "channel_id": "H",
        "occurred_at": "2026-07-24T06:59:45Z",
        "text": "<b>Bob_9</b> did it",
        "data": data,
    }
    return message | fields


def chat_v2(**data: Any) -> Json:
    """The sheet's own chat message."""
    badges = {"bot": False, "new": False, "streamer": False, "staff": False, "mod": False, "subscriber": True}
    body: Json = {
        "author": {"username": "Bob_9", "nickname": "Somebody Else", "color": None, "badges": badges},
        "streamer": {"username": "s"},
        "subscription": None,
        "text": "hi",
        "visibility": "public",
        "highlight": False,
        "emotes": [],
        "mentions": [],
    }
    return v2("new_message", body | data, text="hi")


def chat_v1(**fields: Any) -> Json:
    message: Json = {
        "event": "ChatMessage",
        "createdAt": "2026-07-24T06:59:45Z",
        "messageId": "e1",
        "type": "new_message",
        "visibility": "public",
        "text": "!timer 5m code",
        "botCommand": "timer",
        "botCommandArg": "5m",
        "emotesUsed": [],
        "author": {"slug": "bob_9", "username": "Bob_9", "displayNameWithFlair": "<i>Bob</i>", "isSubscriber": False},
        "streamer": {"slug": "s", "username": "s"},
        "channelId": "H",
        "mention": False,
        "mentionedUsername": None,
        "highlight": False,
    }
    return message | fields


def frame(message: Mapping[str, Any]) -> Frame:
    """The frame of a message, as it comes over the wire."""
    text = orjson.dumps({"message": message}).decode()
    envelope = decode(decoder_of(FrameEnvelope), text).message
    assert isinstance(envelope, MessageEnvelope)
    return Frame(envelope, text)


def heard(message: Mapping[str, Any]) -> Any:
    return read(frame(message), now=NOW)
