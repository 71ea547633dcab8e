"""What happens to the stream, to commands, and to channel points, as cogs get it."""

from dataclasses import dataclass
from datetime import datetime

from pixel_bot.model.event import Event
from pixel_bot.model.people import Person, Platform


@dataclass(frozen=True, slots=True)
class StreamOnline(Event):
    """The stream began at ``since``. A bot that starts later hears of it then, once."""

    platform: Platform
    since: datetime
    stream_id: str


@dataclass(frozen=True, slots=True)
class StreamOffline(Event):
    """The stream ended. ``at`` is when the bot learned of it; ``stream_id`` is that of the beginning."""

    platform: Platform
    at: datetime
    stream_id: str


@dataclass(frozen=True, slots=True)
class CommandTyped(Event):
    """Somebody typed a command that the bot knows; it may still refuse. ``name`` is the first word, without prefix.

    ``is_addressed`` is True where the bot was mentioned in front of it.
    """

    person: Person
    name: str
    is_addressed: bool
    platform: Platform


@dataclass(frozen=True, slots=True)
class CommandsImported(Event):
    """Another program has stored commands of another bot while this one runs, or has taken them back.

    It is heard some seconds later, in each process.
    """


@dataclass(frozen=True, slots=True)
class Redemption(Event):
    """Somebody spent channel points on a reward of this channel, whoever made it. ``text`` is what they typed."""

    redemption_id: str
    person: Person
    reward: str
    reward_id: str
    cost: int
    text: str
    at: datetime
