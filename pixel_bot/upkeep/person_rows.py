"""Where the database says something of one person: by account, by platform id, and by name in texts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from typing import cast as as_type

from sqlalchemy import ColumnElement, Table, Text, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.cog_data.file_tables import other_tables, viewer_columns
from pixel_bot.db.models import User
from pixel_bot.db.tables import core_tables
from pixel_bot.errors import StartError

TEXTS: dict[str, tuple[str, ...]] = {
    "transactions": ("note",),
    "changes": ("actor", "summary"),
    "queue_items": ("note", "payload_json", "approved_by"),
    "draws": ("given_by",),
    "fair_draws": ("choice", "odds_json"),
    "event_claims": ("detail",),
    "audit": ("actor", "target"),
}
"""Of our own tables, the columns in which people's names are written."""

BY_ACCOUNT: dict[str, tuple[str, ...]] = {"queue_items": ("user_id",), "changes": ("xp_user_id",)}
"""Columns that hold an account without a foreign key."""

SECRET = frozenset({"link_codes", "followed_rows", "answered_requests"})
"""Tables that say nothing of a person that lasts, or hold what nobody else may read."""


class NobodyOfThatName(StartError):
    """No account has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Nobody here is called {name[:60]}. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a person, as its row says."""

    id: int
    name: str
    display_name: str | None
    platform: str
    platform_id: str | None
    since: datetime | None

    @property
    def alias(self) -> str:
        """What stands in place of the name once the person is forgotten."""
        return f"forgotten-{self.id}"

    @property
    def key(self) -> str:
        """By what the person is known in memory and in ``known_chatters``."""
        return self.platform_id or self.name if self.platform == "twitch" else self.name

    @property
    def words(self) -> list[str]:
        """All that the person is called, longest first."""
        names = {self.name, self.name.partition("@")[0], self.display_name or ""} - {"", self.alias}
        return sorted(names, key=lambda word: (-len(word), word))


_ACCOUNT = select(User.id, User.name, User.display_name, User.platform, User.platform_id, User.created_at)


async def accounts_of(session: AsyncSession, name: str) -> list[Account]:
    """All accounts of a person: the one of that login or display name, and those that are linked to it.

    Raises:
        NobodyOfThatName: there is none, or several people have that display name.
    """
    typed = name.strip().removeprefix("@")
    found = (await session.execute(_ACCOUNT.where(User.name == typed.lower()))).all()
    if not found:
        found = (await session.execute(_ACCOUNT.where(User.display_key == typed.casefold()))).all()
    if len(found) != 1:
        raise NobodyOfThatName(name)
    own = select(func.coalesce(User.merged_into, User.id)).where(User.id == found[0].id).scalar_subquery()
    rows = await session.execute(_ACCOUNT.where(or_(User.id == own, User.merged_into == own)).order_by(User.id))
    return [Account(*row) for row in rows]


async def accounts_with(session: AsyncSession, ids: Sequence[int]) -> list[Account]:
    """The accounts of these ids."""
    return [Account(*row) for row in await session.execute(_ACCOUNT.where(User.id.in_(ids)).order_by(User.id))]


async def all_tables(session: AsyncSession) -> list[Table]:
    """Every table of the database, those of cogs that are not loaded, too."""
    connection = await session.connection()
    return [*core_tables(), *await connection.run_sync(lambda c: other_tables(c, lenient=True))]


def rows_of(table: Table, account: Account) -> ColumnElement[bool] | None:
    """The condition for an account's own rows in a table; None where none can be anybody's."""
    names = [name for _, name in viewer_columns([table])]
    names += [name for name in BY_ACCOUNT.get(table.name, ()) if name not in names]
    conditions: list[ColumnElement[bool]] = [table.c[name] == account.id for name in names]
    match table.name:
        case "users":
            conditions = [table.c.id == account.id]
        case "xp_records":
            conditions = [table.c.user_name == account.name]
        case "known_chatters":
            conditions = [table.c.key == account.key]
        case "bans":
            conditions = [(table.c.platform == account.platform) & (table.c.platform_id == account.platform_id)]
        case "event_claims":
            conditions = [table.c.person == account.platform_id]
        case _:
            pass
    return or_(*conditions) if conditions else None


def mentions(column: Any, account: Account) -> ColumnElement[bool]:
    """The condition for values that may have one of the person's names in them."""
    value = cast(column, Text)
    found = [func.lower(value).contains(word.lower(), autoescape=True) for word in account.words]
    return or_(*found, *(value.contains(word, autoescape=True) for word in account.words))


def pattern_of(account: Account) -> re.Pattern[str]:
    """Finds the person's names as whole words, in any case."""
    words = "|".join(re.escape(word) for word in account.words)
    return re.compile(rf"(?<![\w])(?:{words})(?![\w])", re.IGNORECASE)


def without_names(value: Any, names: re.Pattern[str], alias: str) -> Any:
    """A text, or whatever JSON holds, with an alias in place of names."""
    if isinstance(value, str):
        return names.sub(alias, value)
    if isinstance(value, dict):
        found = as_type(dict[Any, Any], value)
        return {without_names(k, names, alias): without_names(v, names, alias) for k, v in found.items()}
    if isinstance(value, list | tuple):
        return [without_names(part, names, alias) for part in as_type(Sequence[Any], value)]
    return value
