"""Formatting of numbers, durations and names for chat. Pure functions."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from pixel_bot.wording.numbers import number, percent, signed
from pixel_bot.wording.texts import currency, later, texts

__all__ = [
    "CHAT_LIMIT",
    "ENDINGS",
    "LIST_LIMIT",
    "count",
    "duration",
    "fit",
    "joined",
    "listed",
    "narrow",
    "number",
    "ordinal",
    "paged",
    "pages_of",
    "percent",
    "plain",
    "roughly",
    "signed",
    "visible",
]

_ = texts(__name__)

CHAT_LIMIT = 500
"""Characters that Twitch takes in one message (https://dev.twitch.tv/docs/api/reference/#send-chat-message)."""

LIST_LIMIT = 420
"""Characters of a list in a message, which also says what is listed, and on some platforms names who asked."""

# Characters that chat clients append unseen, to send the same text twice: tags, joiners, fillers, directional marks.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)

_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""Full-width characters of East Asian keyboards, each with its plain one."""

ENDINGS = ",;:.!?…、。，．！？：；"
"""What people put behind a word, and mean nothing by."""


def ordinal(value: int) -> str:
    """1 -> ``1st``, 12 -> ``12th``, 1023 -> ``1,023rd``; in German ``1.``."""
    first = _("1st")
    if first != "1st":
        return first.replace("1", number(value))
    ending = "th" if value % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{number(value)}{ending}"


def count(value: int, noun: str) -> str:
    """1, point -> ``1 point``; 12345, point -> ``12,345 points``.

    Points are called as the language and ``POINTS_NAME`` do. Other nouns stay English; for one that is to be
    translated there is the plural of ``_``: ``_("{n} gem", "{n} gems", n=3)``.
    """
    if noun == "point":
        return f"{number(value)} {currency(value)}"
    return f"{number(value)} {noun}" if abs(value) == 1 else f"{number(value)} {noun}s"


_UNITS = ((86_400, later("{n}d")), (3_600, later("{n}h")), (60, later("{n}m")), (1, later("{n}s")))
"""Seconds of each unit of a duration, and how so many of it are written."""


def duration(seconds: float) -> str:
    """Seconds as ``45s``, ``1m 20s``, ``2h 5m`` or ``3d 4h``; rounded up, so that it never promises too early."""
    return " ".join(_two_units(seconds))


def roughly(seconds: float) -> str:
    """Like ``duration``, to the largest unit alone: ``3d``."""
    return _two_units(seconds)[0]


def _two_units(seconds: float) -> Sequence[str]:
    left = max(0, -int(-seconds // 1))
    parts: list[tuple[int, str]] = []
    for size, written in _UNITS:
        value, left = divmod(left, size)
        if parts or value or size == 1:
            parts.append((value, written))
    return [_(written, n=str(value)) for value, written in parts[:2] if value] or [_("{n}s", n="0")]


def joined(words: Sequence[str]) -> str:
    """``subs``, ``subs and mods``, ``subs, VIPs and mods``."""
    *first, last = words
    return _("{first} and {last}", first=", ".join(first), last=last) if first else last


def visible(text: str) -> str:
    """The text without characters that nobody sees, and without white space around it."""
    return (text if text.isascii() else _INVISIBLE.sub("", text)).strip()


def narrow(text: str) -> str:
    """The text with plain ASCII in place of full-width characters: ``！ｐ１`` -> ``!p1``."""
    return text if text.isascii() else text.translate(_NARROW)


def fit(text: str, limit: int = CHAT_LIMIT) -> str:
    """The text on one line and at most ``limit`` characters long, cut at a word where possible."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > limit // 2 else cut) + "…"


def listed(entries: Iterable[str], limit: int = LIST_LIMIT) -> str:
    """The first entries, one after another with dots between them, as many as fit in ``limit`` characters."""
    text = ""
    for entry in entries:
        longer = f"{text} · {entry}" if text else entry
        if len(longer) > limit:
            break
        text = longer
    return text


def pages_of(entries: Iterable[str], limit: int = LIST_LIMIT, between: str = " · ") -> list[str]:
    """All entries, in as few texts of at most ``limit`` characters as their order allows."""
    pages: list[str] = []
    for entry in entries:
        short = fit(entry, limit)
        if pages and len(pages[-1]) + len(between) + len(short) <= limit:
            pages[-1] += between + short
        else:
            pages.append(short)
    return pages


def paged(heading: str, entries: Iterable[str], typed: str, command: str, between: str = " · ") -> str:
    """One page of a list for chat, which says how the next one is reached.

    Args:
        heading: what is listed, like ``Sounds``.
        entries: all of it.
        typed: the page as it was typed; the first one where it is no number of a page.
        command: what is typed before the number of a page, like ``!sounds``.
        between: what stands between two entries.

    Returns:
        Like ``Sounds: airhorn · bonk · page 1 of 4: !sounds 2``.
    """
    # Room for the heading, and for what is said of the pages.
    pages = pages_of(entries, LIST_LIMIT - len(heading) - len(command) - 24, between) or [""]
    asked = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 1
    page = min(max(asked, 1), len(pages))
    where = "" if len(pages) == 1 else " · " + _("page {page} of {pages}", page=page, pages=len(pages))
    more = f": {command} {page + 1}" if page < len(pages) else ""
    return f"{heading}: {pages[page - 1]}{where}{more}"


def plain(text: str) -> str:
    """The text with control and direction characters shown as escapes, safe for a log line or a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _harmless(c) else c.encode("unicode_escape").decode() for c in text)


def _harmless(char: str) -> bool:
    return unicodedata.category(char)[0] not in "CZ" or char == " "
