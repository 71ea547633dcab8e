"""PostgreSQL engines that behave as those of SQLite: one writer at a time, times as text, the same errors.

Several processes may share such a database. A writing session holds an advisory lock until the commit, so what it has
read cannot change before it ends, by no process: what SQLite guarantees within one.
"""

from decimal import Decimal
from typing import Any, cast

from sqlalchemy import Connection, ExceptionContext, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from pixel_bot.concurrency.writer_session import TURN, in_turn
from pixel_bot.db.models import read_stamp, stamp

WRITERS = 0x70697865
"""The advisory lock of the writer."""

LOCK_TIMEOUT_MS = 10_000
IDLE_TIMEOUT_MS = 10_000
"""Within this another process can write, and take over, when one hangs in the middle of a transaction."""

CONNECT_SECONDS = 10.0

_SERVER_SETTINGS = {
    "application_name": "pixel_bot",
    "timezone": "UTC",
    "lock_timeout": str(LOCK_TIMEOUT_MS),
    "idle_in_transaction_session_timeout": str(IDLE_TIMEOUT_MS),
    # A lost connection is noticed within a minute, and its locks are released.
    "tcp_keepalives_idle": "20",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}

_TRY_LATER = ("08", "25006", "53", "55P03", "57", "58", "40001", "40P01")
"""SQLSTATE classes and codes of what may work later (https://www.postgresql.org/docs/current/errcodes-appendix.html):
connection, read-only, resources (a full disk, too many connections), lock, shutdown, I/O, serialization, deadlock."""


def open_postgres(url: str, **options: Any) -> AsyncEngine:
    """An engine on a PostgreSQL URL (``postgresql+asyncpg://user:password@host/database``). Connects when first used.

    What may work later raises ``OperationalError``, as it does on SQLite.
    """
    engine = create_async_engine(
        url,
        pool_size=5,
        max_overflow=10,
        pool_pre_ping=True,  # after a restart of the server, no command fails
        connect_args={
            "server_settings": _SERVER_SETTINGS,
            "timeout": CONNECT_SECONDS,
            "async_creator_fn": _creator(),
        },
        **options,
    )
    _listen(engine)
    return engine


def _creator() -> Any:
    import asyncpg as untyped  # imported only where PostgreSQL is used
    from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi as Driver

    asyncpg = cast(Any, untyped)

    async def connect(*args: Any, **options: Any) -> Any:
        try:
            connection = await asyncpg.connect(*args, **options)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as exc:
            raise Driver.OperationalError(_reason(exc), exc) from exc
        # Times as the text that SQLite keeps, and sums as the whole numbers that they are.
        await connection.set_type_codec("timestamp", schema="pg_catalog", encoder=_time, decoder=read_stamp)
        await connection.set_type_codec("numeric", schema="pg_catalog", encoder=str, decoder=_number)
        return connection

    return connect


def _reason(exc: BaseException) -> str:
    return str(exc) or type(exc).__name__


def _time(value: Any) -> str:
    return value if isinstance(value, str) else stamp(value)


def _number(written: str) -> int | Decimal:
    return int(written) if written.lstrip("-").isdigit() else Decimal(written)


def _listen(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        options = connection.get_execution_options()
        if options.get("begin") == "IMMEDIATE":
            with in_turn(options.get(TURN)):
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")

    @event.listens_for(engine.sync_engine, "handle_error")
    def on_error(context: ExceptionContext) -> OperationalError | None:  # pyright: ignore[reportUnusedFunction]
        original = context.original_exception
        if not isinstance(original, Exception):
            return None  # a cancellation must pass; SQLAlchemy reports it here, too
        state = getattr(original, "sqlstate", None) or ""
        closed = context.is_disconnect or "connection is closed" in str(original)
        if closed or isinstance(original, OSError) or state.startswith(_TRY_LATER):
            return OperationalError(
                context.statement, None, original, hide_parameters=True, connection_invalidated=closed
            )
        return None
