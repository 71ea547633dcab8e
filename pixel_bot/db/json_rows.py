"""Bulk statements: many rows as one JSON parameter.

``executemany`` takes the interpreter's lock anew for each row, which beside a busy event loop costs nine tenths of the
speed. One JSON parameter that the database unfolds by itself is a single step, on SQLite and on PostgreSQL.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

ColumnType = Literal["bigint", "text", "timestamp"]


@lru_cache(maxsize=256)
def sql(statement: str) -> TextClause:
    """The statement, prepared once: looking for its parameters anew would cost more than running it."""
    return text(statement)


def unfold(session: AsyncSession, columns: dict[str, ColumnType]) -> str:
    """A FROM item over the parameter ``:rows`` (see ``fold``), in the rows' order, with ``seq`` counting them.

    ``columns`` become part of the SQL: never pass names from outside.
    """
    if session.get_bind().dialect.name == "postgresql":
        picks = ", ".join(
            f"CAST(r.value ->> {i} AS {kind}) AS {name}" for i, (name, kind) in enumerate(columns.items())
        )
        elements = "jsonb_array_elements(CAST(:rows AS jsonb)) WITH ORDINALITY AS r(value, seq)"
        return f"(SELECT {picks}, r.seq FROM {elements}) AS row"
    picks = ", ".join(f"json_extract(value, '$[{i}]') AS {name}" for i, name in enumerate(columns))
    return f"(SELECT {picks}, key AS seq FROM json_each(:rows)) AS row"


def fold(rows: Sequence[Sequence[Any]]) -> str:
    """The rows as the parameter that ``unfold`` reads."""
    return orjson.dumps(rows).decode()
