"""Copies all rows of one database to an empty one of the same schema, between SQLite and PostgreSQL too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, func, insert, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from pixel_bot.db.engine import Database
from pixel_bot.db.tables import Base
from pixel_bot.errors import DatabaseRefused

CHUNK = 5_000

OWN_TO_EACH_DATABASE = ("lanes", "meta")
"""Tables that have rows in a fresh database, which are replaced by the copied ones."""


@dataclass(frozen=True)
class Copied:
    """How many rows each table got, and the points in all."""

    rows: dict[str, int]
    points: int


def _no_pause() -> None:
    """Nothing to do between two chunks."""


async def copy_all(source: Database, target: Database) -> Copied:
    """Copy all tables in one transaction of the target, from one snapshot of the source.

    Args:
        source: at the present schema; it is only read.
        target: the same, without viewers.

    Raises:
        DatabaseRefused: the target is not empty, or did not get what the source has.
    """
    writing = target.engine.execution_options(begin="IMMEDIATE")
    async with snapshot(source) as old, writing.begin() as new:
        await _refuse_unless_empty(new, target)
        return await copy_rows(old, new)


def snapshot(source: Database) -> AsyncConnection:
    """A connection, to be entered, that sees a snapshot of the database, taken at its first statement."""
    options: dict[str, Any] = {"isolation_level": "REPEATABLE READ"} if source.is_shared else {}
    return source.engine.execution_options(**options).connect()


async def copy_rows(old: AsyncConnection, new: AsyncConnection, between: Callable[[], None] = _no_pause) -> Copied:
    """Copy all tables, within the transactions of both. The rows that a fresh database has by itself are replaced.

    Args:
        old: sees a snapshot of the source.
        new: has our tables, and no viewers.
        between: called after each chunk; it raises to cancel the copy.

    Raises:
        DatabaseRefused: the target did not get what the source has.
    """
    for table in Base.metadata.sorted_tables:
        if table.name in OWN_TO_EACH_DATABASE:
            await new.execute(table.delete())
    rows = {table.name: await _copy(old, new, table, between) for table in Base.metadata.sorted_tables}
    points = await _sum(old)
    if points != await _sum(new):
        raise DatabaseRefused("The points in the copy are not those of the original. Nothing was copied.")
    if new.dialect.name == "postgresql":
        await _advance_sequences(new)
    return Copied(rows, points)


async def _refuse_unless_empty(new: AsyncConnection, target: Database) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        if table.name not in OWN_TO_EACH_DATABASE and await _has_rows(new, table):
            raise DatabaseRefused(
                f"{target.name} is not empty: the table {table.name} has rows. Name a fresh one; nothing was copied."
            )


async def _has_rows(connection: AsyncConnection, table: Table) -> bool:
    return (await connection.execute(select(text("1")).select_from(table).limit(1))).first() is not None


async def _copy(old: AsyncConnection, new: AsyncConnection, table: Table, between: Callable[[], None]) -> int:
    """Copy one table in chunks, in the order of the primary key. Returns how many rows there were."""
    keys: Sequence[Column[Any]] = list(table.primary_key)
    query = select(table).order_by(*keys).limit(CHUNK)
    done, last = 0, None
    while True:
        found = (await old.execute(query if last is None else query.where(tuple_(*keys) > last))).mappings().all()
        if not found:
            break
        rows = [{name: _storable(value, new) for name, value in row.items()} for row in found]
        await new.execute(insert(table), rows)
        done += len(rows)
        last = tuple_(*(found[-1][key.name] for key in keys))
        between()
    copied = (await new.execute(select(func.count()).select_from(table))).scalar_one()
    if copied != done:
        raise DatabaseRefused(f"{copied} of {done} rows of {table.name} arrived. Nothing was copied.")
    return done


def _storable(value: Any, new: AsyncConnection) -> Any:
    """The value without NUL characters, which PostgreSQL does not store."""
    return value.replace("\0", "") if isinstance(value, str) and new.dialect.name == "postgresql" else value


async def _sum(connection: AsyncConnection) -> int:
    return int((await connection.execute(text("SELECT COALESCE(SUM(points), 0) FROM users"))).scalar_one())


async def _advance_sequences(new: AsyncConnection) -> None:
    """The next ids come after those that were copied."""
    for table in Base.metadata.sorted_tables:
        if table.name not in OWN_TO_EACH_DATABASE and "id" in table.c and table.c.id.type.python_type is int:
            sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
            await new.execute(
                text(f"SELECT setval({sequence}, (SELECT COALESCE(MAX(id), 0) + 1 FROM {table.name}), false)")
            )
