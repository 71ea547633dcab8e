"""The fields of a sentence, like ``{viewer}``: which ones it has, and how they are filled in."""

from collections.abc import Callable, Collection, Mapping
from string import Formatter

from pixel_bot.wording.numbers import number

CURRENCY_FIELDS = frozenset({"point", "points"})
"""What every sentence may use: what one point is called, and what several are."""

COUNT_FIELD = "n"
"""The number that decides between the singular and the plural."""


def fields_of(text: str) -> frozenset[str]:
    """The names of the fields of a sentence.

    Raises:
        ValueError: a brace is open, or something other than a name stands in braces.
    """
    found: set[str] = set()
    for _, name, layout, conversion in Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier() or layout or conversion:
            raise ValueError(f"{{{name}}} is no field")
        found.add(name)
    return frozenset(found)


def misfit(text: str, originals: Collection[str], _: Callable[..., str] = str.format) -> str:
    """Why a sentence cannot stand for its original; empty where it can.

    Args:
        text: the translation, or the streamer's own words.
        originals: the original, and its plural where it has one.
        _: says it, like what ``texts(__name__)`` returns; in English unless another is given.
    """
    try:
        there = fields_of(text)
    except ValueError as exc:
        return f"{exc}" if "is no field" in f"{exc}" else _("a brace in it is not closed")
    wanted = frozenset[str]().union(*map(fields_of, originals))
    if unknown := there - wanted - CURRENCY_FIELDS:
        known = ", ".join(f"{{{name}}}" for name in sorted(wanted)) or _("none")
        return _("it has no field {field} (there are: {known})", field=f"{{{min(unknown)}}}", known=known)
    missing = wanted - there
    if len(originals) > 1:
        missing -= {COUNT_FIELD}  # "one redeem" says it in a word
    return _("the field {field} is missing", field=f"{{{min(missing)}}}") if missing else ""


class Values(dict[str, object]):
    """The values of the fields; numbers are written as the language does."""

    def __init__(self, fields: Mapping[str, object], currency: Callable[[int], str]) -> None:
        super().__init__({name: number(value) if type(value) is int else value for name, value in fields.items()})
        self._currency = currency

    def __missing__(self, name: str) -> str:
        if name not in CURRENCY_FIELDS:
            raise KeyError(name)
        return self._currency(1 if name == "point" else 2)
