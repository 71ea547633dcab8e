"""Decides whether two of Twitch's events tell of the same thing that happened.

Twitch tells of one thing by several events, which share no id, and in any order: a lapsed subscription that is renewed
and shared comes as ``channel.subscribe``, as ``channel.subscription.message`` and as a notice in chat, the first two
perhaps minutes or weeks apart. They are told apart by who, how much, when, and by which kind of event says it: two
events of the same kind are two things that happened, unless they name the same month.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pixel_bot.model.channel_events import ChannelEvent, Cheer, Gift, Raid, Source, Sub

WITHIN = timedelta(minutes=10)
"""Events on one gift, cheer or raid come within so much time."""

LATE = timedelta(hours=1)
"""An event can come so much later than another one that was sent after it."""

AGAIN = timedelta(minutes=10)
"""Nobody subscribes twice to one tier within it: the same event on another connection."""

FIRST_MONTH = timedelta(days=28)
"""How long the month of a new subscription may be shared: the shortest month there is."""

FURTHER_MONTH = timedelta(days=30)

SAME_COUNT = timedelta(days=45)
"""For so long the same number of months is the same month. It grows with each one, so it is equal by mistake only."""

LOOK_BACK = timedelta(days=400)
"""The longest gift is a year."""

_WITHOUT_MONTHS = {Source.SUBSCRIBE, Source.RECEIVED}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one event says.

    Args:
        kind: of what happened: ``sub``, ``gift``, ``cheer`` or ``raid``.
        person: who, by the platform's id; empty for whoever stays anonymous.
        detail: what all events on it say alike.
        source: which event says it.
        at: when it was sent.
        months: how many there are by now; None where the event does not know.
        gifted: whether somebody else paid; None where the event does not know.
        duration: months that were paid.
    """

    kind: str
    person: str
    detail: str
    source: Source
    at: datetime
    months: int | None = None
    gifted: bool | None = False
    duration: int = 1


@dataclass(frozen=True, slots=True)
class Claimed:
    """What happened, as earlier events told it. ``sources`` are theirs, ``id`` is the row's."""

    id: int
    detail: str
    at: datetime
    sources: frozenset[Source]
    months: int | None
    gifted: bool
    duration: int


def evidence_of(event: ChannelEvent) -> Evidence | None:
    """What an event says; None for those of which one kind of event alone tells."""
    if (source := event.source) is None:
        return None
    person = "" if event.person is None else event.person.platform_id
    match event:
        case Sub():
            months = None if source in _WITHOUT_MONTHS else event.months
            gifted = None if source is Source.SHARE else event.gifted
            return Evidence("sub", person, str(event.tier), source, event.at, months, gifted, event.duration)
        case Gift():
            return Evidence("gift", person, f"{event.tier}:{event.total}", source, event.at)
        case Cheer():
            return Evidence("cheer", person, str(event.bits), source, event.at)
        case Raid():
            return Evidence("raid", person, "", source, event.at)
        case _:
            return None


def find_claim(evidence: Evidence, claims: Sequence[Claimed]) -> Claimed | None:
    """What the evidence tells of, among what this person did before; None when it is something new.

    Args:
        evidence: what an event says.
        claims: of the same kind and person, oldest first.
    """
    same = [claim for claim in claims if claim.detail == evidence.detail]
    if evidence.kind == "sub":
        return _find_sub(evidence, same)
    # The oldest first: of two equal cheers each is told once by each kind of event, in whatever order they come.
    fits = (c for c in same if evidence.source not in c.sources and abs(evidence.at - c.at) <= WITHIN)
    return next(fits, None)


def is_gifted(evidence: Evidence, claims: Sequence[Claimed]) -> bool:
    """Whether a month that no claim knows was paid by somebody else.

    A shared month does not say so. It was, where somebody gave them a subscription that still lasts, and they have paid
    for none since. How long it lasts counts from the gift, and not from another month of it that was shared.
    """
    if evidence.gifted is not None:
        return evidence.gifted
    for claim in reversed(claims):
        if not claim.gifted and claim.at <= evidence.at:
            return False
        lasts = FIRST_MONTH + FURTHER_MONTH * (claim.duration - 1)
        is_told = bool(claim.sources - {Source.SHARE})
        if claim.gifted and is_told and timedelta(0) <= evidence.at - claim.at <= lasts:
            return True
    return False


def _find_sub(evidence: Evidence, claims: Sequence[Claimed]) -> Claimed | None:
    newest_first = sorted(claims, key=lambda claim: claim.at, reverse=True)
    fits = [claim for claim in newest_first if _is_same_sub(evidence, claim)]
    if evidence.gifted is False:
        # Who was given a month and pays for another one shares the paid one.
        fits.sort(key=lambda claim: claim.gifted)
    return next(iter(fits), None)


def _is_same_sub(evidence: Evidence, claim: Claimed) -> bool:
    apart = evidence.at - claim.at
    if evidence.source in _WITHOUT_MONTHS:
        if evidence.source in claim.sources:
            return not evidence.gifted and not claim.gifted and abs(apart) <= AGAIN
        return evidence.gifted == claim.gifted and abs(apart) <= LATE
    if claim.months is not None:
        return evidence.months == claim.months and abs(apart) <= SAME_COUNT
    if evidence.gifted is not None and evidence.gifted != claim.gifted:
        return False
    return -LATE <= apart <= FIRST_MONTH
