"""The notices in ``channel.chat.notification``, as far as the bot uses them.

https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/#channelchatnotification
"""

from msgspec import Struct

from pixel_bot.platforms.decoding import Text
from pixel_bot.platforms.twitch.events.structs import Amount, ChatText


class Gifter(Struct, gc=False):
    """Who gave a subscription that went on."""

    gifter_is_anonymous: bool | None = None
    gifter_user_id: str | None = None
    gifter_user_login: str | None = None
    gifter_user_name: str | None = None


class SubNotice(Struct, gc=False):
    """``sub``: the first month of somebody."""

    sub_tier: str | None = None
    is_prime: bool = False
    duration_months: Amount = 1


class ResubNotice(Struct, gc=False):
    """``resub``: a shared month."""

    sub_tier: str | None = None
    is_prime: bool | None = False
    cumulative_months: Amount = 1
    is_gift: bool | None = False


class SubGiftNotice(Struct, gc=False):
    """``sub_gift``: one subscription for somebody; with a community gift's id one of many."""

    recipient_user_id: Text
    recipient_user_login: Text
    recipient_user_name: str | None = None
    sub_tier: str | None = None
    duration_months: Amount = 1
    community_gift_id: str | None = None


class CommunityGiftNotice(Struct, gc=False):
    """``community_sub_gift``: many at once."""

    total: Amount
    sub_tier: str | None = None


class UpgradeNotice(Struct, gc=False):
    """``prime_paid_upgrade`` names the tier; ``gift_paid_upgrade`` does not."""

    sub_tier: str | None = None


class RaidNotice(Struct, gc=False):
    """``raid``."""

    user_id: Text
    user_login: Text
    user_name: str | None = None
    viewer_count: Amount = 0


class StreakNotice(Struct, gc=False):
    """``watch_streak``: so many streams in a row."""

    streak_count: Amount


class Money(Struct, gc=False):
    """``value`` in the currency's smallest unit, ``decimal_place`` digits after the point."""

    value: Amount
    decimal_place: Amount = 0
    currency: str = ""


class CharityNotice(Struct, gc=False):
    """``charity_donation``."""

    amount: Money
    charity_name: str = ""


class BadgeTierNotice(Struct, gc=False):
    """``bits_badge_tier``."""

    tier: Amount


class NoticeEvent(Struct, gc=False):
    """``channel.chat.notification``: who, what kind, and the field of that kind."""

    message_id: Text
    notice_type: str
    chatter_user_id: str | None = None
    chatter_user_login: str | None = None
    chatter_user_name: str | None = None
    chatter_is_anonymous: bool | None = False
    broadcaster_user_id: str | None = None
    source_broadcaster_user_id: str | None = None
    message: ChatText | None = None
    sub: SubNotice | None = None
    resub: ResubNotice | None = None
    sub_gift: SubGiftNotice | None = None
    community_sub_gift: CommunityGiftNotice | None = None
    gift_paid_upgrade: UpgradeNotice | None = None
    prime_paid_upgrade: UpgradeNotice | None = None
    pay_it_forward: Gifter | None = None
    raid: RaidNotice | None = None
    watch_streak: StreakNotice | None = None
    charity_donation: CharityNotice | None = None
    bits_badge_tier: BadgeTierNotice | None = None
