"""What is wrong with a cog, each in one sentence."""

import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Args:
        kind: a word for what kind of mistake it is, like ``speech``.
        words: the sentence.
        file: where; None where no place can be named.
        line: from 1; 0 where no line can be named.
    """

    kind: str
    words: str
    file: Path | None = None
    line: int = 0

    @override
    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file is not None else ""
        return place + self.words


@dataclass(slots=True)
class Findings:
    """All that was found. What is wrong in one place is named once, however often and by whichever way it is noticed.

    Args:
        moved: where the cog was copied to, and where it was copied from; places are named as in the original.
    """

    moved: dict[Path, Path] = field(default_factory=dict[Path, Path])
    _all: dict[tuple[object, ...], Finding] = field(default_factory=dict[tuple[object, ...], Finding])

    def add(self, kind: str, words: str, file: Path | None = None, line: int = 0) -> None:
        """Note one."""
        file = self._original(file) if file is not None else None
        key = (kind, file, line) if line else (kind, words)
        self._all.setdefault(key, Finding(kind, words, file, line))

    def has(self, kind: str) -> bool:
        """Whether there is one of that kind."""
        return any(finding.kind == kind for finding in self._all.values())

    def in_order(self) -> list[Finding]:
        """All of them, by place."""
        return sorted(self._all.values(), key=lambda one: (str(one.file or ""), one.line, one.words))

    def _original(self, file: Path) -> Path:
        for copy, original in self.moved.items():
            if file == copy:
                return original
            if file.is_relative_to(copy):
                return original / file.relative_to(copy)
        return file


def causes(exc: BaseException) -> Iterator[BaseException]:
    """An error and what led to it, the first cause last."""
    seen: set[int] = set()
    current: BaseException | None = exc
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = getattr(current, "original", None) or current.__cause__ or current.__context__


def place_of(exc: BaseException, folder: Path) -> tuple[Path, int] | None:
    """The last place in a cog's own code that an error went through.

    Args:
        exc: the error.
        folder: the folder that has nothing but the cog's code.
    """
    for cause in reversed(list(causes(exc))):
        for frame in reversed(traceback.extract_tb(cause.__traceback__)):
            if Path(frame.filename).is_relative_to(folder):
                return Path(frame.filename), frame.lineno or 0
    return None
