"""The other processes on the same database: which live, what they have, and news from one to another.

Each holds advisory locks on a connection of its own, so that the server itself knows when one of them has ended,
however it ended. A bot on a SQLite file is alone: then nothing here does anything.
"""

import asyncio
import logging
import secrets
import zlib
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol, cast

from sqlalchemy.engine import make_url

from pixel_bot.db.engine import Database
from pixel_bot.errors import DatabaseRefused

log = logging.getLogger(__name__)

CHANNEL = "pixel_bot"
PROCESS, ROLE, LEADER = 0x7069, 0x7070, 0x7071
"""Classes of advisory locks: that a process lives, what it has, and what only one does at a time."""

RETRY_SECONDS = 1.0
MOST_UNSENT = 1_000

_HOLDERS = """
SELECT l.objid, l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND l.classid = :kind AND d.datname = current_database() AND l.granted
"""

Hear = Callable[[str], None]


class _Wire(Protocol):
    """As much of asyncpg's connection as we use."""

    def is_closed(self) -> bool: ...
    def fetchval(self, query: str, *args: Any, timeout: float | None = None) -> Coroutine[Any, Any, Any]: ...
    def get_server_pid(self) -> int: ...
    def close(self, *, timeout: float) -> Coroutine[Any, Any, None]: ...


async def in_use(database: Database) -> bool:
    """True when a bot runs on a shared database; that of one bot alone is a file, which has its lock."""
    return database.is_shared and bool(await Cluster(database).living())


class Cluster:
    """Needs a running event loop from ``start`` on. ``tell``, ``have`` and ``heard`` do not wait for the server."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_shared = database.is_shared
        self.number: int | None = secrets.randbelow(2**31 - 1) + 1 if self.is_shared else None
        """What this process is known by; None where it is alone."""
        self.heard: dict[str, set[Hear]] = {}
        """What to call with the text of news from another process, by topic."""
        self._wire: _Wire | None = None
        self._pid = 0
        self._wanted: set[str] = set()
        self._held: set[str] = set()
        self._leading: set[str] = set()
        self._unsent: deque[tuple[str, str]] = deque(maxlen=MOST_UNSENT)
        self._changed = asyncio.Event()
        self._busy = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Let the others know that this process is here.

        Raises:
            DatabaseRefused: the server has no connection for it.
        """
        if self.is_shared and self._task is None:
            try:
                await self._open()
            except (OSError, *_errors()) as exc:
                raise DatabaseRefused(f"{self._database.name} cannot be used: {exc}.") from exc
            self._task = asyncio.create_task(self._keep(), name="peers")

    async def stop(self) -> None:
        """Gone; whatever was held is free."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._wire is not None:
            with suppress(OSError, *_errors()):
                # The server would do it a moment after the end; then who comes next may find it taken.
                await self._wire.fetchval("SELECT pg_advisory_unlock_all()", timeout=5)
                await self._wire.close(timeout=5)
            self._wire = None

    def tell(self, topic: str, text: str = "") -> None:
        """Send news to the others, soon. Call it when what it is about is durable."""
        if self._task is not None:
            self._unsent.append((topic, text))
            self._changed.set()

    def have(self, role: str, *, has: bool) -> None:
        """Whether this process has something, like an overlay page, that others may ask for."""
        if self.is_shared and (role in self._wanted) != has:
            (self._wanted.add if has else self._wanted.discard)(role)
            self._changed.set()

    async def leads(self, role: str) -> bool:
        """Whether this process is the one that does this; it is until it ends, and then another one."""
        return await self.turn(role) is True

    async def turn(self, role: str) -> bool | None:
        """The same, and None while nobody can tell, because the server does not answer."""
        if not self.is_shared or role in self._leading:
            return True
        with suppress(OSError, *_errors()):
            async with self._busy:
                if self._wire is None:
                    return None
                if not await self._lock("pg_try_advisory_lock", LEADER, role):
                    return False
                self._leading.add(role)
                return True
        return None

    async def resign(self, role: str) -> None:
        """Another process may do this."""
        if role in self._leading:
            self._leading.discard(role)
            with suppress(OSError, *_errors()):
                async with self._busy:
                    await self._lock("pg_advisory_unlock", LEADER, role)

    async def living(self) -> set[int]:
        """The numbers of all processes that live."""
        return {int(number) for number, _ in await self._database.look_up(_HOLDERS, {"kind": PROCESS})}

    async def elsewhere(self, role: str) -> bool:
        """True when another process has something."""
        if not self.is_shared:
            return False
        holders = await self._database.look_up(_HOLDERS, {"kind": ROLE})
        return any(int(key) == _key(role) and pid != self._pid for key, pid in holders)

    async def _keep(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                if self._wire is None or self._wire.is_closed():
                    await self._open()
                async with self._busy:
                    await self._say()
            except (OSError, *_errors()) as exc:
                log.warning("Other processes on the database cannot be reached (%s). It is tried again.", exc)
                self._let_go()
                await asyncio.sleep(RETRY_SECONDS)
                self._changed.set()

    async def _open(self) -> None:
        from sqlalchemy.dialects.postgresql.asyncpg import dialect

        arguments, options = cast(tuple[Any, Any], dialect().create_connect_args(make_url(self._database.url)))
        settings = {"application_name": "pixel_bot peers", "tcp_keepalives_idle": "20"}
        wire = await _asyncpg().connect(*arguments, **options, server_settings=settings, timeout=10)

        def on_end(_: object) -> None:
            self._on_end(wire)

        wire.add_termination_listener(on_end)
        await wire.add_listener(CHANNEL, self._on_news)
        async with self._busy:
            self._wire, self._pid = wire, wire.get_server_pid()
            self._held.clear()
            self._leading.clear()
            await wire.fetchval("SELECT pg_advisory_lock_shared($1::int, $2::int)", PROCESS, self.number)
            await self._say()

    async def _say(self) -> None:
        for role in self._wanted - self._held:
            await self._lock("pg_advisory_lock_shared", ROLE, role)
            self._held.add(role)
        for role in self._held - self._wanted:
            await self._lock("pg_advisory_unlock_shared", ROLE, role)
            self._held.discard(role)
        while self._unsent and self._wire is not None:
            topic, text = self._unsent[0]
            await self._wire.fetchval("SELECT pg_notify($1, $2)", CHANNEL, f"{self.number} {topic} {text}")
            self._unsent.popleft()

    async def _lock(self, function: str, kind: int, role: str) -> Any:
        if self._wire is not None:
            return await self._wire.fetchval(f"SELECT {function}($1::int, $2::int)", kind, _key(role))
        return False

    def _on_news(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        sender, topic, text = payload.split(" ", 2)
        if sender != str(self.number):
            for hear in tuple(self.heard.get(topic, ())):
                hear(text)

    def _on_end(self, wire: _Wire) -> None:
        if wire is self._wire:
            self._let_go()
            self._changed.set()

    def _let_go(self) -> None:
        self._leading.clear()
        self._held.clear()
        self._wire = None


def _key(role: str) -> int:
    return zlib.crc32(role.encode()) & 0x7FFFFFFF


def _errors() -> tuple[type[Exception], ...]:
    return _asyncpg().PostgresError, _asyncpg().InterfaceError


def _asyncpg() -> Any:
    import asyncpg  # only who uses PostgreSQL pays for it

    return asyncpg
