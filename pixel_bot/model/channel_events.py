"""What happens in a channel, as cogs get it: follows, subs, gifts, cheers, raids, tips."""

from dataclasses import dataclass
from datetime import datetime

from pixel_bot.model.people import Person
from pixel_bot.texts import count


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """Something that happened, once for each ``event_id``. ``person`` is None where they stay anonymous."""

    event_id: str
    person: Person | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Follow(ChannelEvent):
    """Somebody follows the channel."""


@dataclass(frozen=True, slots=True)
class Sub(ChannelEvent):
    """Somebody subscribed, or renewed and told so. ``gifted`` ones were paid for by somebody else."""

    gifted: bool = False
    months: int = 1


@dataclass(frozen=True, slots=True)
class Gift(ChannelEvent):
    """Somebody gave ``total`` subscriptions away."""

    total: int = 1


@dataclass(frozen=True, slots=True)
class Cheer(ChannelEvent):
    """Somebody cheered ``bits``."""

    bits: int = 0


@dataclass(frozen=True, slots=True)
class Raid(ChannelEvent):
    """Another channel came over with so many ``viewers``."""

    viewers: int = 0


@dataclass(frozen=True, slots=True)
class Tip(ChannelEvent):
    """Somebody tipped ``tokens``, for ``item`` of the streamer's tip menu where it is named."""

    tokens: int = 0
    item: str = ""


@dataclass(frozen=True, slots=True)
class WheelClaim(ChannelEvent):
    """Somebody turned the platform's own wheel, and got its ``prize``."""

    prize: str = ""


@dataclass(frozen=True, slots=True)
class Entrance(ChannelEvent):
    """Somebody came into the stream."""


def alert_words(channel_event: ChannelEvent) -> str:
    """What somebody did, as the overlay shows it after their name."""
    match channel_event:
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
