"""An index of words that is walked letter by letter, where each letter may be one of several."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pixel_bot.filters.letters import Options

LONGEST_RUN = 9
MAX_STATES = 64
"""A text that was built to have more readings than this is read in the first so many."""

_Runs = tuple[int, ...]
States = dict[tuple[str, _Runs], None]
"""What was read so far, in every way that begins a word: letters without repetitions, and how often each came."""


@dataclass(frozen=True, slots=True)
class _Word:
    runs: _Runs
    stretched: int
    split: bool

    def equals(self, found: _Runs) -> bool:
        """Whether letters that follow themselves so often are this word, also stretched."""
        return all(
            have == want or have >= max(want, self.stretched) for have, want in zip(found, self.runs, strict=True)
        )


START: States = {("", ()): None}


class WordIndex:
    """Words by their letters without repetitions, so that a stretched word is found like any other."""

    def __init__(self) -> None:
        self._words: dict[str, list[_Word]] = {}
        self._beginnings: set[str] = {""}

    def copy(self) -> "WordIndex":
        """Another one with the same words; what is added to it is not in this one."""
        copied = WordIndex()
        copied._words = {short: [*words] for short, words in self._words.items()}
        copied._beginnings = {*self._beginnings}
        return copied

    def add(self, words: Iterable[str], *, stretched: int, split: bool = False) -> None:
        """Add words in plain letters, each with its plural.

        Args:
            words: the words.
            stretched: from how many times on a letter counts as stretched: at 3, ``good`` is no stretched ``god``.
            split: whether they are also found with spaces in the middle.
        """
        for word in words:
            for form in (word, f"{word}s", f"{word}z"):
                short, runs = _appended("", (), form)
                self._words.setdefault(short, []).append(_Word(runs, stretched, split))
                self._beginnings |= {short[:end] for end in range(1, len(short) + 1)}

    def walk(self, form: Iterable[Options], states: States = START) -> States:
        """The states after more characters; none when no word begins like this."""
        beginnings = self._beginnings
        for options in form:
            further: States = {}
            for short, runs in states:
                for letters in options:
                    state = _appended(short, runs, letters)
                    if state[0] in beginnings and len(further) < MAX_STATES:
                        further[state] = None
            if not further:
                return further
            states = further
        return states

    def has(self, states: States, *, split: bool = False) -> bool:
        """Whether one of the states is a whole word, also stretched; ``split``: one that is found in pieces, too."""
        return bool(states) and any(
            word.equals(runs)
            for short, runs in states
            for word in self._words.get(short, ())
            if word.split or not split
        )


def readings(form: Sequence[Options], most: int) -> list[str]:
    """A form's readings, at most so many. What would be more is read as it looks, and by the last option of each."""
    kinds = list(dict.fromkeys(options for options in form if len(set(options)) > 1))
    number = 1
    for options in kinds:
        number *= len(options)
    if number > most:
        return ["".join(options[0] for options in form), "".join(options[-1] for options in form)]
    found: list[str] = []
    for chosen in itertools.product(*kinds):
        choice: dict[Options, str] = dict(zip(kinds, chosen, strict=True))
        found.append("".join(choice.get(options, options[0]) for options in form))
    return found


@lru_cache(16_384)
def _appended(short: str, runs: _Runs, letters: str) -> tuple[str, _Runs]:
    for letter in letters:
        if short.endswith(letter):
            runs = (*runs[:-1], min(runs[-1] + 1, LONGEST_RUN))
        else:
            short, runs = short + letter, (*runs, 1)
    return short, runs
