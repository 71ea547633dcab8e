"""Parses EventSub frames: what Twitch sends, as the values that the bot works with."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pixel_bot.model.channel_events import ChannelEvent, Cheer, Follow, Gift, Raid, Sub
from pixel_bot.model.chat_message import BanChange, ChatMessage, Removal
from pixel_bot.model.people import Person
from pixel_bot.texts import visible

CHAT = "channel.chat.message"

MOST = 1_000_000_000
"""Bits, subs, months, viewers: more than there can be."""

OPTIONAL_FIELDS: dict[str, Any] = {
    "color": "",
    "badges": (),
    "cheer": None,
    "reply": None,
    "message_type": "text",
    "channel_points_custom_reward_id": None,
    "channel_points_animation_id": None,
    "source_broadcaster_user_id": None,
    "source_broadcaster_user_login": None,
    "source_broadcaster_user_name": None,
}
"""Fields that TwitchIO takes for granted, with what stands for their absence."""


def parse_chat_message(frame: Mapping[str, Any]) -> ChatMessage:
    """Read a ``channel.chat.message`` frame.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: a needed field is missing or of another type.
    """
    event = frame["payload"]["event"]
    text: str = event["message"]["text"]
    if event.get("reply"):
        text = _without_mention(text, event["reply"])
    source = event.get("source_broadcaster_user_id")
    message_id, user_id, login = event["message_id"], event["chatter_user_id"], event["chatter_user_login"]
    if not (type(message_id) is type(user_id) is type(login) is str and message_id and user_id and login):
        raise ValueError("a message without an id, or of nobody")
    # Rounded: the nearest float of a microsecond is exact to the microsecond for the next two centuries.
    at = round(datetime.fromisoformat(frame["metadata"]["message_timestamp"]).timestamp() * 1e6)
    name = event.get("chatter_user_name")
    return ChatMessage(
        message_id,
        user_id,
        user_id,
        login.lower(),
        name if name and type(name) is str else login,
        at,
        text=visible(text),
        is_guest=source is not None and source != event.get("broadcaster_user_id"),
    )


def is_redemption(frame: Mapping[str, Any]) -> bool:
    """True for the message that comes with channel points: what stands in it was typed for a reward, not for us."""
    return bool(frame["payload"]["event"].get("channel_points_custom_reward_id"))


def with_optional_fields(frame: Mapping[str, Any]) -> Mapping[str, Any]:
    """The frame with the fields that TwitchIO takes for granted."""
    event = frame["payload"]["event"]
    for name, default in OPTIONAL_FIELDS.items():
        event.setdefault(name, default)
    event.setdefault("chatter_user_name", event["chatter_user_login"])
    event["message"].setdefault("fragments", ())
    return frame


def _without_mention(text: str, reply: Mapping[str, Any]) -> str:
    """A reply's text begins with a mention of who is answered; the command comes after it."""
    names = (reply.get("parent_user_name"), reply.get("parent_user_login"))
    head, _, rest = text.partition(" ")
    return rest if head.lower() in {f"@{name}".lower() for name in names if name} else text


def parse_channel_event(frame: Mapping[str, Any]) -> ChannelEvent | None:
    """Read a frame of something that pays; None for types that pay nothing.

    Raises:
        KeyError, TypeError, ValueError: a needed field is missing or of another type.
    """
    metadata = frame["metadata"]
    event = frame["payload"]["event"]
    event_id = _text(metadata["message_id"])
    at = datetime.fromisoformat(metadata["message_timestamp"])
    if at.tzinfo is None:
        raise ValueError("an event without a time zone")
    match metadata["subscription_type"]:
        case "channel.follow":
            return Follow(event_id, _person(event), at)
        case "channel.subscribe":
            return Sub(event_id, _person(event), at, gifted=_flag(event.get("is_gift", False)))
        case "channel.subscription.message":
            return Sub(event_id, _person(event), at, months=_amount(event.get("cumulative_months", 1)))
        case "channel.subscription.gift":
            return Gift(event_id, _giver(event), at, total=_amount(event["total"]))
        case "channel.cheer":
            return Cheer(event_id, _giver(event), at, bits=_amount(event["bits"]))
        case "channel.raid":
            return Raid(event_id, _person(event, "from_broadcaster_"), at, viewers=_amount(event.get("viewers", 0)))
        case _:
            return None


def parse_removal(frame: Mapping[str, Any]) -> Removal | None:
    """Read a frame of something that was taken out of chat; None for other types.

    Raises:
        KeyError, ValueError: a needed field is missing or of another type.
    """
    event = frame["payload"]["event"]
    match frame["metadata"]["subscription_type"]:
        case "channel.chat.message_delete":
            return Removal(message_id=_text(event["message_id"]))
        case "channel.chat.clear_user_messages":
            return Removal(author_id=_text(event["target_user_id"]))
        case "channel.chat.clear":
            return Removal()
        case "channel.ban":
            return Removal(author_id=_text(event["user_id"]))
        case _:
            return None


def parse_ban_change(frame: Mapping[str, Any]) -> BanChange | None:
    """Read a frame of a ban for good, or of its end; None for other types, and for timeouts.

    Both are ordered by the moment of the message, because ``channel.unban`` names none of its own
    (https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/#channelban).

    Raises:
        KeyError, TypeError, ValueError: a needed field is missing or of another type.
    """
    kind = frame["metadata"]["subscription_type"]
    if kind not in {"channel.ban", "channel.unban"}:
        return None
    event = frame["payload"]["event"]
    banned = kind == "channel.ban"
    if banned and not _flag(event.get("is_permanent", event.get("ends_at") is None)):
        return None
    at = datetime.fromisoformat(frame["metadata"]["message_timestamp"])
    if at.tzinfo is None:
        raise ValueError("an event without a time zone")
    return BanChange(_text(event["user_id"]), banned, at)


def _giver(event: Mapping[str, Any]) -> Person | None:
    """Who gave something; None where they stay anonymous."""
    return None if event.get("is_anonymous") is True else _person(event)


def _person(event: Mapping[str, Any], prefix: str = "") -> Person:
    user_id, login = _text(event[f"{prefix}user_id"]), _text(event[f"{prefix}user_login"])
    name = event.get(f"{prefix}user_name")
    return Person(user_id, login.lower(), name if name and type(name) is str else login)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("an event without an id, or of nobody")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither yes nor no")
    return value


def _amount(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST:
        raise ValueError("an amount that cannot be")
    return value
