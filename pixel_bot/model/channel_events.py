"""What happens in a channel, as cogs get it: follows, subs, gifts, cheers, raids, tips and the rest."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pixel_bot.model.event import Event
from pixel_bot.model.people import Person, Platform, platform_of
from pixel_bot.wording.texts import texts

_ = texts(__name__)


class Source(StrEnum):
    """Which of Twitch's events tells of something. Several may tell of the same."""

    SUBSCRIBE = "subscribe"
    """Knows whether it is a gift, and no months."""
    SHARE = "share"
    """A month that is shared in chat: knows the months, and not whether it was a gift."""
    NOTICE = "notice"
    """The notice in chat: knows both."""
    RECEIVED = "received"
    """The notice of a gift, for who received it: knows no months."""
    GIFT = "gift"
    BITS = "bits"
    CHEER = "cheer"
    CHAT = "chat"
    """The bits in a chat message."""
    RAID = "raid"


@dataclass(frozen=True, slots=True)
class ChannelEvent(Event):
    """Something that happened, once. ``person`` is None where they stay anonymous.

    ``event_id`` is the id of the message that told of it; ``source`` its kind, where several kinds may tell of it.
    """

    event_id: str
    person: Person | None
    at: datetime
    source: Source | None = field(default=None, kw_only=True, compare=False, repr=False)

    @property
    def platform(self) -> Platform:
        """Where it happened."""
        return self.person.platform if self.person is not None else platform_of(self.event_id)


@dataclass(frozen=True, slots=True)
class Follow(ChannelEvent):
    """Somebody follows the channel."""


@dataclass(frozen=True, slots=True)
class Sub(ChannelEvent):
    """Somebody subscribed, or renewed and told so. ``gifted`` ones were paid for by somebody else.

    ``months`` is how many there are by now, in all; ``duration`` for how many this one is; ``tier`` is 1, 2 or 3.
    """

    gifted: bool = False
    months: int = 1
    tier: int = 1
    is_prime: bool = False
    duration: int = 1


@dataclass(frozen=True, slots=True)
class Upgrade(ChannelEvent):
    """Somebody goes on with a subscription that was a gift, or came with Prime, and pays for it from now on."""

    before: Literal["gift", "prime"] = "gift"
    tier: int = 1


@dataclass(frozen=True, slots=True)
class PayItForward(ChannelEvent):
    """Somebody who was given a subscription gives one: a ``Gift``, which comes beside this. ``giver`` gave theirs."""

    giver: Person | None = None


@dataclass(frozen=True, slots=True)
class Gift(ChannelEvent):
    """Somebody gave ``total`` subscriptions away."""

    total: int = 1
    tier: int = 1


@dataclass(frozen=True, slots=True)
class Cheer(ChannelEvent):
    """Somebody cheered ``bits``, or used them for a power-up (``power_up``, or the streamer's ``custom_power_up``)."""

    bits: int = 0
    used_for: Literal["cheer", "power_up", "custom_power_up"] = "cheer"


@dataclass(frozen=True, slots=True)
class Raid(ChannelEvent):
    """Another channel came over with so many ``viewers``."""

    viewers: int = 0


@dataclass(frozen=True, slots=True)
class WatchStreak(ChannelEvent):
    """Somebody tells that they watched so many ``streams`` in a row."""

    streams: int = 0


@dataclass(frozen=True, slots=True)
class CharityDonation(ChannelEvent):
    """Somebody gave an ``amount`` in that ``currency`` to the channel's charity."""

    amount: Decimal = Decimal(0)
    currency: str = ""
    charity: str = ""


@dataclass(frozen=True, slots=True)
class BitsBadge(ChannelEvent):
    """Somebody got the badge for so many ``bits`` in all."""

    bits: int = 0


@dataclass(frozen=True, slots=True)
class Announcement(ChannelEvent):
    """A mod announced something."""

    text: str = ""


HypePhase = Literal["begin", "progress", "level", "end"]


@dataclass(frozen=True, slots=True)
class HypeTrain(ChannelEvent):
    """A hype train began (``phase``), made ``progress``, reached a ``level``, or came to its ``end``. Nobody is named.

    ``train_id`` is the same from its beginning to its end; ``total`` is what was contributed until then. Each new
    total is told once as ``progress``, and each level after the first once as ``level``.
    """

    phase: HypePhase = "begin"
    train_id: str = ""
    level: int = 1
    total: int = 0


@dataclass(frozen=True, slots=True)
class AutomaticReward(ChannelEvent):
    """Somebody took one of Twitch's own rewards for channel points, like ``send_highlighted_message``."""

    reward: str = ""
    channel_points: int = 0


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


def alert_text(channel_event: ChannelEvent) -> str:
    """What happened, as the overlay shows it; empty for what makes no alert."""
    if isinstance(channel_event, HypeTrain):
        return _train_words(channel_event)
    return _words(channel_event, channel_event.person.display_name if channel_event.person else _("Somebody"))


def _train_words(train: HypeTrain) -> str:
    match train.phase:
        case "begin":
            return _("A hype train!")
        case "level":
            return _("The hype train is at level {level}!", level=train.level)
        case "progress":
            return ""  # every few seconds
        case "end":
            return _("The hype train reached level {level}", level=train.level)


def _words(channel_event: ChannelEvent, who: str) -> str:
    """What somebody did."""
    match channel_event:
        case Follow():
            return _("{viewer} followed", viewer=who)
        case Sub(gifted=True):
            return ""  # the giver's alert stands for all of them
        case Sub(months=months) if months > 1:
            return _("{viewer} subscribed for {n} month", "{viewer} subscribed for {n} months", viewer=who, n=months)
        case Sub():
            return _("{viewer} subscribed", viewer=who)
        case Upgrade():
            return _("{viewer} goes on with their sub", viewer=who)
        case Gift(total=total):
            return _("{viewer} gifted {n} sub", "{viewer} gifted {n} subs", viewer=who, n=total)
        case WatchStreak(streams=streams):
            return _(
                "{viewer} watched {n} stream in a row", "{viewer} watched {n} streams in a row", viewer=who, n=streams
            )
        case WheelClaim(prize=prize) if prize:
            return _("{viewer} won {prize}", viewer=who, prize=prize)
        case WheelClaim():
            return _("{viewer} turned the wheel", viewer=who)
        case _:
            return _counted(channel_event, who)


def _counted(channel_event: ChannelEvent, who: str) -> str:
    """What somebody gave, or brought along."""
    match channel_event:
        case Cheer(bits=bits, used_for="cheer"):
            return _("{viewer} cheered {n} bit", "{viewer} cheered {n} bits", viewer=who, n=bits)
        case Cheer(bits=bits):
            return _(
                "{viewer} used {n} bit for a power-up", "{viewer} used {n} bits for a power-up", viewer=who, n=bits
            )
        case Raid(viewers=viewers):
            return _("{viewer} raids with {n} viewer", "{viewer} raids with {n} viewers", viewer=who, n=viewers)
        case Tip(tokens=tokens, item=item) if item:
            return _(
                "{viewer} tipped {n} token for {item}",
                "{viewer} tipped {n} tokens for {item}",
                viewer=who,
                n=tokens,
                item=item,
            )
        case Tip(tokens=tokens):
            return _("{viewer} tipped {n} token", "{viewer} tipped {n} tokens", viewer=who, n=tokens)
        case _:
            return ""
