"""Tables that a database has beside our own, read from it: those of cogs, loaded or not, and of who else made some.

Each is described in types that SQLite and PostgreSQL both have, so that it can be made anew on either.
"""

import re
import warnings
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    Double,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
    inspect,
    text,
)
from sqlalchemy.exc import SAWarning

from pixel_bot.db.json_type import AnyJson
from pixel_bot.db.models import BigInt, UtcDateTime
from pixel_bot.db.tables import core_tables
from pixel_bot.errors import DatabaseRefused

_TYPES: Any = (
    (Boolean, Boolean()),
    (Integer, BigInt),
    (DateTime, UtcDateTime()),
    (Date, Date()),
    (Time, Time()),
    (Float, Double()),
    (Numeric, Double()),
    (LargeBinary, LargeBinary()),
    (JSON, AnyJson()),
    (String, Text()),
)
_CAST = re.compile(r"::[a-z]+(?: [a-z]+)*(?:\([\d, ]+\))?(?:\[\])?")
_NOT_OURS = frozenset({"alembic_version"})
_OWN = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tableowner = current_user"


def other_names(connection: Connection) -> list[str]:
    """The names of all tables beside our own; on PostgreSQL only of those that this user has made."""
    core = {table.name for table in core_tables()} | _NOT_OURS
    names = set(inspect(connection).get_table_names()) - core
    if connection.dialect.name == "postgresql":
        names &= set(connection.execute(text(_OWN)).scalars())
    return sorted(name for name in names if not name.startswith("sqlite_"))


def other_tables(connection: Connection, only: Collection[str] | None = None, *, lenient: bool = False) -> list[Table]:
    """All tables beside our own, those that others refer to first, in types that both kinds of database have.

    Args:
        connection: to the database.
        only: the names of those that are wanted; None for all.
        lenient: leave out what could not be copied, instead of refusing it.

    Raises:
        DatabaseRefused: one has a column of a type that could not be copied.
    """
    names = [name for name in other_names(connection) if only is None or name in only]
    if not names:
        return []
    found = MetaData()
    for table in core_tables():
        table.to_metadata(found)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of types that it does not know; they are refused below
        found.reflect(connection, only=names)
    described = MetaData()
    for table in core_tables():
        table.to_metadata(described)
    for name in names:
        if not lenient or all(_kind(column) is not None for column in found.tables[name].primary_key):
            _describe(found.tables[name], described, lenient=lenient)
    return [table for table in described.sorted_tables if table.name in set(names)]


def _describe(table: Table, into: MetaData, *, lenient: bool) -> Table:
    columns = [_column(table, c) for c in table.columns if not lenient or _kind(c) is not None]
    made = Table(table.name, into, *columns)
    if lenient:  # only to read and change rows; what the left out columns are in would not fit
        for key in table.foreign_key_constraints:
            names = [column.name for column in key.columns]
            if set(names) <= set(made.c.keys()):
                made.append_constraint(ForeignKeyConstraint(names, [e.target_fullname for e in key.elements]))
        for unique in (c for c in table.constraints if isinstance(c, UniqueConstraint)):
            if set(unique.columns.keys()) <= set(made.c.keys()):
                made.append_constraint(UniqueConstraint(*unique.columns.keys()))
        for index in table.indexes:
            if index.unique and {column.name for column in index.columns} <= set(made.c.keys()):
                _index(index, made)
        return made
    for constraint in sorted(table.constraints, key=lambda c: str(c.name)):
        match constraint:
            case ForeignKeyConstraint():
                targets = [element.target_fullname for element in constraint.elements]
                names = [column.name for column in constraint.columns]
                made.append_constraint(ForeignKeyConstraint(names, targets, ondelete=constraint.ondelete))
            case UniqueConstraint():
                made.append_constraint(UniqueConstraint(*constraint.columns.keys(), name=constraint.name))
            case CheckConstraint():
                made.append_constraint(CheckConstraint(text(_portable(str(constraint.sqltext))), name=constraint.name))
            case _:
                pass
    for index in sorted(table.indexes, key=lambda i: str(i.name)):
        _index(index, made)
    return made


def _column(table: Table, column: Column[Any]) -> Column[Any]:
    kind = _kind(column)
    if kind is None:
        raise DatabaseRefused(
            f"The column {column.name} of the table {table.name} has the type {column.type!r}, which cannot be copied. "
            "Change it, or drop the table if nobody needs it."
        )
    default = getattr(getattr(column.server_default, "arg", None), "text", None)
    return Column(
        column.name,
        kind,
        primary_key=column.primary_key,
        nullable=column.nullable,
        server_default=_default(default, kind),
    )


def _kind(column: Column[Any]) -> Any:
    """The type that both kinds of database have; None where there is none."""
    return next((ours for theirs, ours in _TYPES if isinstance(column.type, theirs)), None)


def _default(written: str | None, kind: Any) -> Any:
    if written is None or written.startswith("nextval("):
        return None  # a number that the database gives out: it does so by itself for such a key
    plain = {"now()": "CURRENT_TIMESTAMP"}.get(written, _portable(written))
    if isinstance(kind, Boolean):
        plain = {"0": "FALSE", "1": "TRUE"}.get(plain.strip("'()"), plain)
    return text(plain)


def _portable(sql: str) -> str:
    return _CAST.sub("", sql)


def _index(index: Index, table: Table) -> None:
    condition = next((index.dialect_options[d]["where"] for d in ("sqlite", "postgresql") if _where(index, d)), None)
    options: dict[str, Any] = {}
    if condition is not None:
        where = text(_portable(str(condition)))
        options = {"sqlite_where": where, "postgresql_where": where}
    columns = [table.c[column.name] for column in index.columns]
    if columns:
        Index(index.name, *columns, unique=index.unique, **options)


def _where(index: Index, dialect: str) -> bool:
    return index.dialect_options[dialect].get("where") is not None


def viewer_columns(tables: Sequence[Table]) -> list[tuple[Table, str]]:
    """The columns of these tables that hold a viewer: those that refer to ``users.id``."""
    return [
        (table, column.name)
        for table in tables
        for column in table.columns
        if any(key.target_fullname == "users.id" for key in column.foreign_keys)
    ]
