"""One trip to the database's thread for each statement.

aiosqlite sends every step of a cursor to its thread by itself: open, execute, fetch, close. Beside a busy event loop
the waiting for those four trips costs more than the statement. Here execute brings the rows along, the rest is local.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import aiosqlite

Rows = list[Any]


class Cursor:
    """As much of a cursor as SQLAlchemy asks for, with all rows in memory."""

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
        """Let go of the rows; SQLite's own cursor is closed already."""
        self._rows = []


class Connection(aiosqlite.Connection):
    """aiosqlite's connection and thread, with our cursor."""

    _stopping: asyncio.Future[Any] | None = None
    _stopped = False

    def stop(self) -> asyncio.Future[Any] | None:
        """End the thread, once: one that has ended answers nobody, so who closes after a stop would wait for ever."""
        if not self._stopped:
            self._stopped = True
            self._stopping = cast(Any, super()).stop()
        given_up = self._stopping is None or self._stopping.cancelled()
        return None if given_up else self._stopping

    def cursor(self) -> Any:
        """A new cursor, without a trip."""
        return Cursor(self)

    async def look_up(self, statement: str, parameters: Any) -> Rows:
        """The rows of one statement, in one trip and with nothing around it."""
        rows, *_ = await self.run(_execute, statement, parameters)
        return rows

    async def run(self, work: Any, *arguments: Any) -> Any:
        """Do ``work(connection, *arguments)`` in the connection's thread."""
        return await cast(Any, self)._execute(work, self._conn, *arguments)  # noqa: SLF001 - our own base class


async def connect(path: Path) -> Connection:
    """Open a SQLite file, in a thread of its own that does not keep the process alive."""
    connection = Connection(lambda: sqlite3.connect(path, check_same_thread=False), iter_chunk_size=64)
    cast(Any, connection)._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy itself does
    return cast(Connection, await connection)


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
