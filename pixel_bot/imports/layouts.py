"""Layout detection: which column holds names, points and Twitch ids, by the header, else by the cells.

Exports of other bots, with sources:

- Firebot, ``currencies.csv``: ``ID,Username`` and one column for each currency; the id is Twitch's, and the name is
  the display name where there is one (``createCurrenciesFile`` in the viewer export manager of crowbartools/Firebot).
- StreamElements: ``username,twitchID,currentPoints,alltimePoints,watchtime``, also without a header, and the id is
  often empty (the format of its CSV import, as ashcorpdev/sl-export writes it).
- Streamlabs: ``Username,Points`` with watch time, rank, hours or dates beside them (TheReal3xtinct/Streamlink fetches
  Cloudbot's list so; Streamlabs Chatbot exports a spreadsheet with names, points and hours, as its users tell in
  crowbartools/Firebot#2788).
- sogeBot: its table of users has ``userId``, ``userName`` (``username`` before), ``points``, ``watchedTime`` and more
  (``src/database/entity/user.ts`` of sogebot/sogeBot); an export of its own was not found.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pixel_bot.imports.errors import ImportRefused
from pixel_bot.imports.numbers import looks_like_number
from pixel_bot.texts import fit, plain

LOGIN = re.compile(r"[a-z0-9_]{1,25}")

NAMES = ("username", "userlogin", "login", "twitchusername", "twitchname", "user", "viewername", "viewer", "name")
POINTS = ("points", "currentpoints", "loyaltypoints", "balance", "currency")
IDS = ("twitchid", "twitchuserid", "userid", "id")
OTHERS = frozenset(
    {"rank", "level", "xp", "hours", "minutes", "time", "messages", "displayname", "alltimepoints", "totalpoints"}
    | {"watchtime", "watchedtime", "watchtimeminutes", "timewatched", "minutesinchannel", "chatmessages"}
    | {"chattimeonline", "chattimeoffline", "giftedsubscribes", "lastseen", "joindate", "createdat", "updatedat"}
)
"""Columns that may hold numbers, but never points."""

LIKELY_IDS = range(1_000_000, 100_000_000_000)
"""Twitch ids, except of its earliest accounts. Row numbers of a database are smaller."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a list, counted from 0, and how many there are. ``source`` names the bot that wrote it."""

    source: str
    width: int
    has_header: bool
    name: int
    points: int
    platform_id: int | None = None


def layout_of(sample: Sequence[Sequence[str]]) -> Layout:
    """Detect the layout of a list from its first rows.

    Raises:
        ImportRefused: the columns of names or points are ambiguous. Nothing is guessed.
    """
    header = _header(sample[0]) if sample else []
    rows = sample[1:] if header else sample
    width = len(header) or (Counter(len(row) for row in rows).most_common(1)[0][0] if rows else 0)
    rows = [row[:width] for row in rows if len(row) >= width]
    if width < 2 or not rows:
        raise ImportRefused("I see no list in it: a column of names, one of points, and a line for each viewer.")
    if not header and _is_streamelements(rows):
        return Layout("StreamElements", width, has_header=False, name=0, points=2, platform_id=1)
    labels = [_label(cell) for cell in header] or [""] * width
    source = _source(header, labels)
    name = _name_column(labels, rows)
    platform_id = _id_column(source, labels, rows)
    points = _points_column(header, labels, rows, {name, platform_id})
    return Layout(source, width, bool(header), name, points, platform_id)


def _header(first: Sequence[str]) -> list[str]:
    """The names of the columns; empty when the first row is data."""
    if any(looks_like_number(cell) for cell in first) and list(first[:2]) != ["ID", "Username"]:
        return []
    named = list(first)
    while named and not named[-1].strip():
        named.pop()
    return named


def _label(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cell.lower())


def _column(known: Sequence[str], labels: Sequence[str]) -> int | None:
    """The column of the first known label in the header."""
    label = next((word for word in known if word in labels), None)
    if label is None:
        return None
    if labels.count(label) > 1:
        raise ImportRefused(f"Two of its columns are called {label}. Remove the wrong one.")
    return labels.index(label)


def _name_column(labels: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    column = _column(NAMES, labels)
    if column is not None:
        return column
    likely = [
        i
        for i, label in enumerate(labels)
        if label not in OTHERS
        and label not in POINTS
        and not _holds_numbers(rows, i)
        and sum(_is_login(row[i]) for row in rows) * 2 > len(rows)
    ]
    if len(likely) != 1:
        raise ImportRefused("I cannot tell which column holds the names. Put a first line like name,points into it.")
    return likely[0]


def _points_column(
    header: Sequence[str], labels: Sequence[str], rows: Sequence[Sequence[str]], taken: set[int | None]
) -> int:
    column = _column(POINTS, labels)
    if column is not None:
        return column
    likely = [
        i
        for i, label in enumerate(labels)
        if i not in taken and label not in OTHERS and label not in IDS and _holds_numbers(rows, i)
    ]
    if len(likely) == 1:
        return likely[0]
    if not likely:
        raise ImportRefused("No column in it holds points. Put a first line like name,points into it.")
    which = ", ".join(fit(plain(header[i]), 30) if header else f"column {i + 1}" for i in likely)
    raise ImportRefused(
        f"More than one column may be the points: {which}. Call the right one Points in the first line, "
        "or remove the rest."
    )


def _id_column(source: str, labels: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """The column of Twitch ids, where that is certain: a wrong number would pay a stranger's account."""
    column = _column(IDS, labels)
    if column is None or labels[column].startswith("twitch"):
        return column
    if source not in ("Firebot", "sogeBot"):
        return None
    ids = [cell for row in rows if (cell := row[column].strip())]
    likely = [cell for cell in ids if cell.isascii() and cell.isdigit() and len(cell) <= 11 and int(cell) in LIKELY_IDS]
    return column if ids and len(likely) * 10 >= len(ids) * 9 else None


def _is_streamelements(rows: Sequence[Sequence[str]]) -> bool:
    """Its list without a header: name, Twitch id or nothing, points, all-time points, minutes."""
    return len(rows[0]) == 5 and all(
        (not row[1].strip() or (len(row[1].strip()) > 5 and row[1].strip().isdigit()))
        and all(not cell.strip() or looks_like_number(cell) for cell in row[2:])
        and _is_login(row[0])
        for row in rows
    )


def _source(header: Sequence[str], labels: Sequence[str]) -> str:
    known = set(labels)
    if list(header[:2]) == ["ID", "Username"] and not known & OTHERS:
        return "Firebot"
    if known & {"twitchid", "currentpoints", "alltimepoints"}:
        return "StreamElements"
    if {"userid", "username", "points"} <= known and known & {"watchedtime", "chattimeonline", "chattimeoffline"}:
        return "sogeBot"
    if "points" in known and known & {"username", "name"} and known & OTHERS:
        return "Streamlabs"
    return "a list"


def _holds_numbers(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Whether most of its cells are numbers: a few malformed lines must not hide a column."""
    cells = [row[column] for row in rows if row[column].strip()]
    return sum(map(looks_like_number, cells)) * 2 > len(cells)


def _is_login(cell: str) -> bool:
    return bool(LOGIN.fullmatch(cell.strip().removeprefix("@").lower()))
