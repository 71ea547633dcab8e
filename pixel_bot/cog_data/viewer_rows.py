"""Rows of cogs that belong to a viewer: they follow when two accounts are linked, and go back when they part.

Which columns hold a viewer is read from the database, so that it is so for cogs that are not loaded, too. Where the
row of one account would take the key of a row of the other one, the cog's ``merge`` decides; without one, both rows
stay as they are, and the one of the linked account is not seen until the two part.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    LargeBinary,
    Row,
    Table,
    UniqueConstraint,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.cog_data.file_tables import other_tables, viewer_columns
from pixel_bot.cog_data.tables import CogWithTables
from pixel_bot.db.models import UtcDateTime, read_stamp, stamp
from pixel_bot.db.models_cogs import FollowedRow

log = logging.getLogger(__name__)


async def follow(session: AsyncSession, link_id: int, old: int, new: int, loaded: Mapping[str, CogWithTables]) -> None:
    """The rows of an account become those of another one, in the transaction that links them.

    Args:
        session: the transaction.
        link_id: of the link, by which they go back.
        old: the user id of the account that is merged.
        new: of the account that is kept.
        loaded: the loaded cogs, by name.
    """
    tables = await _tables(session)
    for name, cog in loaded.items():
        mine = [(table, column) for table, column in viewer_columns(tables) if table.name.startswith(f"cog_{name}_")]
        if any([await _collides(session, table, column, old, new) for table, column in mine]):
            await cog.merge(session, old, new)
            await session.flush()
    for table, column in viewer_columns(tables):
        await _follow(session, table, column, link_id, old, new)


async def part(session: AsyncSession, link_id: int, old: int, new: int) -> None:
    """What followed a link goes back to the account that was merged, as far as it is still there.

    Args:
        session: the transaction that parts them.
        link_id: of the link.
        old: the user id of the account that was merged.
        new: of the account that was kept.
    """
    query = select(FollowedRow).where(FollowedRow.link_id == link_id).order_by(FollowedRow.id.desc())
    followed = (await session.execute(query)).scalars().all()
    if not followed:
        return
    tables = {table.name: table for table in await _tables(session)}
    for row in followed:
        table = tables.get(row.table_name)
        if table is None or row.column_name not in table.c or not all(name in table.c for name in row.key_json):
            continue  # the cog has changed its tables since
        column = table.c[row.column_name]
        here = and_(column == new, *(_is(table.c[str(name)], value) for name, value in row.key_json.items()))
        free = ~or_(False, *_taken(table, column, old))
        await session.execute(update(table).where(here, free).values({column.name: old}))
    await session.execute(delete(FollowedRow).where(FollowedRow.link_id == link_id))


async def _tables(session: AsyncSession) -> list[Table]:
    return await (await session.connection()).run_sync(lambda c: other_tables(c, lenient=True))


def _keys(table: Table, column: Column[Any]) -> list[list[Column[Any]]]:
    """The primary key and the unique ones that the column is in."""
    keys = [list(table.primary_key.columns)]
    keys += [list(unique.columns) for unique in table.constraints if isinstance(unique, UniqueConstraint)]
    keys += [list(index.columns) for index in table.indexes if index.unique]
    return [key for key in keys if any(member.name == column.name for member in key)]


def _taken(table: Table, column: Column[Any], wanted: int) -> list[Any]:
    """For each key, the condition that another row has the key already that a row would get with ``wanted``."""
    other = table.alias("other")
    conditions: list[Any] = []
    for key in _keys(table, column):
        same = [other.c[member.name] == member for member in key if member.name != column.name]
        conditions.append(exists(select(1).select_from(other).where(other.c[column.name] == wanted, *same)))
    return conditions


async def _collides(session: AsyncSession, table: Table, name: str, old: int, new: int) -> bool:
    taken = _taken(table, table.c[name], new)
    if not taken:
        return False
    query = select(func.count()).select_from(table).where(table.c[name] == old, or_(*taken))
    return bool((await session.execute(query)).scalar_one())


async def _follow(session: AsyncSession, table: Table, name: str, link_id: int, old: int, new: int) -> None:
    """One row after another: two rows of the old account could else get the same key."""
    column = table.c[name]
    keys = list(table.primary_key.columns)
    rows: Sequence[Row[Any]] = (await session.execute(select(*keys).where(column == old))).all() if keys else ()
    for row in rows:
        key = {str(member.name): value for member, value in zip(keys, row, strict=True)}
        free = ~or_(False, *_taken(table, column, new))
        here = and_(*(table.c[part] == value for part, value in key.items()))
        moved = await session.execute(update(table).where(here, free).values({name: new}).returning(column))
        if moved.first() is None:
            log.info("A row of %s stays with the linked account, because the other one has its key.", table.name)
            continue
        after = {part: new if part == name else _written(value) for part, value in key.items()}
        values = {"table_name": table.name, "column_name": str(name), "key_json": after}
        await session.execute(insert(FollowedRow).values(link_id=link_id, **values))
    if not keys:
        await session.execute(update(table).where(column == old).values({name: new}))


def _written(value: Any) -> Any:
    """A part of a key as JSON keeps it."""
    return stamp(value) if isinstance(value, datetime) else value.hex() if isinstance(value, bytes) else value


def _is(column: Column[Any], written: Any) -> ColumnElement[bool]:
    return column == _read(written, column)


def _read(value: Any, column: Column[Any]) -> Any:
    """What ``_written`` wrote of a value of that column."""
    match column.type:
        case UtcDateTime():
            return read_stamp(value)
        case Date():
            return date.fromisoformat(value)
        case LargeBinary():
            return bytes.fromhex(value)
        case _:
            return value
