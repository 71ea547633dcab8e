"""Folds characters to the plain Latin letters that the eye reads in them, or that a voice says for them."""

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

Options = tuple[str, ...]
"""What one character may stand for: plain letters, the likeliest first. Empty for what parts words."""

SILENT: Final[Options] = ("",)
"""A character that is neither seen nor heard as a letter, and parts no word, such as an accent."""

SILENT_SIGN = "-"
"""How the table writes that a character may mean nothing."""

_LEET = {
    **dict(zip("4@3€05$7+698", "aaeeossttggb", strict=True)),
    "2": "z",
    **dict.fromkeys("1!|", "il"),
}
_TURNED = dict(zip("ɐqɔpǝɟƃɥᴉɾʞןɯuodbɹsʇnʌʍxʎz", "abcdefghijklmnopqrstuvwxyz", strict=True))
"""The alphabet as it looks upside down."""

UPSIDE_DOWN = frozenset(char for char in _TURNED if not char.isascii()) | frozenset("ᴚ⅁Ɐ∀Ǝ⅂Ԁ∩Λ⅄ı")
"""Characters by which one sees that a word was written upside down."""


@lru_cache(16_384)
def options(char: str) -> Options:
    """What a character may stand for."""
    if (listed := _listed(char)) is not None:
        return listed
    parts = [_part(part) for part in _decomposed(_decomposed(char).casefold())]
    if len(parts) == 1:
        return parts[0]
    spoken = [part for part in parts if part not in {(), SILENT}]
    if not spoken:
        return SILENT if SILENT in parts else ()
    most = max(len(part) for part in spoken)
    return tuple(dict.fromkeys("".join(part[min(at, len(part) - 1)] for part in spoken) for at in range(most)))


def turned(char: str) -> str:
    """The letter that a character shows upside down; itself where it is none."""
    return _TURNED.get(char) or options(char)[0]


def as_it_looks(text: str) -> str:
    """The text in the order in which it is seen, where an override makes letters run from right to left."""
    if "\u202e" not in text:
        return text
    before, *runs = text.split("\u202e")
    return before + "".join(_until_pop(run) for run in runs)


def _until_pop(run: str) -> str:
    backwards, _, after = run.partition("\u202c")
    return backwards[::-1] + after


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFKD", text)


def _listed(char: str) -> Options | None:
    leet = _LEET.get(char)
    return tuple(leet) if leet is not None else _table().get(char)


def _part(char: str) -> Options:
    if (listed := _listed(char)) is not None:
        return listed
    kind = unicodedata.category(char)
    if kind in {"Me", "Cf", "Lm", "Sk"} or unicodedata.combining(char):
        return SILENT if not char.isascii() else ()
    return (char,) if char.isalnum() or kind[0] == "M" else ()


@cache
def _table() -> dict[str, Options]:
    return dict(_entries(files("pixel_bot.filters").joinpath("letters.txt").read_text(encoding="ascii")))


def _entries(text: str) -> Iterator[tuple[str, Options]]:
    for line in text.splitlines():
        if not line.startswith("#"):
            letters, *codes = line.split()
            options = tuple("" if option == SILENT_SIGN else option for option in letters.split(","))
            yield from ((chr(int(code, 16)), options) for code in codes)
