"""The instance lock: one bot for each SQLite file. The system releases it when the process ends, however it ends."""

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pixel_bot.errors import FolderNotWritable, SecondInstance

_TAKEN = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
"""Error numbers of a lock that another process holds, on the systems we know."""


@contextmanager
def only_one(path: Path | None) -> Generator[None]:
    """Hold the lock beside a database file for the length of the block; databases without a file need none.

    The same file has the same lock, also where it is reached by a link.

    Raises:
        SecondInstance: another bot, or a restore, holds it.
        FolderNotWritable: the lock's file cannot be made, or its disk knows no locks.
    """
    if path is None:
        yield
        return
    try:
        real = path.resolve()  # two links to one file must not give two locks
        real.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(real.with_name(real.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as exc:
        raise FolderNotWritable(path.parent, "DATA_DIR") from exc
    try:
        try:
            _lock(handle)
        except OSError as exc:
            if exc.errno in _TAKEN:
                raise SecondInstance(path) from exc
            raise FolderNotWritable(path.parent, "DATA_DIR") from exc
        yield
    finally:
        # The file stays: to remove it would let two bots in, one with the old file locked and one with a new file.
        os.close(handle)


def is_held(path: Path) -> bool:
    """Whether a bot, or a restore, holds the lock beside a database file now. It makes no file."""
    real = path.resolve()
    if not real.exists() or not real.with_name(real.name + ".lock").exists():
        return False
    try:
        with only_one(path):
            return False
    except SecondInstance:
        return True


if os.name == "nt":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
