"""The instance lock: one bot for each SQLite file. The system releases it when the process ends, however it ends.

There are two locks. One is on a file beside the database: it belongs to the path, and holds also while a restore puts
another file there. The other one is on the database's own inode: it holds where the file is reached by a hard link, or
where somebody deleted the file beside it. It covers one byte that SQLite never locks, reads or writes: behind its lock
range, on the page that it leaves empty for that (https://www.sqlite.org/fileformat2.html, 1.4). On POSIX systems it is
a lock of the open file description: SQLite's own are those of the process, and neither releases the other.
"""

import errno
import os
import struct
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from pixel_bot.errors import FolderNotWritable, SecondInstance
from pixel_bot.security.private_files import FILE, make_folder

_TAKEN = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
"""Error numbers of a lock that another process holds, on the systems we know."""

LOCK_BYTE = 0x40000000 + 1000
"""SQLite locks 512 bytes from 1 GiB on, and uses nothing of the page that they are on."""


class InstanceLock:
    """The locks of one database file; ``only_one`` takes and releases them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._real = path.resolve()  # two links to one file must not give two locks
        self._beside: int | None = None
        self._inode: int | None = None
        self._made_file = False

    def take(self, *, create: bool) -> None:
        """Take both.

        Raises:
            SecondInstance, FolderNotWritable: as ``only_one``.
        """
        self._beside = self._open_locked(self._real.with_name(self._real.name + ".lock"), _lock)
        is_there = self._real.exists()
        if is_there or create:
            self._made_file = not is_there
            self._inode = self._open_locked(self._real, _lock_inode)

    def release_file(self) -> None:
        """Let go of the database's own file, which Windows would else keep from being replaced. The path stays locked.

        No connection of this process may be open.
        """
        handle, self._inode = self._inode, None
        if handle is not None:
            os.close(handle)

    def release(self) -> None:
        """Let go of both."""
        self.release_file()
        if self._made_file:
            with suppress(OSError):
                if not self._real.stat().st_size:
                    self._real.unlink()
        # It stays: to remove it would let two bots in, one with the old file locked and one with a new file.
        if self._beside is not None:
            os.close(self._beside)

    def _open_locked(self, file: Path, lock: Callable[[int], None]) -> int:
        try:
            handle = os.open(file, os.O_RDWR | os.O_CREAT, FILE)
            try:
                lock(handle)
            except BaseException:
                os.close(handle)
                raise
        except OSError as exc:
            if exc.errno in _TAKEN and isinstance(exc, _Refused):
                raise SecondInstance(self._path) from exc
            raise FolderNotWritable(self._path.parent, "DATA_DIR") from exc
        return handle


@contextmanager
def only_one(path: Path | None, *, create: bool = True) -> Generator[InstanceLock | None]:
    """Hold the locks of a database file for the length of the block; databases without a file need none.

    The same file has the same lock, also where it is reached by a link. Enter it before the file is opened by anything
    else, and leave it last: to close a descriptor would release SQLite's own locks on the file. A file that was made
    for the lock, and is still empty in the end, is removed. Without ``create`` none is made; the path alone is locked.

    Raises:
        SecondInstance: another bot, or a restore, holds it.
        FolderNotWritable: the lock's file cannot be made, or its disk knows no locks.
    """
    if path is None:
        yield None
        return
    try:
        lock = InstanceLock(path)
        make_folder(path.resolve().parent)
    except OSError as exc:
        raise FolderNotWritable(path.parent, "DATA_DIR") from exc
    try:
        lock.take(create=create)
        yield lock
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether a bot, or a restore, holds the lock beside a database file now. It makes no file."""
    real = path.resolve()
    if not real.exists() or not real.with_name(real.name + ".lock").exists():
        return False
    try:
        with only_one(path, create=False):
            return False
    except SecondInstance:
        return True


class _Refused(OSError):
    """The lock is taken, or there are none; opening the file was possible."""


def _translated(lock: Callable[[], object]) -> None:
    try:
        lock()
    except OSError as exc:
        raise _Refused(exc.errno, exc.strerror) from exc


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        _translated(lambda: msvcrt.locking(handle, msvcrt.LK_NBLCK, 1))

    def _lock_inode(handle: int) -> None:
        os.lseek(handle, LOCK_BYTE, os.SEEK_SET)
        _lock(handle)

else:
    import fcntl

    def _lock(handle: int) -> None:
        _translated(lambda: fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB))

    def _lock_inode(handle: int) -> None:
        command = getattr(fcntl, "F_OFD_SETLK", None)
        if command is None:
            _lock_by_number(handle)
            return
        numbers = struct.pack(_FLOCK, *_flock_fields(fcntl.F_WRLCK))
        _translated(lambda: fcntl.fcntl(handle, command, numbers))

    _FLOCK = "qqihh" if sys.platform == "darwin" else "hhqqi4x"

    def _flock_fields(kind: int) -> tuple[int, ...]:
        """The system's ``struct flock``: one byte, counted from the start of the file."""
        if sys.platform == "darwin":
            return LOCK_BYTE, 1, 0, kind, os.SEEK_SET
        return kind, os.SEEK_SET, LOCK_BYTE, 1, 0

    def _lock_by_number(handle: int) -> None:
        """Where there are no such locks: a file that is named after the inode, and stays open to the end of us."""
        found = os.fstat(handle)
        name = Path(tempfile.gettempdir()) / f"pixel-bot-{os.getuid()}-{found.st_dev}-{found.st_ino}.lock"
        other = os.open(name, os.O_RDWR | os.O_CREAT, FILE)
        _lock(other)
        os.dup2(other, handle, inheritable=False)  # the database's own descriptor is not needed; SQLite has none yet
        os.close(other)
