"""How people type amounts, and what they come to: a number of points, or a share of a balance.

Understood are ``50``, ``+50``, ``1,000`` (also with ``.``, ``'``, ``_`` or a blank between groups of three), ``1k``,
``1.5k``, ``2m``, and as shares ``50%``, ``half`` and ``all``; also with full-width characters, and with a full stop or
the like at the end. Never guessed is ``1,5k``: in some countries the comma divides thousands, in others fractions.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from pixel_bot.errors import BadAmount, NotEnoughPoints
from pixel_bot.points.ledger import MAX_AMOUNT
from pixel_bot.texts import ENDINGS, count, narrow
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

_GROUPED = re.compile(r"\d{1,3}(?:[,.' _]\d{3})+", re.ASCII)
_PLAIN = re.compile(r"\d{1,500}", re.ASCII)
_SHORT = re.compile(r"(\d{1,12})(?:\.(\d{1,2}))?([km])", re.ASCII)
_UNCLEAR = re.compile(r"\d[\d,.' _]*[km]", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)%", re.ASCII)
_LIKE_AMOUNT = re.compile(r"[+-]?\.?\d|(?:all|half)$", re.ASCII)
_TIMES = {"k": 1_000, "m": 1_000_000}


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a balance, above nothing and up to all of it. ``typed`` is how somebody wrote it."""

    part: Fraction
    typed: str

    def of(self, balance: int) -> int:
        """So many points of a balance, rounded down; 0 of one that is not above zero."""
        return int(max(balance, 0) * self.part)


class HasValue(Protocol):
    """An amount as it was typed: a number, or a share of a balance."""

    @property
    def value(self) -> int | Share:
        """What it comes to."""
        ...


ALL = Share(Fraction(1), "all")
HALF = Share(Fraction(1, 2), "half")


def looks_like_amount(word: str) -> bool:
    """True for a word that somebody means as an amount, also for one that cannot be used as such."""
    return bool(_LIKE_AMOUNT.match(_tidy(word)))


def amount_or_share(typed: str) -> int | Share:
    """What was typed, above zero.

    Raises:
        BadAmount: it is no amount, none above zero, or more than may be moved at once.
    """
    word = _tidy(typed)
    if word in ("all", "half"):
        return ALL if word == "all" else HALF
    percent = _PERCENT.fullmatch(word)
    if percent is None:
        return whole_number(word.removeprefix("+"), least=1)
    part = Fraction(percent[1]) / 100
    if not part:
        raise BadAmount(_("That has to be more than zero."))
    if part > 1:
        raise BadAmount(_("100% is all that there is."))
    return Share(part, word)


def points_of(amount: "HasValue | Share | int", balance: int) -> int:
    """What an amount comes to of a balance.

    Raises:
        NotEnoughPoints: it is a share, and there is nothing to share.
        BadAmount: a share comes to less than a point, or a number is more than may be moved at once.
    """
    found = amount if isinstance(amount, int | Share) else amount.value
    if isinstance(found, int):
        if found > MAX_AMOUNT:
            raise BadAmount(_("That is too much at once."))
        return found
    if balance <= 0:
        raise NotEnoughPoints(needed=1, balance=balance)
    points = found.of(balance)
    if not points:
        whole = count(balance, "point")
        raise BadAmount(_("{share} of {amount} is less than one {point}.", share=found.typed, amount=whole))
    return points


def whole_number(typed: str, *, least: int) -> int:
    """The number that was typed.

    Raises:
        BadAmount: it is no whole number, below ``least``, or larger than may be moved at once.
    """
    word = _tidy(typed)
    value = _value_of(word, least)
    if value < least:
        raise BadAmount(_("That has to be more than zero."))
    if value > MAX_AMOUNT:
        raise BadAmount(_("That is too much at once; {most} is the most.", most=MAX_AMOUNT))
    return value


def _value_of(word: str, least: int) -> int:
    if _PLAIN.fullmatch(word):
        return int(word)
    if _GROUPED.fullmatch(word):
        return int(re.sub(r"\D", "", word))
    if short := _SHORT.fullmatch(word):
        value = Fraction(f"{short[1]}.{short[2] or 0}") * _TIMES[short[3]]
        return int(value)
    if _UNCLEAR.fullmatch(word):
        raise BadAmount(_("I cannot tell how much {typed} is. Type it like 1.5k, or 1500.", typed=word[:20]))
    needed = later("I need a number there, like 50.")
    raise BadAmount(_(needed if least == 0 else later("I need a number above zero there, like 50.")))


def _tidy(word: str) -> str:
    """In lower case, with plain characters for full-width ones, and without punctuation at the end."""
    return narrow(word).strip().lower().rstrip(ENDINGS)
