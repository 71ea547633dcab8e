"""An aiosqlite driver with one round trip to the connection's thread for each statement.

aiosqlite sends every step of a cursor to its thread by itself: open, execute, fetch, close. Beside a busy event loop
the wait for those four round trips costs more than the statement. Here ``execute`` fetches the rows, the rest is local.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, cast

import aiosqlite
from typing_extensions import override

from pixel_bot.db.file_identity import FileIdentity, existing

Rows = list[Any]
Pending = asyncio.Future[Any] | None
Tasks = SimpleQueue[tuple[Pending, Callable[[], Any]]]
DONE, FAILED = asyncio.Future[Any].set_result, asyncio.Future[Any].set_exception

OUTCOME_SECONDS = 90.0
"""The most that a commit into a file that has just been lost waits until a copy of it is saved."""


class ThreadWorker:
    """Does a connection's tasks, one after the other, in a thread of its own."""

    def __init__(self) -> None:
        self._tasks: Tasks = SimpleQueue()
        self._thread = Thread(target=_work, args=(self._tasks,), daemon=True)
        self.start = self._thread.start
        self.is_alive = self._thread.is_alive
        self.put_nowait = self._tasks.put_nowait


make_worker: Callable[[], Any] = ThreadWorker
"""Makes the worker of each new connection. The simulator has one that needs no thread."""


class Cursor:
    """The part of a DB-API cursor that SQLAlchemy uses, with all rows in memory."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._rows: Rows = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> "Cursor":
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> "Cursor":
        """Run one statement and keep its rows."""
        done = await self._connection.run(_execute, statement, parameters)
        self._rows, self.description, self.rowcount, self.lastrowid = done
        return self

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> "Cursor":
        """Run one statement for each set of parameters."""
        self.rowcount = await self._connection.run(_execute_many, statement, parameters)
        return self

    async def fetchall(self) -> Rows:
        """All rows that were not fetched yet."""
        rows, self._rows = self._rows, []
        return rows

    async def fetchmany(self, size: int | None = None) -> Rows:
        """The next rows."""
        size = self.arraysize if size is None else size
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    async def fetchone(self) -> Any:
        """The next row, or None."""
        return self._rows.pop(0) if self._rows else None

    async def close(self) -> None:
        """Drop the rows; SQLite's own cursor is closed already."""
        self._rows = []


class Connection(aiosqlite.Connection):
    """aiosqlite's connection, with the cursor above and a thread that always closes what it opened."""

    def __init__(
        self, path: Path | str, timeout: float, pragmas: Sequence[str] = (), identity: FileIdentity | None = None
    ) -> None:
        # aiosqlite itself learns of a connection only where its opening is awaited, so never when that is cancelled.
        self._opened = opened = ExitStack()
        super().__init__(lambda: _open(opened, path, timeout, pragmas, identity), iter_chunk_size=64)
        self._identity = identity
        self._worker: Any = make_worker()
        self._tx = self._thread = self._worker
        self._stopped = False
        self._ending: Pending = None

    @override
    def stop(self) -> Pending:
        """Close it after the tasks that are queued, and end its thread, once.

        Returns:
            A future that ends when the connection is closed; None where no event loop runs.
        """
        self._running, self._connection = False, None
        if not self._stopped and self._worker.is_alive():
            self._stopped = True
            with suppress(RuntimeError):  # no loop runs here
                self._ending = asyncio.get_running_loop().create_future()
            # Behind everything that is queued: also behind an opening that nobody awaits any more.
            self._worker.put_nowait((self._ending, self._opened.close))
            self._worker.put_nowait((None, end))
        return self._ending

    @override
    async def close(self) -> None:
        """Stop it, and wait until it is closed."""
        if (ending := self.stop()) is not None:
            # Shielded, because the next caller of ``close`` awaits the same future.
            await asyncio.shield(ending)

    @override
    async def commit(self) -> None:
        """Commit, where the file is still the one that its path leads to.

        Raises:
            sqlite3.OperationalError: it was not before the commit, and nothing was committed; or it was lost during
                the commit, and no copy could be saved.
        """
        if (identity := self._identity) is None or not identity.is_known:
            await super().commit()
            return
        try:
            is_kept = await self.run(_commit, identity)
        except sqlite3.OperationalError:
            identity.noticed.set()
            raise
        if not is_kept and not await identity.outcome(OUTCOME_SECONDS):
            identity.require()
            raise sqlite3.OperationalError(f"{identity.path} was lost during a commit")

    @override
    def cursor(self) -> Any:
        """A new cursor, without a round trip."""
        return Cursor(self)

    async def look_up(self, statement: str, parameters: Any) -> Rows:
        """The rows of one statement, in one round trip and without a cursor."""
        rows, *_ = await self.run(_execute, statement, parameters)
        return rows

    async def changed(self, statement: str, parameters: Any) -> tuple[Rows, int]:
        """The rows of one statement, and how many it changed, in one round trip and without a cursor."""
        rows, _, count, _ = await self.run(_execute, statement, parameters)
        return rows, count

    async def run(self, work: Any, *arguments: Any) -> Any:
        """Do ``work(connection, *arguments)`` in the connection's thread."""
        return await cast(Any, self)._execute(work, self._conn, *arguments)  # noqa: SLF001 - our own base class


async def connect(
    path: Path | str, timeout: float = 5, pragmas: Sequence[str] = (), identity: FileIdentity | None = None
) -> Connection:
    """Open a SQLite file, in a thread of its own. No transaction begins by itself.

    Args:
        path: the file, or a ``file:`` address as SQLite defines it.
        timeout: how many seconds a statement waits for a lock.
        pragmas: run at once, in the round trip of the opening.
        identity: of the database. Once it knows the files, none is created, and no other one is opened.

    Raises:
        sqlite3.OperationalError: the file cannot be opened, or is another one than before.
    """
    try:
        return cast(Connection, await Connection(path, timeout, pragmas, identity))
    except sqlite3.OperationalError:
        if identity is not None and identity.is_known:
            identity.noticed.set()
        raise


def _open(
    opened: ExitStack, path: Path | str, timeout: float, pragmas: Sequence[str], identity: FileIdentity | None
) -> sqlite3.Connection:
    known = identity if identity is not None and identity.is_known else None
    if known is not None:
        known.require(writable=False)
    name = existing(Path(path)) if known is not None else path
    # sqlite3's implicit BEGIN would start too late, so it is switched off.
    made = sqlite3.connect(
        name, timeout=timeout, isolation_level=None, check_same_thread=False, uri=isinstance(name, str)
    )
    opened.enter_context(closing(made))
    for pragma in pragmas:
        made.execute(f"PRAGMA {pragma}").close()
    if known is not None:
        known.require(writable=False)
    return made


def _commit(connection: sqlite3.Connection, identity: FileIdentity) -> bool:
    """Commit. Returns whether the file was still the right one afterwards."""
    if not connection.in_transaction:
        return True
    try:
        identity.require()
    except sqlite3.OperationalError:
        connection.rollback()  # as SQLite itself does when it refuses a commit: the connection is used again
        raise
    connection.commit()
    return not identity.state().is_loss


def _work(tasks: Tasks) -> None:
    """The connection's thread: one task after the other until ``end``."""
    while _do(*tasks.get()):
        pass


def _do(future: Pending, function: Callable[[], Any]) -> bool:
    """Run one task and resolve its future. True when more may follow."""
    try:
        result = function()
    except BaseException as exc:  # noqa: BLE001 - it is raised where the answer is awaited
        _resolve(future, FAILED, exc)
    else:
        _resolve(future, DONE, result)
    return function is not end


def _resolve(future: Pending, set_outcome: Callable[..., None], outcome: Any) -> None:
    if future is not None:
        with suppress(RuntimeError):  # the loop is closed, so nobody waits; what is left to do is done all the same
            future.get_loop().call_soon_threadsafe(_set_unless_done, future, set_outcome, outcome)


def _set_unless_done(future: asyncio.Future[Any], set_outcome: Callable[..., None], outcome: Any) -> None:
    if not future.done():  # it may have been cancelled meanwhile
        set_outcome(future, outcome)


def end() -> None:
    """The last task of a thread."""


def _execute(connection: sqlite3.Connection, statement: str, parameters: Any) -> tuple[Any, ...]:
    cursor = connection.execute(statement, parameters)
    rows = cursor.fetchall() if cursor.description else []
    done = rows, cursor.description, cursor.rowcount, cursor.lastrowid
    cursor.close()
    return done


def _execute_many(connection: sqlite3.Connection, statement: str, parameters: Sequence[Sequence[Any]]) -> int:
    cursor = connection.executemany(statement, parameters)
    cursor.close()
    return cursor.rowcount
