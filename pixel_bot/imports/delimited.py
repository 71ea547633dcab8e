"""CSV, TSV and their kin, line by line: a line that cannot be read is named, and the others are read."""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path

from pixel_bot.imports.encodings import encoding_of
from pixel_bot.imports.errors import ImportRefused
from pixel_bot.imports.layouts import layout_of
from pixel_bot.imports.table import Progress, Row, Skipped, Table, unheard

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 200
"""Rows from which the delimiter and the layout are detected."""

LONGEST = 100_000
"""Characters of a line. Longer ones are no lines of a list."""

MOST_LINES = 20
"""Over which a quoted cell may reach."""

TELL_EVERY = 10_000


def read_delimited(path: Path) -> Table:
    """A text file with one line for each viewer.

    Raises:
        ImportRefused: it is empty, in no known encoding, or has no columns of names and points.
    """
    encoding = encoding_of(path)
    declared = _declared_delimiter(path, encoding)
    refused: list[tuple[int, ImportRefused]] = []
    for delimiter in (declared,) if declared else DELIMITERS:
        lines = _Lines(path, encoding, delimiter, has_declaration=bool(declared))
        sample = [row for row in islice(lines(), SAMPLE) if isinstance(row, Row)]
        try:
            layout_of([row.cells for row in sample])
        except ImportRefused as exc:
            # The reason for the likeliest delimiter is told, the one that splits the lines most often.
            refused.append((sum(len(row.cells) - 1 for row in sample), exc))
        else:
            return Table(lines)
    if _is_blank(path, encoding):
        raise ImportRefused("It is empty.")
    raise max(refused, key=lambda known: known[0])[1]


@dataclass(frozen=True, slots=True)
class _Lines:
    """The rows of a file by one delimiter. Lines are read as they are needed, and not kept."""

    path: Path
    encoding: str
    delimiter: str
    has_declaration: bool

    def __call__(self, progress: Progress = unheard) -> Iterator[Row | Skipped]:
        size = max(1, self.path.stat().st_size)
        with self.path.open("rb") as opened, TextIOWrapper(opened, self.encoding) as file:
            waiting: deque[str] = deque()
            line = 0
            while text := waiting.popleft() if waiting else file.readline(LONGEST):
                line += 1
                if line % TELL_EVERY == 0:
                    progress(opened.tell() / size)
                row, taken = self._row(line, text, waiting, file)
                if row is not None and not (line == 1 and self.has_declaration):
                    yield row
                line += taken

    def _row(self, line: int, text: str, waiting: deque[str], file: Iterator[str]) -> tuple[Row | Skipped | None, int]:
        """What a line is, None where it is blank, and how many further lines belong to it."""
        if len(text) >= LONGEST:
            while not text.endswith("\n") and (text := next(file, "")):
                pass
            return Skipped(line, "it is far too long"), 0
        if '"' not in text:
            cells, taken = text.rstrip("\n").split(self.delimiter), 0
        else:
            quoted, taken = self._quoted(text, waiting, file)
            if quoted is None:
                return Skipped(line, "its quotes do not close"), 0
            cells = quoted
        return (Row(line, cells) if any(cell and not cell.isspace() for cell in cells) else None), taken

    def _quoted(self, text: str, waiting: deque[str], file: Iterator[str]) -> tuple[list[str] | None, int]:
        """The cells of a line with quotes. A cell may have line feeds: then the lines behind it are tried with it."""
        cells, is_open = self._split([text])
        for taken in range(1, MOST_LINES):
            if not is_open:
                break
            while len(waiting) < taken and (more := next(file, "")):
                waiting.append(more)
            if len(waiting) < taken:
                break
            if '"' in waiting[taken - 1]:
                cells, is_open = self._split([text, *islice(waiting, taken)])
            if cells is not None:
                for _ in range(taken):
                    waiting.popleft()
                return cells, taken
        return cells, 0

    def _split(self, lines: Sequence[str]) -> tuple[list[str] | None, bool]:
        """The cells; else None, and whether a quote is still open at the end."""
        try:
            rows = csv.reader(lines, delimiter=self.delimiter, skipinitialspace=True, strict=True)
            return next(rows, list[str]()), False
        except csv.Error as exc:
            return None, "end of data" in str(exc)


def _declared_delimiter(path: Path, encoding: str) -> str:
    """The delimiter that Excel's first line declares, like ``sep=;``."""
    with path.open(encoding=encoding) as file:
        first = file.readline(100).rstrip("\n").lower()
    declared = first.removeprefix("sep=")
    return declared if first.startswith("sep=") and declared in DELIMITERS else ""


def _is_blank(path: Path, encoding: str) -> bool:
    with path.open(encoding=encoding) as file:
        return all(line.isspace() for line in file)
