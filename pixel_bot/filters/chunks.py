"""Cuts a text into runs of what is read as letters."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pixel_bot.filters.letters import SILENT, UPSIDE_DOWN, Options, options, turned

MAX_GAP = 3
MAX_LETTER_GAP = 12
"""The most characters between letters that are spelled one by one."""

_SIGNS_OF_SENTENCES = frozenset("+!|")
_APOSTROPHES = frozenset("'’")


@dataclass(slots=True, eq=False)
class Chunk:
    """A run of letters, what each may stand for, and where it stands in the text."""

    options: tuple[Options, ...]
    typed: str
    start: int
    end: int
    near: bool = False
    """No more than a few characters part it from the one before."""
    near_letter: bool = False
    """It is near enough to the one before where both are single letters."""
    glued: bool = False
    """Only signs part it from the one before, and no space."""

    @property
    def letters(self) -> str:
        """What it looks like."""
        return "".join(some[0] for some in self.options)

    def other_forms(self) -> Iterator[tuple[Options, ...]]:
        """How else it may be read: signs such as ``@`` part words or mean nothing, or it is upside down."""
        part: list[Options] = []
        if not self.typed.isalnum() and any(_is_sign(char) for char in self.typed):
            for char in self.typed:
                if _is_sign(char):
                    yield tuple(part)
                    part = []
                else:
                    part.append(options(char))
            yield tuple(part)
            yield tuple(options(char) for char in self.typed if not _is_sign(char))
        if not UPSIDE_DOWN.isdisjoint(self.typed):
            upright = tuple((turned(char),) for char in self.typed)
            yield from (upright, upright[::-1])


def chunks_of(text: str) -> Iterator[Chunk]:
    """The runs of letters of a text, in order."""
    letters: list[Options] = []
    start = 0
    before: Chunk | None = None
    for at, char in enumerate((*text, "")):
        folded = _options_at(text, at, char)
        if folded and (letters or folded != SILENT):
            start = start if letters else at
            letters.append(folded)
        elif letters:
            before = _chunk(tuple(letters), text, start, at, before)
            yield before
            letters = []


def _chunk(letters: tuple[Options, ...], text: str, start: int, end: int, before: Chunk | None) -> Chunk:
    if before is None:
        return Chunk(letters, text[start:end], start, end)
    gap = text[before.end : start]
    return Chunk(
        letters,
        text[start:end],
        start,
        end,
        near=len(gap) <= MAX_GAP,
        near_letter=len(gap) <= MAX_LETTER_GAP,
        glued=len(gap) <= MAX_GAP and not any(char.isspace() for char in gap) and gap not in _APOSTROPHES,
    )


def _options_at(text: str, at: int, char: str) -> Options:
    """What one character may be; none for what parts words, as does the sign at the end of a sentence."""
    if not char or (char in _SIGNS_OF_SENTENCES and not text[at + 1 : at + 2].isalnum()):
        return ()
    return options(char)


@lru_cache(16_384)
def _is_sign(char: str) -> bool:
    return not char.isalnum() and unicodedata.category(char)[0] in "SP"


def is_disguise(found: str) -> bool:
    """Whether letters stand in it, or what only looks like letters; digits alone are a number."""
    return any(char.isalpha() or (not char.isascii() and _is_sign(char) and bool(options(char))) for char in found)
