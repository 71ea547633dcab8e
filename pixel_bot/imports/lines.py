"""The lines of a list one after another: who stands on it, with how many points, or why it is left out."""

import re
from collections.abc import Sequence

from pixel_bot.imports.layouts import LOGIN, Layout
from pixel_bot.imports.numbers import Mark, Unreadable, read_points
from pixel_bot.imports.people import Holder, People
from pixel_bot.imports.table import Row, Skipped
from pixel_bot.points.ledger import MAX_AMOUNT
from pixel_bot.texts import count, fit, plain, visible

TOTAL_WORDS = frozenset(
    {"total", "totals", "grand total", "sum", "sums", "summe", "gesamt", "gesamtsumme", "insgesamt", "somme", "totale"}
    | {"total général", "suma", "soma", "razem", "итого", "всего", "合計", "总计", "總計", "σ"}
)

_TIME = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,2})?")
"""A time in the channel, with at most two digits behind its mark: three may be a thousand."""

ENOUGH = 5
"""People with points. Above as many, a last line that is their sum is their total, also under a name."""


class LineReader:
    """Reads the lines of one list.

    Attributes:
        people: who stands on it.
        skipped: the lines that cannot be read, and totals.
    """

    def __init__(self, layout: Layout, mark: Mark | None, *, xp: bool = False, xp_per_hour: int = 0) -> None:
        self.people = People()
        self.skipped: list[Skipped] = []
        self._layout = layout
        self._mark: Mark | None = mark
        self._xp = layout.xp if xp else None
        self._hours = layout.hours if xp_per_hour else None
        self._xp_per_hour = xp_per_hour
        self._last: Row | None = None
        self._sum = 0
        self._with_points = 0

    def add(self, row: Row | Skipped) -> None:
        """Take the next line. The last one is held back, because it may be the total."""
        if isinstance(row, Skipped):
            self.skipped.append(row)
            return
        if self._last is not None:
            self._take(self._last, is_last=False)
        self._last = row

    def finish(self) -> None:
        """There are no further lines."""
        if self._last is not None:
            self._take(self._last, is_last=True)
            self._last = None

    def _take(self, row: Row, *, is_last: bool) -> None:
        try:
            self._check_width(row.cells)
            if self._is_total(row, is_last=is_last):
                self.skipped.append(Skipped(row.line, "it is the total, and nobody's points", harmless=True))
                return
            holder = self._holder(row)
        except Unreadable as exc:
            self.skipped.append(Skipped(row.line, str(exc)))
            return
        self._sum += holder.points
        self._with_points += holder.points > 0
        self.people.add(holder)

    def _check_width(self, cells: Sequence[str]) -> None:
        width = self._layout.width
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            raise Unreadable(f"it has {count(len(cells), 'column')} instead of {width}")

    def _is_total(self, row: Row, *, is_last: bool) -> bool:
        """Whether the line tells the sum of the others, and nobody's points.

        ``total`` and ``summe`` are logins that somebody may have: such a line must tell at least the sum of the others.
        """
        layout = self._layout
        name = row.cells[layout.name]
        is_word = name.strip(" :=").casefold() in TOTAL_WORDS
        if not self._sum or (not is_last and not is_word):
            return False
        if layout.platform_id is not None and row.cells[layout.platform_id].strip():
            return False
        try:
            points = read_points(row.cells[layout.points], self._mark)
        except Unreadable:
            return False
        if is_word:
            return points >= self._sum if is_last else points == self._sum
        return points == self._sum and (not _login(visible(name)) or self._with_points >= ENOUGH)

    def _holder(self, row: Row) -> Holder:
        layout, cells = self._layout, row.cells
        typed = visible(cells[layout.name]).removeprefix("@").strip()
        platform_id = "" if layout.platform_id is None else _twitch_id(cells[layout.platform_id])
        login = _login(typed)
        if not login and not platform_id:
            raise Unreadable(f"{_quoted(typed)} is no Twitch login" if typed else "it has no name")
        written = cells[layout.points]
        try:
            points = read_points(written, self._mark)
        except Unreadable as exc:
            shown = _quoted(written) if written.strip() else "it"
            raise Unreadable(f"{login or _quoted(typed)}: {shown} {exc}") from exc
        # The same text twice is kept once: a million names are a good part of the memory.
        shown = login if typed == login else fit(plain(typed), 50) or login
        return Holder(row.line, login, shown, platform_id, points, self._xp_of(cells, login or shown))

    def _xp_of(self, cells: Sequence[str], who: str) -> int:
        """The XP of a line, from its column or by the hours in the channel."""
        if self._xp is not None and (written := cells[self._xp]).strip():
            try:
                return read_points(written)
            except Unreadable as exc:
                raise Unreadable(f"{who}: its XP {_quoted(written)} {exc}") from exc
        if self._hours is None:
            return 0
        column, units = self._hours
        written = cells[column].strip()
        if not _TIME.fullmatch(written):
            if written:
                raise Unreadable(f"{who}: its time {_quoted(written)} is no number that I can read")
            return 0
        return min(int(float(written.replace(",", ".")) / units * self._xp_per_hour), MAX_AMOUNT)


def _login(typed: str) -> str:
    """The Twitch login that a name is; empty where it is none."""
    # Only ASCII is lowered: other letters may become ASCII when lowered, and so another viewer's login.
    bare = typed.removeprefix("@").strip()
    if not bare.isascii():
        return ""
    lowered = bare.lower()
    # The same object where nothing changed: each text is kept once.
    return "" if not LOGIN.fullmatch(lowered) else bare if lowered == bare else lowered


def _twitch_id(cell: str) -> str:
    bare = cell.strip()
    return bare if bare.isascii() and bare.isdigit() and len(bare) <= 11 and bare.strip("0") else ""


def _quoted(written: str) -> str:
    return f'"{fit(plain(written.strip()), 40)}"'
