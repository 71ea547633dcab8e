"""Points as other programs write them: read exactly, or not at all."""

import re
from collections.abc import Iterable
from typing import Literal

from pixel_bot.points.ledger import MAX_AMOUNT
from pixel_bot.texts import number

Mark = Literal[".", ","]
"""What stands before a fraction."""

MAX_LENGTH = 40
"""Characters. Nobody has a number that long, and none of them is worth the reading."""

# Digits in groups of three, or without groups; then perhaps a fraction, behind another mark than that of the groups. A
# grouped number never begins with a zero.
_NUMBER = re.compile(
    r"(?:(?P<grouped>[1-9][0-9]{0,2}(?P<group>[.,' \u00a0\u2009\u202f\u2019])[0-9]{3}(?:(?P=group)[0-9]{3})*)"
    r"|(?P<plain>[0-9]+))(?P<fraction>(?P<mark>(?!(?P=group))[.,])[0-9]*)?"
)
_EXPONENT = re.compile(r"[0-9]+(?:[.,][0-9]*)?[eE][+-]?[0-9]+")
_SIGNS = ("-", "\u2212")


class Unreadable(ValueError):
    """Points that cannot be taken. The text goes on after what was written, like ``is no number``."""


def looks_like_number(written: str) -> bool:
    """True for what a program wrote as a number, whether we would take it or not."""
    bare = written.strip().removeprefix("+").lstrip("".join(_SIGNS))
    return len(bare) <= MAX_LENGTH and bool(_NUMBER.fullmatch(bare) or _EXPONENT.fullmatch(bare))


def mark_of(column: Iterable[str]) -> Mark | None:
    """What stands before fractions in this column, as far as numbers that can be read in one way only show it.

    Returns:
        None when no number shows it, or when they contradict each other.
    """
    marks: set[Mark] = set()
    for written in column:
        if not written.isdigit():
            marks |= _shown_by(written.strip())
    return marks.pop() if len(marks) == 1 else None


def read_points(written: str, mark: Mark | None = None) -> int:
    """The whole points of what was written; fractions are floored.

    Args:
        written: like ``1234``, ``1,234,567``, ``1.234,5``, ``1 234`` or ``12.0``.
        mark: what stands before fractions in this file. Without it, ``1,234`` could be read in two ways.

    Raises:
        Unreadable: no number, below zero, too large, rounded by a spreadsheet, or one that can be read in two ways.
    """
    bare = written.strip()
    if not bare:
        raise Unreadable("has no points")
    found = None if len(bare) > MAX_LENGTH else _NUMBER.fullmatch(bare.removeprefix("+"))
    if found is None:
        raise _explained(bare)
    group, whole = found["group"], found["grouped"] or found["plain"]
    if _two_ways(found):
        if mark is None:
            raise Unreadable(f"can be read as {number(_digits(whole))} or as a fraction; write it without the mark")
        if mark == group:
            whole = whole.partition(group)[0]
    points = _digits(whole)
    if points > MAX_AMOUNT:
        raise Unreadable(f"is more than {number(MAX_AMOUNT)}")
    return points


def _two_ways(found: re.Match[str]) -> bool:
    """Three digits behind one point or comma, like ``1,234``: a thousand, or a fraction."""
    group = found["group"]
    return group in (".", ",") and found["mark"] is None and found["grouped"].count(group) == 1


def _shown_by(bare: str) -> set[Mark]:
    found = _NUMBER.fullmatch(bare) if len(bare) <= MAX_LENGTH else None
    if found is None or _two_ways(found):
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
