"""What the flows of points come to: income, prices in time, and how fast points become more. Values and arithmetic."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from pixel_bot.points.economy.groups import OUTSIDE, Flow, Group, Sums, by_group


@dataclass(frozen=True, slots=True)
class Price:
    """What a redeem costs, in points."""

    key: str
    cost: int


@dataclass(frozen=True, slots=True)
class PriceInTime:
    """A price as minutes of watching and of chatting; None where nobody earned any by that."""

    key: str
    cost: int
    watched: float | None
    chatted: float | None


@dataclass(frozen=True)
class Figures:
    """The economy of a channel in so many ``days``.

    Attributes:
        days: that the flows cover.
        flows: by reason.
        circulation: all points that viewers have now.
        holders: how many viewers have any.
        median: what the one in the middle of them has.
        prices: of what can be bought now.
        watch_minutes: that one row for watching stands for.
        chat_seconds: that one row for a message stands for, which is the cooldown; 0 where each message pays.
    """

    days: float
    flows: tuple[Flow, ...]
    circulation: int
    holders: int
    median: int
    prices: tuple[Price, ...]
    watch_minutes: int
    chat_seconds: int

    @cached_property
    def groups(self) -> dict[Group, Sums]:
        """What came and went, by group."""
        return by_group(self.flows)

    @property
    def came(self) -> int:
        """What came to viewers, without what was brought from elsewhere or moved between them."""
        return sum(sums.came for group, sums in self.groups.items() if group not in OUTSIDE)

    @property
    def went(self) -> int:
        """What went from viewers, in the same way."""
        return sum(sums.went for group, sums in self.groups.items() if group not in OUTSIDE)

    @property
    def growth(self) -> float:
        """By how many points a day the circulation grows. Less than a day counts as one."""
        return (self.came - self.went) / max(1.0, self.days)

    @property
    def doubles_in(self) -> float | None:
        """The days in which the circulation doubles, if each day is like these; None where it does not grow."""
        return self.circulation / self.growth if self.growth > 0 and self.circulation > 0 else None

    @property
    def per_watched_minute(self) -> float | None:
        """The points of a minute that a viewer watches: of all who were paid for watching."""
        return _mean(self.flows, "watch", self.watch_minutes)

    @property
    def per_chatted_minute(self) -> float | None:
        """The points of a minute in which a viewer writes whenever a message pays."""
        return _mean(self.flows, "chat", self.chat_seconds / 60)

    @property
    def prices_in_time(self) -> tuple[PriceInTime, ...]:
        """All prices in minutes."""
        watched, chatted = self.per_watched_minute, self.per_chatted_minute
        return tuple(
            PriceInTime(p.key, p.cost, p.cost / watched if watched else None, p.cost / chatted if chatted else None)
            for p in self.prices
        )


def _mean(flows: Iterable[Flow], reason: str, minutes_each: float) -> float | None:
    """The points of a minute: the rows of a reason stand for so many minutes each. None without any."""
    mine = [flow for flow in flows if flow.reason == reason and not flow.in_round]
    minutes = sum(flow.rows for flow in mine) * minutes_each
    return sum(flow.came for flow in mine) / minutes if minutes else None
