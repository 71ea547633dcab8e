"""The connection of one process to the cluster: a lease, which the server ends when the process is silent for long."""

import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol, cast

from sqlalchemy.engine import make_url

CHANNEL = "pixel_bot"
KEEPALIVES = {"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "3", "tcp_keepalives_count": "3"}
TCP_USER_TIMEOUT = "SELECT set_config('tcp_user_timeout', '14000', false)"
"""The server notices within 14 s that the computer of a process is gone. A killed process it notices at once."""

LEASE_SECONDS = 9.0
"""The server ends the connection of a process that has sent nothing for so long, and its locks are free
(``idle_session_timeout``, PostgreSQL 14 and newer)."""

IDLE_TIMEOUT = "SELECT set_config('idle_session_timeout', $1, false)"


class ServerConnection(Protocol):
    """The part of asyncpg's connection that is used here."""

    def is_closed(self) -> bool: ...
    def fetchval(self, query: str, *args: Any, timeout: float | None = None) -> Coroutine[Any, Any, Any]: ...
    def get_server_pid(self) -> int: ...
    def close(self, *, timeout: float) -> Coroutine[Any, Any, None]: ...
    def terminate(self) -> None: ...


async def connect(
    url: str, on_message: Callable[[object, int, str, str], None], on_end: Callable[[ServerConnection], None]
) -> ServerConnection:
    """Open it.

    Args:
        url: of the database.
        on_message: called with connection, sender's pid, channel and text of each message.
        on_end: called with it when it has ended.

    Raises:
        OSError, or one of ``server_errors``: the server does not accept it.
    """
    from sqlalchemy.dialects.postgresql.asyncpg import dialect

    arguments, options = cast(tuple[Any, Any], dialect().create_connect_args(make_url(url)))
    settings = {"application_name": "pixel_bot cluster", **KEEPALIVES}
    connection = await _asyncpg().connect(*arguments, **options, server_settings=settings, timeout=10)

    def on_termination(_: object) -> None:
        on_end(connection)

    connection.add_termination_listener(on_termination)
    await connection.add_listener(CHANNEL, on_message)
    for statement, values in ((TCP_USER_TIMEOUT, ()), (IDLE_TIMEOUT, (f"{LEASE_SECONDS * 1_000:.0f}",))):
        with suppress(_asyncpg().PostgresError):  # an older server, or one on another system
            await connection.fetchval(statement, *values)
    return connection


def clocks() -> tuple[float, float]:
    """Both, because the first one may stand still while the computer sleeps."""
    return time.monotonic(), time.time()


def server_errors() -> tuple[type[Exception], ...]:
    """What is raised where the server is away, or refuses."""
    # The last one is raised on a connection that the server is just ending.
    return _asyncpg().PostgresError, _asyncpg().InterfaceError, _asyncpg().InternalClientError


def _asyncpg() -> Any:
    import asyncpg  # imported only where PostgreSQL is used

    return asyncpg
