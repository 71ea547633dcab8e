"""The weekly trial restore: the newest backup is restored into a temporary folder, and checked there.

A backup that was right when it was made can be damaged since: by its disk, or by a synchronisation that stopped
half-way.
"""

import asyncio
import logging
import shutil
import sqlite3
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.meta import Mode, recall, remember
from pixel_bot.errors import PixelError
from pixel_bot.upkeep.backup_facts import facts_of
from pixel_bot.upkeep.backup_file import Stop
from pixel_bot.upkeep.backup_folder import Kind, kept_in
from pixel_bot.upkeep.backups import in_thread
from pixel_bot.upkeep.restore import restore
from pixel_bot.upkeep.verify_backup import findings_in

log = logging.getLogger(__name__)

EVERY = timedelta(days=7)
KEY = "trial_restore"
"""Of the row in ``meta``: when the last one was, ``ok`` or ``failed``, the backup's name, and what was wrong."""

PREFIX = "trial-restore-"


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial restore: when, of which backup, and what was wrong; an empty text when all was right."""

    at: datetime
    name: str
    problem: str

    def written(self) -> str:
        """As ``meta`` keeps it."""
        return " ".join([self.at.isoformat(), "failed" if self.problem else "ok", self.name, self.problem]).strip()


def read_trial(written: str | None) -> Trial | None:
    """What ``written`` wrote; None for anything else."""
    at, outcome, name, problem = [*(written or "").split(" ", 3), "", "", "", ""][:4]
    with suppress(ValueError):
        return Trial(datetime.fromisoformat(at), name, problem if outcome == "failed" else "")
    return None


class TrialRestore:
    """Tries the backups of one database. On a server there is nothing to try: the backups go there by other ways.

    Args:
        database: in use; it remembers the outcome.
        folder: of the backups.
        clock: what time it is.
        mode: what the database is marked for.
    """

    def __init__(self, database: Database, folder: Path, clock: Clock, mode: Mode) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock
        self._kind: Kind = "sandbox" if mode == "sandbox" else "pixel"
        self.last: Trial | None = None
        """The last one, once ``is_due`` or ``run`` was awaited."""

    async def is_due(self) -> bool:
        """Whether the last one is a week ago, or failed, and there is a backup to try."""
        if self._database.path is None:
            return False
        async with self._database.readers() as session:
            self.last = read_trial(await recall(session, KEY))
        is_old = self.last is None or bool(self.last.problem) or abs(self._clock.now() - self.last.at) >= EVERY
        return is_old and bool(await asyncio.to_thread(kept_in, self._folder, self._kind))

    async def run(self) -> Trial | None:
        """Restore the newest backup, remember the outcome, and log it. None where there is no backup."""
        kept = await asyncio.to_thread(kept_in, self._folder, self._kind)
        path = self._database.path
        if not kept or path is None:
            return None
        file, now = kept[-1].path, self._clock.now()
        problem = await in_thread(lambda stop: _problem_of(file, path.parent, now, stop))
        trial = self.last = Trial(now, file.name, problem)
        if problem:
            log.error("The trial restore of the backup %s failed. %s Make a new one: !backup", file, problem)
        else:
            log.info("Trial restore: %s can be restored, and its ledger is right.", file)
        try:
            async with self._database.write() as session:
                await remember(session, KEY, trial.written())
        except DBAPIError as exc:
            log.warning("The trial restore cannot be noted, so it will be made again: %s", exc.orig)
        return trial


def _problem_of(file: Path, room: Path, now: datetime, stop: Stop) -> str:
    """Restore a backup into a temporary folder. Returns what is wrong, a sentence; an empty text when all is right."""
    for left in room.glob(f"{PREFIX}*"):  # of a bot that was killed meanwhile
        shutil.rmtree(left, ignore_errors=True)
    try:
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=room, ignore_cleanup_errors=True) as folder:
            restore(file, Path(folder) / "restored.db", facts_of(file), now, lambda copy, _: findings_in(copy, stop))
    except PixelError as exc:
        return " ".join(str(exc).split())
    except (OSError, sqlite3.Error) as exc:
        return f"It could not be tried: {exc}."
    return ""
