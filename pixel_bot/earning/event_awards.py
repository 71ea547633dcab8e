"""What a channel event pays.

A follow pays once in a person's life. A subscription pays by its tier, and its months are never multiplied. A gifted
one pays the giver for each one given, and the receiver nothing, also when they share it. Paying it forward is a gift,
and the gift pays. A platform's own wheel was paid for there, and pays nothing here.

While there are games with points, bits and tips pay points only by a setting that the streamer has set: by its default
they would be a stake.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import floor

from pixel_bot.earning.award_batch import EventAward
from pixel_bot.earning.event_matching import evidence_of
from pixel_bot.model.channel_events import (
    ChannelEvent,
    Cheer,
    Entrance,
    Follow,
    Gift,
    Raid,
    Sub,
    Tip,
    Upgrade,
    WatchStreak,
)
from pixel_bot.settings import Settings

_EXPRESSLY: Mapping[type[ChannelEvent], str] = {Cheer: "points_cheer_per_bit", Tip: "points_tip_per_token"}
"""What was paid with money, and by which setting it pays points."""


def award_for(channel_event: ChannelEvent, settings: Settings, *, games: bool = False) -> EventAward:
    """What an event pays; nothing when nobody is named who could be paid.

    Args:
        channel_event: what happened.
        settings: what things pay.
        games: whether there are games with points.
    """
    kind, points, xp = _amounts(channel_event, settings)
    if games and _EXPRESSLY.get(type(channel_event), "") not in {"", *settings.model_fields_set}:
        points = 0
    event_id, person, evidence = channel_event.event_id, channel_event.person, evidence_of(channel_event)
    if person is None:
        return EventAward(event_id, kind, None, 0, 0, channel_event.at, evidence=evidence)
    if isinstance(channel_event, Follow):
        event_id = f"follow:{person.platform}:{person.platform_id}"
    pause = settings.points_enter_cooldown_seconds if isinstance(channel_event, Entrance) else 0
    return EventAward(event_id, kind, person, points, xp, channel_event.at, pause, evidence)


def _amounts(channel_event: ChannelEvent, settings: Settings) -> tuple[str, int, int]:
    match channel_event:
        case Follow():
            return "follow", settings.points_follow_amount, settings.xp_follow_amount
        case Sub(gifted=True):
            return "sub", 0, 0
        case Sub(tier=tier):
            return "sub", *_subs(settings, tier, 1)
        case Gift(total=total, tier=tier):
            return "gift", *_subs(settings, tier, total)
        case Upgrade():
            return "upgrade", settings.points_upgrade_amount, 0
        case Cheer(bits=bits):
            return "cheer", _times(settings.points_cheer_per_bit, bits), _times(settings.xp_cheer_per_bit, bits)
        case Raid():
            return "raid", settings.points_raid_amount, 0
        case WatchStreak():
            return "streak", settings.points_streak_amount, 0
        case Tip(tokens=tokens):
            return "tip", _times(settings.points_tip_per_token, tokens), _times(settings.xp_tip_per_token, tokens)
        case Entrance():
            return "enter", settings.points_enter_amount, 0
        case _:
            return type(channel_event).__name__.lower(), 0, 0


def _subs(settings: Settings, tier: int, count: int) -> tuple[int, int]:
    """Points and XP for so many subscriptions of that tier. Each one is worth a whole number."""
    factor = {2: settings.points_sub_tier2_factor, 3: settings.points_sub_tier3_factor}.get(tier, 1)
    points, xp = _times(factor, settings.points_sub_amount), _times(factor, settings.xp_sub_amount)
    return points * count, xp * count


def _times(factor: float, amount: int) -> int:
    """A factor is taken as it is written: 0.29 times 100 is 29."""
    return floor(Fraction(str(factor)) * amount)
