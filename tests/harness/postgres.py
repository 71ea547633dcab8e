"""A PostgreSQL server of the tests' own: a fresh cluster in a folder, reached by a socket in it."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Coroutine, Generator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from pixel_bot.db.engine import Database
from pixel_bot.db.tables import core_tables
from pixel_bot.upkeep.upgrade import upgrade

T = TypeVar("T")
PORT = "54329"
"""Only the name of the socket: the server listens on no network port."""


CLEAN = rf"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$ DECLARE made text; BEGIN
  FOR made IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND starts_with(tablename, 'cog_') LOOP
    EXECUTE 'DROP TABLE ' || quote_ident(made) || ' CASCADE';
  END LOOP;
END $$;
{" ".join(f"DELETE FROM {table.name};" for table in reversed(core_tables()))}
SELECT setval(sequencename::regclass, 1, false) FROM pg_sequences;
INSERT INTO lanes (kind) VALUES ('tts'), ('wheel'), ('effect');
"""
"""What a fresh database has. TRUNCATE would make new files for every table and index, which takes ten times as long."""


def _program(name: str) -> str:
    found = shutil.which(name) or next(iter(sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
    if found is None:
        pytest.fail("These tests need PostgreSQL. Install it, on Debian with: apt-get install postgresql")
    return str(found)


@dataclass(frozen=True)
class Cluster:
    """A server of its own: start, stop and kill it as a test likes."""

    folder: Path
    user: str
    who: tuple[str, ...]

    @property
    def url(self) -> str:
        """Its first database, for SQLAlchemy."""
        return f"postgresql+asyncpg://{self.user}@/postgres?host={self.folder}&port={PORT}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off -p {PORT}"
        self._ctl("-w", "-p", _program("postgres"), "-o", options, "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        """Stop it as a crash would, without a word to anybody."""
        self._ctl("-m", "immediate", "stop")

    def _ctl(self, *arguments: str) -> None:
        self._run(_program("pg_ctl"), "-D", str(self.folder / "data"), *arguments)

    def make(self) -> None:
        """Make its files."""
        self._run(
            _program("initdb"),
            "-D",
            str(self.folder / "data"),
            "-A",
            "trust",
            "-U",
            self.user,
            "--no-sync",
            "-E",
            "UTF8",
        )

    def _run(self, *command: str) -> None:
        subprocess.run([*self.who, *command], check=True, stdout=subprocess.DEVNULL, cwd=self.folder)


@contextmanager
def cluster() -> Generator[Cluster]:
    """A running server. PostgreSQL refuses to run as root, so there it runs as its own user."""
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    user = "postgres" if as_root else pwd.getpwuid(os.geteuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        if as_root:
            shutil.chown(folder, user)
        server = Cluster(folder, user, ("runuser", "-u", user, "--") if as_root else ())
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres() -> Generator[str]:
    """Yields the URL of a running server's first database."""
    with cluster() as server:
        yield server.url


class Databases:
    """Databases of one server, made from one that has our schema, and emptied for the next test that needs one."""

    def __init__(self, server: str) -> None:
        self._server = make_url(server)
        self._made: dict[tuple[str, str], str] = {}
        self._clean: list[str] = []
        self._cleaners: dict[str, AsyncEngine] = {}
        self._count = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._engine = create_async_engine(server, isolation_level="AUTOCOMMIT", pool_size=1)
        self._wait_for(self._make_template())

    def of(self, folder: Path, name: str) -> str:
        """The database that stands for a file in that folder; made when it is first asked for."""
        key = (str(folder), name)
        if key not in self._made:
            self._made[key] = self._clean.pop() if self._clean else self._from_pattern()
        return self._url(self._made[key])

    def empty(self, folder: Path) -> str:
        """A database without any table."""
        self._count += 1
        made = self._made[str(folder), f"empty{self._count}"] = f"made{self._count}"
        self._wait_for(self._do(f"CREATE DATABASE {made}"))
        return self._url(made)

    def _from_pattern(self) -> str:
        self._count += 1
        made = f"made{self._count}"
        self._wait_for(self._do(f"CREATE DATABASE {made} TEMPLATE pattern STRATEGY file_copy"))
        return made

    def drop_all(self) -> None:
        """Whatever was in them is gone."""
        for (_, asked), name in self._made.items():
            if asked.startswith("empty"):
                self._wait_for(self._do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            else:
                # One that a test left busy is not used again.
                with suppress(DBAPIError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    self._wait_for(self._empty(name))
                    self._clean.append(name)
        self._made.clear()

    async def _empty(self, name: str) -> None:
        """No rows but those of a fresh database, and ids from 1 on. Whoever is still connected is cut off."""
        if name not in self._cleaners:
            self._cleaners[name] = create_async_engine(self._url(name), pool_size=1)
        async with self._cleaners[name].connect() as connection:
            driver = cast(Any, (await connection.get_raw_connection()).driver_connection)
            await driver.execute(CLEAN)

    def close(self) -> None:
        """Let go of the server."""
        for engine in (*self._cleaners.values(), self._engine):
            self._wait_for(engine.dispose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _url(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)

    async def _make_template(self) -> None:
        await self._do("CREATE DATABASE pattern")
        database = Database(self._url("pattern"))
        try:
            await upgrade(database, Path("unused"))
        finally:
            await database.close()

    async def _do(self, statement: str) -> None:
        connection: AsyncConnection
        async with self._engine.connect() as connection:
            await connection.execute(text(statement))

    def _wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        done: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result(30)
