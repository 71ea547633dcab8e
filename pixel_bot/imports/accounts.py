"""Accounts for an import: found by Twitch id where the list has it, else by login; new ones are created."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.json_rows import fold, sql, unfold
from pixel_bot.db.models import stamp
from pixel_bot.imports.people import Holder

_FIND = """
SELECT row.position, row.platform_id,
       i.id, COALESCE(i.merged_into, i.id), n.id, COALESCE(n.merged_into, n.id), n.platform_id
FROM {source}
LEFT JOIN users i ON i.platform = 'twitch' AND i.platform_id = row.platform_id
LEFT JOIN users n ON n.name = row.name
"""


class Found(NamedTuple):
    """The database rows of one person on the list.

    Attributes:
        user: the row; None for a new viewer.
        account: the row with the points, which differs for a merged account.
        unbound: True when the row was created by name alone, and the list has the Twitch id.
        name_taken: True when the login belongs to another Twitch id now.
    """

    user: int | None
    account: int | None
    unbound: bool = False
    name_taken: bool = False


class ImportAccounts:
    """Finds and creates accounts in the caller's transaction."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self._session = session
        self._now = now

    async def of(self, people: Sequence[Holder], known: Sequence[int | None]) -> list[int]:
        """The user id of each person, in order. A Twitch id without a row is bound to the row of the login.

        Args:
            people: of the list.
            known: the user ids found before the transaction, which are not looked up again. Rows of users are never
                deleted.
        """
        unconfirmed = [person for person, user in zip(people, known, strict=True) if user is None]
        found = await find(self._session, unconfirmed)
        await self._bind([(f.user, p.platform_id) for p, f in zip(unconfirmed, found, strict=True) if f.unbound])
        names = [_name(p, taken=f.name_taken) for p, f in zip(unconfirmed, found, strict=True)]
        fresh = [(p, name) for p, f, name in zip(unconfirmed, found, names, strict=True) if f.user is None]
        created = await self._create(fresh)
        users = iter([created[name] if f.user is None else f.user for f, name in zip(found, names, strict=True)])
        return [next(users) if user is None else user for user in known]

    async def _bind(self, rows: Sequence[tuple[int | None, str]]) -> None:
        if not rows:
            return
        source = unfold(self._session, {"user_id": "bigint", "platform_id": "text"})
        await self._session.execute(
            sql(
                f"UPDATE users SET platform_id = row.platform_id, updated_at = :now FROM {source} "
                "WHERE users.id = row.user_id AND users.platform_id IS NULL"
            ),
            {"rows": fold(rows), "now": stamp(self._now)},
        )

    async def _create(self, people: Sequence[tuple[Holder, str]]) -> dict[str, int]:
        if not people:
            return {}
        source = unfold(self._session, {"name": "text", "platform_id": "text", "shown": "text"})
        result = await self._session.execute(
            sql(
                "INSERT INTO users (name, points, platform, platform_id, display_name, created_at, updated_at) "
                f"SELECT row.name, 0, 'twitch', row.platform_id, row.shown, :now, :now FROM {source} "
                "WHERE true ORDER BY row.seq RETURNING id, name"
            ),
            {"rows": fold([(name, p.platform_id or None, p.shown) for p, name in people]), "now": stamp(self._now)},
        )
        return {name: int(user) for user, name in result}


def _name(person: Holder, *, taken: bool) -> str:
    """The name of a new row. Without a free login it is a placeholder that nobody can type."""
    return f"{person.login}~twitch{person.platform_id}" if taken or not person.login else person.login


async def find(session: AsyncSession, people: Sequence[Holder]) -> list[Found]:
    """The database rows of these people, in order. Read only."""
    if not people:
        return []
    source = unfold(session, {"position": "bigint", "name": "text", "platform_id": "text"})
    rows = [(position, p.login or None, p.platform_id or None) for position, p in enumerate(people)]
    result = await session.execute(sql(_FIND.format(source=source)), {"rows": fold(rows)})
    found: dict[int, Found] = {position: _found(*columns) for position, *columns in result.all()}
    return [found[position] for position in range(len(people))]


def _found(
    platform_id: str | None,
    by_id: int | None,
    account_by_id: int | None,
    by_name: int | None,
    account_by_name: int | None,
    id_of_name: str | None,
) -> Found:
    if by_id is not None:
        return Found(by_id, account_by_id)
    if by_name is None:
        return Found(None, None)
    if platform_id is not None and id_of_name is not None:
        return Found(None, None, name_taken=True)
    return Found(by_name, account_by_name, unbound=platform_id is not None)
