"""Puts a backup in the database's place. Whatever interrupts it, one of the two is there whole: the old or the new one.

The file is copied beside the database first, and what is verified is that copy; a file that changes meanwhile changes
nothing any more. The old database gets a second name before the copy takes its own by one rename.
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

from pixel_bot.db.lock import only_one
from pixel_bot.db.meta import Mode
from pixel_bot.errors import BackupFailed, DatabaseRefused, RestoreRefused, SecondInstance
from pixel_bot.upkeep.backup_facts import BackupFacts, facts_of
from pixel_bot.upkeep.backup_file import Backup, Examine, beside, make_backup
from pixel_bot.upkeep.backup_folder import PART, reserved, sync_folder

SHOWN = 3
"""Findings that a refusal names."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. ``aside`` is the database that was there before, under its new name; None of none."""

    path: Path
    size: int
    facts: BackupFacts
    aside: Path | None


def restore(file: Path, target: Path, facts: BackupFacts, moment: datetime, examine: Examine) -> Restored:
    """Verify a file, keep the present database aside, and put a copy of the file in its place.

    Args:
        file: the backup.
        target: the database's file. It, and its folder, may be missing.
        facts: what ``facts_of`` said about the file.
        moment: when this is; the old database is named for it.
        examine: finds what is not right with the ledger.

    Raises:
        RestoreRefused: the file is no backup that can be used there, or a bot is running. Nothing was changed.
        FolderNotWritable: the folder of the database cannot be written.
    """
    target = target.resolve()
    if target.exists() and file.samefile(target):
        raise RestoreRefused(file, "It is the database in use itself.")
    with _no_bot_on(target, file):
        refuse_other_mode(file, facts, _mode_of_present(target), str(target))
        fresh = copy_beside(file, target, examine, f"copy it to {target} yourself while no bot runs")
        try:
            aside = _keep_aside(file, target, moment)
            if aside is not None:
                shutil.copymode(aside, fresh.path)
            fresh.path.replace(target)
        except OSError as exc:
            raise RestoreRefused(file, f"{target.parent} cannot be written ({exc.strerror}).") from exc
        finally:
            fresh.path.unlink(missing_ok=True)
        sync_folder(target.parent)
    return Restored(target, fresh.size, facts, aside)


def refuse_other_mode(file: Path, facts: BackupFacts, mode: Mode | None, target: str) -> None:
    """Play money and real points never meet, also not here.

    Raises:
        RestoreRefused: the file is of one mode, and the target, which is called like this, of the other.
    """
    if mode and facts.mode and mode != facts.mode:
        why = f"It is a {facts.mode} database, and {target} is a {mode} one. Point DATABASE_URL to where it belongs."
        raise RestoreRefused(file, why)


@contextmanager
def _no_bot_on(target: Path, file: Path) -> Generator[None]:
    """Nobody starts a bot either, until this is done."""
    with ExitStack() as stack:
        try:
            stack.enter_context(only_one(target))
        except SecondInstance as exc:
            raise RestoreRefused(file, f"A bot is running on {target}. Stop it first.") from exc
        yield


def _mode_of_present(target: Path) -> Mode | None:
    """What the database that is there is marked for; one that cannot be read has no mark any more."""
    try:
        return facts_of(target).mode
    except RestoreRefused:
        return None


def copy_beside(file: Path, target: Path, examine: Examine, way_out: str) -> Backup:
    """A verified copy of the file beside the target, whose lock is held; ``.restored`` stands behind its name.

    Raises:
        RestoreRefused: it is damaged, does not fit, or its ledger is not right. ``way_out`` says what to do with one
            of which only the ledger is wrong.
        FolderNotWritable: the folder of the target cannot be written.
    """
    copy = target.with_name(target.name + ".restored")
    for left in (copy, beside(copy, PART)):
        left.unlink(missing_ok=True)  # of a restore that was killed; nobody else is at it, we hold the lock
    try:
        made = make_backup(file, target.parent, [copy], examine)
    except (DatabaseRefused, sqlite3.DatabaseError) as exc:
        raise RestoreRefused(file, "It is damaged. Take another backup.") from exc
    except BackupFailed as exc:
        raise RestoreRefused(file, str(exc)) from exc
    if made.findings:
        copy.unlink(missing_ok=True)
        raise RestoreRefused(file, _not_right(made.findings, way_out))
    return made


def _not_right(findings: Sequence[str], way_out: str) -> str:
    more = f" And {len(findings) - SHOWN} more." if len(findings) > SHOWN else ""
    return (
        f"Its ledger is not right: {' '.join(findings[:SHOWN])}{more} Take another backup. "
        f"If you want this one all the same, {way_out}."
    )


def _keep_aside(file: Path, target: Path, moment: datetime) -> Path | None:
    """Give the present database a second name; it keeps its first one until the copy takes that.

    What SQLite has beside it must not stay: it would take a log of the old database for one of the new.
    """
    is_there = target.exists()
    if is_there:
        _fold(file, target)
    stem = f"{target.stem}_{moment.astimezone():%Y%m%d_%H%M%S}"
    numbers = chain([""], (f"_{number}" for number in count(2)))
    names = (target.with_name(f"{stem}{number}.before-restore{target.suffix}") for number in numbers)
    aside = next(path for path in names if not os.path.lexists(path))
    logs = [ending for ending in ("-wal", "-journal") if beside(target, ending).exists()]
    for ending in logs:
        shutil.copy2(beside(target, ending), beside(aside, ending))
    if is_there:
        _second_name(target, aside)
    sync_folder(target.parent)
    for ending in (*logs, "-shm"):
        beside(target, ending).unlink(missing_ok=True)
    return aside if is_there else None


def _fold(file: Path, target: Path) -> None:
    """Bring what SQLite has beside the database into it, so that one file has it all; of a damaged one it stays there.

    Raises:
        RestoreRefused: another program is at it.
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
    except OSError:  # a disk without such names: then it is a copy
        with reserved([aside]) as place, target.open("rb") as old, os.fdopen(os.dup(place.handle), "wb") as new:
            shutil.copyfileobj(old, new, 1 << 20)
