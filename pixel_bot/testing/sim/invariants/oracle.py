"""What each of Twitch's events tells of, said independently of the bot: who did what, and what that pays."""

from fractions import Fraction
from math import floor
from typing import NamedTuple

from pixel_bot.sandbox.twitch.frames import Json
from pixel_bot.sandbox.twitch.users import ANONYMOUS_IDS
from pixel_bot.settings import Settings

ANONYMOUS = frozenset(ANONYMOUS_IDS.values())


class Told(NamedTuple):
    """What one event tells of: a kind of fact, whose, which one of them, and what it pays; by which kind of event."""

    kind: str
    person: str
    detail: str
    points: int
    source: str


class Oracle:
    """Reads events.

    Args:
        settings: of the bot: they say what is paid.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def told(self, kind: str, event: Json) -> Told | None:
        """What an event tells of; None for what pays nobody."""
        match kind:
            case "channel.subscribe" if not event["is_gift"]:
                return self._sub(event["user_id"], event["tier"], "subscribe")
            case "channel.subscription.message":
                return self._sub(event["user_id"], event["tier"], "share")
            case "channel.subscription.gift":
                return self._gift(event["user_id"], event["tier"], event["total"], "gift")
            case "channel.bits.use":
                return self._cheer(event.get("user_id"), event["bits"], event["type"])
            case "channel.cheer":
                return self._cheer(event["user_id"], event["bits"], "cheer-event")
            case "channel.chat.message" if event["cheer"] and event["chatter_user_id"] not in ANONYMOUS:
                return self._cheer(event["chatter_user_id"], event["cheer"]["bits"], "chat")
            case "channel.raid":
                return self._raid(event["from_broadcaster_user_id"], "raid")
            case "channel.chat.notification":
                return self._notice(event)
            case _:
                return None

    def _notice(self, event: Json) -> Told | None:
        kind = event["notice_type"]
        details, who = event[kind], None if event["chatter_is_anonymous"] else event["chatter_user_id"]
        match kind:
            case "sub":
                return self._sub(who, details["sub_tier"], "notice-sub")
            case "resub":
                return self._sub(who, details["sub_tier"], "notice-resub")
            case "community_sub_gift":
                return self._gift(who, details["sub_tier"], details["total"], "notice")
            case "sub_gift" if details["community_gift_id"] is None:
                return self._gift(who, details["sub_tier"], 1, "notice")
            case "raid":
                return self._raid(details["user_id"], "notice")
            case "watch_streak":
                return Told("streak", who or "", "", self._settings.points_streak_amount, "notice")
            case _:
                return None

    def _sub(self, who: str | None, tier: str, source: str) -> Told | None:
        return Told("sub", who, tier, self._subs(tier), source) if who else None

    def _gift(self, who: str | None, tier: str, total: int, source: str) -> Told | None:
        return Told("gift", who, f"{tier}:{total}", total * self._subs(tier), source) if who else None

    def _subs(self, tier: str) -> int:
        settings = self._settings
        factor = {"2000": settings.points_sub_tier2_factor, "3000": settings.points_sub_tier3_factor}.get(tier, 1)
        return floor(Fraction(str(factor)) * settings.points_sub_amount)

    def _cheer(self, who: str | None, bits: int, source: str) -> Told | None:
        points = floor(Fraction(str(self._settings.points_cheer_per_bit)) * bits)
        return Told("cheer", who, str(bits), points, source) if who else None

    def _raid(self, who: str, source: str) -> Told:
        return Told("raid", who, "", self._settings.points_raid_amount, source)


def receiver_of_gift(kind: str, event: Json) -> str | None:
    """Who was given a subscription, where an event says that: months that they share may pay nothing."""
    if kind == "channel.subscribe" and event["is_gift"]:
        return event["user_id"]
    if kind == "channel.chat.notification" and event["notice_type"] == "sub_gift":
        return event["sub_gift"]["recipient_user_id"]
    return None
