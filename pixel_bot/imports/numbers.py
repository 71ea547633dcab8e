"""Parser of numbers as other programs write them: exact, or refused."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from pixel_bot.points.ledger import MAX_AMOUNT
from pixel_bot.texts import number

Mark = Literal[".", ","]
"""A decimal mark."""

MAX_LENGTH = 40
"""Characters. Longer texts are no points, and are not parsed."""

# Digits with or without thousands separators; then perhaps a fraction, whose mark differs from the separator. A number
# with separators never begins with a zero.
_NUMBER = re.compile(
    r"(?:(?P<grouped>[1-9][0-9]{0,2}(?P<group>[.,' \u00a0\u2009\u202f\u2019])[0-9]{3}(?:(?P=group)[0-9]{3})*)"
    r"|(?P<plain>[0-9]+))(?P<fraction>(?P<mark>(?!(?P=group))[.,])[0-9]*)?"
)
_EXPONENT = re.compile(r"[0-9]+(?:[.,][0-9]*)?[eE][+-]?[0-9]+")
_SIGNS = ("-", "\u2212")


class Unreadable(ValueError):
    """A cell that is not accepted as points. The text continues after the cell's content, like ``is no number``."""


def looks_like_number(written: str) -> bool:
    """True for a number, whether ``read_points`` accepts it or not."""
    bare = written.strip().removeprefix("+").lstrip("".join(_SIGNS))
    return len(bare) <= MAX_LENGTH and bool(_NUMBER.fullmatch(bare) or _EXPONENT.fullmatch(bare))


@dataclass(slots=True)
class Evidence:
    """What the numbers of one column show of its decimal mark.

    Attributes:
        marks: the decimal marks that its unambiguous numbers show.
        ambiguous: the separators of its ambiguous numbers, like ``1,234``, each with the first of these numbers.
        below: whether a whole number below 1,000 is among them.
        above: whether a whole number from 1,000 up is written without separators.
    """

    marks: set[Mark] = field(default_factory=set[Mark])
    ambiguous: dict[str, str] = field(default_factory=dict[str, str])
    below: bool = False
    above: bool = False

    def add(self, written: str) -> None:
        """Take one number of the column into account."""
        bare = written.strip()
        if bare.isdigit():
            is_above = bool(bare[:-3].strip("0"))
            self.above, self.below = self.above or is_above, self.below or not is_above
            return
        found = _NUMBER.fullmatch(bare.removeprefix("+")) if len(bare) <= MAX_LENGTH else None
        if found is None:
            return
        if _is_ambiguous(found):
            self.ambiguous.setdefault(found["group"], bare)
        else:
            self.marks |= _shown_by(found)

    @property
    def mark(self) -> Mark | None:
        """The decimal mark of the column; None when the column does not decide.

        Where no number shows it, ``1,234`` is a thousand if the column also has numbers below 1,000 and writes none
        from 1,000 up without a separator: then the comma is where a thousands separator is, and nowhere else.
        """
        if self.marks:
            return next(iter(self.marks)) if len(self.marks) == 1 else None
        if len(self.ambiguous) == 1 and self.below and not self.above:
            return _other(next(iter(self.ambiguous)))
        return None

    @property
    def question(self) -> str:
        """An ambiguous number that the column does not explain; empty when each can be read."""
        return next(iter(self.ambiguous.values()), "") if self.mark is None else ""


def evidence_of(column: Iterable[str]) -> Evidence:
    """What a whole column shows."""
    evidence = Evidence()
    for written in column:
        evidence.add(written)
    return evidence


def read_points(written: str, mark: Mark | None = None) -> int:
    """Parse points; fractions are floored.

    Args:
        written: like ``1234``, ``1,234,567``, ``1.234,5``, ``1 234`` or ``12.0``.
        mark: the decimal mark of this file. Without it, ``1,234`` is ambiguous.

    Raises:
        Unreadable: no number, below zero, too large, rounded by a spreadsheet, ambiguous, or written with the other
            decimal mark.
    """
    bare = written.strip()
    if not bare:
        raise Unreadable("has no points")
    found = None if len(bare) > MAX_LENGTH else _NUMBER.fullmatch(bare.removeprefix("+"))
    if found is None:
        raise _explained(bare)
    group, whole = found["group"], found["grouped"] or found["plain"]
    if mark is not None and _shown_by(found) == {_other(mark)}:
        raise Unreadable(f"does not fit the file's decimal mark, which is {mark!r}")
    if _is_ambiguous(found):
        if mark is None:
            raise Unreadable(f"can be read as {number(_digits(whole))} or as a fraction; write it without the mark")
        if mark == group:
            whole = whole.partition(group)[0]
    points = _digits(whole)
    if points > MAX_AMOUNT:
        raise Unreadable(f"is more than {number(MAX_AMOUNT)}")
    return points


def _is_ambiguous(found: re.Match[str]) -> bool:
    """Three digits after one point or comma, like ``1,234``: thousands, or a fraction."""
    group = found["group"]
    return group in (".", ",") and found["mark"] is None and found["grouped"].count(group) == 1


def _shown_by(found: re.Match[str]) -> set[Mark]:
    """The decimal mark that a number shows by itself."""
    if found["mark"] is not None:
        return {"." if found["mark"] == "." else ","}
    if found["group"] in (".", ",") and not _is_ambiguous(found):
        return {_other(found["group"])}
    return set()


def _other(mark: str) -> Mark:
    return "," if mark == "." else "."


def _explained(bare: str) -> Unreadable:
    if bare.startswith(_SIGNS) and looks_like_number(bare):
        return Unreadable("is below zero")
    if _EXPONENT.fullmatch(bare.removeprefix("+")):
        return Unreadable("is written with an exponent and may be rounded; write out all its digits")
    return Unreadable("is no number that I can read")


def _digits(written: str) -> int:
    return int("".join(c for c in written if c.isdigit()))
