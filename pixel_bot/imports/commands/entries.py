"""Values of untrusted JSON: what is missing or of another kind becomes the default."""

from collections.abc import Mapping
from typing import Any, cast

Entry = Mapping[str, Any]

LONGEST_COOLDOWN = 86_400
"""Seconds."""


def entry_of(value: Any) -> Entry:
    """An object; an empty one where it is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def entries_of(value: Any) -> list[Entry]:
    """The objects of a list, or the values of an object that is used as one."""
    if isinstance(value, dict):
        value = list(cast("dict[str, Any]", value).values())
    return (
        [entry_of(one) for one in cast("list[Any]", value) if isinstance(one, dict)] if isinstance(value, list) else []
    )


def elements_of(value: Any) -> list[Any]:
    """The elements of a list; none where it is none."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """A text without white space around it."""
    return value.strip() if isinstance(value, str) else ""


def whole_of(value: Any, most: int = 10**12) -> int:
    """A whole number from 0 up, also where it is written as text."""
    try:
        number = float(value) if isinstance(value, str | int | float) else 0.0
    except ValueError:
        return 0
    return int(min(max(number, 0), most)) if number == number else 0


def seconds_of(value: Any, unit: float = 1) -> int:
    """A cooldown in seconds."""
    try:
        number = float(value) * unit if isinstance(value, str | int | float) else 0.0
    except ValueError:
        return 0
    return int(min(max(number, 0), LONGEST_COOLDOWN)) if number == number else 0


def is_on(value: Any) -> bool:
    """Whether something is on; it is where nothing is said."""
    return value is None or bool(value)


def name_of(value: Any) -> str:
    """A command's name without what commands begin with, lower case."""
    return text_of(value).lower().removeprefix("!").strip()


def names_of(value: Any) -> tuple[str, ...]:
    """Other names, each once."""
    if isinstance(value, dict):
        value = list(cast("dict[str, Any]", value).values())
    return tuple(dict.fromkeys(name for one in elements_of(value) if (name := name_of(one))))
