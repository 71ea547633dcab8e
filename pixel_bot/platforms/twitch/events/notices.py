"""Parses the notices in chat: subs, gifts, upgrades, streaks, raids and more, each as what happened.

Most of them are told by other events, too; the notice knows more (whether a shared month was a gift, Prime), and needs
no scope of the broadcaster's.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from pixel_bot.clock import micros
from pixel_bot.model.channel_events import (
    Announcement,
    BitsBadge,
    ChannelEvent,
    CharityDonation,
    Gift,
    PayItForward,
    Raid,
    Source,
    Sub,
    Upgrade,
    WatchStreak,
)
from pixel_bot.model.chat_message import ChatMessage
from pixel_bot.model.people import Person
from pixel_bot.platforms.decoding import Unreadable
from pixel_bot.platforms.twitch.events.frames import Frame, decode_payload
from pixel_bot.platforms.twitch.events.notice_structs import NoticeEvent
from pixel_bot.platforms.twitch.events.people import is_anonymous_account, named, tier_number
from pixel_bot.platforms.twitch.events.structs import payloads
from pixel_bot.texts import visible

NOTICE = "channel.chat.notification"

T = TypeVar("T")

Events = tuple[ChannelEvent, ...]

_NOTICES = payloads(NoticeEvent)


def notice_event(frame: Frame) -> NoticeEvent:
    """The event of a ``channel.chat.notification`` frame.

    Raises:
        Unreadable: a needed field is missing or of another type.
    """
    return decode_payload(frame, _NOTICES).event


def read_notice(frame: Frame, at: datetime) -> Events:
    """What a notice tells of; nothing for other channels' in a shared chat, and for kinds that need no attention.

    Raises:
        Unreadable: a needed field is missing or of another type.
    """
    notice = notice_event(frame)
    reader = _READERS.get(notice.notice_type)
    if reader is None or is_foreign(notice):
        return ()
    # The notice's own id is the same on every connection that hears it; the frame's is not.
    return reader(notice, f"notice:{notice.message_id}", at)


def is_foreign(notice: NoticeEvent) -> bool:
    """True for a notice of another channel in a shared chat."""
    source = notice.source_broadcaster_user_id
    return source is not None and source != notice.broadcaster_user_id


def message_in(notice: NoticeEvent, at: datetime) -> ChatMessage | None:
    """What somebody wrote with their watch streak, which no chat message carries; None for all other notices."""
    if notice.notice_type != "watch_streak" or is_foreign(notice) or notice.message is None or not notice.message.text:
        return None
    who = _chatter(notice)
    if who is None:
        return None
    text = visible(notice.message.text)
    return ChatMessage(notice.message_id, who.key, who.platform_id, who.login, who.display_name, micros(at), text=text)


def _chatter(notice: NoticeEvent) -> Person | None:
    """Whom a notice is about; None where they stay anonymous."""
    user_id = notice.chatter_user_id
    if notice.chatter_is_anonymous or (user_id and is_anonymous_account(user_id)):
        return None
    return named(user_id, notice.chatter_user_login, notice.chatter_user_name)


def _needed(details: T | None) -> T:
    if details is None:
        raise Unreadable("a notice without what it is about")
    return details


def _sub(notice: NoticeEvent, event_id: str, at: datetime) -> Events:
    sub = _needed(notice.sub)
    tier, duration = tier_number(sub.sub_tier), sub.duration_months
    return (
        Sub(event_id, _chatter(notice), at, tier=tier, is_prime=sub.is_prime, duration=duration, source=Source.NOTICE),
    )


def _resub(notice: NoticeEvent, event_id: str, at: datetime) -> Events:
    sub = _needed(notice.resub)
    gifted, prime = bool(sub.is_gift), bool(sub.is_prime)
    months, tier = sub.cumulative_months, tier_number(sub.sub_tier)
    return (Sub(event_id, _chatter(notice), at, gifted, months, tier, prime, source=Source.NOTICE),)


def _sub_gift(notice: NoticeEvent, event_id: str, at: datetime) -> Events:
    """One of a community gift is no gift of its own: the community gift's notice names the sum."""
    gift = _needed(notice.sub_gift)
    tier = tier_number(gift.sub_tier)
    receiver = named(gift.recipient_user_id, gift.recipient_user_login, gift.recipient_user_name)
    duration = gift.duration_months
    received = Sub(
        f"{event_id}:receiver", receiver, at, gifted=True, tier=tier, duration=duration, source=Source.RECEIVED
    )
    if gift.community_gift_id:
        return (received,)
    return (Gift(event_id, _chatter(notice), at, 1, tier, source=Source.NOTICE), received)


def _community_gift(notice: NoticeEvent, event_id: str, at: datetime) -> Events:
    gift = _needed(notice.community_sub_gift)
    return (Gift(event_id, _chatter(notice), at, gift.total, tier_number(gift.sub_tier), source=Source.NOTICE),)


def _gift_upgrade(notice: NoticeEvent, event_id: str, at: datetime) -> Events:
    return (Upgrade(event_id, _chatter(notice), at, "gift"),)


def _prime_upgrade(notice: NoticeEvent, event_id: str, at: datetime) -> Events:
    return (Upgrade(event_id, _chatter(notice), at, "prime", tier_number(_needed(notice.prime_paid_upgrade).sub_tier)),)


def _pay_it_forward(notice: NoticeEvent, event_id: str, at: datetime) -> Events:
    gifter = _needed(notice.pay_it_forward)
    known = gifter.gifter_user_id and not gifter.gifter_is_anonymous
    giver = named(gifter.gifter_user_id, gifter.gifter_user_login, gifter.gifter_user_name) if known else None
    return (PayItForward(event_id, _chatter(notice), at, giver),)


def _raid(notice: NoticeEvent, event_id: str, at: datetime) -> Events:
    raid = _needed(notice.raid)
    who = named(raid.user_id, raid.user_login, raid.user_name)
    return (Raid(event_id, who, at, raid.viewer_count, source=Source.NOTICE),)


def _streak(notice: NoticeEvent, event_id: str, at: datetime) -> Events:
    return (WatchStreak(event_id, _chatter(notice), at, _needed(notice.watch_streak).streak_count),)


def _charity(notice: NoticeEvent, event_id: str, at: datetime) -> Events:
    donation = _needed(notice.charity_donation)
    money = donation.amount
    # More digits than any currency has would only be an expensive number.
    amount = Decimal(money.value).scaleb(-min(money.decimal_place, 9))
    return (CharityDonation(event_id, _chatter(notice), at, amount, money.currency, donation.charity_name),)


def _badge(notice: NoticeEvent, event_id: str, at: datetime) -> Events:
    return (BitsBadge(event_id, _chatter(notice), at, _needed(notice.bits_badge_tier).tier),)


def _announcement(notice: NoticeEvent, event_id: str, at: datetime) -> Events:
    return (Announcement(event_id, _chatter(notice), at, visible(_needed(notice.message).text)),)


_READERS: Mapping[str, Callable[[NoticeEvent, str, datetime], Events]] = {
    "sub": _sub,
    "resub": _resub,
    "sub_gift": _sub_gift,
    "community_sub_gift": _community_gift,
    "gift_paid_upgrade": _gift_upgrade,
    "prime_paid_upgrade": _prime_upgrade,
    "pay_it_forward": _pay_it_forward,
    "raid": _raid,
    "watch_streak": _streak,
    "charity_donation": _charity,
    "bits_badge_tier": _badge,
    "announcement": _announcement,
}
