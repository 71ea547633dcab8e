"""Write outages: which errors mean that the database cannot be written, and a probe for when it can again."""

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
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from typing_extensions import override

from pixel_bot.db.engine import Database
from pixel_bot.db.file_identity import FileState
from pixel_bot.db.json_rows import sql
from pixel_bot.errors import DatabaseNotWritable
from pixel_bot.wording.texts import later

log = logging.getLogger(__name__)

PROBE_SECONDS = 2.0
"""Between two probes."""

PROBE = ("INSERT INTO meta (key, value) VALUES ('probe', '')", "DELETE FROM meta WHERE key = 'probe'")
"""A small write that leaves nothing behind. SQLite would not even write a value that stays as it is."""

FULL_BELOW_BYTES = 64 * 1024
"""A disk with less free space than that is full, whatever the database calls it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why nothing can be saved, to stand after a colon; and what the streamer should do."""

    what: str
    remedy: str
    then: str = "the bot goes on by itself then"

    @override
    def __str__(self) -> str:
        return f"The database cannot be written: {self.what}. {self.remedy}; {self.then}."


FULL = Problem(later("the disk is full"), "Make room on it")
READ_ONLY = Problem(later("the disk is read-only"), "Make it writable again")
LOCKED = Problem(later("another program is writing to it"), "Close that program")
BROKEN = Problem(later("the disk reports an error"), "Check the disk and its cable")
UNREACHABLE = Problem(later("its file cannot be opened"), "See that its folder is there and may be written")
PROTECTED = Problem(later("the file or its folder is read-only"), "Allow writing there again")
LOST = Problem(
    later("the file was deleted or replaced"),
    "The bot saves a copy of what it has and ends",
    "its log says how to go on",
)
AWAY = Problem(later("it does not answer"), "See that the database server runs")

_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_IOERR: BROKEN,
    sqlite3.SQLITE_CANTOPEN: UNREACHABLE,
}
_EXACT = {sqlite3.SQLITE_READONLY_DBMOVED: LOST, sqlite3.SQLITE_READONLY_DIRECTORY: PROTECTED}
_POSTGRES = {"53100": FULL, "25006": READ_ONLY, "55P03": LOCKED, "58030": BROKEN}
_SERIALIZATION = ("40001", "40P01")
"""SQLSTATE of a serialization failure and of a deadlock: no outage, the next try works."""


def is_of_statement(error: BaseException) -> bool:
    """Whether the database is well, and refuses a statement: it breaks a constraint, or a value does not fit."""
    return isinstance(error, IntegrityError | DataError)


def problem_of(error: BaseException, folder: Path | None = None) -> Problem | None:
    """What an error says of the database as a whole.

    Args:
        error: of SQLAlchemy or of SQLite.
        folder: of the database's file. SQLite sometimes reports a full or read-only disk as an I/O error; the file
            system says which it is.

    Returns:
        Why nothing can be written; None when the error is about one statement only.
    """
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        if code in _EXACT:
            return _EXACT[code]
        # The lower byte is the kind of error, the rest says more about it.
        problem = _SQLITE.get(code & 0xFF)
        return (_problem_of_disk(folder) or problem) if problem in (BROKEN, UNREACHABLE) else problem
    if not isinstance(error, OperationalError):
        return None
    state = getattr(cause, "sqlstate", None)
    return None if state in _SERIALIZATION else _POSTGRES.get(state or "", AWAY)


def _problem_of_disk(folder: Path | None) -> Problem | None:
    if folder is None:
        return None
    with suppress(OSError):
        if hasattr(os, "statvfs") and os.statvfs(folder).f_flag & os.ST_RDONLY:
            return READ_ONLY
        if shutil.disk_usage(folder).free < FULL_BELOW_BYTES:
            return FULL
    return None


@contextmanager
def in_plain_words(path: Path | None) -> Generator[None]:
    """Translate errors of work that must write to the database, like a start.

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
    """Whether the database can be written, by the last errors and a small write now and then, the probe.

    The log has one record when an outage begins, and one when it is over.
    """

    def __init__(self, database: Database) -> None:
        self.now: Problem | None = None
        """Why nothing can be written; None outside of an outage."""
        self.changed: set[Callable[[], None]] = set()
        """Called when an outage begins, and when it is over."""
        self._database = database
        self._folder = database.path.parent if database.path is not None else None
        self._retrying = False
        self._outage = asyncio.Event()
        self._retry = asyncio.Event()
        event.listen(database.engine.sync_engine, "handle_error", self._on_error)

    async def watch(self) -> None:
        """During an outage, probe until it is over. Runs until cancelled."""
        while True:
            await self._outage.wait()
            await asyncio.sleep(PROBE_SECONDS)
            try:
                async with self._database.write() as session:
                    for statement in PROBE:
                        await session.execute(sql(statement))
            except DBAPIError as exc:
                log.debug("The database still cannot be written: %s", exc.orig)
                continue
            self.retry_now()
            if not self._retrying:
                self._end()

    @property
    def is_retrying(self) -> bool:
        """True while a write that failed is being retried."""
        return self._retrying

    @property
    def is_final(self) -> bool:
        """True when the file of the database is lost: nothing will ever be written again."""
        return self._database.identity is not None and self._database.identity.lost is not None

    def report(self, state: FileState) -> None:
        """Somebody looked at the database's file, and found it so."""
        if state.is_loss:
            self._begin(LOST)
        elif state is not FileState.SAME and self.now is None:
            self._begin(PROTECTED if state is FileState.PROTECTED else UNREACHABLE)

    def begin_retry(self, exc: OperationalError) -> None:
        """A write failed and will be retried: the outage is not over before that went through."""
        self._retrying = True
        if self.now is None:
            self._begin(problem_of(exc, self._folder) or Problem(f"it says {exc.orig}", "See that it can be used"))

    def end_retry(self) -> None:
        """The retried write went through."""
        self._retrying = False

    async def wait_for_retry(self, seconds: float) -> None:
        """Wait until a retry is worth it, at most so many seconds."""
        self._retry.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._retry.wait()

    def retry_now(self) -> None:
        """End the wait in ``wait_for_retry``."""
        self._retry.set()

    def _on_error(self, context: ExceptionContext) -> None:
        """SQLAlchemy's ``handle_error``: an error of a connection that writes."""
        # What another listener made of it, where there is one; SQLAlchemy sets the attribute only then.
        error = getattr(context, "chained_exception", None) or context.sqlalchemy_exception
        if error is None:
            return
        problem = problem_of(error, self._folder)
        if problem is None:
            return
        if getattr(context.original_exception, "sqlite_errorcode", None) in _STAYS_READ_ONLY:
            context.is_disconnect = True
        self._begin(problem)

    def _begin(self, problem: Problem) -> None:
        if self.now == problem:
            return
        self.now = problem
        self._outage.set()
        log.error("%s", problem)
        self._notify()

    def _end(self) -> None:
        self.now = None
        self._outage.clear()
        log.info("The database can be written again.")
        self._notify()

    def _notify(self) -> None:
        for listener in tuple(self.changed):
            listener()


_STAYS_READ_ONLY = frozenset(
    {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_READONLY_CANTINIT, sqlite3.SQLITE_READONLY_CANTLOCK}
)
"""A connection that was opened while the file could not be written stays read-only: it is opened anew."""
