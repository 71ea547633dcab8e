"""Notices in chat as Twitch documents them: ``channel.chat.notification``.

https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/#channelchatnotification
"""

from typing import Any

from pixel_bot.sandbox.twitch.frames import Json, broadcaster_fields
from pixel_bot.sandbox.twitch.users import SandboxUser

NOTICES = (
    "sub",
    "resub",
    "sub_gift",
    "community_sub_gift",
    "gift_paid_upgrade",
    "prime_paid_upgrade",
    "pay_it_forward",
    "raid",
    "unraid",
    "announcement",
    "bits_badge_tier",
    "charity_donation",
    "watch_streak",
)
"""Kinds of notices; each has a field of its own, which is null in all others."""


def notice(who: SandboxUser | None, kind: str, message_id: str, words: str = "", **details: Any) -> Json:
    """``channel.chat.notification``: ``details`` are the fields of its kind; nobody is named for an anonymous one."""
    chatter = {"id": who.id, "login": who.login, "name": who.name} if who is not None else ANONYMOUS
    return {
        **broadcaster_fields(),
        **{f"chatter_user_{field}": value for field, value in chatter.items()},
        "chatter_is_anonymous": who is None,
        "color": who.color if who is not None else "",
        "badges": [],
        "system_message": "",
        "message_id": message_id,
        "message": {"text": words, "fragments": []},
        "notice_type": kind,
        **dict.fromkeys(NOTICES),
        **{f"shared_chat_{name}": None for name in NOTICES if name not in {"unraid", "bits_badge_tier"}},
        kind: details,
    }


def held_message(who: SandboxUser, message_id: str, text: str, status: str) -> Json:
    """``channel.chat.user_message_update``: ``status`` is ``approved``, ``denied`` or ``invalid``."""
    return {
        **broadcaster_fields(),
        "user_id": who.id,
        "user_login": who.login,
        "user_name": who.name,
        "status": status,
        "message_id": message_id,
        "message": {"text": text, "fragments": [{"type": "text", "text": text}]},
    }


ANONYMOUS = {"id": "274598607", "login": "ananonymousgifter", "name": "AnAnonymousGifter"}
"""Whom Twitch names in chat where somebody stays anonymous."""
