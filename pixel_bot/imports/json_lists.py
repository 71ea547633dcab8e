"""JSON of other bots: one document, one page after another, or an entry on each line.

- StreamElements' interface writes ``{"_total": 3, "users": [{"username": ..., "points": ...}]}``, a page at a time.
- Streamlabs writes pages as ``{"data": [...], "current_page": 1, "last_page": 7}`` or lists under
  ``points`` or ``viewers``.
- Pages may also stand on a line each.

An entry is every object in a list that has a name; where the list stands does not matter.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import orjson

from pixel_bot.imports.encodings import encoding_of
from pixel_bot.imports.errors import ImportRefused
from pixel_bot.imports.layouts import NAMES, label_of
from pixel_bot.imports.table import Progress, Row, Skipped, Table, unheard
from pixel_bot.texts import count

MAX_DOCUMENT = 64 * 1024 * 1024
"""Bytes of one document, which is in memory as a whole. Files with an entry on each line may be larger."""

BROKEN = "it is no JSON: it breaks off, or is damaged"
"""Why a line of JSON is left out."""

TELL_EVERY = 10_000

Entry = tuple[int, Mapping[str, Any]]


def read_json(path: Path) -> Table:
    """JSON in any of these forms.

    Raises:
        ImportRefused: it breaks off, is too large, or has no entries with names.
    """
    encoding = encoding_of(path)
    with path.open(encoding=encoding) as file:
        first = next((line for line in iter(lambda: file.readline(MAX_DOCUMENT), "") if not line.isspace()), "")
    if parsed(first) is not None:
        return _from_lines(path, encoding)
    if path.stat().st_size > MAX_DOCUMENT:
        raise ImportRefused(
            f"It is one JSON document of more than {MAX_DOCUMENT // 1024**2} MB. Export fewer at a time."
        )
    try:
        document = orjson.loads(path.read_text(encoding))
    except orjson.JSONDecodeError as exc:
        try:
            return _from_lines(path, encoding)
        except ImportRefused:
            raise ImportRefused(f"It is JSON that breaks off or is damaged: {exc}. Export it again.") from exc
    return _table(list(enumerate(_entries(document), 1)), [], list(_counts(document)), unit="Entry")


def _from_lines(path: Path, encoding: str) -> Table:
    """A page on each line, or an entry."""
    entries: list[Entry] = []
    pages: list[Mapping[str, int]] = []
    broken: list[Skipped] = []
    with path.open(encoding=encoding) as file:
        for line, text in enumerate(file, 1):
            document = parsed(text)
            if document is None:
                if not text.isspace():
                    broken.append(Skipped(line, BROKEN))
            else:
                pages += _counts(document)
                entries += ((line, entry) for entry in _entries(document))
    if entries and entries[0][0] == entries[-1][0] and len(entries) > 1:
        # Everything stands on one line: then its number says nothing.
        return _table(list(enumerate((entry for _, entry in entries), 1)), broken, pages, unit="Entry")
    return _table(entries, broken, pages, unit="Line")


def parsed(text: str | bytes) -> Any:
    """The document; None where it is none. A bare number or word is none of ours, either."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return cast("Any", document) if isinstance(document, dict | list) else None


def _entries(document: Any, *, is_element: bool = True) -> Iterator[Mapping[str, Any]]:
    """Every object with a name in a list, wherever it is. One that holds a list of others is a channel, or a page."""
    if isinstance(document, list):
        for element in cast("list[Any]", document):
            yield from _entries(element)
    elif isinstance(document, dict):
        known = cast("dict[str, Any]", document)
        user: Any = known.get("user", known.get("viewer"))
        if is_element and _is_named(known) and not any(map(_holds_objects, known.values())):
            yield known
        elif isinstance(user, dict) and _is_named(cast("dict[str, Any]", user)):
            yield {**cast("dict[str, Any]", user), **known}
        else:
            for value in known.values():
                yield from _entries(value, is_element=False)


def _is_named(known: Mapping[str, Any]) -> bool:
    return any(label_of(key) in NAMES and isinstance(value, str) for key, value in known.items())


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(element, dict) for element in cast("list[Any]", value)[:1])


def _counts(document: Any) -> Iterator[Mapping[str, int]]:
    """What each page says of the whole list, without its entries."""
    pages = cast("list[Any]", document) if isinstance(document, list) else [document]
    for page in pages:
        if isinstance(page, dict):
            known = cast("dict[str, Any]", page)
            if any(map(_holds_objects, known.values())):
                yield {key: value for key, value in known.items() if isinstance(value, int)}


def _table(entries: list[Entry], broken: list[Skipped], pages: Sequence[Mapping[str, int]], unit: str) -> Table:
    if not entries:
        raise ImportRefused("It is JSON, but no entry in it has a name and points.")
    header = list(dict.fromkeys(key for _, entry in entries for key, value in entry.items() if _is_cell(value)))

    def rows(progress: Progress = unheard) -> Iterator[Row | Skipped]:
        yield from broken
        for place, (line, entry) in enumerate(entries):
            if place % TELL_EVERY == 0:
                progress(place / len(entries))
            yield Row(line, [cell_of(entry.get(column, "")) for column in header])

    return Table(rows, header, _source(pages, header), unit, _missing(pages, len(entries)))


def _is_cell(value: Any) -> bool:
    return isinstance(value, str | int | float)


def cell_of(value: Any) -> str:
    """A value as it would be written in a cell; what is no text and no number is empty.

    A number of JSON is exact in what it means: its fraction is cut here, so that 1.176 never looks like a thousand.
    """
    if isinstance(value, float):
        return str(math.floor(value)) if abs(value) < 1e15 else repr(value)
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _source(pages: Sequence[Mapping[str, int]], header: Sequence[str]) -> str:
    if any("_total" in page for page in pages):
        return "StreamElements"
    if any("current_page" in page for page in pages) or "timewatched" in map(label_of, header):
        return "Streamlabs"
    return ""


def _missing(pages: Sequence[Mapping[str, int]], held: int) -> int:
    """How many entries the pages say that there are, beyond those that the file holds."""
    said = [page.get("_total", page.get("total", 0) if "current_page" in page else 0) for page in pages]
    return max(0, max(said, default=0) - held)


def missing_words(missing: int) -> str:
    """What is said of a list that holds one page only."""
    return (
        f"The file says that there are {count(missing, 'more viewer')}: it holds one page of the list. "
        "Export the other pages, too, and put them into one file or import one after another."
    )
