"""Disks that fill up, become read-only or break: in this process, and under a bot in a process of its own."""

import ctypes
import ctypes.util
import errno
import os
import shlex
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from typing_extensions import override

from tests.harness.paths import ROOT

SIZE = "4m"


class BadDisk:
    """What SQLite meets in this process when it asks the system to write, or to open a file for writing.

    SQLite lets its system calls be exchanged (https://sqlite.org/c3ref/vfs.html), so all of it is real but the answer
    of the disk. This works without any rights.
    """

    def __init__(self) -> None:
        self.writing = 0
        """The ``errno`` of each write; 0 when all is well."""
        self.opening = 0
        """The same, of each file that is opened to be written."""

    def fill(self) -> None:
        """Nothing more fits."""
        self.writing = errno.ENOSPC

    def free(self) -> None:
        """All is well again."""
        self.writing = self.opening = 0


@contextmanager
def bad_disk(disk: BadDisk | None = None) -> Generator[BadDisk]:
    """SQLite's disk, for the length of the block; it is well at first."""
    disk = disk or BadDisk()
    vfs = _vfs()
    address = ctypes.addressof(vfs)
    real = {name: vfs.get_call(address, name) for name, _ in _CALLS}
    assert all(real.values()), "this SQLite calls the system by other names"

    def write(fd: int, data: int, size: int, offset: int) -> int:
        return _fail(disk.writing) if disk.writing else real_write(fd, data, size, offset)

    def open_(path: bytes, flags: int, mode: int) -> int:
        wants = flags & (os.O_RDWR | os.O_WRONLY | os.O_CREAT)
        return _fail(disk.opening) if disk.opening and wants else real_open(path, flags, mode)

    (_, write_type), (_, open_type) = _CALLS
    real_write, real_open = write_type(real[b"pwrite64"]), open_type(real[b"open"])
    ours = {b"pwrite64": write_type(write), b"open": open_type(open_)}
    _KEPT.extend(ours.values())
    try:
        for name, call in ours.items():
            vfs.set_call(address, name, ctypes.cast(call, ctypes.c_void_p))
        yield disk
    finally:
        for name in ours:
            vfs.set_call(address, name, None)


_CALLS = (
    (
        b"pwrite64",
        ctypes.CFUNCTYPE(
            ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True
        ),
    ),
    (b"open", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_int, use_errno=True)),
)
_KEPT: list[Any] = []
"""What SQLite may be calling must not be freed."""

_METHODS = (
    *("open", "delete", "access", "path", "dl_open", "dl_error", "dl_sym", "dl_close"),
    *("random", "sleep", "time", "error", "time64"),
)


class _Vfs(ctypes.Structure):
    _fields_ = (  # pyright: ignore[reportUnannotatedClassAttribute]
        *((name, ctypes.c_int) for name in ("version", "file_size", "longest_path")),
        *((name, ctypes.c_void_p) for name in ("next", "name", "data", *_METHODS)),
        ("set_call", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)),
        ("get_call", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)),
    )


def _vfs() -> Any:
    library = ctypes.CDLL(ctypes.util.find_library("sqlite3") or "libsqlite3.so.0")
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    return library.sqlite3_vfs_find(None).contents


def _fail(code: int) -> int:
    ctypes.set_errno(code)
    return -1


class Disk(Protocol):
    """A small disk for bots in processes of their own, which are started by ``python``."""

    folder: Path
    python: Path

    def fill(self) -> None:
        """Nothing more fits."""

    def free(self) -> None:
        """There is room again."""

    def lock(self) -> None:
        """From now on nothing can be written; no file on it may be open."""

    def protect(self) -> None:
        """Nobody may write there any more; what is open stays open."""

    def allow(self) -> None:
        """One may write there again."""


class _Mounted:
    """A real one, in memory, which only the holder and who enters its place can see: it goes with the holder."""

    def __init__(self, folder: Path, python: Path, holder: int) -> None:
        self.folder = folder
        self.python = python
        self._enter = ["nsenter", "--mount", f"--target={holder}", f"--wd={folder}", "--"]
        _script(python, f"exec {shlex.join([*self._enter, sys.executable])}")
        self._ballast = Path(f"/proc/{holder}/root{folder}/ballast")
        self._beside = folder.with_name("beside")
        self._beside.mkdir()

    def fill(self) -> None:
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    def free(self) -> None:
        self._ballast.unlink()

    def lock(self) -> None:
        subprocess.run([*self._enter, "mount", "-o", "remount,ro", self.folder], check=True)

    def protect(self) -> None:
        # The same files by a second mount, which lies above the first one: open files are on that. It is made beside
        # it, since the bot may open a file before nobody may write, and then the mount could not be changed.
        place, beside = shlex.quote(str(self.folder)), shlex.quote(str(self._beside))
        made = f"mount --bind {place} {beside} && mount -o remount,bind,ro {beside} && mount --move {beside} {place}"
        subprocess.run([*self._enter, "sh", "-c", made], check=True)

    def allow(self) -> None:
        # Lazily: the bot may have a file open on it at this moment.
        subprocess.run([*self._enter, "umount", "--lazy", self.folder], check=True)


class _Pretended:
    """Where nothing may be mounted: the bot's SQLite asks before each call whether a file says no."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder
        self.python = python
        notes = folder.with_name("notes")
        notes.mkdir()
        script = f"from tests.harness.disk import heed\nheed({str(notes)!r})\n"
        (notes / "sitecustomize.py").write_text(script, encoding="utf-8")
        _script(python, f"PYTHONPATH={shlex.quote(f'{notes}:{ROOT}')} exec {shlex.quote(sys.executable)}")
        self._full, self._locked, self._protected = notes / "full", notes / "locked", notes / "protected"

    def fill(self) -> None:
        self._full.touch()

    def free(self) -> None:
        self._full.unlink()

    def lock(self) -> None:
        self._locked.touch()

    def protect(self) -> None:
        self._protected.touch()

    def allow(self) -> None:
        self._protected.unlink()


class _Noted(BadDisk):
    """Looks for the files of ``_Pretended``."""

    def __init__(self, notes: str) -> None:
        self._notes = Path(notes)

    @property
    @override
    def writing(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return errno.EROFS if self.opening else errno.ENOSPC if self._says("full") else 0

    @property
    @override
    def opening(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return errno.EROFS if self._says("locked") else 0

    def _says(self, name: str) -> bool:
        return (self._notes / name).exists()


def heed(notes: str) -> None:
    """In the bot's own process: SQLite's disk is as the notes say, to the end."""
    forever = bad_disk(_Noted(notes))
    _KEPT.append(forever)
    forever.__enter__()
    may: Any = os.access
    protected = Path(notes) / "protected"

    def access(path: Any, mode: int, **options: Any) -> bool:
        return may(path, mode, **options) and not (mode & os.W_OK and protected.exists())

    os.access = access


@contextmanager
def small_disk(folder: Path, size: str = SIZE) -> Generator[Disk]:
    """A disk of a few megabytes at ``folder / "disk"``; a real one where it may be mounted."""
    target, python = folder / "disk", folder / "python"
    target.mkdir()
    mount = f"mount -t tmpfs -o size={size} tmpfs {shlex.quote(str(target))} && echo mounted && exec cat"
    # What is mounted in a place of its own is gone when the holder is, however these tests end.
    with subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", mount],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as holder:
        assert holder.stdout is not None
        mounted = holder.stdout.readline() == b"mounted\n"
        yield _Mounted(target, python, holder.pid) if mounted else _Pretended(target, python)
        holder.kill()


def _script(python: Path, command: str) -> None:
    python.write_text(f'#!/bin/sh\n{command} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
