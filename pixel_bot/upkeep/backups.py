"""Backups of the database in use: one at a time, verified, and rotated: the newest few are kept."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from pixel_bot.clock import Clock
from pixel_bot.db.engine import sqlite_path
from pixel_bot.db.file_identity import FileIdentity
from pixel_bot.db.schema import damaged
from pixel_bot.errors import BackupFailed, BackupUnderWay, ChatError, FolderNotWritable, StartError
from pixel_bot.settings import Mode
from pixel_bot.upkeep.backup_file import Backup, Stop, make_backup
from pixel_bot.upkeep.backup_folder import KeptBackup, Kind, NameTaken, kept_in, names, remove_oldest
from pixel_bot.upkeep.server_backup import make_server_backup
from pixel_bot.upkeep.verify_backup import findings_in
from pixel_bot.wording.texts import texts

_ = texts(__name__)

log = logging.getLogger(__name__)

SAME_DISK = "Backups are on the same disk as the points. Set BACKUP_DIR to another disk, or to a synchronised folder."

A_DAY = timedelta(days=1)

_SQLITE_SUFFIXES = ("-wal", "-shm", "-journal")

T = TypeVar("T")


class Backups:
    """Makes backups of one database, also while it is in use.

    Args:
        url: of the database, a file or on a server.
        folder: where they go.
        keep: how many stay there.
        clock: what time it is.
        mode: what the database is marked for; the sandbox's backups have a name of their own.
        identity: of the database's file, where it is in use here: what is no longer that file is not backed up.
    """

    def __init__(
        self, url: str, folder: Path, keep: int, clock: Clock, mode: Mode, identity: FileIdentity | None = None
    ) -> None:
        self._url = url
        self._identity = identity
        self._folder = folder
        self._keep = keep
        self._clock = clock
        self._kind: Kind = "sandbox" if mode == "sandbox" else "pixel"
        self._under_way = False

    async def make(self) -> Backup:
        """Make one in the folder, then remove the oldest beyond those that are kept.

        A copy whose ledger is not right, because that of the original is not, stays, and removes none: an older one
        may be what is needed.

        Raises:
            BackupUnderWay: one is being made.
            FolderNotWritable, BackupFailed, DatabaseRefused: there is none, and older ones are all there.
        """
        backup = await self.add()
        if backup.findings:
            return backup
        removed = await asyncio.to_thread(remove_oldest, self._folder, self._kind, self._keep, backup.path)
        if removed:
            log.info("Backups: removed %s.", ", ".join(path.name for path in removed))
        return backup

    async def add(self) -> Backup:
        """Make one in the folder, and remove none.

        Raises:
            BackupUnderWay, FolderNotWritable, BackupFailed, DatabaseRefused: as ``make``.
        """
        return await self._write(self._folder, names(self._folder, self._clock.now(), self._kind))

    async def make_and_log(self) -> Backup:
        """The same, with a line in the log for the streamer."""
        backup = await self.make()
        log.info("Backup: %s, %s, verified.", backup.path, megabytes(backup.size))
        for finding in backup.findings:
            log.warning("Backup: in the database, and so in the copy: %s", finding)
        if backup.findings:
            log.warning("Backup: older ones are all kept until `python -m pixel_bot db check` finds nothing.")
        return backup

    async def make_at(self, path: Path) -> Backup:
        """Make one as that very file, or with a name of its own in that folder. No older one is removed.

        Raises:
            BackupUnderWay, BackupFailed, DatabaseRefused: there is none.
        """
        if path.name.endswith(_SQLITE_SUFFIXES):
            raise BackupFailed(f"a name like {path.name} belongs to SQLite itself. Choose another one")
        is_folder = await asyncio.to_thread(path.is_dir)
        folder = path if is_folder else path.parent
        try:
            return await self._write(folder, names(path, self._clock.now(), self._kind) if is_folder else [path])
        except NameTaken as exc:
            raise BackupFailed(f"{path} is there already. Choose another name") from exc
        except FolderNotWritable as exc:
            raise BackupFailed(f"the folder {folder} cannot be written") from exc

    async def make_by_hand(self) -> str:
        """Make one for a command in chat. Returns the answer.

        Raises:
            ChatError: there is none, in words that tell chat nothing of this machine; the log has the rest.
        """
        try:
            backup = await self.make_and_log()
        except StartError as exc:
            log.error("The backup failed. %s", exc)
            raise ChatError(_("The backup failed, and the older ones are all there. The log says why.")) from exc
        size = megabytes(backup.size)
        made = _("Backup {name} is made, {size}, and verified.", name=backup.path.name, size=size)
        if not backup.findings:
            return made
        problems = _(
            "The ledger has {n} problem; the log names them.",
            "The ledger has {n} problems; the log names them.",
            n=len(backup.findings),
        )
        return f"{made} {problems}"

    async def kept(self) -> list[tuple[KeptBackup, int]]:
        """Those that are in the folder, newest first, each with its size in bytes."""

        def look() -> list[tuple[KeptBackup, int]]:
            return [(one, one.path.stat().st_size) for one in reversed(kept_in(self._folder, self._kind))]

        return await asyncio.to_thread(look)

    async def newest(self) -> datetime | None:
        """When the newest one was made, by its name; None when there is none.

        One that seems to come from the future, because the clock was wrong when it was made, does not count.
        """
        latest = self._clock.now() + A_DAY
        kept = await asyncio.to_thread(kept_in, self._folder, self._kind)
        return max((at for one in kept if (at := one.made_at) is not None and at <= latest), default=None)

    def on_same_disk(self) -> bool:
        """Whether the backups would be lost together with the database: both are on one disk, by its device number."""
        database = sqlite_path(self._url)
        if database is None:
            return False
        folder = self._folder.absolute()
        there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
        try:
            return there.stat().st_dev == database.absolute().parent.stat().st_dev
        except OSError:
            return False

    async def _write(self, folder: Path, candidates: Iterable[Path]) -> Backup:
        if self._under_way:
            raise BackupUnderWay
        self._under_way = True
        try:
            return await in_thread(lambda stop: self._copy(folder, candidates, stop))
        finally:
            self._under_way = False

    def _copy(self, folder: Path, candidates: Iterable[Path], stop: Stop) -> Backup:
        database = sqlite_path(self._url)
        if database is None:
            return make_server_backup(self._url, folder, candidates, findings_in, stop)
        self._refuse_other_file()
        try:
            made = make_backup(database, folder, candidates, findings_in, stop)
        except sqlite3.DatabaseError as exc:
            raise damaged(database) from exc
        try:
            self._refuse_other_file()  # it may have been replaced while it was opened
        except BackupFailed:
            made.path.unlink()
            raise
        return made

    def _refuse_other_file(self) -> None:
        if self._identity is not None and (state := self._identity.state()).is_loss:
            raise BackupFailed(f"the database {self._identity.path} {state.value} while the bot runs")


async def in_thread(work: Callable[[Stop], T]) -> T:
    """Run long work in a thread. A cancellation asks it to stop, and waits until it has cleaned up."""
    stop = threading.Event()
    task = asyncio.create_task(asyncio.to_thread(work, stop.is_set))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        with suppress(Exception):  # it was cancelled: its error has no reader
            await task
        raise


def megabytes(size: int) -> str:
    """Bytes as ``12.3 MB``; a small file has 0.1 MB."""
    return f"{max(0.1, size / 1_000_000):,.1f} MB"
