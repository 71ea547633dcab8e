"""Layout detection: which column holds names, points and Twitch ids, by the header, else by the cells.

Exports of other bots, with sources:

- Firebot, ``currencies.csv``: ``ID,Username`` and one column for each currency; the id is Twitch's, and the name is
  the display name where there is one (``createCurrenciesFile`` in the viewer export manager of crowbartools/Firebot).
- StreamElements: ``username,twitchID,currentPoints,alltimePoints,watchtime``, also without a header, and the id is
  often empty (the format of its CSV import, as ashcorpdev/sl-export writes it).
- Streamlabs: ``Username,Points`` with watch time, rank, hours or dates beside them (TheReal3xtinct/Streamlink fetches
  Cloudbot's list so; Streamlabs Chatbot exports a spreadsheet with names, points and hours, as its users tell in
  crowbartools/Firebot#2788).
- Streamlabs Chatbot in other languages: ``Name;Rang;Punkte;Stunden`` and the like.
- PhantomBot: ``Username,Seconds,Points``, as its console writes it (``exportpoints``).
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

NAMES = (
    *("username", "userlogin", "login", "twitchusername", "twitchname", "user", "viewername", "viewer", "name"),
    *("benutzername", "nutzername", "benutzer", "zuschauer", "utilisateur", "pseudo", "nom", "usuario", "nombre"),
    *("usuário", "nome", "utente", "użytkownik", "nazwa", "пользователь", "имя", "ник"),
)
POINTS = (
    *("points", "currentpoints", "loyaltypoints", "balance", "currency"),
    *("punkte", "puntos", "pontos", "punti", "punkty", "punten", "poäng", "point", "очки", "баллы", "ポイント"),
)
IDS = ("twitchid", "twitchuserid", "userid", "id")
OTHERS = frozenset(
    {
        "rank",
        "level",
        "xp",
        "experience",
        "exp",
        "erfahrung",
        "hours",
        "minutes",
        "seconds",
        "time",
        "messages",
        "displayname",
        "alltimepoints",
    }
    | {"totalpoints", "alltime", "watchtime", "watchedtime", "watchtimeminutes", "timewatched", "minutesinchannel"}
    | {"chatmessages", "chattimeonline", "chattimeoffline", "giftedsubscribes", "lastseen", "joindate"}
    | {"createdat", "updatedat", "rang", "stufe", "stunden", "minuten", "zeit", "rango", "nivel", "horas", "minutos"}
    | {"heures", "niveau", "livello", "ore", "minuti", "ranga", "poziom", "godziny", "minuty", "ранг", "уровень"}
    | {"часы", "минуты", "uren", "timmar", "時間"}
)
"""Columns that may hold numbers, but never points."""

XP = ("xp", "experience", "exp", "erfahrung")

TIMES = {
    **dict.fromkeys(("hours", "stunden", "horas", "heures", "ore", "godziny", "uren", "timmar"), 1.0),
    **dict.fromkeys(("minutes", "minutesinchannel", "watchtimeminutes", "timewatched", "watchtime", "minuten"), 60.0),
    "seconds": 3_600.0,
}
"""Columns of the time in the channel, and how many of their units are an hour. StreamElements counts minutes."""

LIKELY_IDS = range(1_000_000, 100_000_000_000)
"""Twitch ids, except of its earliest accounts. Row numbers of a database are smaller."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a list, counted from 0, and how many there are. ``source`` names the bot that wrote it.

    ``hours`` is the column of the time in the channel, and how many of its units are an hour.
    """

    source: str
    width: int
    has_header: bool
    name: int
    points: int
    platform_id: int | None = None
    xp: int | None = None
    hours: tuple[int, float] | None = None


def layout_of(
    sample: Sequence[Sequence[str]], header: Sequence[str] | None = None, *, source: str = "", points: str = ""
) -> Layout:
    """Detect the layout of a list from its first rows.

    Args:
        sample: its first rows.
        header: the names of its columns, where they are not the first row.
        source: the bot that wrote it, where the form of the file says so.
        points: the name of the column with the points, where the streamer has said it.

    Raises:
        ImportRefused: the columns of names or points are ambiguous. Nothing is guessed.
    """
    named = header if header is not None else _header(sample[0]) if sample else []
    has_header = header is None and bool(named)
    rows = sample[1:] if has_header else sample
    width = len(named) or (Counter(len(row) for row in rows).most_common(1)[0][0] if rows else 0)
    rows = [row[:width] for row in rows if len(row) >= width]
    if width < 2 or not rows:
        raise ImportRefused("I see no list in it: a column of names, one of points, and a line for each viewer.")
    if not named and _is_streamelements(rows):
        return Layout("StreamElements", width, has_header=False, name=0, points=2, platform_id=1, hours=(4, 60.0))
    labels = [label_of(cell) for cell in named] or [""] * width
    source = source or _source(named, labels)
    name = _name_column(labels, rows)
    platform_id = _id_column(source, labels, rows)
    column = _said(points, named) if points else _points_column(named, labels, rows, {name, platform_id})
    xp = next((labels.index(label) for label in XP if labels.count(label) == 1), None)
    hours = next(((i, TIMES[label]) for i, label in enumerate(labels) if label in TIMES), None)
    return Layout(source, width, has_header, name, column, platform_id, xp, hours)


def _said(points: str, header: Sequence[str]) -> int:
    """The column that the streamer has named."""
    for normal in (str, label_of):
        found = [i for i, cell in enumerate(header) if normal(cell) == normal(points)]
        if len(found) == 1:
            return found[0]
    known = ", ".join(fit(plain(cell), 40) for cell in header) or "none, as the file has no line with their names"
    raise ImportRefused(f"It has no column {fit(plain(points), 40)}. Its columns: {known}.")


def _header(first: Sequence[str]) -> list[str]:
    """The names of the columns; empty when the first row is data."""
    if any(looks_like_number(cell) for cell in first) and list(first[:2]) != ["ID", "Username"]:
        return []
    named = list(first)
    while named and not named[-1].strip():
        named.pop()
    return named


def label_of(cell: str) -> str:
    """The name of a column as it is compared: ``Twitch ID`` and ``twitchId`` are the same."""
    return "".join(char for char in cell.casefold() if char.isalnum())


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
        f"More than one column may be the points: {which}. "
        + (
            "Say which, like: --points " + _quoted(header[likely[0]])
            if header
            else "Put a line like name,points first."
        )
    )


def _quoted(cell: str) -> str:
    shown = fit(plain(cell), 40)
    return f'"{shown}"' if " " in shown else shown


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
    if {"username", "seconds", "points"} <= known:
        return "PhantomBot"
    if known & set(POINTS) and known & set(NAMES) and known & OTHERS:
        return "Streamlabs"
    return "a list"


def _holds_numbers(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Whether most of its cells are numbers: a few malformed lines must not hide a column."""
    cells = [row[column] for row in rows if row[column].strip()]
    return sum(map(looks_like_number, cells)) * 2 > len(cells)


def _is_login(cell: str) -> bool:
    return bool(LOGIN.fullmatch(cell.strip().removeprefix("@").lower()))
