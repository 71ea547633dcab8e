"""Names that are nearly those of a setting: typing errors, and what people remember a name as."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from functools import lru_cache

FOREIGN = frozenset({"DATABASE_URI", "DATADIR", "LOGLEVEL"})
"""Names of other programs that are common in an environment and near to ours (``LOGLEVEL`` of many servers)."""

SHORT, MIDDLING = 6, 10
"""Letters from which on one, and two, typing errors count as nearly the same."""

_WORD = re.compile(r"[A-Z0-9]+")


def letters(name: str) -> str:
    """The name in upper case, with letters and digits alone: ``backup-dir`` -> ``BACKUPDIR``."""
    return "".join(_WORD.findall(name.upper()))


def families(known: Collection[str]) -> tuple[str, ...]:
    """First words that several of our names have. In our own file, a name that begins so is meant for us."""
    firsts = Counter(name.split("_")[0] for name in known)
    return tuple(sorted(word for word, times in firsts.items() if times > 1))


def nearly(name: str, known: Collection[str]) -> str | None:
    """The known name that differs by underscores, case or a typing error or two; None when there is none."""
    typed = letters(name)
    if len(typed) < SHORT:
        return None
    most = 2 if len(typed) >= MIDDLING else 1
    # Whoever errs at one end of a name has the other end right, which is quicker to compare.
    alike = (
        (ours, plain) for ours, plain in _plain(frozenset(known)) if typed[:2] == plain[:2] or typed[-3:] == plain[-3:]
    )
    ranked = sorted((distance(typed, plain), ours) for ours, plain in alike)
    if not ranked or ranked[0][0] > most:
        return None
    found, nearest = ranked[0]
    # Of a short name with an error in it, several of ours may be as near: then it is a guess.
    tied = found > 0 and len(ranked) > 1 and ranked[1][0] == found
    return None if tied else nearest


def meant(name: str, known: Collection[str]) -> tuple[str, ...]:
    """The known names that a name in our own file may mean: nearly one, one with fewer words, one of a family."""
    if (near := nearly(name, known)) is not None:
        return (near,)
    words = _WORD.findall(name.upper())
    if len(words) < 2:
        return ()
    fuller = [ours for ours in known if set(words) <= set(ours.split("_"))]
    if 0 < len(fuller) <= 3:
        return tuple(sorted(fuller))
    if words[0] not in families(known):
        return ()
    family = [(distance(letters(name), letters(ours)), ours) for ours in known if ours.split("_")[0] == words[0]]
    return (min(family)[1],) if family else ()


def accused(names: Collection[str], known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each name of the environment that is nearly ours, with ours. Names of other programs are left alone."""
    ours = {name.upper() for name in known}
    for name in sorted(names):
        if name.upper() in ours | FOREIGN:
            continue
        if (near := nearly(name, known)) is not None and near not in {other.upper() for other in names}:
            yield name, near


@lru_cache(maxsize=4)
def _plain(known: frozenset[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, letters(name)) for name in known)


def distance(one: str, other: str, most: int = 3) -> int:
    """Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.

    From ``most`` on it is not counted further.
    """
    if abs(len(one) - len(other)) >= most:
        return max(most, abs(len(one) - len(other)))
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, char in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, there in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != there))
            if i > 1 and j > 1 and char == other[j - 2] and one[i - 2] == there:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
