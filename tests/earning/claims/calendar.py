"""The subs of a channel over a year, as Twitch would tell of them: several events for one month, in any order."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from random import Random

from pixel_bot.model.channel_events import Source, Sub
from pixel_bot.model.people import Person

BEGIN = datetime(2026, 1, 1, 18, tzinfo=UTC)
MONTH = timedelta(days=30)


class How(Enum):
    """How a month of somebody's came to be."""

    NONE = auto()
    NEW = auto()
    """They subscribe for the first time, or after a gap."""
    RENEWED = auto()
    """It goes on without a gap; only who shares it is heard of."""
    GIFTED = auto()


@dataclass(frozen=True)
class Month:
    """One month of one person. ``told`` says what Twitch tells of it; in the order of ``at`` it was sent."""

    person: Person
    how: How
    tier: int
    told: tuple[Sub, ...]

    @property
    def pays(self) -> bool:
        """Whether it pays its subscriber: something that was paid for, and that Twitch tells of."""
        return self.how in {How.NEW, How.RENEWED} and bool(self.told)

    @property
    def is_thanked(self) -> bool:
        """Whether its subscriber is thanked."""
        return self.pays


def year_of(person: Person, random: Random, *, notices: bool) -> list[Month]:
    """Twelve months of one person. Without ``notices`` nothing tells whether a shared month was a gift."""
    months: list[Month] = []
    before, total, tier = How.NONE, 0, random.choice((1, 1, 2, 3))
    for number in range(12):
        how = random.choice(list(How))
        if how is How.RENEWED and before in {How.NONE, How.GIFTED}:
            how = How.NEW
        elif how is How.NEW and before in {How.NEW, How.RENEWED}:
            how = How.RENEWED
        if how is How.NONE:
            before = how
            continue
        total += 1
        begins = BEGIN + number * MONTH + timedelta(minutes=random.randrange(60))
        months.append(Month(person, how, tier, _told(person, how, tier, total, begins, random, notices=notices)))
        before = how
    return months


def _told(
    person: Person, how: How, tier: int, months: int, begins: datetime, random: Random, *, notices: bool
) -> tuple[Sub, ...]:
    name = f"{person.login}-{months}"
    gifted = how is How.GIFTED
    told: list[Sub] = []
    if how is not How.RENEWED:
        told.append(Sub(f"{name}-new", person, begins, gifted, tier=tier, source=Source.SUBSCRIBE))
    if gifted and notices and random.random() < 0.5:
        at = begins + timedelta(seconds=random.randrange(5))
        told.append(Sub(f"{name}-received", person, at, True, tier=tier, source=Source.RECEIVED))
    if random.random() < 0.7:
        # At once, minutes later, or any day of the month.
        wait = random.choice((timedelta(seconds=random.randrange(5)), timedelta(minutes=7), timedelta(days=20)))
        at = begins + wait
        told.append(Sub(f"{name}-share", person, at, months=months, tier=tier, source=Source.SHARE))
        if notices:
            told.append(Sub(f"{name}-notice", person, at, gifted, months, tier, source=Source.NOTICE))
    return tuple(told)


def as_delivered(months: list[Month], random: Random) -> list[Sub]:
    """All events as they arrive: some late, some twice, those of one moment in any order.

    What says that a month was a gift comes no later than the share that does not: for the notice the bot waits.
    """
    events = [event for month in months for event in month.told]
    delays = {e.event_id: timedelta(seconds=0 if e.gifted else random.randrange(1, 240)) for e in events}
    events += [event for event in events if random.random() < 0.2]  # delivered again
    random.shuffle(events)
    return sorted(events, key=lambda event: event.at + delays[event.event_id])
