"""Copies all rows of one database to an empty one of the same schema, between SQLite and PostgreSQL too."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, FromClause, Integer, Table, func, insert, literal, select, text, tuple_
from sqlalchemy import table as lightweight_table
from sqlalchemy.ext.asyncio import AsyncConnection

from pixel_bot.cog_data.file_tables import other_names, other_tables
from pixel_bot.db.engine import Database
from pixel_bot.db.tables import COG_PREFIX, core_tables
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

    So are tables of cogs, whether they are loaded or not: they are made anew as the source has them.

    Args:
        old: sees a snapshot of the source.
        new: has our tables, and no viewers.
        between: called after each chunk; it raises to cancel the copy.

    Raises:
        DatabaseRefused: a table of the source cannot be copied, or the target did not get what the source has.
    """
    others = await old.run_sync(other_tables)
    await drop_others(new, {table.name for table in others})
    for table in core_tables():
        if table.name in OWN_TO_EACH_DATABASE:
            await new.execute(table.delete())
    for table in others:
        await new.run_sync(table.create)
    tables = [*core_tables(), *others]
    rows = {table.name: await _copy(old, new, table, between) for table in tables}
    arrived = set(await new.run_sync(other_names))
    if missing := sorted({table.name for table in others} - arrived):
        raise DatabaseRefused(f"The table {missing[0]} did not arrive. Nothing was copied.")
    points = await _sum(old)
    if points != await _sum(new):
        raise DatabaseRefused("The points in the copy are not those of the original. Nothing was copied.")
    if new.dialect.name == "postgresql":
        await _advance_sequences(new, tables)
    return Copied(rows, points)


async def drop_others(new: AsyncConnection, replaced: Collection[str]) -> None:
    """Drop the target's tables of cogs, and others of these names. Tables of other programs stay."""
    doomed = [name for name in await new.run_sync(other_names) if name.startswith(COG_PREFIX) or name in replaced]
    if not doomed:
        return
    for table in reversed(await new.run_sync(other_tables, doomed)):
        await new.run_sync(table.drop)


async def _refuse_unless_empty(new: AsyncConnection, target: Database) -> None:
    others = [lightweight_table(name) for name in await new.run_sync(other_names)]
    for table in [*reversed(core_tables()), *others]:
        if table.name not in OWN_TO_EACH_DATABASE and await _has_rows(new, table):
            raise DatabaseRefused(
                f"{target.name} is not empty: the table {table.name} has rows. Name a fresh one; nothing was copied."
            )


async def _has_rows(connection: AsyncConnection, table: FromClause) -> bool:
    return (await connection.execute(select(text("1")).select_from(table).limit(1))).first() is not None


async def _copy(old: AsyncConnection, new: AsyncConnection, table: Table, between: Callable[[], None]) -> int:
    """Copy one table in chunks, in the order of the primary key. Returns how many rows there were."""
    keys: Sequence[Column[Any]] = list(table.primary_key)
    query = select(table).order_by(*keys).limit(CHUNK if keys else None)
    done, last = 0, None
    while True:
        found = (await old.execute(query if last is None else query.where(tuple_(*keys) > last))).mappings().all()
        if not found:
            break
        rows = [{name: _storable(value, new) for name, value in row.items()} for row in found]
        await new.execute(insert(table), rows)
        done += len(rows)
        between()
        if not keys:
            break
        last = tuple_(*(literal(found[-1][key.name], key.type) for key in keys))
    copied = (await new.execute(select(func.count()).select_from(table))).scalar_one()
    if copied != done:
        raise DatabaseRefused(f"{copied} of {done} rows of {table.name} arrived. Nothing was copied.")
    return done


def _storable(value: Any, new: AsyncConnection) -> Any:
    """The value without NUL characters, which PostgreSQL does not store."""
    return value.replace("\0", "") if isinstance(value, str) and new.dialect.name == "postgresql" else value


async def _sum(connection: AsyncConnection) -> int:
    return int((await connection.execute(text("SELECT COALESCE(SUM(points), 0) FROM users"))).scalar_one())


async def _advance_sequences(new: AsyncConnection, tables: Sequence[Table]) -> None:
    """The next ids come after those that were copied."""
    quoted = new.dialect.identifier_preparer.quote
    for table in tables:
        key = list(table.primary_key)
        if table.name in OWN_TO_EACH_DATABASE or len(key) != 1 or not isinstance(key[0].type, Integer):
            continue
        name, column = quoted(table.name), quoted(key[0].name)
        query = text("SELECT pg_get_serial_sequence(:table, :column)")
        sequence = (await new.execute(query, {"table": name, "column": key[0].name})).scalar()
        if sequence is not None:
            last = f"(SELECT COALESCE(MAX({column}), 0) + 1 FROM {name})"
            await new.execute(text(f"SELECT setval(:sequence, {last}, false)"), {"sequence": sequence})
