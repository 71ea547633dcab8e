"""The cluster: processes on one PostgreSQL database. Membership, leader election, publish and subscribe.

Each process holds advisory locks on a connection of its own, so that the server itself knows when one of them has
ended, however it ended. The connection is a lease: the server ends it when the process was silent for some seconds,
because it hangs. A bot on a SQLite file is alone: then nothing here does anything.
"""

import asyncio
import logging
import secrets
import zlib
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pixel_bot.db.engine import Database
from pixel_bot.db.meta import recall, remember
from pixel_bot.db.server.cluster_connection import (
    CHANNEL,
    LEASE_SECONDS,
    ServerConnection,
    clocks,
    connect,
    server_errors,
)
from pixel_bot.errors import DatabaseRefused

log = logging.getLogger(__name__)

PROCESS, ROLE, LEADER = 0x7069, 0x7070, 0x7071
"""Classes of advisory locks: that a process is alive, which roles it holds, and which it is the leader of."""

RETRY_SECONDS = 1.0
ANSWER_SECONDS = 10.0
"""A server that needs longer for one of these small queries is gone, and so are our locks."""

HEARTBEAT_SECONDS = 3.0
MARGIN_SECONDS = 1.0
"""A process does not trust the last second of its lease: it counts from when it sent, but a clock may run slow."""

MOST_UNSENT = 1_000

_HOLDERS = """
SELECT l.objid, l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND l.classid = :kind AND d.datname = current_database() AND l.granted
"""

Subscriber = Callable[[str], None]


async def in_use(database: Database) -> bool:
    """True when a bot runs on a shared database. A SQLite file has a lock of its own for that."""
    return database.is_shared and bool(await Cluster(database).live_processes())


class Cluster:
    """One process in the cluster. ``publish`` and ``set_role`` do not wait. Needs an event loop from ``start`` on."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_shared = database.is_shared
        self.number: int | None = secrets.randbelow(2**31 - 1) + 1 if self.is_shared else None
        """The id of this process in the cluster; None where it is alone."""
        self.subscribers: dict[str, set[Subscriber]] = {}
        """Called with the text of each message from another process, by topic."""
        self._connection: ServerConnection | None = None
        self._pid = 0
        self._roles: set[str] = set()
        self._roles_held: set[str] = set()
        self._led: set[str] = set()
        self.epoch = 0
        """How often the connection was opened: locks of a former one may have been held by others since."""
        self._confirmed_at = (0.0, 0.0)
        self._unsent: deque[tuple[str, str]] = deque(maxlen=MOST_UNSENT)
        self._changed = asyncio.Event()
        self._query_lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join the cluster.

        Raises:
            DatabaseRefused: the server does not accept the connection.
        """
        if self.is_shared and self._task is None:
            try:
                await self._open()
            except (OSError, *server_errors()) as exc:
                raise DatabaseRefused(f"{self._database.name} cannot be used: {exc}.") from exc
            self._task = asyncio.create_task(self._run(), name="cluster")

    async def stop(self) -> None:
        """Leave the cluster; the locks are released."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._connection is not None:
            with suppress(OSError, *server_errors()):
                # The server would release them a moment after the connection ends; until then, a successor would find
                # them taken.
                await self._connection.fetchval("SELECT pg_advisory_unlock_all()", timeout=5)
                await self._connection.close(timeout=5)
            self._connection = None

    def publish(self, topic: str, text: str = "") -> None:
        """Send a message to the other processes, soon. Call it after the commit: they read the database at once."""
        if self._task is not None:
            self._unsent.append((topic, text))
            self._changed.set()

    def set_role(self, role: str, *, held: bool) -> None:
        """Whether this process holds a role, like having an overlay page, that the others may ask for."""
        if self.is_shared and (role in self._roles) != held:
            (self._roles.add if held else self._roles.discard)(role)
            self._changed.set()

    async def leads(self, role: str) -> bool:
        """Leader election: whether this process is the leader for the role. It stays so until it ends or resigns."""
        return await self.try_to_lead(role) is True

    @property
    def is_certain(self) -> bool:
        """True while no other process can have got our locks: the server has heard of this one within its lease.

        False after a hang, until the server was asked again.
        """
        if not self.is_shared:
            return True
        since = max(now - then for now, then in zip(clocks(), self._confirmed_at, strict=True))
        return self._connection is not None and since < LEASE_SECONDS - MARGIN_SECONDS

    async def try_to_lead(self, role: str) -> bool | None:
        """The same, and None while it is unknown, because the server does not answer."""
        if role in self._led and not self.is_certain:
            return await self.confirm_lead(role)
        if not self.is_shared or role in self._led:
            return True
        with suppress(OSError, *server_errors()):
            async with self._query_lock:
                if self._connection is None:
                    return None
                if not await self._lock("pg_try_advisory_lock", LEADER, role):
                    return False
                self._led.add(role)
                return True
        return None

    async def confirm_lead(self, role: str) -> bool | None:
        """Like ``try_to_lead``, but a leader asks the server, too: its connection may be long dead."""
        if not self.is_shared or role not in self._led:
            return await self.try_to_lead(role)
        with suppress(OSError, *server_errors()):
            async with self._query_lock:
                if self._connection is None:
                    return None
                await self._fetch(self._connection, "SELECT 1")
                return role in self._led  # the lock is as alive as the connection
        return None

    async def take_turn(self, role: str) -> bool:
        """Store that this process, the leader, takes its turn. Returns whether another one had the role since its last.

        Raises:
            SQLAlchemyError, OSError: it cannot be stored.
        """
        key, ours = f"turn:{role}", str(self.number)
        async with self._database.write() as session:
            if (before := await recall(session, key)) != ours:
                await remember(session, key, ours)
        return before != ours

    async def resign(self, role: str) -> bool:
        """Give the leadership for the role to another process. Returns whether this one had it."""
        if role not in self._led:
            return False
        self._led.discard(role)
        with suppress(OSError, *server_errors()):
            async with self._query_lock:
                await self._lock("pg_advisory_unlock", LEADER, role)
        return True

    async def live_processes(self) -> set[int]:
        """The numbers of all live processes."""
        return {int(number) for number, _ in await self._database.look_up(_HOLDERS, {"kind": PROCESS})}

    async def is_held_elsewhere(self, role: str) -> bool:
        """True when another process holds the role."""
        if not self.is_shared:
            return False
        holders = await self._database.look_up(_HOLDERS, {"kind": ROLE})
        return any(int(key) == _key(role) and pid != self._pid for key, pid in holders)

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._changed.wait()
            self._changed.clear()
            try:
                if self._connection is None or self._connection.is_closed():
                    await self._open()
                async with self._query_lock:
                    await self._sync()
            except (OSError, *server_errors()) as exc:
                log.warning("Other processes on the database cannot be reached (%s). It is tried again.", exc)
                self._forget_connection()
                await asyncio.sleep(RETRY_SECONDS)
                self._changed.set()

    async def _open(self) -> None:
        connection = await connect(self._database.url, self._on_message, self._on_end)
        async with self._query_lock:
            self._connection, self._pid = connection, connection.get_server_pid()
            # The locks of the last connection ended with it, so this process leads nothing until it asks again.
            self._roles_held.clear()
            self._led.clear()
            self.epoch += 1
            await connection.fetchval("SELECT pg_advisory_lock_shared($1::int, $2::int)", PROCESS, self.number)
            await self._sync()

    async def _sync(self) -> None:
        """Send what is due, at least a heartbeat."""
        if self._connection is not None:
            await self._fetch(self._connection, "SELECT 1")
        for role in self._roles - self._roles_held:
            await self._lock("pg_advisory_lock_shared", ROLE, role)
            self._roles_held.add(role)
        for role in self._roles_held - self._roles:
            await self._lock("pg_advisory_unlock_shared", ROLE, role)
            self._roles_held.discard(role)
        while self._unsent and self._connection is not None:
            topic, text = self._unsent[0]  # removed after it was sent: a broken connection must not lose it
            message = f"{self.number} {topic} {text}"
            await self._fetch(self._connection, "SELECT pg_notify($1, $2)", CHANNEL, message)
            self._unsent.popleft()

    async def _lock(self, function: str, kind: int, role: str) -> Any:
        if self._connection is not None:
            return await self._fetch(self._connection, f"SELECT {function}($1::int, $2::int)", kind, _key(role))
        return False

    async def _fetch(self, connection: ServerConnection, query: str, *arguments: Any) -> Any:
        sent_at = clocks()
        try:
            answer = await connection.fetchval(query, *arguments, timeout=ANSWER_SECONDS)
            self._confirmed_at = sent_at
        except (OSError, *server_errors()):
            # Nothing of it can be trusted any more, its end may never be reported; ``_run`` opens another one.
            connection.terminate()
            self._on_end(connection)
            raise
        return answer

    def _on_message(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        sender, topic, text = payload.split(" ", 2)
        if sender != str(self.number):
            for subscriber in tuple(self.subscribers.get(topic, ())):
                subscriber(text)

    def _on_end(self, connection: ServerConnection) -> None:
        # The end of an older connection may be reported when a new one is open already.
        if connection is self._connection:
            self._forget_connection()
            self._changed.set()

    def _forget_connection(self) -> None:
        self._led.clear()
        self._roles_held.clear()
        self._connection = None


def _key(role: str) -> int:
    return zlib.crc32(role.encode()) & 0x7FFFFFFF
