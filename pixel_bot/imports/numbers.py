"""Parser of numbers as other programs write them: exact, or refused."""

import re
from collections.abc import Iterable
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


def mark_of(column: Iterable[str]) -> Mark | None:
    """The decimal mark of a column, from its unambiguous numbers.

    Returns:
        None when no number shows it, or they contradict each other.
    """
    marks: set[Mark] = set()
    for written in column:
        if not written.isdigit():
            marks |= _shown_by(written.strip())
    return marks.pop() if len(marks) == 1 else None


def read_points(written: str, mark: Mark | None = None) -> int:
    """Parse points; fractions are floored.

    Args:
        written: like ``1234``, ``1,234,567``, ``1.234,5``, ``1 234`` or ``12.0``.
        mark: the decimal mark of this file. Without it, ``1,234`` is ambiguous.

    Raises:
        Unreadable: no number, below zero, too large, rounded by a spreadsheet, or ambiguous.
    """
    bare = written.strip()
    if not bare:
        raise Unreadable("has no points")
    found = None if len(bare) > MAX_LENGTH else _NUMBER.fullmatch(bare.removeprefix("+"))
    if found is None:
        raise _explained(bare)
    group, whole = found["group"], found["grouped"] or found["plain"]
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


def _shown_by(bare: str) -> set[Mark]:
    found = _NUMBER.fullmatch(bare) if len(bare) <= MAX_LENGTH else None
    if found is None or _is_ambiguous(found):
        return set()
    if found["mark"] is not None:
        return {"." if found["mark"] == "." else ","}
    if found["group"] in (".", ","):
        return {"," if found["group"] == "." else "."}
    return set()


def _explained(bare: str) -> Unreadable:
    if bare.startswith(_SIGNS) and looks_like_number(bare):
        return Unreadable("is below zero")
    if _EXPONENT.fullmatch(bare.removeprefix("+")):
        return Unreadable("is written with an exponent and may be rounded; write out all its digits")
    return Unreadable("is no number that I can read")


def _digits(written: str) -> int:
    return int("".join(c for c in written if c.isdigit()))
