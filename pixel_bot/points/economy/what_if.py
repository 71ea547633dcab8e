"""Other settings on the days that were: the rows of a reason times the ratio of the new setting to the present one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pixel_bot.errors import PixelError
from pixel_bot.points.economy.figures import Figures, Price
from pixel_bot.points.economy.groups import Flow

COST = "REDEEM_COST_"
"""Before the key of a redeem."""

SCALES: Mapping[str, tuple[str, ...]] = {
    "POINTS_CHAT_AMOUNT": ("chat",),
    "POINTS_WATCH_AMOUNT": ("watch",),
    "POINTS_FOLLOW_AMOUNT": ("follow",),
    "POINTS_SUB_AMOUNT": ("sub", "gift"),
    "POINTS_UPGRADE_AMOUNT": ("upgrade",),
    "POINTS_CHEER_PER_BIT": ("cheer",),
    "POINTS_RAID_AMOUNT": ("raid",),
    "POINTS_STREAK_AMOUNT": ("streak",),
    "POINTS_TIP_PER_TOKEN": ("tip",),
    "POINTS_ENTER_AMOUNT": ("enter",),
    "POINTS_START_AMOUNT": ("start",),
}
"""The reasons that a setting scales."""

MOST = 10**9


class CannotKnow(PixelError):
    """A change that the rows of the ledger tell nothing of; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """A setting with another value: the reasons whose rows become ``ratio`` times as large."""

    name: str
    old: Fraction
    new: Fraction
    reasons: tuple[str, ...]
    redeem: str = ""

    @property
    def ratio(self) -> Fraction:
        """New to old."""
        return self.new / self.old


def read_change(typed: str, settings: Mapping[str, object], prices: Sequence[Price]) -> Change:
    """Read ``NAME=VALUE``.

    Args:
        typed: what was typed.
        settings: the present ones, by their names in capitals.
        prices: the present ones.

    Raises:
        CannotKnow: it is no such change, or one of which the rows tell nothing.
    """
    name, sign, value = typed.strip().partition("=")
    name = name.strip().upper()
    new = _number(value)
    if not sign or new is None:
        raise CannotKnow(f"{typed}: type it like POINTS_CHAT_AMOUNT=5, with a number from 0 to {MOST:,}.")
    if name.startswith(COST):
        return _of_a_price(name, new, prices)
    if name not in SCALES:
        known = ", ".join([*SCALES, f"{COST}KEY"])
        raise CannotKnow(f"{name}: what it would have changed cannot be told from the ledger. It can for: {known}.")
    old = _number(str(settings.get(name, 0))) or Fraction(0)
    if not old:
        raise CannotKnow(f"{name} is 0 now, so the ledger has no rows from which anything could be told.")
    return Change(name, old, new, SCALES[name])


def _of_a_price(name: str, new: Fraction, prices: Sequence[Price]) -> Change:
    key = name.removeprefix(COST).lower()
    old = next((price.cost for price in prices if price.key == key), None)
    if old is None:
        raise CannotKnow(f"{name}: there is no redeem {key} with a fixed price.")
    return Change(name, Fraction(old), new, (f"redeem:{key}", f"refund:{key}"), key)


def _number(typed: str) -> Fraction | None:
    """A decimal number from 0 to ``MOST``; else None."""
    typed = typed.strip()
    if not typed.isascii() or len(typed) > 20 or typed.strip("0123456789.") or typed.count(".") > 1:
        return None
    try:
        number = Fraction(typed)
    except ValueError:
        return None
    return number if 0 <= number <= MOST else None


def simulated(figures: Figures, changes: Iterable[Change]) -> Figures:
    """The same days with other settings, if everybody had done the same all the same. Balances stay what they are."""
    flows, prices = figures.flows, figures.prices
    for change in changes:
        flows = tuple(_scaled(f, change.ratio) if f.reason in change.reasons else f for f in flows)
        prices = tuple(replace(p, cost=int(change.new)) if p.key == change.redeem else p for p in prices)
    return replace(figures, flows=flows, prices=prices)


def _scaled(flow: Flow, ratio: Fraction) -> Flow:
    return replace(flow, came=round(flow.came * ratio), went=round(flow.went * ratio))


UNKNOWN: tuple[str, ...] = (
    "That people would have chatted, watched and bought just as much. They would not have.",
    "That the setting was the same on all of these days. Rows that were paid under an earlier one are scaled, too.",
    "Rounding of single awards, and caps.",
)
"""What a simulation supposes, and cannot know."""
