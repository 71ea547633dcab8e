"""The database handle: the engines, the session factories, and the lock that orders the bot's own writers."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from pixel_bot.concurrency.open_writers import begin_writer, end_writer
from pixel_bot.concurrency.writer_session import TURN, Turn, WriterSession, in_turn
from pixel_bot.db.direct import DIRECT
from pixel_bot.db.driver import Connection as DriverConnection
from pixel_bot.db.driver import connect
from pixel_bot.db.file_identity import FileIdentity
from pixel_bot.db.json_rows import sql

BUSY_TIMEOUT_MS = 10_000


class Database:
    """The engines of one database, opened once; everything else shares the session factories.

    ``sessions`` begin as the only writer: what is read in one cannot change before it commits, so read-modify-write
    is safe. Hold them briefly, they exclude other writers. ``readers`` see only what is committed, hold no lock and
    need no commit.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.path = sqlite_path(url)
        self.identity = FileIdentity(self.path) if self.path is not None else None
        """Whether the file is still the one that was opened; None for databases without a file."""
        self.is_shared = make_url(url).get_backend_name() == "postgresql"
        """True when other processes may use it, too: what one has cached, another one may have changed."""
        self.engine = self._open()
        # An engine of its own, so that a reading connection goes back to the pool without a round trip for a rollback.
        self._read_engine = self._open(isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
        self._write_lock = asyncio.Lock()
        self.sessions = async_sessionmaker(
            self.engine.execution_options(begin="IMMEDIATE", **{TURN: Turn(self._write_lock)}),
            class_=WriterSession,
            expire_on_commit=False,
            database=self,
        )
        self.readers = async_sessionmaker(self._read_engine, expire_on_commit=False)
        self.committed: set[Callable[[], None]] = set()
        """Called after each ``write`` that committed, so that pages are updated."""
        self.closed = False
        self._write_connection: AsyncConnection | None = None
        self._write_driver: DriverConnection | None = None
        self._lookup_lock = asyncio.Lock()
        self._lookup_connection: DriverConnection | None = None

    @property
    def name(self) -> str:
        """What messages call it, without any password: its file, or its name and server."""
        if self.path is not None:
            return str(self.path)
        parsed = make_url(self.url)
        return f"{parsed.database or 'the database'} on {parsed.host or 'this machine'}"

    @asynccontextmanager
    async def write(self, name: str = "A write to the database") -> AsyncGenerator[AsyncSession]:
        """A session that commits at the end of the block, or leaves nothing behind when the block raises.

        Writers queue here in order, instead of polling SQLite's lock against each other.

        Args:
            name: what messages call it.

        Raises:
            NestedWriter: this task has another one open, for which it would wait without end.
        """
        begun = begin_writer(self, name)
        try:
            async with (
                self._write_lock,
                AsyncSession(await self._writer(), expire_on_commit=False) as session,
                session.begin(),
            ):
                if self._write_driver is not None:
                    await session.connection()  # here it begins
                    session.info[DIRECT] = self._write_driver
                yield session
        finally:
            end_writer(begun)
        # After the lock is released and the commit is durable: a listener may read, or start the next write.
        for listener in tuple(self.committed):
            listener()

    async def look_up(self, statement: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """The rows of a small read that a command waits for, with values as the driver returns them.

        On SQLite it goes round SQLAlchemy, because a session costs three times as much as so small a read.
        """
        if self.path is None:
            async with self.readers() as session:
                return (await session.execute(sql(statement), parameters)).all()
        # Two first callers at once would else open two connections, and one would never be closed.
        async with self._lookup_lock:
            if self._lookup_connection is None:
                self._lookup_connection = await connect(
                    self.path, timeout=BUSY_TIMEOUT_MS / 1_000, identity=self.identity
                )
        return await self._lookup_connection.look_up(statement, parameters)

    async def _writer(self) -> AsyncConnection:
        """The connection that all of ``write`` shares, opened at the first use and kept, so that no pool is asked."""
        if self._write_connection is None or self._write_connection.closed or self._write_connection.invalidated:
            self._write_connection = await self.engine.execution_options(begin="IMMEDIATE").connect()
            raw = (await self._write_connection.get_raw_connection()).driver_connection
            self._write_driver = raw if isinstance(raw, DriverConnection) else None
        return self._write_connection

    async def remember_file(self) -> None:
        """From now on nothing is committed, and no connection opened, once the path leads to another file."""
        if self.identity is not None:
            await asyncio.to_thread(self.identity.remember)

    async def close(self) -> None:
        """Close all connections, also the rest when one fails. The last one checkpoints the write-ahead log."""
        self.closed = True
        async with AsyncExitStack() as last_to_first:
            if self.identity is not None:
                last_to_first.push_async_callback(asyncio.to_thread, self.identity.close)
            last_to_first.push_async_callback(self.engine.dispose)
            last_to_first.push_async_callback(self._read_engine.dispose)
            for connection in filter(None, (self._write_connection, self._lookup_connection)):
                last_to_first.push_async_callback(connection.close)

    def _open(self, **options: Any) -> AsyncEngine:
        if self.is_shared:
            from pixel_bot.db.server.postgres import open_postgres

            return open_postgres(self.url, **options)
        if (path := self.path) is None:
            return create_async_engine(self.url, pool_size=5, max_overflow=10, **options)
        if options:
            options["skip_autocommit_rollback"] = True
        pragmas = (*PRAGMAS, READERS_CACHE) if options else PRAGMAS
        engine = create_async_engine(
            self.url,
            pool_size=5,
            max_overflow=10,
            async_creator=lambda: connect(path, pragmas=pragmas, identity=self.identity),
            **options,
        )
        if not options:
            _begin_as_told(engine)
        return engine


def sqlite_path(url: str) -> Path | None:
    """The file behind a SQLite URL; None for other databases and for in-memory ones."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(parsed.database)


def _begin_as_told(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        options = connection.get_execution_options()
        with in_turn(options.get(TURN)):
            connection.exec_driver_sql(f"BEGIN {options.get('begin', 'DEFERRED')}")


PRAGMAS = (
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "cache_size = -16000",
    "temp_store = MEMORY",
)
"""For every connection; ``cache_size`` is 16 MB."""

READERS_CACHE = "cache_size = -4000"
"""Those that only read have 4 MB each: there are up to 15, and the operating system keeps the file's pages, too."""


def is_damaged(exc: DatabaseError | sqlite3.DatabaseError) -> bool:
    """True when SQLite says that the file is no database, or a broken one."""
    if isinstance(exc, OperationalError):
        return False
    text = str(exc)
    return "not a database" in text or "malformed" in text
