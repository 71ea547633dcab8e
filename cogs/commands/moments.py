"""Dates and times as people write them, and as the formats of moment.js show them (https://momentjs.com/docs/#/displaying/)."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pixel_bot.plugin import later, ordinal, texts

_ = texts(__name__)

MONTHS = (
    later("January"),
    later("February"),
    later("March"),
    later("April"),
    later("May"),
    later("June"),
    later("July"),
    later("August"),
    later("September"),
    later("October"),
    later("November"),
    later("December"),
)
DAYS = (
    later("Monday"),
    later("Tuesday"),
    later("Wednesday"),
    later("Thursday"),
    later("Friday"),
    later("Saturday"),
    later("Sunday"),
)

_ABBREVIATIONS = {
    "est": "America/New_York", "edt": "America/New_York", "cst": "America/Chicago", "cdt": "America/Chicago",
    "mst": "America/Denver", "mdt": "America/Denver", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
    "gmt": "UTC", "utc": "UTC", "z": "UTC", "bst": "Europe/London", "cet": "Europe/Berlin", "cest": "Europe/Berlin",
    "eet": "Europe/Athens", "jst": "Asia/Tokyo", "aest": "Australia/Sydney",
}  # fmt: skip
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(?:/[A-Za-z0-9_+-]{1,31}){0,2}")
_FORMAT = re.compile(
    r"\[([^\]]{0,100})\]|YYYY|YY|MMMM|MMM|MM|M|DDDD|DDD|DD|Do|D|dddd|ddd|HH|H|hh|h|mm|m|ss|s|A|a|ZZ|Z|z|X"
)
_WORD = re.compile(
    r"[A-Za-z]+(?:/[A-Za-z_]+)*|\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{4}|\d{1,2}(?::\d{2}){1,2}|\d{1,4}"
)

_UNITS: Sequence[tuple[int, Callable[[str], str]]] = (
    (86_400, lambda n: _("{n} day", "{n} days", n=n)),
    (3_600, lambda n: _("{n} hour", "{n} hours", n=n)),
    (60, lambda n: _("{n} minute", "{n} minutes", n=n)),
    (1, lambda n: _("{n} second", "{n} seconds", n=n)),
)
"""Seconds of each unit, and so many of it in words."""


def zone_of(name: str) -> tzinfo | None:
    """The time zone of that name, like ``Europe/Berlin`` or ``EST``; None where there is none."""
    known = _ABBREVIATIONS.get(name.lower())
    if (known or name).upper() == "UTC":
        return UTC
    if _ZONE.fullmatch(name) is None:
        return None
    try:
        return ZoneInfo(known or name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def formatted(moment: datetime, form: str) -> str:
    """A moment in a format of moment.js; letters that mean nothing there stay."""
    return _FORMAT.sub(lambda match: match[1] if match[1] is not None else _FORMATS.get(match[0], _as_is)(moment), form)


def _as_is(_moment: datetime) -> str:
    return ""


def _offset(moment: datetime, between: str) -> str:
    minutes = int((moment.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{between}{rest:02}"


_FORMATS: Mapping[str, Callable[[datetime], str]] = {
    "YYYY": lambda m: str(m.year),
    "YY": lambda m: f"{m.year % 100:02}",
    "MMMM": lambda m: _(MONTHS[m.month - 1]),
    "MMM": lambda m: _(MONTHS[m.month - 1])[:3],
    "MM": lambda m: f"{m.month:02}",
    "M": lambda m: str(m.month),
    "DDDD": lambda m: f"{m.timetuple().tm_yday:03}",
    "DDD": lambda m: str(m.timetuple().tm_yday),
    "DD": lambda m: f"{m.day:02}",
    "Do": lambda m: ordinal(m.day),
    "D": lambda m: str(m.day),
    "dddd": lambda m: _(DAYS[m.weekday()]),
    "ddd": lambda m: _(DAYS[m.weekday()])[:3],
    "HH": lambda m: f"{m.hour:02}",
    "H": lambda m: str(m.hour),
    "hh": lambda m: f"{(m.hour + 11) % 12 + 1:02}",
    "h": lambda m: str((m.hour + 11) % 12 + 1),
    "mm": lambda m: f"{m.minute:02}",
    "m": lambda m: str(m.minute),
    "ss": lambda m: f"{m.second:02}",
    "s": lambda m: str(m.second),
    "A": lambda m: "AM" if m.hour < 12 else "PM",
    "a": lambda m: "am" if m.hour < 12 else "pm",
    "ZZ": lambda m: _offset(m, ""),
    "Z": lambda m: _offset(m, ":"),
    "z": lambda m: m.tzname() or "",
    "X": lambda m: str(int(m.timestamp())),
}


def spelled(seconds: float, units: int = 4) -> str:
    """Seconds in words, like ``2 hours 5 minutes``: so many units at the most, from the largest one on."""
    left, said = max(0, int(seconds)), list[str]()
    for size, in_words in _UNITS:
        amount, left = divmod(left, size)
        if amount or (size == 1 and not said):
            said.append(in_words(str(amount)))
    return " ".join(said[:units])


def moment_in(text: str, now: datetime) -> datetime | None:
    """A moment as people write it: ``Dec 25 2030 12:00:00 AM EST``, ``12/25/2030 8:30 PM``, ``2030-12-25``, ``18:00``.

    Args:
        text: with or without a time and a zone, which is UTC unless one is said.
        now: the moment is the next one of that time where no day is said, and of this year where no year is.

    Returns:
        None for anything else.
    """
    reading = _Reading()
    for match in _WORD.finditer(text[:100]):
        if not reading.take(match[0]):
            return None
    return reading.moment(now)


class _Reading:
    def __init__(self) -> None:
        self._year = self._month = self._day = 0
        self._time: tuple[int, int, int] | None = None
        self._zone: tzinfo = UTC
        self._half = ""

    def take(self, word: str) -> bool:
        """One word; False where it means nothing here."""
        lower = word.lower()
        if "-" in word:
            self._year, self._month, self._day = map(int, word.split("-"))
        elif word[0].isdigit() and "/" in word:
            self._month, self._day, self._year = map(int, word.split("/"))
        elif ":" in word:
            hour, minute, second = [*map(int, word.split(":")), 0][:3]
            self._time = (hour, minute, second)
        elif word.isdigit():
            if int(word) > 31:
                self._year = int(word)
            else:
                self._day = int(word)
        elif lower in {"am", "pm"}:
            self._half = lower
        elif len(lower) >= 3 and (month := self._month_of(lower)):
            self._month = month
        elif (zone := zone_of(word)) is not None:
            self._zone = zone
        else:
            return lower in {"st", "nd", "rd", "th", "at", "of", "t", *(day.lower() for day in DAYS)}
        return True

    def _month_of(self, lower: str) -> int:
        return next((n for n, name in enumerate(MONTHS, 1) if lower in {name.lower(), name[:3].lower()}), 0)

    def moment(self, now: datetime) -> datetime | None:
        here = now.astimezone(self._zone)
        hour, minute, second = self._time or (0, 0, 0)
        if self._half and hour <= 12:
            hour = hour % 12 + (12 if self._half == "pm" else 0)
        try:
            if self._day or self._month:
                year, month = self._year or here.year, self._month or here.month
                return datetime(year, month, self._day or 1, hour, minute, second, tzinfo=self._zone)
            if self._time is None:
                return None
            found = here.replace(hour=hour, minute=minute, second=second, microsecond=0)
        except (ValueError, OverflowError):
            return None
        return found if found > here else found + timedelta(days=1)
