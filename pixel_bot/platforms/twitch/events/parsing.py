"""Parses EventSub's events: what Twitch sends, as the values that the bot works with."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pixel_bot.model.channel_events import (
    AutomaticReward,
    ChannelEvent,
    Cheer,
    Follow,
    Gift,
    HypePhase,
    HypeTrain,
    Raid,
    Source,
    Sub,
)
from pixel_bot.model.chat_message import BanChange, ChatMessage, Removal
from pixel_bot.model.people import Person
from pixel_bot.platforms.decoding import Unreadable
from pixel_bot.platforms.twitch.events import structs
from pixel_bot.platforms.twitch.events.frames import Frame, decode_payload
from pixel_bot.platforms.twitch.events.notices import NOTICE, read_notice
from pixel_bot.platforms.twitch.events.people import giver, is_anonymous_account, person, tier_number
from pixel_bot.platforms.twitch.held_messages import Verdict
from pixel_bot.texts import visible

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

_CHAT = structs.payloads(structs.ChatEvent)


def chat_event(frame: Frame) -> structs.ChatEvent:
    """The event of a ``channel.chat.message`` frame.

    Raises:
        Unreadable: a needed field is missing or of another type.
    """
    return frame.chat or decode_payload(frame, _CHAT).event


def parse_chat_message(frame: Frame) -> ChatMessage:
    """Read a ``channel.chat.message`` frame.

    Raises:
        Unreadable, ValueError: a needed field is missing or of another type.
    """
    event = chat_event(frame)
    text = event.message.text
    if event.reply is not None:
        text = _without_mention(text, event.reply)
    source = event.source_broadcaster_user_id
    login = event.chatter_user_login
    # Rounded: the nearest float of a microsecond is exact to the microsecond for the next two centuries.
    at = round(datetime.fromisoformat(frame.metadata.message_timestamp).timestamp() * 1e6)
    return ChatMessage(
        event.message_id,
        event.chatter_user_id,
        event.chatter_user_id,
        login.lower(),
        event.chatter_user_name or login,
        at,
        text=visible(text),
        is_guest=source is not None and source != event.broadcaster_user_id,
        bits=0 if event.cheer is None else event.cheer.bits,
    )


def cheer_in(message: ChatMessage, at: datetime) -> Cheer | None:
    """The bits in a chat message, which other events may tell of, too; None without any."""
    if not message.bits:
        return None
    who = None if is_anonymous_account(message.platform_id) else message.person
    return Cheer(f"cheer:{message.id}", who, at, bits=message.bits, source=Source.CHAT)


def is_redemption(frame: Frame) -> bool:
    """True for the message that comes with channel points: what stands in it was typed for a reward, not for us."""
    return bool(chat_event(frame).channel_points_custom_reward_id)


def with_optional_fields(frame: Mapping[str, Any]) -> Mapping[str, Any]:
    """A frame of a chat message, with the fields that TwitchIO takes for granted."""
    event = frame["payload"]["event"]
    for name, default in OPTIONAL_FIELDS.items():
        event.setdefault(name, default)
    event.setdefault("chatter_user_name", event["chatter_user_login"])
    event["message"].setdefault("fragments", ())
    return frame


def _without_mention(text: str, reply: structs.Reply) -> str:
    """A reply's text begins with a mention of who is answered; the command comes after it."""
    names = (reply.parent_user_name, reply.parent_user_login)
    head, _, rest = text.partition(" ")
    return rest if head.lower() in {f"@{name}".lower() for name in names if name} else text


def parse_channel_events(frame: Frame) -> tuple[ChannelEvent, ...] | None:
    """Read a frame of something that happened in the channel: what it tells of, most of the time one thing.

    Returns:
        None for types that are something else; nothing for what needs no attention.

    Raises:
        Unreadable: a needed field is missing or of another type.
    """
    kind = frame.metadata.subscription_type
    if kind == NOTICE:
        return read_notice(frame, moment(frame))
    reader = _READERS.get(kind)
    return None if reader is None else reader(frame, _event_id(frame), moment(frame))


def moment(frame: Frame) -> datetime:
    """When Twitch sent a frame.

    Raises:
        Unreadable: it does not say so, or without a time zone.
    """
    try:
        at = datetime.fromisoformat(frame.metadata.message_timestamp)
    except ValueError:
        raise Unreadable("no time") from None
    if at.tzinfo is None:
        raise Unreadable("a time without a time zone")
    return at


def _event_id(frame: Frame) -> str:
    if not frame.metadata.message_id:
        raise Unreadable("an event without an id")
    return frame.metadata.message_id


_FOLLOWS = structs.payloads(structs.UserEvent)
_SUBSCRIBES = structs.payloads(structs.SubscribeEvent)
_RESUBS = structs.payloads(structs.ResubEvent)
_GIFTS = structs.payloads(structs.GiftEvent)
_BITS = structs.payloads(structs.BitsUseEvent)
_CHEERS = structs.payloads(structs.CheerEvent)
_RAIDS = structs.payloads(structs.RaidEvent)
_TRAINS = structs.payloads(structs.HypeTrainEvent)
_AUTOMATIC = structs.payloads(structs.AutomaticRewardEvent)


def _follow(frame: Frame, event_id: str, at: datetime) -> tuple[ChannelEvent, ...]:
    return (Follow(event_id, person(decode_payload(frame, _FOLLOWS).event), at),)


def _subscribe(frame: Frame, event_id: str, at: datetime) -> tuple[ChannelEvent, ...]:
    event, source = decode_payload(frame, _SUBSCRIBES).event, Source.SUBSCRIBE
    return (Sub(event_id, person(event), at, event.is_gift, tier=tier_number(event.tier), source=source),)


def _share(frame: Frame, event_id: str, at: datetime) -> tuple[ChannelEvent, ...]:
    event = decode_payload(frame, _RESUBS).event
    tier, months = tier_number(event.tier), event.cumulative_months
    return (Sub(event_id, person(event), at, months=months, tier=tier, source=Source.SHARE),)


def _gift(frame: Frame, event_id: str, at: datetime) -> tuple[ChannelEvent, ...]:
    event = decode_payload(frame, _GIFTS).event
    return (Gift(event_id, giver(event), at, event.total, tier_number(event.tier), source=Source.GIFT),)


def _bits(frame: Frame, event_id: str, at: datetime) -> tuple[ChannelEvent, ...]:
    event = decode_payload(frame, _BITS).event
    # No flag says that they are anonymous; then nobody is named.
    who = giver(event) if event.user_id else None
    match event.type:
        case "power_up" | "custom_power_up":
            return (Cheer(event_id, who, at, event.bits, event.type, source=Source.BITS),)
        case _:
            return (Cheer(event_id, who, at, event.bits, source=Source.BITS),)


def _cheer(frame: Frame, event_id: str, at: datetime) -> tuple[ChannelEvent, ...]:
    event = decode_payload(frame, _CHEERS).event
    return (Cheer(event_id, giver(event), at, event.bits, source=Source.CHEER),)


def _raid(frame: Frame, event_id: str, at: datetime) -> tuple[ChannelEvent, ...]:
    event = decode_payload(frame, _RAIDS).event
    login, name = event.from_broadcaster_user_login, event.from_broadcaster_user_name
    who = Person(event.from_broadcaster_user_id, login.lower(), name or login)
    return (Raid(event_id, who, at, event.viewers, source=Source.RAID),)


def _train(frame: Frame, _: str, at: datetime) -> tuple[ChannelEvent, ...]:
    event = decode_payload(frame, _TRAINS).event

    def told(phase: HypePhase, detail: str = "") -> HypeTrain:
        return HypeTrain(f"hype:{event.id}:{phase}{detail}", None, at, phase, event.id, event.level, event.total)

    # The end may come twice, and so may each step: what counts is each phase, level and total once.
    match frame.metadata.subscription_type.rpartition(".")[2]:
        case "begin":
            return (told("begin"),)
        case "end":
            return (told("end"),)
        case _:
            step = told("progress", f":{event.total}")
            # The first level is the one at which it began.
            return (told("level", f":{event.level}"), step) if event.level > 1 else (step,)


def _automatic(frame: Frame, _: str, at: datetime) -> tuple[ChannelEvent, ...]:
    event = decode_payload(frame, _AUTOMATIC).event
    reward = event.reward
    return (AutomaticReward(f"automatic:{event.id}", person(event), at, reward.type, reward.channel_points),)


_READERS: Mapping[str, Callable[[Frame, str, datetime], tuple[ChannelEvent, ...]]] = {
    "channel.follow": _follow,
    "channel.subscribe": _subscribe,
    "channel.subscription.message": _share,
    "channel.subscription.gift": _gift,
    "channel.bits.use": _bits,
    "channel.cheer": _cheer,
    "channel.raid": _raid,
    "channel.hype_train.begin": _train,
    "channel.hype_train.progress": _train,
    "channel.hype_train.end": _train,
    "channel.channel_points_automatic_reward_redemption.add": _automatic,
}

_HELD = structs.payloads(structs.HeldMessageEvent)
_DELETES = structs.payloads(structs.MessageDeleteEvent)
_TARGETS = structs.payloads(structs.TargetEvent)
_BANS = structs.payloads(structs.BanEvent)


def parse_removal(frame: Frame) -> Removal | None:
    """Read a frame of something that was taken out of chat; None for other types.

    Raises:
        Unreadable: a needed field is missing or of another type.
    """
    match frame.metadata.subscription_type:
        case "channel.chat.message_delete":
            return Removal(message_id=decode_payload(frame, _DELETES).event.message_id)
        case "channel.chat.clear_user_messages":
            return Removal(author_id=decode_payload(frame, _TARGETS).event.target_user_id)
        case "channel.chat.clear":
            return Removal()
        case "channel.ban":
            return Removal(author_id=decode_payload(frame, _BANS).event.user_id)
        case _:
            return None


def parse_verdict(frame: Frame) -> Verdict | None:
    """Read a frame of a verdict on a message that AutoMod held; None for other types.

    Raises:
        Unreadable: a needed field is missing or of another type.
    """
    if frame.metadata.subscription_type != "channel.chat.user_message_update":
        return None
    event = decode_payload(frame, _HELD).event
    return Verdict(event.user_id, event.message.text, event.message_id, event.status.lower() == "approved")


def parse_ban_change(frame: Frame) -> BanChange | None:
    """Read a frame of a ban for good, or of its end; None for other types, and for timeouts.

    Both are ordered by the moment of the message, because ``channel.unban`` names none of its own
    (https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/#channelban).

    Raises:
        Unreadable: a needed field is missing or of another type.
    """
    match frame.metadata.subscription_type:
        case "channel.ban":
            ban = decode_payload(frame, _BANS).event
            lasts = ban.is_permanent if ban.is_permanent is not None else ban.ends_at is None
            return BanChange(ban.user_id, True, moment(frame)) if lasts else None
        case "channel.unban":
            return BanChange(decode_payload(frame, _BANS).event.user_id, False, moment(frame))
        case _:
            return None
