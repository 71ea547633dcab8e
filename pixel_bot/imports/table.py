"""Lists of another bot as rows of cells, whatever the form of the file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Row(NamedTuple):
    """One line, or one entry of JSON, with its cells as they are written."""

    line: int
    cells: Sequence[str]


class Skipped(NamedTuple):
    """A line that is not paid, and why. ``harmless`` where nobody loses points by it, as with a total."""

    line: int
    why: str
    harmless: bool = False


Progress = Callable[[float], None]
"""Called with the share that is read, from 0 to 1."""


def unheard(_: float) -> None:
    """Progress that nobody looks at."""


class Rows(Protocol):
    """All rows of a file, from its beginning each time."""

    def __call__(self, progress: Progress = unheard) -> Iterator[Row | Skipped]: ...


@dataclass(frozen=True, slots=True)
class Table:
    """A list.

    Attributes:
        rows: its rows; among them those that cannot be split into cells.
        header: the names of its columns, where they are not the first row.
        source: the bot that wrote it, where the form of the file says so.
        unit: what the numbers of its rows count.
        missing: how many entries it says that there are, and does not have: a page of a longer list.
    """

    rows: Rows
    header: Sequence[str] | None = None
    source: str = ""
    unit: str = "Line"
    missing: int = 0


def kept_rows(rows: Sequence[Row | Skipped]) -> Rows:
    """Rows that are in memory already."""

    def again(progress: Progress = unheard) -> Iterator[Row | Skipped]:
        for index, row in enumerate(rows):
            if index % 10_000 == 0:
                progress(index / len(rows))
            yield row

    return again
