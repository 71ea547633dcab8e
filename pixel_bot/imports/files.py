"""Parser of another bot's point list: an untrusted file in, people and points out. No number is guessed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from pixel_bot.imports.delimited import SAMPLE, read_delimited
from pixel_bot.imports.errors import ImportRefused
from pixel_bot.imports.firebot import is_firebot, read_firebot
from pixel_bot.imports.json_lists import read_json
from pixel_bot.imports.layouts import Layout, layout_of
from pixel_bot.imports.lines import LineReader
from pixel_bot.imports.numbers import Evidence, Mark
from pixel_bot.imports.people import Holder
from pixel_bot.imports.phantombot import MAGIC, read_phantombot
from pixel_bot.imports.table import Progress, Row, Skipped, Table, unheard
from pixel_bot.texts import fit, plain

MAX_BYTES = 256 * 1024 * 1024

_BINARY_FORMATS = (
    (b"PK\x03\x04", "an Excel workbook. Open it and save the list as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook. Open it and save the list as CSV"),
    (
        b"H:2,block",
        "an H2 database. Type exportpoints into PhantomBot's console, and import the CSV file that it writes",
    ),
    (b"\x1f\x8b", "packed. Unpack it first"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """What the streamer says of a file, where the file itself leaves it open.

    Attributes:
        mark: the decimal mark of its numbers.
        points: the name of the column with the points.
        xp: whether its column of XP is taken over, too.
        xp_per_hour: XP for each hour in the channel; 0 for none.
    """

    mark: Mark | None = None
    points: str = ""
    xp: bool = False
    xp_per_hour: int = 0


@dataclass(frozen=True)
class PointFile:
    """A parsed file: people and points in its order.

    Attributes:
        source: the bot that wrote it.
        columns: those that were used, by their names.
        people: who is paid.
        skipped: the lines that are left out.
        empty: how many people have 0 points.
        unit: what the numbers of its lines count: ``Line``, ``Entry`` or ``Row``.
        missing: how many viewers it says that there are, and does not hold.
    """

    source: str
    columns: str
    people: Sequence[Holder]
    skipped: Sequence[Skipped]
    empty: int
    unit: str = "Line"
    missing: int = 0

    @property
    def total(self) -> int:
        """The sum of all points."""
        return sum(person.points for person in self.people)

    @property
    def xp(self) -> int:
        """The sum of all XP."""
        return sum(person.xp for person in self.people)

    @property
    def left_out(self) -> int:
        """How many lines are left out by which somebody may lose points."""
        return sum(not line.harmless for line in self.skipped)

    @property
    def share_left_out(self) -> float:
        """Their share of all lines that hold somebody, from 0 to 1."""
        return self.left_out / max(1, len(self.people) + self.empty + self.left_out)

    @cached_property
    def batch(self) -> str:
        """Idempotency key of the import: a hash of people and points, independent of the file's name and order."""
        return self.batch_of(1)

    def batch_of(self, time: int) -> str:
        """The key of the first import of this list, the second one, and so on."""
        lines = sorted(
            f"{person.login or f'#{person.platform_id}'}\t{person.points}{f' {person.xp} XP' if person.xp else ''}\n"
            for person in self.people
        )
        digest = hashlib.sha256()
        for line in lines:
            digest.update(line.encode())
        if time > 1:
            digest.update(f"\n{time}".encode())
        return digest.hexdigest()[:12]


def read_point_file(path: Path, said: Said | None = None, progress: Progress = unheard) -> PointFile:
    """Read a list: CSV in Unicode or ANSI, JSON, Firebot's ``viewers.db`` or PhantomBot's ``phantombot.db``.

    Args:
        path: the file.
        said: what the streamer says of it.
        progress: hears how much is read, in the thread of the caller.

    Raises:
        ImportRefused: it cannot be read, is no list, or its columns or numbers can be read in two ways.
    """
    said = said or Said()
    try:
        head = _head_of(path)
        table = _table(path, head)
        layout = _layout(table, said)
        _check_xp(layout, said)
        return _read(table, layout, _mark(table, layout, said), said, progress)
    except OSError as exc:
        raise ImportRefused(f"It cannot be opened: {exc.strerror or exc}.") from exc
    except UnicodeError as exc:
        raise ImportRefused("It was changed while it was read. Run this again.") from exc


def _head_of(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise ImportRefused("It is no file.")
        size = path.stat().st_size
    except ValueError as exc:
        raise ImportRefused(f"It cannot be opened: {exc}.") from exc
    if size > MAX_BYTES:
        raise ImportRefused(f"It is larger than {MAX_BYTES // 1024**2} MB. Is it the right one?")
    if not size:
        raise ImportRefused("It is empty.")
    with path.open("rb") as file:
        return file.read(64)


def _table(path: Path, head: bytes) -> Table:
    for magic, what in _BINARY_FORMATS:
        if head.startswith(magic):
            raise ImportRefused(f"It is {what}.")
    if head.startswith(MAGIC):
        return read_phantombot(path)
    if head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n")[:1] in (b"{", b"["):
        return read_firebot(path) if is_firebot(path) else read_json(path)
    return read_delimited(path)


def _layout(table: Table, said: Said) -> Layout:
    sample = [row.cells for row in islice(table.rows(), SAMPLE) if isinstance(row, Row)]
    return layout_of(sample, table.header, source=table.source, points=said.points)


def _mark(table: Table, layout: Layout, said: Said) -> Mark | None:
    """The decimal mark of the whole column.

    Raises:
        ImportRefused: a number can be read in two ways, and neither the column nor the streamer says how.
    """
    if said.mark is not None:
        return said.mark
    evidence = Evidence()
    first: int = 0
    for row in table.rows():
        if isinstance(row, Row) and len(row.cells) > layout.points:
            evidence.add(row.cells[layout.points])
            first = first or (row.line if evidence.ambiguous else 0)
    if not evidence.question:
        return evidence.mark
    written = fit(plain(evidence.question), 30)
    raise ImportRefused(
        f"{written} (from line {first} on) can be a thousand or a fraction, and the other numbers do not show which. "
        "Say what the fractions of this file begin with: --decimal point (then 1,234 is a thousand) "
        "or --decimal comma (then 1.234 is a thousand)."
    )


def _check_xp(layout: Layout, said: Said) -> None:
    if said.xp and layout.xp is None:
        raise ImportRefused("It has no column called XP. Leave out --xp, or take --xp-per-hour where it has hours.")
    if said.xp_per_hour and layout.hours is None:
        raise ImportRefused("No column in it holds the time in the channel. Leave out --xp-per-hour.")


def _read(table: Table, layout: Layout, mark: Mark | None, said: Said, progress: Progress) -> PointFile:
    header = table.header or []
    reader = LineReader(layout, mark, xp=said.xp, xp_per_hour=said.xp_per_hour)
    is_header = layout.has_header
    for row in table.rows(progress):
        if is_header and isinstance(row, Row):
            header, is_header = row.cells, False
        else:
            reader.add(row)
    reader.finish()
    return PointFile(
        layout.source,
        _columns(layout, header),
        reader.people.paid(),
        sorted([*reader.skipped, *reader.people.skipped()]),
        reader.people.without_points(),
        table.unit,
        table.missing,
    )


def _columns(layout: Layout, header: Sequence[str]) -> str:
    used = [layout.name, layout.points, *([] if layout.platform_id is None else [layout.platform_id])]
    return ", ".join(fit(plain(header[i]), 40) if header else f"column {i + 1}" for i in used)
