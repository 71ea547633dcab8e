"""One person's data, out of every table: what somebody may ask for by right."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.upkeep.person_rows import SECRET, Account, all_tables, rows_of


async def personal_data(session: AsyncSession, accounts: Sequence[Account]) -> dict[str, Any]:
    """Everything that the database has of a person, in values that JSON can hold.

    Args:
        session: a reading session.
        accounts: all accounts of the person.

    Returns:
        The names, and by table the rows that belong to one of the accounts.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for table in await all_tables(session):
        conditions = [condition for account in accounts if (condition := rows_of(table, account)) is not None]
        if table.name in SECRET or not conditions:
            continue
        query = select(table).where(or_(*conditions)).order_by(*table.primary_key.columns)
        rows = (await session.execute(query)).mappings().all()
        if rows:
            found[table.name] = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return {"names": [account.name for account in accounts], "tables": found}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value
