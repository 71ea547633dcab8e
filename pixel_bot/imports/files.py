"""Parser of another bot's point list: untrusted CSV in, people and points out. No number is guessed."""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from pixel_bot.imports.errors import ImportRefused
from pixel_bot.imports.layouts import LOGIN, Layout, layout_of
from pixel_bot.imports.numbers import Mark, Unreadable, mark_of, read_points
from pixel_bot.imports.people import Holder, People, Skipped
from pixel_bot.texts import count, fit, plain, visible

MAX_BYTES = 256 * 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 200
"""Rows from which the layout is detected."""

_BINARY_FORMATS = (
    (b"PK\x03\x04", "an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"SQLite format 3", "a database"),
)

Row = tuple[int, list[str]]


@dataclass(frozen=True)
class PointFile:
    """A parsed file: people and points in its order. ``empty`` is how many have 0 points."""

    source: str
    columns: str
    people: Sequence[Holder]
    skipped: Sequence[Skipped]
    empty: int

    @property
    def total(self) -> int:
        """The sum of all points."""
        return sum(person.points for person in self.people)

    @cached_property
    def batch(self) -> str:
        """Idempotency key of the import: a hash of people and points, independent of the file's name and order."""
        lines = sorted(f"{person.login or f'#{person.platform_id}'}\t{person.points}\n" for person in self.people)
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:12]


def read_point_file(path: Path) -> PointFile:
    """Read a CSV file in UTF-8, or in UTF-16 with a byte order mark.

    Raises:
        ImportRefused: it cannot be read, is no CSV text, or its columns cannot be told apart.
    """
    text = _decoded(_bytes_of(path))
    delimiter, text = _declared_delimiter(text)
    delimiter, layout = _layout(text, (delimiter,) if delimiter else DELIMITERS)
    try:
        return _read(text, delimiter, layout)
    except csv.Error as exc:
        raise ImportRefused(f"Its quotes do not close, or a line is far too long ({exc}).") from exc


def _bytes_of(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise ImportRefused("It is no file.")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise ImportRefused(f"It cannot be opened: {reason}.") from exc
    if len(content) > MAX_BYTES:
        raise ImportRefused(f"It is larger than {MAX_BYTES // 1024**2} MB. Is it the right one?")
    return content


def _decoded(content: bytes) -> str:
    for magic, what in _BINARY_FORMATS:
        if content.startswith(magic):
            raise ImportRefused(f"It is {what}. Open it and save the list as CSV.")
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as exc:
        raise ImportRefused("It is not UTF-8 text. Save it again as CSV in UTF-8.") from exc
    if not text.strip():
        raise ImportRefused("It is empty.")
    return text


def _declared_delimiter(text: str) -> tuple[str, str]:
    """The delimiter that Excel's first line declares, like ``sep=;``, and the text with that line emptied."""
    first, _, rest = text.partition("\n")
    declared = first.rstrip("\r").lower().removeprefix("sep=")
    is_declared = first.lower().startswith("sep=") and declared in DELIMITERS
    return (declared, f"\n{rest}") if is_declared else ("", text)


def _layout(text: str, delimiters: Sequence[str]) -> tuple[str, Layout]:
    """Detect the delimiter and the layout from the first rows.

    Raises:
        ImportRefused: with the reason for the likeliest delimiter, the one that occurs most often.
    """
    refused: list[tuple[int, ImportRefused]] = []
    for delimiter in delimiters:
        try:
            sample = [row for _, row in islice(_rows(text, delimiter), SAMPLE)]
            return delimiter, layout_of(sample)
        except csv.Error as exc:
            refused.append((0, ImportRefused(f"Its quotes do not close, or a line is far too long ({exc}).")))
        except ImportRefused as exc:
            refused.append((text[:10_000].count(delimiter), exc))
    raise max(refused, key=lambda known: known[0])[1]


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    """Every line that is not blank, with its number."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    line = 1
    for row in reader:
        if any(cell and not cell.isspace() for cell in row):
            yield line, row
        line = reader.line_num + 1


def _read(text: str, delimiter: str, layout: Layout) -> PointFile:
    rows = _rows(text, delimiter)
    header = next(rows)[1] if layout.has_header else []
    mark = mark_of(row[layout.points] for _, row in rows if len(row) > layout.points)
    people = People()
    skipped: list[Skipped] = []
    for line, row in islice(_rows(text, delimiter), int(layout.has_header), None):
        try:
            people.add(_holder(line, row, layout, mark))
        except Unreadable as exc:
            skipped.append(Skipped(line, str(exc)))
    skipped += people.skipped()
    return PointFile(layout.source, _columns(layout, header), people.paid(), sorted(skipped), people.without_points())


def _holder(line: int, row: Sequence[str], layout: Layout, mark: Mark | None) -> Holder:
    if len(row) < layout.width or any(cell.strip() for cell in row[layout.width :]):
        raise Unreadable(f"it has {count(len(row), 'column')} instead of {layout.width}")
    typed = visible(row[layout.name]).removeprefix("@").strip()
    platform_id = "" if layout.platform_id is None else _twitch_id(row[layout.platform_id])
    # Only ASCII is lowered: other letters may become ASCII when lowered, and so another viewer's login.
    login = typed.lower() if typed.isascii() and LOGIN.fullmatch(typed.lower()) else ""
    if not login and not platform_id:
        raise Unreadable(f"{_quoted(typed)} is no Twitch login" if typed else "it has no name")
    written = row[layout.points]
    try:
        points = read_points(written, mark)
    except Unreadable as exc:
        raise Unreadable(f"{login or _quoted(typed)}: {_quoted(written) if written.strip() else 'it'} {exc}") from exc
    return Holder(line, login, fit(plain(typed), 50) or login, platform_id, points)


def _twitch_id(cell: str) -> str:
    bare = cell.strip()
    return bare if bare.isascii() and bare.isdigit() and len(bare) <= 11 and bare.strip("0") else ""


def _quoted(written: str) -> str:
    return f'"{fit(plain(written.strip()), 40)}"'


def _columns(layout: Layout, header: Sequence[str]) -> str:
    used = [layout.name, layout.points, *([] if layout.platform_id is None else [layout.platform_id])]
    return ", ".join(fit(plain(header[i]), 30) if header else f"column {i + 1}" for i in used)
