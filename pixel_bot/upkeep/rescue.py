"""Saves a database whose file was deleted or replaced while it was open, through a connection that still is.

What was committed is in the open files, though no path leads to them any more, until the process ends. The copy is
verified like a backup. Its name is never that of a backup, so no rotation removes it.
"""

import logging
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import chain
from itertools import count as count_from
from pathlib import Path

from pixel_bot.db.file_identity import FileIdentity
from pixel_bot.db.meta import Mode
from pixel_bot.errors import PixelError, StartError
from pixel_bot.upkeep.backup_file import Backup, CopyThrottle, Examine, copy_snapshot, never, write_backup

log = logging.getLogger(__name__)


LOST_EXIT_CODE = 3
"""Of a bot whose database was lost, also when it is started again before the copy was restored."""


class DatabaseLost(StartError):
    """The file of the database was taken away while the bot ran. ``copy`` has all that was committed, if there is one.

    ``details`` is its size; or, where there is none, why.
    """

    exit_code = LOST_EXIT_CODE

    def __init__(self, path: Path, what: str, copy: Path | None, details: str) -> None:
        self.copy = copy
        if copy is not None:
            ending = (
                f"Everything up to the end is in {copy} ({details}), verified. "
                f'To go on: python -m pixel_bot db restore "{copy}", then start the bot again.'
            )
        else:
            ending = (
                f"No copy could be saved. {details} "
                "Restore your newest backup: python -m pixel_bot db restore FILE, then start the bot again."
            )
        super().__init__(f"The database {path} {what} while the bot ran, so the bot has ended. {ending}")


class RescuedCopyWaits(StartError):
    """The database is missing, and a copy that was saved when it was lost has not been restored yet."""

    exit_code = LOST_EXIT_CODE

    def __init__(self, path: Path, copy: Path) -> None:
        super().__init__(
            f"The database {path} was lost, and a copy of it is in {copy}. "
            f'To go on with it: python -m pixel_bot db restore "{copy}". '
            "To begin with nothing instead, move that file to another folder."
        )


class NotRescued(PixelError):
    """No copy could be saved in any folder; the sentence says why for each."""


def rescue(identity: FileIdentity, backup_dir: Path, mode: Mode, moment: datetime, examine: Examine) -> Backup:
    """Copy everything that was committed into the first folder where that works, and verify the copy.

    Call it in a thread, once ``identity.lost`` is set: no commit can begin then.

    Raises:
        NotRescued: there is no copy.
    """
    connection = identity.connection
    if connection is None:
        raise NotRescued("No connection to it is open.")
    _wait_for_writers(connection)
    refused: list[str] = []
    for folder in folders(identity, backup_dir):
        try:
            return _copy_to(folder, connection, identity.path, mode, moment, examine)
        except Exception as exc:  # noqa: BLE001 - whatever is wrong with one folder, the next one may do
            log.warning("The copy cannot be saved in %s: %s", folder, exc)
            refused.append(f"{folder}: {exc}")
    raise NotRescued(" ".join(refused))


def folders(identity: FileIdentity, backup_dir: Path) -> Iterator[Path]:
    """Where a copy of a lost database is saved, the best place first.

    BACKUP_DIR is left out where it was in the folder of the database and is gone with it.
    """
    folder = identity.path.absolute().parent
    lay_within = backup_dir.absolute().is_relative_to(folder)
    if not (lay_within and identity.folder_is_gone and not backup_dir.is_dir()):
        yield backup_dir
    yield folder.parent
    yield Path(tempfile.gettempdir())


def refuse_to_begin_anew(path: Path | None, backup_dir: Path, mode: Mode) -> None:
    """Before a start: a database that is missing while a rescued copy of it waits must not begin empty.

    Raises:
        RescuedCopyWaits: there is such a copy. It names the newest one.
    """
    if path is None or (path.exists() and path.stat().st_size):
        return
    places = dict.fromkeys([backup_dir.absolute(), path.absolute().parent.parent])
    with suppress(OSError):
        found = sorted(chain(*(place.glob(f"{_stem(mode)}-*.db") for place in places)), key=lambda copy: copy.name)
        if found:
            raise RescuedCopyWaits(path, found[-1])


def _stem(mode: Mode) -> str:
    return "sandbox-rescued" if mode == "sandbox" else "pixel-rescued"


def _wait_for_writers(connection: sqlite3.Connection) -> None:
    """Who has the writer lock may have found the file in its place just before it was lost, and is committing."""
    with suppress(sqlite3.Error):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


def _copy_to(
    folder: Path, connection: sqlite3.Connection, path: Path, mode: Mode, moment: datetime, examine: Examine
) -> Backup:
    stem = f"{_stem(mode)}-{moment.astimezone():%Y%m%d_%H%M%S}"
    names = (folder / f"{stem}{ending}.db" for ending in chain([""], (f"_{number}" for number in count_from(2))))
    throttle = CopyThrottle(never, fair=False)
    try:
        return write_backup(
            str(path), lambda file: copy_snapshot(connection, file, throttle), folder, names, examine, throttle
        )
    finally:
        connection.set_progress_handler(None, 0)
        if connection.in_transaction:
            connection.execute("ROLLBACK")
