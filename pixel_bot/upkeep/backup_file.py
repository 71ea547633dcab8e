"""A copy of a SQLite database that may be in use, made by SQLite's online backup and never by copying the file.

What is copied is the database of one moment: the connection that reads holds that moment for as long as the copying
takes, because SQLite would begin anew whenever somebody else commits in between, and beside a busy chat never end.
Nobody waits for it: who writes goes on in the write-ahead log. Disk and processor are shared fairly: small steps, each
brought to the disk by itself, and a rest as long as the work after each, also while the copy is verified.
"""

import errno
import sqlite3
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from pixel_bot.db.engine import BUSY_TIMEOUT_MS
from pixel_bot.db.meta import Mode, mode_of
from pixel_bot.db.write_outage import FULL, READ_ONLY, UNREACHABLE, problem_of
from pixel_bot.errors import BackupFailed, DatabaseRefused, FolderNotWritable, PixelError
from pixel_bot.upkeep.backup_folder import Kind, ReservedFile, names, reserved

STEP_PAGES = 128
"""Pages of one step, half a megabyte as SQLite makes them."""

WORK_SECONDS = 0.005
"""The least work before a rest; of less than that nobody else takes notice."""

LONGEST_REST = 0.25
"""Seconds. After a step that hung on the disk, there is no need to wait as long again."""

LOOK_EVERY = 1_000_000
"""Instructions of SQLite between two looks at the clock, some ten milliseconds. Each look waits for a busy event loop
to let go of the interpreter, so more of them would take longer than the work."""

Stop = Callable[[], bool]
"""Asked now and then: True when the work should end, because the bot does."""

Examine = Callable[[Path, Stop], Sequence[str]]
"""Looks into a copy that is whole, and asks now and then. Returns what is not right with what the copy says."""


class Stopped(PixelError):
    """The work was broken off; nothing is left of it."""


def never() -> bool:
    """Nobody asks to stop."""
    return False


def _all_is_right(_path: Path, _stop: Stop) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy that verified. ``size`` is in bytes; ``findings`` are what is not right in the original either."""

    path: Path
    size: int
    findings: tuple[str, ...] = ()


def back_up(source: Path, folder: Path, moment: datetime) -> Path:
    """Copy the database into the folder before it is changed, and verify the copy.

    Returns:
        The new file.

    Raises:
        FolderNotWritable: the folder cannot be made or written.
        BackupFailed: there is no room for it, or the disk fails.
        DatabaseRefused: the copy does not pass SQLite's own check.
    """
    with closing(open_to_read(source)) as connection:
        kind: Kind = "sandbox" if mode_in(connection) == "sandbox" else "pixel"
    return make_backup(source, folder, names(folder, moment, kind)).path


def make_backup(
    source: Path, folder: Path, candidates: Iterable[Path], examine: Examine = _all_is_right, stop: Stop = never
) -> Backup:
    """Copy the database into the folder, verify the copy, and give it the first of these names that is free.

    Verified means: SQLite's own check finds nothing, and every table has as many rows as at the moment of the copy. A
    copy for which that is not so is removed. What ``examine`` finds is in the original, too: the copy stays.

    Raises:
        FolderNotWritable, BackupFailed, DatabaseRefused: as ``back_up``.
        sqlite3.DatabaseError: the database is damaged.
        NameTaken: none of the names is free.
        Stopped: it was asked to.
    """
    pace = CopyThrottle(stop, fair=beside(source, "-shm").exists())
    return write_backup(str(source), lambda place: _copy(source, place, pace), folder, candidates, examine, pace)


def write_backup(
    what: str,
    fill: Callable[[ReservedFile], Mapping[str, int]],
    folder: Path,
    candidates: Iterable[Path],
    examine: Examine,
    pace: "CopyThrottle",
) -> Backup:
    """The same for a database of any kind: ``fill`` writes the copy, and says how many rows each table has in it.

    Raises:
        FolderNotWritable, BackupFailed, DatabaseRefused, NameTaken, Stopped: as ``make_backup``.
    """
    with _translated(folder, pace), reserved(candidates) as place:
        counts = fill(place)
        verify(place.part, counts, f"The backup of {what}", pace)
        findings = tuple(examine(place.part, pace))
        size = place.part.stat().st_size
    return Backup(place.path, size, findings)


class CopyThrottle:
    """Asked whether to stop; where others are at work beside, it rests first, as long as the work since the last rest.

    ``fair`` is True where somebody else has the database open.
    """

    def __init__(self, stop: Stop, *, fair: bool) -> None:
        self._stop = stop
        self._fair = fair
        self._resumed = time.perf_counter()

    def __call__(self) -> bool:
        worked = time.perf_counter() - self._resumed
        if self._fair and worked >= WORK_SECONDS:
            time.sleep(min(worked, LONGEST_REST))
            self._resumed = time.perf_counter()
        return self._stop()

    def after_step_of(self, place: ReservedFile) -> None:
        """Bring what was written to the disk, and rest.

        Raises:
            Stopped: it was asked to.
        """
        place.flush()
        if self():
            raise Stopped("The backup was broken off.")


def _copy(source: Path, place: ReservedFile, pace: CopyThrottle) -> Mapping[str, int]:
    """Copy one moment of the source. Returns how many rows each table had in it."""

    def step(_status: int, _remaining: int, _total: int) -> None:
        pace.after_step_of(place)

    with closing(open_to_read(source)) as old, closing(sqlite3.connect(place.part, isolation_level=None)) as new:
        old.execute("BEGIN")
        old.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # from here on, the moment is held
        # The part is thrown away unless it gets whole, so it needs no journal; its pages go out as they come.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = 16"):
            new.execute(f"PRAGMA {pragma}")
        old.backup(new, pages=STEP_PAGES, progress=step)
        old.set_progress_handler(pace, LOOK_EVERY)
        counts = row_counts(old)
        new.execute("PRAGMA journal_mode = DELETE")
    return counts


def verify(copy: Path, counts: Mapping[str, int], what: str, stop: Stop = never) -> None:
    """Let SQLite check a copy at rest, and count its rows.

    Raises:
        DatabaseRefused: it is damaged, or rows are missing. ``what`` is how the sentence names it.
    """
    with closing(sqlite3.connect(read_only(copy), uri=True)) as connection:
        connection.set_progress_handler(stop, LOOK_EVERY)
        (result,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if result != "ok":
            raise DatabaseRefused(f"{what} is damaged ({result}). Check the disk; nothing was changed.")
        found = row_counts(connection)
    different = sorted(table for table in counts.keys() | found.keys() if counts.get(table) != found.get(table))
    if different:
        raise DatabaseRefused(f"{what} lacks rows of {different[0]}. Check the disk; nothing was changed.")


def row_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has."""
    tables = [str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    quoted = {table: '"' + table.replace('"', '""') + '"' for table in tables}
    return {
        table: int(connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0]) for table, name in quoted.items()
    }


def mode_in(connection: sqlite3.Connection) -> Mode | None:
    """What a database is marked for; None without a mark."""
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'mode'").fetchone()
    except sqlite3.OperationalError:  # older than the mark
        return None
    return None if row is None else mode_of(row[0])


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection for reading that leaves nothing beside the file, and knows of those who write meanwhile."""
    if beside(path, "-shm").exists() or _has_log(path):
        return _connect(f"{_address(path)}?mode=ro")
    # Nobody has it open, but a bot may start at any moment. Only a connection that may write makes what both share
    # while they are at it, and takes it away again.
    connection = _connect(f"{_address(path)}?mode=rw")
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        return _connect(read_only(path))  # in a folder that cannot be written
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _connect(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_MS / 1_000, isolation_level=None)


def read_only(path: Path) -> str:
    """The address under which SQLite opens the file without changing it, or leaving anything beside it.

    Without a write-ahead log nobody writes into it in our own mode, so it may be taken for immutable.
    """
    return f"{_address(path)}?{'mode=ro' if _has_log(path) else 'immutable=1'}"


def _address(path: Path) -> str:
    return f"file:{quote(str(path.resolve().as_posix()))}"


def beside(path: Path, ending: str) -> Path:
    """The file that has the same name with something behind it, as SQLite's own do."""
    return path.with_name(path.name + ending)


def _has_log(path: Path) -> bool:
    log = beside(path, "-wal")
    return log.exists() and log.stat().st_size > 0


@contextmanager
def _translated(folder: Path, stop: Stop) -> Generator[None]:
    """Errors of SQLite and of the system on the way to a folder, in words."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as exc:
        if stop():
            raise Stopped("The backup was broken off.") from exc
        if isinstance(exc, OSError):
            full, closed = exc.errno in _NO_ROOM, isinstance(exc, _CLOSED) or exc.errno == errno.EROFS
        else:
            problem = problem_of(exc, folder if folder.is_dir() else None)
            full, closed = problem == FULL, problem in (READ_ONLY, UNREACHABLE)
        if full:
            raise BackupFailed(f"the disk of {folder} is full") from exc
        if closed:
            raise FolderNotWritable(folder, "BACKUP_DIR") from exc
        raise BackupFailed(str(exc)) from exc


_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_CLOSED = PermissionError | NotADirectoryError | FileExistsError | FileNotFoundError | IsADirectoryError
