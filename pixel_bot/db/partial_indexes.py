"""Conditions of partial indexes on PostgreSQL, kept aside until tables are made there.

With ``postgresql_where`` SQLAlchemy imports all of its PostgreSQL at once, which a bot on a SQLite file never needs.
"""

from typing import Any

from sqlalchemy import Connection, MetaData, event, text

HELD = "approval = 'waiting' AND status = 'pending'"
"""Items of the queue that wait for a mod's yes."""

OF_A_ROUND = "round_id IS NOT NULL"
"""Rows of the ledger that belong to a round of a game."""

OPEN = "state = 'open'"
"""Rounds of games that have not ended."""

_CONDITION = "condition on PostgreSQL"


def on_postgres(condition: str) -> dict[str, Any]:
    """The ``info`` of an index that has this condition on PostgreSQL."""
    return {_CONDITION: condition}


def complete_before_create(metadata: MetaData) -> None:
    """From now on ``create_all`` on PostgreSQL makes partial indexes of those that are some."""
    event.listen(metadata, "before_create", _complete)


def _complete(metadata: MetaData, connection: Connection, **_: object) -> None:
    if connection.dialect.name == "postgresql":
        for index in (index for table in metadata.tables.values() for index in table.indexes):
            if _CONDITION in index.info:
                index.dialect_options["postgresql"]["where"] = text(index.info[_CONDITION])
