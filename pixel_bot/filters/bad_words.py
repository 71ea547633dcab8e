"""The word blocklist: finds blocked words also when they are disguised, and never inside an innocent word."""

import codecs
import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

BLEEP = "bleep"
MAX_GAP = 3
MAX_SPELLED = 14
MAX_PHRASE = 6

# Slurs and threats for which channels are banned, in rot13 so that nobody has to read them here.
_WORDS = """
avtt avttn avttre avtyrg avttyrg snt sntf sntbg sntttbg sntttl genaal genaavr genaavrf xvxr fcvp jrgonpx tbbx puvax
ergneq ergneqrq cnxv gbjryurnq enturnq ornare wvtnobb furznyr phag encr encrq encvat encvfg encrf xlf
"""
_PHRASES = "xvyy lbhefrys, xvyy hefrys, xvyy lb frys, xvyy lbhe frys, urvy uvgyre, fvrt urvy, cbepu zbaxrl"
# The worst two also count inside other words and when they are split; what stands around them are innocent words.
_ANYWHERE = "(?<!f)a+v+t{2,}(?:r+e|n+(?!e+q))|s+n+t{2,}b+g"
_SPLIT = "avttre avttref avttn avttnf avttnm snttbg snttbgf"

_LOOKALIKES = dict(
    zip(
        "асеорхукмтвнгпіјѕԁһԛԝαβεικνορτυχηγıøłđɡᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
        "aceopxykmtbhrnijsdhqwabeikvoptuxnyioldgabcdefghijklmnoprstuvwyz",
        strict=True,
    )
)
# "1" stays as it is, because it stands for two letters.
_LEET = dict(zip("4@3€05$7+69821!|", "aaeeossttggbz111", strict=True))
_AT_SIGNS = re.compile("[@€$+!|]+")
_SIGNS_OF_SENTENCES = frozenset("+!|")
_APOSTROPHES = frozenset("'’")
_NO_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff]")
"""Scripts that write no spaces between words (or, in Korean, write endings on to them)."""
_REPEATED = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A run of letters: folded to plain ones, and where it stands in the text."""

    letters: str
    typed: str
    start: int
    end: int
    near: bool = False
    """No more than a few characters part it from the one before."""
    glued: bool = False
    """A single sign parts it from the one before, and no space."""

    def forms(self) -> Iterator[str]:
        """How it may be read: signs such as ``@`` are letters, or they part words."""
        yield from _readings(self.letters)
        if _AT_SIGNS.search(self.typed):
            for part in _AT_SIGNS.split(self.typed):
                yield from _readings("".join(_folded(char) for char in part))


@dataclass(frozen=True, slots=True)
class _Index:
    """Words by their letters without repetitions, so that a stretched word is found with one look-up."""

    loose: bool
    words: dict[str, list[tuple[int, ...]]] = field(default_factory=dict[str, list[tuple[int, ...]]])

    def add(self, word: str) -> None:
        """Block a word and its plural."""
        for form in {reading for ending in ("", "s", "z") for reading in _readings(word + ending)}:
            self.words.setdefault(_short(form), []).append(_runs(form))

    def has(self, short: str, form: str) -> bool:
        """Whether a word is blocked, also stretched; ``short`` is it without repetitions.

        Unless loose, ``good`` is no stretched ``god``.
        """
        wanted = self.words.get(short)
        if wanted is None:
            return False
        found = _runs(form)
        stretched = 2 if self.loose else 3
        return any(
            all(have == want or have >= max(want, stretched) for have, want in zip(found, runs, strict=True))
            for runs in wanted
        )


class WordList:
    """The built-in words, and more."""

    def __init__(self, more: Iterable[str] = ()) -> None:
        """``more`` are words or phrases in any case and spelling."""
        self._more = _Index(loose=False)
        self._inside: list[str] = []
        self._numbers: set[str] = set()
        for line in more:
            word = " ".join(chunk.letters for chunk in _chunks(line))
            if not any(char.isalpha() for char in line):
                self._numbers.add(line)
            elif _NO_SPACES.search(line):
                self._inside.append(word)
            else:
                self._more.add(word)

    def bleep(self, text: str) -> str:
        """The text with ``bleep`` in place of each blocked word."""
        chunks = list(_chunks(text))
        found = {*self._alone(chunks), *self._spelled(chunks), *self._joined(chunks)}
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
        return any(char.isalpha() for char in found) or found in self._numbers

    def _has(self, form: str) -> bool:
        short = _short(form)
        return _built_in().has(short, form) or self._more.has(short, form)

    def _alone(self, chunks: list[_Chunk]) -> Iterator[tuple[int, int]]:
        """Blocked words that stand alone; the worst ones anywhere."""
        for chunk in chunks:
            as_typed = chunk.typed in self._numbers or any(w in chunk.letters for w in self._inside)
            if as_typed or any(self._has(form) or _anywhere().search(form) for form in chunk.forms()):
                yield chunk.start, chunk.end

    def _spelled(self, chunks: list[_Chunk]) -> Iterator[tuple[int, int]]:
        """``f a g`` and ``f.a.g``: each letter on its own."""
        for first, chunk in enumerate(chunks):
            letters = ""
            for other in chunks[first : first + MAX_SPELLED]:
                if len(other.letters) > 1 or (letters and not other.near):
                    break
                letters += other.letters
                if len(letters) > 2 and any(self._has(form) for form in _readings(letters)):
                    yield chunk.start, other.end

    def _joined(self, chunks: list[_Chunk]) -> Iterator[tuple[int, int]]:
        """Phrases, ``fa-g``, and the worst words however they are split."""
        for first, chunk in enumerate(chunks):
            letters, tight = [chunk.letters], True
            for other in chunks[first + 1 : first + MAX_PHRASE]:
                if not other.near:
                    break
                letters.append(other.letters)
                if not other.glued:
                    tight = False
                if self._is_blocked(letters, tight=tight):
                    yield chunk.start, other.end

    def _is_blocked(self, letters: list[str], *, tight: bool) -> bool:
        if any(self._has(form) for form in _readings(" ".join(letters))):
            return True
        return any(
            _split().has(_short(form), form) or (tight and self._has(form)) for form in _readings("".join(letters))
        )


@functools.cache
def _built_in() -> _Index:
    index = _Index(loose=True)
    for word in (*_plain(_WORDS).split(), *_plain(_PHRASES).split(", ")):
        index.add(word)
    return index


@functools.cache
def _split() -> _Index:
    index = _Index(loose=True)
    for word in _plain(_SPLIT).split():
        index.add(word)
    return index


@functools.cache
def _anywhere() -> re.Pattern[str]:
    return re.compile(_plain(_ANYWHERE))


def _plain(rotated: str) -> str:
    return codecs.decode(rotated, "rot13")


def _chunks(text: str) -> Iterator[_Chunk]:
    letters: list[str] = []
    start = 0
    before: _Chunk | None = None
    for at in range(len(text) + 1):
        folded = _folded_at(text, at)
        if folded:
            start = start if letters else at
            letters.append(folded)
        elif letters:
            gap = text[before.end : start] if before is not None else None
            before = _Chunk(
                "".join(letters),
                text[start:at],
                start,
                at,
                near=gap is not None and len(gap) <= MAX_GAP,
                glued=gap is not None and len(gap) == 1 and not gap.isspace() and gap not in _APOSTROPHES,
            )
            yield before
            letters = []


def _folded_at(text: str, at: int) -> str:
    """The plain letters of one character; none for what parts words, as does the sign at the end of a sentence."""
    if at == len(text) or (text[at] in _SIGNS_OF_SENTENCES and not text[at + 1 : at + 2].isalnum()):
        return ""
    return _folded(text[at])


@functools.lru_cache(4_096)
def _folded(char: str) -> str:
    folded = ""
    for part in unicodedata.normalize("NFKD", char.casefold()):
        plain = _LOOKALIKES.get(part) or _LEET.get(part) or part
        folded += plain if plain.isalnum() else ""
    return folded


def _readings(letters: str) -> tuple[str, ...]:
    """``1`` may be an i or an l."""
    return (letters.replace("1", "i"), letters.replace("1", "l")) if "1" in letters else (letters,)


@functools.lru_cache(4_096)
def _short(letters: str) -> str:
    return _REPEATED.sub(r"\1", letters)


def _runs(letters: str) -> tuple[int, ...]:
    """How often each letter follows itself: ``good`` has 1, 2, 1."""
    return tuple(len(list(group)) for _, group in itertools.groupby(letters))
