"""What stands in EventSub's events, as far as the bot uses it.

Every field is documented at https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/ and in the pages that it
links. Fields that are not needed are left out; those that may be missing have a default.
"""

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct

from pixel_bot.platforms.decoding import Text

T = TypeVar("T")

MOST = 1_000_000_000
"""Bits, subs, months, viewers: more than there can be."""

Amount = Annotated[int, Meta(ge=0, le=MOST)]


class Payload(Struct, Generic[T], gc=False):
    """The payload of a notification."""

    event: T


# The connection


class SessionFields(Struct, gc=False):
    """What a welcome, and a reconnect message, say of a session."""

    id: str = ""
    keepalive_timeout_seconds: float | None = None
    reconnect_url: str | None = None


class SessionPayload(Struct, gc=False):
    """The payload of a welcome, and of a reconnect message."""

    session: SessionFields


class SubscriptionFields(Struct, gc=False):
    """A subscription that ended, and why."""

    type: Text
    status: str | None = None


class RevocationPayload(Struct, gc=False):
    """The payload of a revocation."""

    subscription: SubscriptionFields


# Chat


class Reply(Struct, gc=False):
    """Whom a message answers."""

    parent_user_id: str | None = None
    parent_user_login: str | None = None
    parent_user_name: str | None = None


class Bits(Struct, gc=False):
    """Bits in a message."""

    bits: Amount


class ChatText(Struct, gc=False):
    """The text of a message."""

    text: str


class ChatEvent(Struct, gc=False):
    """``channel.chat.message``."""

    chatter_user_id: Text
    chatter_user_login: Text
    message_id: Text
    message: ChatText
    chatter_user_name: str | None = None
    broadcaster_user_id: str | None = None
    source_broadcaster_user_id: str | None = None
    reply: Reply | None = None
    cheer: Bits | None = None
    channel_points_custom_reward_id: str | None = None


# Somebody did something


class UserEvent(Struct, gc=False):
    """Who did it: ``channel.follow``, and the base of others."""

    user_id: Text
    user_login: Text
    user_name: str | None = None


class SubscribeEvent(UserEvent, gc=False):
    """``channel.subscribe``. A subscription that was renewed without a gap sends none."""

    tier: str | None = None
    is_gift: bool = False


class ResubEvent(UserEvent, gc=False):
    """``channel.subscription.message``: somebody shares a month. It does not say whether the month was a gift."""

    tier: str | None = None
    cumulative_months: Amount = 1


class GiverEvent(Struct, gc=False):
    """Who gave something, where they do not stay anonymous."""

    user_id: str | None = None
    user_login: str | None = None
    user_name: str | None = None
    is_anonymous: bool | None = None


class GiftEvent(GiverEvent, kw_only=True, gc=False):
    """``channel.subscription.gift``."""

    total: Amount
    tier: str | None = None


class CheerEvent(GiverEvent, kw_only=True, gc=False):
    """``channel.cheer``."""

    bits: Amount


class CustomPowerUp(Struct, gc=False):
    """A power-up that the streamer made."""

    title: str | None = None


class BitsUseEvent(GiverEvent, kw_only=True, gc=False):
    """``channel.bits.use``: a cheer, a power-up, or one that the streamer made. Nobody is named for anonymous bits."""

    bits: Amount
    type: str = "cheer"
    custom_power_up: CustomPowerUp | None = None


class RaidEvent(Struct, gc=False):
    """``channel.raid``."""

    from_broadcaster_user_id: Text
    from_broadcaster_user_login: Text
    from_broadcaster_user_name: str | None = None
    viewers: Amount = 0


class HypeTrainEvent(Struct, gc=False):
    """``channel.hype_train.begin``, ``.progress`` and ``.end``, version 2."""

    id: Text
    level: Amount = 1
    total: Amount = 0
    progress: Amount | None = None
    goal: Amount | None = None


class AutomaticReward(Struct, gc=False):
    """One of Twitch's own rewards."""

    type: str
    channel_points: Amount = 0


class AutomaticRewardEvent(UserEvent, kw_only=True, gc=False):
    """``channel.channel_points_automatic_reward_redemption.add``, version 2."""

    id: Text
    reward: AutomaticReward


# The channel


class StreamOnlineEvent(Struct, gc=False):
    """``stream.online``."""

    id: Text
    started_at: Text


class ModeratorEvent(Struct, gc=False):
    """``channel.moderator.add`` and ``channel.moderator.remove``."""

    user_id: Text


class ChatSettingsEvent(Struct, gc=False):
    """``channel.chat_settings.update``: the modes of the chat."""

    slow_mode: bool
    slow_mode_wait_time_seconds: float | None = None
    follower_mode: bool = False
    subscriber_mode: bool = False
    emote_mode: bool = False


class _Words(Struct, gc=False):
    text: str


class HeldMessageEvent(Struct, gc=False):
    """``channel.chat.user_message_update``: a message of ours that AutoMod held was decided on."""

    user_id: Text
    status: str
    message_id: Text
    message: _Words


# Something was taken out of chat


class MessageDeleteEvent(Struct, gc=False):
    """``channel.chat.message_delete``."""

    message_id: Text


class TargetEvent(Struct, gc=False):
    """``channel.chat.clear_user_messages``."""

    target_user_id: Text


class BanEvent(Struct, gc=False):
    """``channel.ban`` and ``channel.unban``; a timeout is a ban that ends."""

    user_id: Text
    is_permanent: bool | None = None
    ends_at: str | None = None


class ClearEvent(Struct, gc=False):
    """``channel.chat.clear``."""


def payload_decoder(payload: type[T]) -> msgspec.json.Decoder[T]:
    """A decoder of payloads of that kind."""
    return msgspec.json.Decoder(payload)


def payloads(event: type[T]) -> msgspec.json.Decoder[Payload[T]]:
    """A decoder of payloads with such an event."""
    return msgspec.json.Decoder(Payload[event])
