"""EventSub subscription types of the bot, and the OAuth scopes that they need.

Whatever the broadcaster can grant is requested from the broadcaster, so that it works whether the bot is a mod or not
(https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pixel_bot.earning.watch_time import wanted_roles
from pixel_bot.platforms.twitch.helix import Role
from pixel_bot.settings import Settings

BOT_SCOPES = frozenset({"user:read:chat", "user:write:chat", "user:bot"})
BROADCASTER_SCOPES: Mapping[str, str] = {
    "bits:read": "cheers and power-ups",
    "channel:bot": "the bot's badge in chat",
    "channel:manage:redemptions": "redeems for channel points",
    "channel:moderate": "bans and timeouts",
    "channel:read:hype_train": "hype trains",
    "channel:read:subscriptions": "subs and gifts",
    "clips:edit": "clips on Twitch",
    "moderation:read": "who the mods are",
    "moderator:read:chatters": "points for watching",
    "moderator:read:followers": "follows",
}
"""Each with what is off without it: a missing one turns off nothing else."""

VIP_SCOPE = "channel:read:vips"


def scopes_for(role: Role, settings: Settings) -> frozenset[str]:
    """The scopes of a role, and no more: the list of VIPs is requested only where the settings use it."""
    if role == "bot":
        return BOT_SCOPES
    return frozenset(BROADCASTER_SCOPES) | ({VIP_SCOPE} if "vip" in wanted_roles(settings) else set[str]())


def feature_of(scope: str) -> str:
    """What is off without a scope of the broadcaster's, in words."""
    return BROADCASTER_SCOPES.get(scope, "who the VIPs are")


@dataclass(frozen=True, slots=True)
class SubscriptionType:
    """One event type: the role whose token subscribes it, its name in words, and the scope that it needs, if any.

    One ``instead_of`` another is subscribed only while that one is refused.
    """

    type: str
    version: str
    role: Role
    condition: Mapping[str, str]
    words: str
    scope: str = ""
    instead_of: str = ""

    def is_same(self, type_: str, condition: Mapping[str, object]) -> bool:
        """True for an equal subscription. Twitch adds omitted conditions as empty texts."""
        return type_ == self.type and {k: v for k, v in condition.items() if v} == dict(self.condition)


def subscription_types(bot_id: str, owner_id: str) -> tuple[SubscriptionType, ...]:
    """All subscription types of the bot, the most important first."""
    channel = {"broadcaster_user_id": owner_id}
    chat = {**channel, "user_id": bot_id}
    reader = {**channel, "moderator_user_id": owner_id}
    redemption = "channel.channel_points_custom_reward_redemption"
    return (
        SubscriptionType("channel.chat.message", "1", "bot", chat, "chat", "user:read:chat"),
        SubscriptionType("channel.chat.message_delete", "1", "bot", chat, "deleted messages", "user:read:chat"),
        SubscriptionType("channel.chat.clear_user_messages", "1", "bot", chat, "timeouts in chat", "user:read:chat"),
        SubscriptionType("channel.chat.clear", "1", "bot", chat, "cleared chat", "user:read:chat"),
        SubscriptionType("channel.chat.notification", "1", "bot", chat, "notices in chat", "user:read:chat"),
        SubscriptionType("channel.chat_settings.update", "1", "bot", chat, "the chat's modes", "user:read:chat"),
        SubscriptionType("channel.chat.user_message_update", "1", "bot", chat, "what AutoMod held", "user:read:chat"),
        SubscriptionType("stream.online", "1", "broadcaster", channel, "the stream's start"),
        SubscriptionType("stream.offline", "1", "broadcaster", channel, "the stream's end"),
        SubscriptionType("channel.follow", "2", "broadcaster", reader, "follows", "moderator:read:followers"),
        SubscriptionType("channel.subscribe", "1", "broadcaster", channel, "subs", "channel:read:subscriptions"),
        SubscriptionType(
            "channel.subscription.message", "1", "broadcaster", channel, "resubs", "channel:read:subscriptions"
        ),
        SubscriptionType(
            "channel.subscription.gift", "1", "broadcaster", channel, "gifted subs", "channel:read:subscriptions"
        ),
        SubscriptionType("channel.bits.use", "1", "broadcaster", channel, "bits", "bits:read"),
        SubscriptionType(
            "channel.cheer", "1", "broadcaster", channel, "cheers", "bits:read", instead_of="channel.bits.use"
        ),
        *(
            SubscriptionType(
                f"channel.hype_train.{phase}", "2", "broadcaster", channel, "hype trains", "channel:read:hype_train"
            )
            for phase in ("begin", "progress", "end")
        ),
        SubscriptionType(
            "channel.channel_points_automatic_reward_redemption.add",
            "2",
            "broadcaster",
            channel,
            "Twitch's own rewards",
            "channel:manage:redemptions",
        ),
        SubscriptionType("channel.raid", "1", "broadcaster", {"to_broadcaster_user_id": owner_id}, "raids"),
        SubscriptionType(
            f"{redemption}.add", "1", "broadcaster", channel, "channel points", "channel:manage:redemptions"
        ),
        SubscriptionType(
            f"{redemption}.update", "1", "broadcaster", channel, "channel points", "channel:manage:redemptions"
        ),
        SubscriptionType("channel.ban", "1", "broadcaster", channel, "bans", "channel:moderate"),
        SubscriptionType("channel.unban", "1", "broadcaster", channel, "the end of bans", "channel:moderate"),
        SubscriptionType("channel.moderator.add", "1", "broadcaster", channel, "new mods", "moderation:read"),
        SubscriptionType("channel.moderator.remove", "1", "broadcaster", channel, "mods that leave", "moderation:read"),
    )
