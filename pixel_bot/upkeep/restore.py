"""Restores a backup atomically: whatever interrupts it, either the old or the new database is there, complete.

The file is copied beside the database first, and the copy is verified; later changes of the file have no effect. The
old database gets a second name before the copy replaces it by one rename.
"""

import os
import shutil
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from pixel_bot.db.lock import InstanceLock, only_one
from pixel_bot.db.meta import Mode
from pixel_bot.errors import BackupFailed, DatabaseRefused, RestoreRefused, SecondInstance
from pixel_bot.upkeep.backup_facts import BackupFacts, facts_of
from pixel_bot.upkeep.backup_file import Backup, Examine, beside, make_backup
from pixel_bot.upkeep.backup_folder import PART, reserved, sync_folder

SHOWN = 3
"""Findings that a refusal names."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. ``aside`` is the former database under its new name; None if there was none."""

    path: Path
    size: int
    facts: BackupFacts
    aside: Path | None


def restore(file: Path, target: Path, facts: BackupFacts, moment: datetime, examine: Examine) -> Restored:
    """Verify a file, keep the present database aside, and replace it by a copy of the file.

    Args:
        file: the backup.
        target: the database's file. It, and its folder, may be missing.
        facts: what ``facts_of`` returned for the file.
        moment: when this is; the old database is named for it.
        examine: finds what is not right with the ledger.

    Raises:
        RestoreRefused: the file is no backup that can be used there, or a bot is running. Nothing was changed.
        FolderNotWritable: the folder of the database cannot be written.
    """
    target = target.resolve()
    if target.exists() and file.samefile(target):
        raise RestoreRefused(file, "It is the database in use itself.")
    with _instance_lock(target, file) as lock:
        refuse_other_mode(file, facts, _mode_of_present(target), str(target))
        fresh = copy_beside(file, target, examine, f"copy it to {target} yourself while no bot runs")
        try:
            aside = _keep_aside(file, target, moment)
            if lock is not None:
                lock.release_file()
            # From here on the new database is there; before, a kill leaves the old one and files that nobody reads.
            fresh.path.replace(target)
        except OSError as exc:
            raise RestoreRefused(file, f"{target.parent} cannot be written ({exc.strerror}).") from exc
        finally:
            fresh.path.unlink(missing_ok=True)
        sync_folder(target.parent)
    return Restored(target, fresh.size, facts, aside)


def refuse_other_mode(file: Path, facts: BackupFacts, mode: Mode | None, target: str) -> None:
    """Refuse to mix a sandbox database and a live one.

    Raises:
        RestoreRefused: the file is of one mode, and the target, which the message names so, of the other.
    """
    if mode and facts.mode and mode != facts.mode:
        why = f"It is a {facts.mode} database, and {target} is a {mode} one. Point DATABASE_URL to where it belongs."
        raise RestoreRefused(file, why)


@contextmanager
def _instance_lock(target: Path, file: Path) -> Generator[InstanceLock | None]:
    """Hold the instance lock: no bot runs, and none can start until this is done."""
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(only_one(target, create=False))
        except SecondInstance as exc:
            raise RestoreRefused(file, f"A bot is running on {target}. Stop it first.") from exc
        yield lock


def _mode_of_present(target: Path) -> Mode | None:
    """The mode of the present database; None when it cannot be read."""
    try:
        return facts_of(target).mode
    except RestoreRefused:
        return None


def copy_beside(file: Path, target: Path, examine: Examine, remedy: str) -> Backup:
    """A verified copy of the file beside the target, whose lock is held; ``.restored`` stands behind its name.

    Raises:
        RestoreRefused: it is damaged, does not fit, or its ledger is not right. ``remedy`` says what to do with one
            of which only the ledger is wrong.
        FolderNotWritable: the folder of the target cannot be written.
    """
    copy = target.with_name(target.name + ".restored")
    for left in (copy, beside(copy, PART)):
        left.unlink(missing_ok=True)  # of a restore that was killed; nobody else can be using it, we hold the lock
    try:
        made = make_backup(file, target.parent, [copy], examine)
    except (DatabaseRefused, sqlite3.DatabaseError) as exc:
        raise RestoreRefused(file, "It is damaged. Take another backup.") from exc
    except BackupFailed as exc:
        raise RestoreRefused(file, str(exc)) from exc
    if made.findings:
        copy.unlink(missing_ok=True)
        raise RestoreRefused(file, _not_right(made.findings, remedy))
    return made


def _not_right(findings: Sequence[str], remedy: str) -> str:
    more = f" And {len(findings) - SHOWN} more." if len(findings) > SHOWN else ""
    return (
        f"Its ledger is not right: {' '.join(findings[:SHOWN])}{more} Take another backup. "
        f"If you want this one all the same, {remedy}."
    )


def _keep_aside(file: Path, target: Path, moment: datetime) -> Path | None:
    """Give the present database a second name; it keeps its first one until the copy replaces it.

    Its write-ahead log must not stay: SQLite would apply a log of the old database to the new one.
    """
    is_there = target.exists()
    if is_there:
        _checkpoint(file, target)
    stem = f"{target.stem}_{moment.astimezone():%Y%m%d_%H%M%S}"
    numbers = chain([""], (f"_{number}" for number in count(2)))
    names = (target.with_name(f"{stem}{number}.before-restore{target.suffix}") for number in numbers)
    aside = next(path for path in names if not os.path.lexists(path))
    logs = [ending for ending in ("-wal", "-journal") if beside(target, ending).exists()]
    for ending in logs:  # what the checkpoint could not move: the old database needs it under its new name, too
        shutil.copy2(beside(target, ending), beside(aside, ending))
    if is_there:
        _second_name(target, aside)
    sync_folder(target.parent)  # the second name must be on disk before the first one and its log are replaced
    for ending in (*logs, "-shm"):
        beside(target, ending).unlink(missing_ok=True)
    return aside if is_there else None


def _checkpoint(file: Path, target: Path) -> None:
    """Checkpoint the write-ahead log, so that one file has everything; that of a damaged database stays.

    Raises:
        RestoreRefused: another program uses it.
    """
    if not (beside(target, "-wal").exists() or beside(target, "-journal").exists()):
        return
    try:
        with closing(sqlite3.connect(target, timeout=1, isolation_level=None)) as connection:
            connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as exc:
        raise RestoreRefused(file, f"{target} cannot be written ({exc}).") from exc
    except sqlite3.DatabaseError:
        return
    if busy:
        raise RestoreRefused(file, f"Another program has {target} open. Close it first.")
    if (log := beside(target, "-wal")).exists() and not log.stat().st_size:
        log.unlink()


def _second_name(target: Path, aside: Path) -> None:
    try:
        os.link(target, aside)
    except OSError:  # a file system without hard links: then it is a copy
        with reserved([aside]) as copy, target.open("rb") as old, os.fdopen(os.dup(copy.handle), "wb") as new:
            shutil.copyfileobj(old, new, 1 << 20)
