"""What people type: a new bet, and a stake on one of its options."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pixel_bot.plugin import BadInput, texts, visible

_ = texts(__name__)

OUR_WORDS = frozenset({"open", "close", "settle", "win", "cancel"})
MOST_OPTIONS = 10
LONGEST_OPTION = 30
LONGEST_QUESTION = 120
SHORTEST, LONGEST = 10, 3_600

QUOTES = "\"'“”„‟‘’‚«»‹›「」『』＂"
_QUOTED = re.compile(rf"[{QUOTES}](.+?)[{QUOTES}](?=\s)\s*(.+)", re.DOTALL)
_ASKED = re.compile(r"([^|]+\?)\s+(.+\|.+)", re.DOTALL)
_SECONDS = re.compile(r"(.+?)\s+(\d{1,5})\s*(s|m)?", re.DOTALL | re.IGNORECASE)
_AMOUNT = re.compile(r"[+-]?[\d.,'_%]*\d[\d.,'_%]*[km]?%?|all|half", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opening:
    """A bet as a mod typed it."""

    question: str
    options: tuple[str, ...]
    seconds: int


def opening(typed: str, seconds: int, how: str) -> Opening:
    """Read ``"QUESTION" A|B [SECONDS]``. The quotes can be left away round a question that ends with ``?``.

    Args:
        typed: after ``!bet open``.
        seconds: where none are typed.
        how: how it is typed.

    Raises:
        BadInput: it cannot be read, or something in it cannot be used.
    """
    text = visible(typed)
    parts = _QUOTED.fullmatch(text) or _ASKED.fullmatch(text)
    if parts is None:
        raise BadInput(_("Type it like this: {how}", how=how))
    question, rest = " ".join(parts[1].split()), parts[2]
    if (timed := _SECONDS.fullmatch(rest)) is not None:
        rest, seconds = timed[1], int(timed[2]) * (60 if (timed[3] or "").lower() == "m" else 1)
    if not SHORTEST <= seconds <= LONGEST:
        raise BadInput(_("A bet is open for {least} to {most} seconds.", least=SHORTEST, most=LONGEST))
    if len(question) > LONGEST_QUESTION:
        raise BadInput(_("That question is too long: {most} characters at most.", most=LONGEST_QUESTION))
    return Opening(question, _options(rest, how), seconds)


def _options(typed: str, how: str) -> tuple[str, ...]:
    options = tuple(" ".join(part.strip(f" {QUOTES}").split()) for part in typed.split("|"))
    if len(options) < 2 or not all(options):
        raise BadInput(_("Type it like this: {how}", how=how))
    if len(options) > MOST_OPTIONS:
        raise BadInput(_("{most} options at most.", most=MOST_OPTIONS))
    for option in options:
        _check(option)
    if len({folded(option) for option in options}) < len(options):
        raise BadInput(_("Two options are the same."))
    return options


def _check(option: str) -> None:
    words = folded(option).split()
    if len(option) > LONGEST_OPTION:
        raise BadInput(_("{option} is too long: {most} characters at most.", option=option, most=LONGEST_OPTION))
    if is_amount(words[0]) or is_amount(words[-1]):
        raise BadInput(_("{option} reads like a number of points. Take a word for it.", option=option))
    if words[0] in OUR_WORDS:
        raise BadInput(_("An option cannot begin with {word}, which is a command.", word=words[0]))


def is_amount(word: str) -> bool:
    """Whether a word reads like points: ``50``, ``1.5k``, ``50%``, ``all``. ``2-0`` and ``3rd`` do not."""
    return _AMOUNT.fullmatch(word) is not None


def stake_in(typed: str) -> tuple[str, str] | None:
    """The option and the amount of ``A N`` or ``N A``; None where there are no two."""
    words = visible(typed).split()
    if len(words) < 2:
        return None
    if is_amount(narrow(words[-1])):
        return " ".join(words[:-1]), words[-1]
    if is_amount(narrow(words[0])):
        return " ".join(words[1:]), words[0]
    return None


def option_in(typed: str, options: Sequence[str]) -> int | None:
    """Which option is meant, by its index: its words in any case, with or without quotes, or how it alone begins."""
    wanted = folded(visible(typed).strip(f" {QUOTES}"))
    names = [folded(option) for option in options]
    if wanted in names:
        return names.index(wanted)
    begun = [index for index, name in enumerate(names) if wanted and name.startswith(wanted)]
    return begun[0] if len(begun) == 1 else None


def folded(text: str) -> str:
    """A text as it is compared: in no case, with plain characters and single blanks."""
    return " ".join(narrow(text).casefold().split())


def narrow(text: str) -> str:
    """A text with plain characters in place of full-width ones and the like."""
    return unicodedata.normalize("NFKC", text)
