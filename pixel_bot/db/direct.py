"""Statements that go round SQLAlchemy, in a transaction that it has begun.

A session of SQLAlchemy costs several times what a small statement costs SQLite, and one chat message takes five of
them. They are sent to the connection itself, which is the same one, so that they belong to the same transaction.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.driver import Connection
from pixel_bot.db.json_rows import sql

DIRECT = "direct"
"""Where ``info`` of a session has its connection. Only while the session has a transaction on it."""


class Done(NamedTuple):
    """What a statement came to: its rows, and how many it changed, where it changes some."""

    rows: list[Any]
    changed: int


async def run(session: AsyncSession, statement: str, values: Mapping[str, Any]) -> Done:
    """Run one statement of text in the session's transaction.

    Args:
        session: the transaction.
        statement: with parameters like ``:name``; no placeholders of other kinds.
        values: as the driver takes them.

    Raises:
        DBAPIError: it could not be run; the same errors as those of ``session.execute``.
    """
    connection: Connection | None = session.info.get(DIRECT)
    if connection is None or not session.in_transaction():
        result = cast(Any, await session.execute(sql(statement), values))
        return Done([tuple(row) for row in result] if result.returns_rows else [], result.rowcount)
    if session.in_nested_transaction():
        # SQLAlchemy sends a savepoint with the first statement of its own: before that, nothing could be undone by it.
        await session.connection()
    try:
        return Done(*await connection.changed(statement, values))
    except sqlite3.Error as exc:
        raise cast(Exception, DBAPIError.instance(statement, dict(values), exc, cast(Any, sqlite3.Error))) from exc
