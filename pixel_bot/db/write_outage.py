"""Why the database cannot be written: what an error means, whether it still stands, and when it is over."""

import asyncio
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ExceptionContext, event
from sqlalchemy.exc import DBAPIError, OperationalError

from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import sql
from pixel_bot.errors import DatabaseNotWritable

log = logging.getLogger(__name__)

PROBE_SECONDS = 2.0
"""Between two looks whether the trouble is over."""

PROBE = ("INSERT INTO meta (key, value) VALUES ('probe', '')", "DELETE FROM meta WHERE key = 'probe'")
"""A small write that leaves nothing behind. SQLite would not even write a value that stays as it is."""

NO_ROOM = 64 * 1024
"""Bytes. A disk with less than that is full, whatever the database calls it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why nothing can be saved, in words that go on after a colon; and what the streamer should do."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"The database cannot be written: {self.what}. {self.remedy}; the bot goes on by itself then."


FULL = Problem("the disk is full", "Make room on it")
READ_ONLY = Problem("the disk is read-only", "Make it writable again")
LOCKED = Problem("another program is writing to it", "Close that program")
BROKEN = Problem("the disk reports an error", "Check the disk and its cable")
UNREACHABLE = Problem("its file cannot be opened", "See that its folder is there and may be written")
AWAY = Problem("it does not answer", "See that the database server runs")

_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_IOERR: BROKEN,
    sqlite3.SQLITE_CANTOPEN: UNREACHABLE,
}
_POSTGRES = {"53100": FULL, "25006": READ_ONLY, "55P03": LOCKED, "58030": BROKEN}
_PASSING = ("40001", "40P01")
"""Two transactions of PostgreSQL were in each other's way: no trouble, the next try works."""


def problem_of(error: BaseException, folder: Path | None = None) -> Problem | None:
    """What an error says of the database as a whole.

    Args:
        error: of SQLAlchemy or of SQLite.
        folder: of the database's file. SQLite tells a full or read-only disk now and then as an I/O error; the file
            system knows better.

    Returns:
        Why nothing can be written; None when the error is about one statement only.
    """
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        # The lower byte is the kind of error, the rest says more about it.
        problem = _SQLITE.get(code & 0xFF)
        return (_problem_of_disk(folder) or problem) if problem in (BROKEN, UNREACHABLE) else problem
    if not isinstance(error, OperationalError):
        return None
    state = getattr(cause, "sqlstate", None)
    return None if state in _PASSING else _POSTGRES.get(state or "", AWAY)


def _problem_of_disk(folder: Path | None) -> Problem | None:
    if folder is None:
        return None
    with suppress(OSError):
        if hasattr(os, "statvfs") and os.statvfs(folder).f_flag & os.ST_RDONLY:
            return READ_ONLY
        if shutil.disk_usage(folder).free < NO_ROOM:
            return FULL
    return None


@contextmanager
def in_plain_words(path: Path | None) -> Generator[None]:
    """For what needs the database written, like a start.

    Args:
        path: of the database's file; None where there is none.

    Raises:
        DatabaseNotWritable: in place of an error that means so.
    """
    try:
        yield
    except (OperationalError, sqlite3.OperationalError) as exc:
        problem = problem_of(exc, path.parent if path is not None else None)
        if problem is None:
            raise
        raise DatabaseNotWritable(path, problem.what, problem.remedy) from exc


class WriteOutage:
    """Whether the database can be written, as far as the last errors and a small write now and then tell.

    It is said once in the log when it begins, and once when it is over.
    """

    def __init__(self, database: Database) -> None:
        self.now: Problem | None = None
        """Why nothing can be written; None when all is well."""
        self.changed: set[Callable[[], None]] = set()
        """Called when it begins, and when it is over."""
        self._database = database
        self._folder = database.path.parent if database.path is not None else None
        self._held = False
        self._stands = asyncio.Event()
        self._chance = asyncio.Event()
        event.listen(database.engine.sync_engine, "handle_error", self._hear)

    async def watch(self) -> None:
        """While there is trouble, try now and then whether it is over. Until cancelled."""
        while True:
            await self._stands.wait()
            await asyncio.sleep(PROBE_SECONDS)
            try:
                async with self._database.write() as session:
                    for statement in PROBE:
                        await session.execute(sql(statement))
            except DBAPIError as exc:
                log.debug("The database still cannot be written: %s", exc.orig)
                continue
            self.urge()
            if not self._held:
                self._end()

    @property
    def is_held(self) -> bool:
        """True while somebody has something to write that is tried again and again."""
        return self._held

    def hold(self, exc: OperationalError) -> None:
        """Something could not be written and will be tried again: before that went through, it is not over."""
        self._held = True
        if self.now is None:
            self._begin(problem_of(exc, self._folder) or Problem(f"it says {exc.orig}", "See that it can be used"))

    def release(self) -> None:
        """It went through."""
        self._held = False

    async def eased(self, seconds: float) -> None:
        """Wait until a write may go through again, but no longer than that."""
        self._chance.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._chance.wait()

    def urge(self) -> None:
        """Whoever waits in ``eased`` should try now."""
        self._chance.set()

    def _hear(self, context: ExceptionContext) -> None:
        """An error of a connection that writes."""
        # What another listener made of it, where there is one; SQLAlchemy sets the attribute only then.
        error = getattr(context, "chained_exception", None) or context.sqlalchemy_exception
        if error is None:
            return
        problem = problem_of(error, self._folder)
        if problem is None:
            return
        if getattr(context.original_exception, "sqlite_errorcode", None) in _STAYS_SO:
            context.is_disconnect = True
        self._begin(problem)

    def _begin(self, problem: Problem) -> None:
        if self.now == problem:
            return
        self.now = problem
        self._stands.set()
        log.error("%s", problem)
        self._tell()

    def _end(self) -> None:
        self.now = None
        self._stands.clear()
        log.info("The database can be written again.")
        self._tell()

    def _tell(self) -> None:
        for tell in tuple(self.changed):
            tell()


_STAYS_SO = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_READONLY_CANTINIT, sqlite3.SQLITE_READONLY_CANTLOCK})
"""A connection that was opened while the file could not be written stays read-only: it is opened anew."""
