"""What happens in a channel, as cogs hear it, and what it pays.

A follow pays once in a person's life. Months of a subscription are never multiplied. A gifted subscription pays the
giver for each one given, and the receiver nothing. A platform's own wheel was paid for there, and pays nothing here.
"""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import floor

from pixel_bot.earning.award_batch import EventAward
from pixel_bot.model.people import Person
from pixel_bot.settings import Settings
from pixel_bot.texts import count


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, once for each ``event_id``. ``person`` is None where they stay anonymous."""

    event_id: str
    person: Person | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Follow(Happening):
    """Somebody follows the channel."""


@dataclass(frozen=True, slots=True)
class Sub(Happening):
    """Somebody subscribed, or renewed and told so. ``gifted`` ones were paid for by somebody else."""

    gifted: bool = False
    months: int = 1


@dataclass(frozen=True, slots=True)
class Gift(Happening):
    """Somebody gave ``total`` subscriptions away."""

    total: int = 1


@dataclass(frozen=True, slots=True)
class Cheer(Happening):
    """Somebody cheered ``bits``."""

    bits: int = 0


@dataclass(frozen=True, slots=True)
class Raid(Happening):
    """Another channel came over with so many ``viewers``."""

    viewers: int = 0


@dataclass(frozen=True, slots=True)
class Tip(Happening):
    """Somebody tipped ``tokens``, for ``item`` of the streamer's tip menu where it is named."""

    tokens: int = 0
    item: str = ""


@dataclass(frozen=True, slots=True)
class WheelClaim(Happening):
    """Somebody turned the platform's own wheel, and got its ``prize``."""

    prize: str = ""


@dataclass(frozen=True, slots=True)
class Entrance(Happening):
    """Somebody came into the stream."""


def award_for(happening: Happening, settings: Settings) -> EventAward:
    """What a happening pays; nothing when nobody is named who could be paid."""
    kind, points, xp = _amounts(happening, settings)
    event_id, person = happening.event_id, happening.person
    if person is None:
        return EventAward(event_id, kind, None, 0, 0, happening.at)
    if isinstance(happening, Follow):
        event_id = f"follow:{person.platform}:{person.platform_id}"
    pause = settings.points_enter_cooldown_seconds if isinstance(happening, Entrance) else 0
    return EventAward(event_id, kind, person, points, xp, happening.at, pause)


def alert_words(happening: Happening) -> str:
    """What somebody did, as the overlay shows it after their name."""
    match happening:
        case Follow():
            return "followed"
        case Sub(gifted=True):
            return "got a sub as a gift"
        case Sub():
            return "subscribed"
        case Gift(total=total):
            return f"gifted {count(total, 'sub')}"
        case Cheer(bits=bits):
            return f"cheered {count(bits, 'bit')}"
        case Raid(viewers=viewers):
            return f"raids with {count(viewers, 'viewer')}"
        case Tip(tokens=tokens, item=item):
            return f"tipped {count(tokens, 'token')}{f' for {item}' if item else ''}"
        case WheelClaim(prize=prize):
            return f"won {prize}" if prize else "turned the wheel"
        case _:
            return "was here"


def _amounts(happening: Happening, settings: Settings) -> tuple[str, int, int]:
    match happening:
        case Follow():
            return "follow", settings.points_follow_amount, settings.xp_follow_amount
        case Sub(gifted=True):
            return "sub", 0, 0
        case Sub():
            return "sub", settings.points_sub_amount, settings.xp_sub_amount
        case Gift(total=total):
            return "gift", settings.points_sub_amount * total, settings.xp_sub_amount * total
        case Cheer(bits=bits):
            return "cheer", _times(settings.points_cheer_per_bit, bits), 0
        case Raid():
            return "raid", settings.points_raid_amount, 0
        case Tip(tokens=tokens):
            return "tip", _times(settings.points_tip_per_token, tokens), _times(settings.xp_tip_per_token, tokens)
        case Entrance():
            return "enter", settings.points_enter_amount, 0
        case _:
            return type(happening).__name__.lower(), 0, 0


def _times(factor: float, amount: int) -> int:
    """A factor is taken as it is written: 0.29 times 100 is 29."""
    return floor(Fraction(str(factor)) * amount)
