"""Firebot's ``viewers.db``: an entry on each line, in the append-only format of NeDB.

Of the lines with one ``_id`` the last one is valid, and ``{"$$deleted": true, "_id": ...}`` says that it is gone. The
id is Twitch's, and ``currency`` has an amount for each of Firebot's currencies.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pixel_bot.imports.encodings import encoding_of
from pixel_bot.imports.errors import ImportRefused
from pixel_bot.imports.json_lists import BROKEN, TELL_EVERY, cell_of, parsed
from pixel_bot.imports.table import Progress, Row, Skipped, Table, unheard

COLUMNS = ("_id", "username", "minutesInChannel")
"""What is read of a viewer, beside the currencies; the rest is moments and flags."""

LOOKED_AT = 5
LONGEST = 1024 * 1024
"""Bytes of a viewer's line, far more than one has."""

_MARKS = {"$$indexCreated", "$$deleted", "minutesInChannel", "currency"}


def is_firebot(path: Path) -> bool:
    """Whether one of the first lines of a file is NeDB's. Those before it may be damaged."""
    with path.open("rb") as file:
        lines = [file.readline(LONGEST) for _ in range(LOOKED_AT)]
    return any(_MARKS & document.keys() for line in lines if (document := _object(line)))


def _object(text: str | bytes) -> dict[str, Any] | None:
    document = parsed(text)
    return cast("dict[str, Any]", document) if isinstance(document, dict) else None


def read_firebot(path: Path) -> Table:
    """The viewers of the file. Its lines are read each time that they are needed, and not kept.

    Raises:
        ImportRefused: it has no viewers.
    """
    encoding = encoding_of(path)
    valid: dict[object, int] = {}
    currencies: dict[str, bool] = {}
    with path.open(encoding=encoding) as file:
        for line, text in enumerate(file, 1):
            document = _object(text) or {}
            key = document.get("_id")
            if key is None:
                continue
            if document.get("$$deleted"):
                valid.pop(key, None)
            else:
                valid[key] = line
                for name, amount in _amounts(document).items():
                    currencies[name] = currencies.get(name, False) or bool(amount)
    if not valid:
        raise ImportRefused("It has the form of Firebot's viewers.db, and no viewers in it.")
    # Currencies that nobody has were given up long ago.
    used = [name for name, is_used in currencies.items() if is_used]
    header = [*COLUMNS, *(f"currency {name}" for name in used)]
    return Table(_Viewers(path, encoding, valid, used), header, "Firebot")


@dataclass(frozen=True, slots=True)
class _Viewers:
    """The valid lines. ``valid`` has the line of each id."""

    path: Path
    encoding: str
    valid: Mapping[object, int]
    currencies: Sequence[str]

    def __call__(self, progress: Progress = unheard) -> Iterator[Row | Skipped]:
        with self.path.open(encoding=self.encoding) as file:
            for line, text in enumerate(file, 1):
                if line % TELL_EVERY == 0:
                    progress(min(1.0, line / len(self.valid)))
                document = _object(text)
                if document is None:
                    if not text.isspace():
                        yield Skipped(line, BROKEN)
                elif self.valid.get(document.get("_id")) == line:
                    yield self._row(line, document)

    def _row(self, line: int, document: Mapping[str, Any]) -> Row:
        cells = [cell_of(document.get(column, "")) for column in COLUMNS]
        if document.get("twitch") is False:
            cells[0] = ""
        amounts = _amounts(document)
        return Row(line, [*cells, *(cell_of(amounts.get(name, 0)) for name in self.currencies)])


def _amounts(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = document.get("currency")
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
