"""Backup of a SQLite database that may be in use, by SQLite's online backup API and never by copying the file.

It copies one snapshot: the reading connection keeps a read transaction open for as long as the copy takes, because
SQLite would start over whenever somebody else commits in between, and beside a busy chat never end. No writer waits:
writes go to the write-ahead log. Disk and processor are throttled: small steps, each flushed by itself, and a pause as
long as the work after each, also while the copy is verified.
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
"""The least work before a pause; less than that delays nobody noticeably."""

LONGEST_PAUSE = 0.25
"""Seconds. After a step that hung on the disk, there is no need to wait as long again."""

THROTTLE_EVERY = 1_000_000
"""Instructions of SQLite between two calls of the throttle, some ten milliseconds. Each call waits until a busy event
loop releases the interpreter's lock, so more of them would take longer than the work."""

Stop = Callable[[], bool]
"""Called now and then; True when the work should be cancelled, because the bot stops."""

Examine = Callable[[Path, Stop], Sequence[str]]
"""Checks the contents of a complete copy, and calls ``Stop`` now and then. Returns what is not right in it."""


class Stopped(PixelError):
    """The work was cancelled; nothing is left of it."""


def never() -> bool:
    """Never cancelled."""
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
        BackupFailed: the disk is full, or fails.
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
        Stopped: it was cancelled.
    """
    throttle = CopyThrottle(stop, fair=beside(source, "-shm").exists())
    return write_backup(
        str(source), lambda reserved_file: _copy(source, reserved_file, throttle), folder, candidates, examine, throttle
    )


def write_backup(
    what: str,
    fill: Callable[[ReservedFile], Mapping[str, int]],
    folder: Path,
    candidates: Iterable[Path],
    examine: Examine,
    throttle: "CopyThrottle",
) -> Backup:
    """The same for a database of any kind: ``fill`` writes the copy, and says how many rows each table has in it.

    Raises:
        FolderNotWritable, BackupFailed, DatabaseRefused, NameTaken, Stopped: as ``make_backup``.
    """
    with _translated(folder, throttle), reserved(candidates) as reserved_file:
        counts = fill(reserved_file)
        verify(reserved_file.part, counts, f"The backup of {what}", throttle)
        findings = tuple(examine(reserved_file.part, throttle))
        size = reserved_file.part.stat().st_size
    return Backup(reserved_file.path, size, findings)


class CopyThrottle:
    """Throttles a copy: each call pauses as long as the work since the last pause took, then says whether to stop.

    It pauses only where ``fair`` is True: where somebody else has the database open.
    """

    def __init__(self, stop: Stop, *, fair: bool) -> None:
        self._stop = stop
        self._fair = fair
        self._resumed = time.perf_counter()

    def __call__(self) -> bool:
        worked = time.perf_counter() - self._resumed
        # Never a pause without work: the time spent waiting for the disk counts as work, the pause itself does not.
        if self._fair and worked >= WORK_SECONDS:
            time.sleep(min(worked, LONGEST_PAUSE))
            self._resumed = time.perf_counter()
        return self._stop()

    def after_step_of(self, file: ReservedFile) -> None:
        """Flush what was written to the disk, and pause.

        Raises:
            Stopped: it was cancelled.
        """
        file.flush()
        if self():
            raise Stopped("The backup was broken off.")


def _copy(source: Path, reserved_file: ReservedFile, throttle: CopyThrottle) -> Mapping[str, int]:
    with closing(open_to_read(source)) as old:
        return copy_snapshot(old, reserved_file, throttle)


def copy_snapshot(old: sqlite3.Connection, reserved_file: ReservedFile, throttle: CopyThrottle) -> Mapping[str, int]:
    """Copy one snapshot of what a connection reads. Returns how many rows each table had in it."""

    def step(_status: int, _remaining: int, _total: int) -> None:
        throttle.after_step_of(reserved_file)

    with closing(sqlite3.connect(reserved_file.part, isolation_level=None)) as new:
        old.execute("BEGIN")
        old.execute(
            "SELECT COUNT(*) FROM sqlite_master"
        ).fetchone()  # BEGIN alone takes no snapshot; the first read does
        # The part is removed unless it is complete, so it needs no journal; its pages are written as they come.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = 16"):
            new.execute(f"PRAGMA {pragma}")
        old.backup(new, pages=STEP_PAGES, progress=step)
        old.set_progress_handler(throttle, THROTTLE_EVERY)
        counts = row_counts(old)
        new.execute("PRAGMA journal_mode = DELETE")
    return counts


def verify(copy: Path, counts: Mapping[str, int], what: str, stop: Stop = never) -> None:
    """Check the integrity of a copy that nobody writes to, and count its rows.

    Raises:
        DatabaseRefused: it is damaged, or rows are missing. ``what`` is how the sentence names it.
    """
    with closing(sqlite3.connect(read_only(copy), uri=True)) as connection:
        connection.set_progress_handler(stop, THROTTLE_EVERY)
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
    """The mode that a database is marked with; None without a mark."""
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'mode'").fetchone()
    except sqlite3.OperationalError:  # older than the mark
        return None
    return None if row is None else mode_of(row[0])


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection for reading that leaves no files behind, and is safe beside writers."""
    if beside(path, "-shm").exists() or _has_log(path):
        return _connect(f"{_uri(path)}?mode=ro")
    # Nobody has it open, but a bot may start at any moment. Only a connection that may write creates the shared memory
    # of the write-ahead log, through which both see each other, and removes it again.
    connection = _connect(f"{_uri(path)}?mode=rw")
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        return _connect(read_only(path))  # in a folder that cannot be written
    except sqlite3.DatabaseError:
        connection.close()  # damaged: the caller says so
        raise
    return connection


def _connect(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_MS / 1_000, isolation_level=None)


def read_only(path: Path) -> str:
    """The URI with which SQLite opens the file without changing it, or leaving other files behind.

    Without a write-ahead log beside it nobody writes to it in WAL mode, so it can be opened as immutable.
    """
    return f"{_uri(path)}?{'mode=ro' if _has_log(path) else 'immutable=1'}"


def _uri(path: Path) -> str:
    return f"file:{quote(str(path.resolve().as_posix()))}"


def beside(path: Path, ending: str) -> Path:
    """The file of the same name with this suffix, as SQLite's own files beside a database have."""
    return path.with_name(path.name + ending)


def _has_log(path: Path) -> bool:
    log = beside(path, "-wal")
    return log.exists() and log.stat().st_size > 0


@contextmanager
def _translated(folder: Path, stop: Stop) -> Generator[None]:
    """Translate errors of SQLite and of the system while a file in the folder is written."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as exc:
        if stop():  # SQLite reports an interrupted statement as an operational error
            raise Stopped("The backup was broken off.") from exc
        if isinstance(exc, OSError):
            full, refused = exc.errno in _DISK_FULL, isinstance(exc, _NOT_WRITABLE) or exc.errno == errno.EROFS
        else:
            problem = problem_of(exc, folder if folder.is_dir() else None)
            full, refused = problem == FULL, problem in (READ_ONLY, UNREACHABLE)
        if full:
            raise BackupFailed(f"the disk of {folder} is full") from exc
        if refused:
            raise FolderNotWritable(folder, "BACKUP_DIR") from exc
        raise BackupFailed(str(exc)) from exc


_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
_NOT_WRITABLE = PermissionError | NotADirectoryError | FileExistsError | FileNotFoundError | IsADirectoryError
