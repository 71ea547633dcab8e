"""The identity of an open SQLite database: whether its path still leads to the files that are open.

On POSIX systems an open file can be deleted, or another one renamed over it. SQLite then goes on writing to a file that
has no name, and all of it is gone with the last descriptor. So device and inode of the database, of its write-ahead log
and of its shared memory are compared with those of the paths: before each commit, after it, and every second. Nothing
here opens the database a second time by itself: to close a descriptor would release SQLite's POSIX locks on the file
(https://www.sqlite.org/howtocorrupt.html, 2.2).
"""

import asyncio
import errno
import os
import sqlite3
from contextlib import suppress
from enum import Enum
from pathlib import Path
from urllib.parse import quote

LOGS = ("-wal", "-shm")
"""The files that SQLite has open beside a database in WAL mode. No other process removes them while we have it open."""

BUSY_SECONDS = 10.0


SECOND_NAME = "has a second name, by a hard link. Never open it by that one; to copy it use `db backup`."


class FileState(Enum):
    """What became of the file, in words that follow its path."""

    SAME = "is in its place"
    GONE = "was deleted or moved away"
    REPLACED = "was replaced by another file"
    EMPTIED = "was emptied"
    LOG_GONE = "lost its write-ahead log (the file -wal or -shm beside it was deleted or replaced)"
    PROTECTED = "or its folder is read-only"
    UNREACHABLE = "cannot be reached"

    @property
    def is_loss(self) -> bool:
        """True where what is written now can be read by nobody later."""
        return self not in _KEPT

    @property
    def sqlite_code(self) -> int:
        """The extended result code of SQLite that means the same."""
        if self.is_loss:
            return sqlite3.SQLITE_READONLY_DBMOVED
        return sqlite3.SQLITE_READONLY_DIRECTORY if self is FileState.PROTECTED else sqlite3.SQLITE_CANTOPEN


_KEPT = (FileState.SAME, FileState.PROTECTED, FileState.UNREACHABLE)


class FileIdentity:
    """Compares the open files of one database with those that its paths lead to. Its methods may run in any thread.

    Until ``remember`` was called nothing is compared.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lost: FileState | None = None
        """Set once a loss is certain. From then on nothing can be committed."""
        self.rescued = False
        """True once a verified copy has everything that was ever committed."""
        self.is_settled = False
        """True once it is known whether a copy of a lost file could be saved."""
        self.is_watched = False
        """True while somebody decides what a mismatch means: sets ``decided`` and, for a loss, ``lost``."""
        self.has_second_name = False
        """True while a hard link gives the file a second name, as whoever watches has last seen it."""
        self.noticed = asyncio.Event()
        """Set when a mismatch was seen, to wake whoever watches."""
        self.decided = asyncio.Event()
        """Set when it is known what the last mismatch meant."""
        self.connection: sqlite3.Connection | None = None
        """A connection that stays open to the end, so that the write-ahead log stays the same file, and that can read
        what was committed when there is no path to it any more. To be used by one thread at a time."""
        self._folder = path.parent
        self._folder_known: tuple[int, int] | None = None
        self._known: dict[Path, tuple[int, int]] = {}
        self._had_content = False

    def remember(self) -> None:
        """Take the files that are there now for the right ones. It opens ``connection``, so call it in a thread.

        Raises:
            sqlite3.Error: the database cannot be read.
        """
        made = sqlite3.connect(
            existing(self.path), uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            made.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # opens the write-ahead log
            real = self.path.resolve()
            self._folder, self._folder_known = real.parent, _identity(real.parent)
            logs = [real.with_name(real.name + ending) for ending in LOGS]
            self._had_content = self.path.stat().st_size > 0
            self._known = {path: _identity(path) for path in (self.path, *logs) if path.exists()}
        except BaseException:
            made.close()
            raise
        self.connection = made

    def close(self) -> None:
        """Close the connection; being the last one, it checkpoints the write-ahead log."""
        connection, self.connection = self.connection, None
        if self.lost is None:
            self._known = {}
        if connection is not None:
            connection.close()

    @property
    def is_known(self) -> bool:
        """True between ``remember`` and ``close``."""
        return bool(self._known)

    def state(self) -> FileState:
        """What the paths lead to now."""
        if self.lost is not None:
            return self.lost
        for path, known in tuple(self._known.items()):
            state = self._state_of(path, known)
            if state is not FileState.SAME:
                return state
        if self._known and not (os.access(self.path, os.W_OK) and os.access(self._folder, os.W_OK)):
            return FileState.PROTECTED
        return FileState.SAME

    def _state_of(self, path: Path, known: tuple[int, int]) -> FileState:
        is_database = path == self.path
        try:
            found = path.stat()
        except OSError as exc:
            if exc.errno in _NOT_THERE:
                return FileState.GONE if is_database else FileState.LOG_GONE
            return FileState.PROTECTED if isinstance(exc, PermissionError) else FileState.UNREACHABLE
        if (found.st_dev, found.st_ino) != known:
            return FileState.REPLACED if is_database else FileState.LOG_GONE
        return FileState.EMPTIED if is_database and self._had_content and not found.st_size else FileState.SAME

    def remove_logs(self) -> None:
        """Remove our logs from beside another database that is in our file's place now: SQLite would apply them to it.

        Only once a copy is verified: with them goes what was not in the lost file itself.
        """
        for path, known in self._known.items():
            with suppress(OSError):
                if path != self.path and _identity(path) == known:
                    path.unlink()

    @property
    def folder_is_gone(self) -> bool:
        """True when the folder of the database was deleted, moved away or made anew."""
        try:
            return _identity(self._folder) != self._folder_known
        except OSError:
            return True

    def has_other_names(self) -> bool:
        """True where hard links give the file further names: under each SQLite would look for another log."""
        with suppress(OSError):
            return self.path.stat().st_nlink > 1
        return False

    def require(self, *, writable: bool = True) -> None:
        """Refuse to go on unless the files are the right ones.

        Raises:
            sqlite3.OperationalError: they are not, or ``writable`` was asked for and they cannot be written.
        """
        state = self.state()
        if state.is_loss or (writable and state is not FileState.SAME):
            error = sqlite3.OperationalError(f"{self.path} {state.value}")
            error.sqlite_errorcode = state.sqlite_code
            raise error

    def settle(self, *, rescued: bool) -> None:
        """The file is lost for good, and a copy was saved or not: whoever waits in ``outcome`` goes on."""
        self.rescued, self.is_settled = rescued, True
        self.decided.set()

    async def outcome(self, seconds: float) -> bool:
        """After a commit that may have gone to a lost file: whether it is kept, in the database or in a verified copy.

        Waits for whoever watches, at most so many seconds.
        """
        self.noticed.set()
        if self.is_watched and not self.is_settled:
            self.decided.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.decided.wait()
        return self.rescued if self.lost is not None else not self.state().is_loss


def existing(path: Path) -> str:
    """The URI with which SQLite opens a file for writing that is there, and never creates one."""
    return f"file:{quote(str(path.absolute().as_posix()))}?mode=rw"


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, getattr(errno, "ESTALE", errno.ENOENT)}
