"""The word blocklist: finds blocked words also when they are disguised, and never inside an innocent word."""

import codecs
import functools
import re
from collections.abc import Iterable, Iterator

from pixel_bot.filters.chunks import Chunk, chunks_of, is_disguise
from pixel_bot.filters.letters import Options
from pixel_bot.filters.word_index import States, WordIndex, readings

BLEEP = "bleep"
MAX_SPELLED = 24
MAX_PHRASE = 6
MAX_READINGS = 48
SHORTEST_WORST = 5
LONGEST_PIECE = 12
"""The most letters of a piece of a word that are looked at behind letters that do not belong to it."""

# Slurs and threats for which channels are banned, in rot13 so that nobody has to read them here.
_WORDS = """
avtt avttn avttre avtyrg avttyrg snt sntf sntbg snttbg snttl genaal genaavr genaavrf xvxr fcvp jrgonpx tbbx puvax
ergneq ergneqrq cnxv gbjryurnq enturnq ornare wvtnobb furznyr phag encr encrq encvat encvfg encrf xlf
"""
_PHRASES = "xvyy lbhefrys, xvyy hefrys, xvyy lb frys, xvyy lbhe frys, urvy uvgyre, fvrt urvy, cbepu zbaxrl"
# Words of other languages that look or sound like one of them: a bassoon; "turn down" and "winter" in Turkish.
_INNOCENT = frozenset(_word.casefold() for _word in ("Fagott", "Fagotte", "kıs", "kış"))
# The worst two also count inside other words and when they are split; what stands around them are innocent words.
_ANYWHERE = "(?<!f)a+v+t{2,}(?:r+e|n+(?!e+q))|s+n+t{2,}b+g"
_SPLIT = "avttre avttref avttn avttnf avttnm snttbg snttbgf"

_NO_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff]")
"""Scripts that write no spaces between words (or, in Korean, write endings on to them)."""
_SPACE: Options = (" ",)


class WordList:
    """The built-in words, and more."""

    def __init__(self, more: Iterable[str] = ()) -> None:
        """``more`` are words or phrases in any case and spelling."""
        self._index = _built_in_index().copy()
        self._inside: list[str] = []
        self._numbers: set[str] = set()
        self._last = ("", "")
        for line in more:
            parts = list(chunks_of(line))
            if not any(char.isalpha() for char in line):
                self._numbers.add(line)
            elif _NO_SPACES.search(line):
                self._inside.append(" ".join(part.letters for part in parts))
            elif parts:
                options = [option for part in parts for option in (_SPACE, *part.options)][1:]
                self._index.add(readings(options, MAX_READINGS), stretched=3)

    def bleep(self, text: str) -> str:
        """The text with ``bleep`` in place of each blocked word."""
        last = self._last  # one look: another thread may replace it
        if text != last[0]:
            self._last = last = text, self._bleeped(text)
        return last[1]

    def _bleeped(self, text: str) -> str:
        chunks = list(chunks_of(text))
        walks = [self._index.walk(chunk.options) for chunk in chunks]
        found = {
            *self._alone(chunks, walks),
            *self._spelled(chunks, walks),
            *self._joined(chunks, walks),
            *self._glued(chunks),
        }
        parts: list[str] = []
        at = 0
        for start, end in sorted(found):
            if not self._is_word(text[start:end]):
                continue
            if start >= at:
                parts += [text[at:start], BLEEP]
            at = max(at, end)
        return "".join([*parts, text[at:]])

    def _is_word(self, found: str) -> bool:
        """Digits alone are a number and no disguise, unless that number is blocked."""
        return is_disguise(found) or found in self._numbers

    def _alone(self, chunks: list[Chunk], walks: list[States]) -> Iterator[tuple[int, int]]:
        """Blocked words that stand alone; the worst ones anywhere."""
        for chunk, walked in zip(chunks, walks, strict=True):
            if chunk.typed.casefold() not in _INNOCENT and (
                self._index.has(walked)
                or chunk.typed in self._numbers
                or _has_worst(chunk.options)
                or any(w in chunk.letters for w in self._inside)
                or any(self._index.has(self._index.walk(form)) or _has_worst(form) for form in chunk.other_forms())
            ):
                yield chunk.start, chunk.end

    def _spelled(self, chunks: list[Chunk], walks: list[States]) -> Iterator[tuple[int, int]]:
        """``f a g`` and ``f.a.g``: each letter on its own."""
        for first, chunk in enumerate(chunks):
            # From the first of equal letters on: the others lead nowhere else.
            again = chunk.near_letter and chunks[first - 1].options == chunk.options
            if len(chunk.options) > 1 or again:
                continue
            states = walks[first]
            for count, other in enumerate(chunks[first + 1 : first + MAX_SPELLED], 2):
                if not states or len(other.options) > 1 or not other.near_letter:
                    break
                states = self._index.walk(other.options, states)
                if count > 2 and self._index.has(states):
                    yield chunk.start, other.end

    def _joined(self, chunks: list[Chunk], walks: list[States]) -> Iterator[tuple[int, int]]:
        """Phrases, ``fa-g``, and the worst words however they are split."""
        for first, chunk in enumerate(chunks):
            phrase = joined = walks[first]
            tight = True
            for other in chunks[first + 1 : first + MAX_PHRASE]:
                if not other.near or not (phrase or joined):
                    break
                tight = tight and other.glued
                phrase = self._index.walk((_SPACE, *other.options), phrase)
                joined = self._index.walk(other.options, joined)
                if self._index.has(phrase) or self._index.has(joined, split=not tight):
                    yield chunk.start, other.end

    def _glued(self, chunks: list[Chunk]) -> Iterator[tuple[int, int]]:
        """The worst words in pieces, with letters glued in front of the first piece: ``xf a g g o t``."""
        for first, chunk in enumerate(chunks[:-1]):
            length = len(chunk.options)
            for start in range(max(1, length - LONGEST_PIECE), length):
                beginning = chunk.options[start:]
                states = self._index.walk(beginning)
                pieces: list[Chunk] = []
                for other in chunks[first + 1 : first + MAX_SPELLED] if states else ():
                    if not (other.near or (other.near_letter and len(other.options) == 1)):
                        break
                    states = self._index.walk(other.options, states)
                    if not states:
                        break
                    pieces.append(other)
                    if self._index.has(states, split=True) and _is_cut_up(chunk, start, pieces):
                        yield chunk.start, other.end


def _is_cut_up(chunk: Chunk, start: int, pieces: list[Chunk]) -> bool:
    """Whether these pieces are no words of their own, as in German "wenig Gas", nor a number, as in "in 1 9 9 4".

    Args:
        chunk: where the word begins.
        start: at which of its letters.
        pieces: what follows.
    """
    if not any(char.isalpha() for piece in pieces for char in piece.typed):
        return False
    longest = max(len(piece.options) for piece in pieces)
    if len(pieces) > longest and longest <= 2:
        return True
    if chunk.options[start - 1] == ("s",):  # as "snigger"
        return False
    # No word of any language begins or ends so; "gg" alone is what players say.
    return any(len(form) > 2 and _has_double_g(form) for form in (chunk.options[start:], *(p.options for p in pieces)))


def _has_worst(form: tuple[Options, ...]) -> bool:
    return (
        len(form) >= SHORTEST_WORST
        and _has_double_g(form)
        and any(_anywhere().search(reading) for reading in readings(form, MAX_READINGS))
    )


def _has_double_g(form: tuple[Options, ...]) -> bool:
    """All of the worst words have one, and few others: most need no closer look."""
    before = False
    for some in form:
        if "g" in some:
            if before:
                return True
            before = True
        elif "" not in some:
            before = False
    return False


@functools.cache
def _anywhere() -> re.Pattern[str]:
    return re.compile(_plain(_ANYWHERE))


def built_in_words() -> list[str]:
    """The words and phrases that are always blocked."""
    return [*_plain(_WORDS).split(), *_plain(_PHRASES).split(", ")]


@functools.cache
def _built_in_index() -> WordIndex:
    """Those words; to be copied, not added to."""
    index = WordIndex()
    index.add(built_in_words(), stretched=2)
    index.add(_plain(_SPLIT).split(), stretched=2, split=True)
    return index


def _plain(rotated: str) -> str:
    return codecs.decode(rotated, "rot13")
