"""The backup folder: the names of backups, rotation, and the reservation of a name for a new one.

``pixel_YYYYmmdd_HHMMSS.db`` in local time, with ``_2`` and so on for a second one of the same second. Those of the
sandbox begin with ``sandbox``, so that they never displace backups of real points. A file of any other name is not ours
and is never touched. A file that is being written ends with ``.part``.
"""

import os
import re
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Literal

from pixel_bot.errors import PixelError
from pixel_bot.security.private_files import FILE, make_folder, tighten

Kind = Literal["pixel", "sandbox"]


class NameTaken(PixelError):
    """There is a file of that name already, or another process is writing it."""


PART = ".part"
_NAME = re.compile(r"(pixel|sandbox)_(\d{8}_\d{6})(?:_(\d{1,4}))?\.db(\.part(?:-wal|-shm|-journal)?)?", re.ASCII)
_FORM = "%Y%m%d_%H%M%S"
_ABANDONED_SECONDS = 3_600
"""A part that was not written to for so long belongs to a process that has ended."""


@dataclass(frozen=True, slots=True, order=True)
class KeptBackup:
    """A backup in the folder; they sort by age, oldest first."""

    written: str
    number: int
    path: Path

    @property
    def made_at(self) -> datetime | None:
        """When it was made, by its name; None where that is no date."""
        with suppress(ValueError, OverflowError, OSError):
            return datetime.strptime(self.written, _FORM).astimezone()
        return None


def names(folder: Path, moment: datetime, kind: Kind = "pixel") -> Iterator[Path]:
    """The names for a backup of an aware moment, in the order in which they are tried."""
    stem = f"{kind}_{moment.astimezone():{_FORM}}"
    yield folder / f"{stem}.db"
    yield from (folder / f"{stem}_{number}.db" for number in count(2))


def kept_in(folder: Path, kind: Kind) -> list[KeptBackup]:
    """The backups of one kind, oldest first; none where there is no such folder."""
    return sorted(
        KeptBackup(match[2], int(match[3] or 1), path)
        for path, match in _ours(folder)
        if match[1] == kind and not match[4]
    )


def tighten_kept(folder: Path) -> None:
    """Take the rights of others away from all backups of ours, and from copies of lost databases."""
    with suppress(OSError):
        tighten([*(path for path, _ in _ours(folder)), *folder.glob("*-rescued-*.db")])


def remove_oldest(folder: Path, kind: Kind, keep: int, made: Path) -> list[Path]:
    """Remove the oldest backups beyond ``keep``, never the one that was just made, and abandoned parts.

    Returns:
        The backups that were removed. One that cannot be removed stays.
    """
    others = [kept.path for kept in kept_in(folder, kind) if kept.path.name != made.name]
    removed: list[Path] = []
    for path in others[: max(0, len(others) - (keep - 1))]:
        with suppress(OSError):
            path.unlink()
            removed.append(path)
    for path, match in _ours(folder):
        with suppress(OSError):
            if match[4] and path.stat().st_mtime < time.time() - _ABANDONED_SECONDS:
                path.unlink()
    return removed


@dataclass(frozen=True, slots=True)
class ReservedFile:
    """A reserved name: the file is written as ``part``, and renamed to ``path`` when it is complete."""

    path: Path
    part: Path
    handle: int

    def flush(self) -> None:
        """Flush what was written so far to the disk."""
        os.fsync(self.handle)


@contextmanager
def reserved(candidates: Iterable[Path]) -> Generator[ReservedFile]:
    """Reserve the first name that is free. At the end of the block it is the file's; on an error it is free again.

    Creating the part exclusively reserves the name, so two processes never write one file, and none is overwritten.

    Raises:
        NameTaken: none of the names is free.
        OSError: the folder cannot be made or written, or its disk is full.
    """
    file = next((file for path in candidates if (file := _reserve(path)) is not None), None)
    if file is None:
        raise NameTaken("A file of that name is there already.")
    try:
        try:
            yield file
            file.flush()
        finally:
            os.close(file.handle)
        file.part.replace(file.path)
    except BaseException:
        with suppress(OSError):
            file.part.unlink(missing_ok=True)
        raise
    sync_folder(file.path.parent)


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a loss of power, where the system can do that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems cannot
            os.fsync(handle)
    finally:
        os.close(handle)


def _reserve(path: Path) -> ReservedFile | None:
    part = path.with_name(path.name + PART)
    if os.path.lexists(path):
        return None
    make_folder(path.parent)
    try:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), FILE)
    except FileExistsError:
        if path.parent.is_dir():
            return None
        raise
    if os.path.lexists(path):  # another process completed it between the two checks
        os.close(handle)
        part.unlink(missing_ok=True)
        return None
    return ReservedFile(path, part, handle)


def _ours(folder: Path) -> list[tuple[Path, re.Match[str]]]:
    try:
        files = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [
        (path, match)
        for path in files
        if (match := _NAME.fullmatch(path.name)) is not None and path.is_file() and not path.is_symlink()
    ]
