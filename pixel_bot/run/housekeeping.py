"""Housekeeping: what a running bot does from time to time: backups and their trial, the removal of old rows, counts."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError

from pixel_bot.clock import last_time
from pixel_bot.concurrency.retry import keep_running
from pixel_bot.db.meta import imports_so_far
from pixel_bot.errors import BackupUnderWay, StartError
from pixel_bot.run.clock_watch import ClockWatch
from pixel_bot.services import Services
from pixel_bot.texts import count
from pixel_bot.upkeep.backups import A_DAY, SAME_DISK, megabytes
from pixel_bot.upkeep.cleanup import Cleanup
from pixel_bot.upkeep.disk_space import free_space_in, release_space
from pixel_bot.upkeep.retention import Retention
from pixel_bot.upkeep.trial_restore import EVERY

log = logging.getLogger(__name__)

CLEAN_UP_SECONDS = 3_600.0
CHECK_SECONDS = 60.0
"""Before the first check, so that it does not slow the start; and between two, because timers do not notice when the
clock is set, or the machine slept."""

SAVE_SECONDS = 60.0
LOOK_SECONDS = 10.0
"""Between two looks at the streamer's files, and for imports."""

RETRY = timedelta(hours=1)
"""After a backup that failed."""


class Housekeeping:
    """The periodic tasks on one database.

    A backup is due when none was made since the local clock last showed BACKUP_TIME. So there is one a day while the
    bot runs, whatever daylight saving does; and one soon after a start, when the bot was off at that time.
    Where several processes share a database, their leader makes it.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._cleanup = Cleanup(services.database, services.clock)
        settings = services.settings
        self._retention = Retention(services.database, services.clock, settings.keep_days, settings.data_dir)
        self._done_for: datetime | None = None
        self._failed_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._clock_watch = ClockWatch(services)
        self._tasks: list[asyncio.Task[None]] = []
        self.on_import: Callable[[], None] = lambda: None
        """Called when another program has stored commands, or has taken them back."""
        self._imports: int | None = None

    def begin(self) -> None:
        """Start the tasks. Needs a running event loop."""
        work = {
            "clean-up": self._clean_up_for_ever,
            "save-counts": self._save_counts_for_ever,
            "files": self._watch_files,
            "imports": self._watch_imports,
            "clock": self._clock_watch.run,
        }
        self._tasks = [asyncio.create_task(keep_running(name, run), name=name) for name, run in work.items()]
        if self._services.settings.backup_time:
            self._tasks.append(asyncio.create_task(keep_running("backup", self._back_up_for_ever), name="backup"))

    async def end(self) -> None:
        """Stop. A backup that is being made is cancelled, and nothing is left of it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._save_counts()

    async def back_up_if_due(self) -> bool:
        """Make a backup if one is due. Returns whether one was made."""
        now = self._services.clock.now()
        due = last_time(now, self._services.settings.backup_time)
        if due == self._done_for or (self._failed_at is not None and abs(now - self._failed_at) < RETRY):
            return False
        if not await self._services.cluster.leads("backup"):
            return False
        newest = await self._services.backups.newest()
        made = newest is None or newest < due
        if made and not await self._back_up(now):
            return False
        self._done_for = due
        return made

    async def _back_up(self, now: datetime) -> bool:
        self._failed_at = None
        try:
            await self._services.backups.make_and_log()
        except BackupUnderWay:
            return False  # one by hand; the next check sees it
        except StartError as exc:
            self._failed_at = now
            log.error("The daily backup failed, and is tried again in an hour. %s", exc)
            return False
        self.warn_of_same_disk()
        return True

    async def try_restore_if_due(self) -> bool:
        """Try to restore the newest backup if that is due: each week, with the stream off. Returns whether it was."""
        now = self._services.clock.now()
        trial = self._services.trial_restore
        if self._tried_at is not None and abs(now - self._tried_at) < RETRY:
            return False
        if not await trial.is_due():
            return False
        last = trial.last
        if self._services.stream.is_live and not (last is not None and abs(now - last.at) >= EVERY + A_DAY):
            return False
        self._tried_at = now
        await trial.run()
        return True

    def warn_of_same_disk(self) -> None:
        """Log that the backups are lost together with the disk, where that is so; play money is not worth a word."""
        if self._services.mode == "live" and self._services.backups.on_same_disk():
            log.warning(SAME_DISK)

    async def clean_up(self) -> None:
        """Remove old rows, and return free space to the disk while the stream is off."""
        try:
            cleaned = await self._cleanup.run()
            texts = await self._retention.run()
        except DBAPIError as exc:
            log.warning("Old rows could not be removed; they are tried again in an hour: %s", exc.orig)
            return
        if cleaned.items or cleaned.events:
            log.info(
                "Removed %s and %s.", count(cleaned.items, "old queue item"), count(cleaned.events, "old event id")
            )
        if texts:
            log.info("Deleted %s older than KEEP_DAYS.", count(texts, "text"))
        path, identity = self._services.database.path, self._services.database.identity
        if path is None or identity is None or self._services.stream.is_live:
            return
        if identity.state().is_loss:
            return  # another file is there, or none
        try:
            space = await asyncio.to_thread(free_space_in, path)
            if space.is_worth_it and space.is_brief:
                log.info("Gave %s back to the disk.", megabytes(await asyncio.to_thread(release_space, path)))
        except sqlite3.Error as exc:
            log.warning("The free room in the database could not be given back: %s", exc)

    async def _clean_up_for_ever(self) -> None:
        while True:
            await asyncio.sleep(CLEAN_UP_SECONDS)
            await self.clean_up()

    async def _watch_files(self) -> None:
        """Look at the streamer's files, so that the log says at once what is wrong with them."""
        told: list[str] = []
        while True:
            for file in self._services.files:
                _ = file.problem  # looking is what tells
            told = await self._name_sounds(told)
            await asyncio.sleep(LOOK_SECONDS)

    async def _watch_imports(self) -> None:
        while True:
            await self.look_for_imports()
            await asyncio.sleep(LOOK_SECONDS)

    async def look_for_imports(self) -> None:
        """Look whether commands were imported since the last look."""
        async with self._services.database.readers() as session:
            now = await imports_so_far(session)
        before, self._imports = self._imports, now
        if before not in {None, now}:
            self.on_import()

    async def _name_sounds(self, told: list[str]) -> list[str]:
        """Name the sounds that cannot be played, each once. Returns all of them."""
        problems = await asyncio.to_thread(self._services.sounds.problems)
        for problem in problems:
            if problem not in told:
                log.warning("%s", problem)
        return problems

    async def _save_counts_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            await self._save_counts()

    async def _save_counts(self) -> None:
        try:
            await self._services.uses.save()
        except DBAPIError as exc:
            log.debug("What was used could not be counted, and is later: %s", exc.orig)

    async def _back_up_for_ever(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await self.back_up_if_due()
            await self.try_restore_if_due()
