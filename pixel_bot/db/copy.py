"""Everything of one database into an empty one of the same schema, row for row, whichever kinds they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, func, insert, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from pixel_bot.db.engine import Database
from pixel_bot.db.tables import Base
from pixel_bot.errors import DatabaseRefused

CHUNK = 5_000

ONES_OWN = ("lanes", "meta")
"""Tables that have rows in a fresh database, which give way to those that come."""


@dataclass(frozen=True)
class Copied:
    """How many rows each table got, and the points in all."""

    rows: dict[str, int]
    points: int


async def copy_all(source: Database, target: Database) -> Copied:
    """Copy all tables in one transaction of the target, from one moment of the source.

    Args:
        source: at the present schema; it is only read.
        target: the same, without viewers.

    Raises:
        DatabaseRefused: the target is not empty, or did not get what the source has.
    """
    reading = source.engine.execution_options(**({"isolation_level": "REPEATABLE READ"} if source.is_shared else {}))
    writing = target.engine.execution_options(begin="IMMEDIATE")
    async with reading.connect() as old, writing.begin() as new:
        await _refuse_unless_empty(new, target)
        rows = {table.name: await _copy(old, new, table, target) for table in Base.metadata.sorted_tables}
        points = await _sum(old)
        if points != await _sum(new):
            raise DatabaseRefused("The points in the copy are not those of the original. Nothing was copied.")
        if target.is_shared:
            await _count_on(new)
    return Copied(rows, points)


async def _refuse_unless_empty(new: AsyncConnection, target: Database) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        if table.name in ONES_OWN:
            await new.execute(table.delete())
        elif (await new.execute(select(text("1")).select_from(table).limit(1))).first() is not None:
            raise DatabaseRefused(
                f"{target.name} is not empty: the table {table.name} has rows. Name a fresh one; nothing was copied."
            )


async def _copy(old: AsyncConnection, new: AsyncConnection, table: Table, target: Database) -> int:
    """Returns how many rows there were. They are read in the order of the key, so many at a time."""
    keys: Sequence[Column[Any]] = list(table.primary_key)
    query = select(table).order_by(*keys).limit(CHUNK)
    done, last = 0, None
    while True:
        found = (await old.execute(query if last is None else query.where(tuple_(*keys) > last))).mappings().all()
        if not found:
            break
        rows = [{name: _fit(value, target) for name, value in row.items()} for row in found]
        await new.execute(insert(table), rows)
        done += len(rows)
        last = tuple_(*(found[-1][key.name] for key in keys))
    copied = (await new.execute(select(func.count()).select_from(table))).scalar_one()
    if copied != done:
        raise DatabaseRefused(f"{copied} of {done} rows of {table.name} arrived. Nothing was copied.")
    return done


def _fit(value: Any, target: Database) -> Any:
    """PostgreSQL keeps no NUL character."""
    return value.replace("\0", "") if target.is_shared and isinstance(value, str) else value


async def _sum(connection: AsyncConnection) -> int:
    return int((await connection.execute(text("SELECT COALESCE(SUM(points), 0) FROM users"))).scalar_one())


async def _count_on(new: AsyncConnection) -> None:
    """The next ids come after those that were copied."""
    for table in Base.metadata.sorted_tables:
        if table.name not in ONES_OWN and "id" in table.c and table.c.id.type.python_type is int:
            sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
            await new.execute(
                text(f"SELECT setval({sequence}, (SELECT COALESCE(MAX(id), 0) + 1 FROM {table.name}), false)")
            )
