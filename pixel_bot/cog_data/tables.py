"""Makes the tables of cogs when they are loaded, and upgrades them by the cog's own ``migrate``, after a backup."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Table, insert, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.cog_data.models import CogModel, models_of, owner_of
from pixel_bot.configuration.cog_files import cog_name
from pixel_bot.db.engine import Database
from pixel_bot.db.models_cogs import InstalledCog
from pixel_bot.db.tables import Base
from pixel_bot.errors import PixelError
from pixel_bot.model.people import Viewer

log = logging.getLogger(__name__)

PRESENT = """
    SELECT made.tbl_name, made.name FROM sqlite_master AS made WHERE made.type = 'index' AND made.tbl_name LIKE 'cog_%'
    UNION ALL SELECT made.name, field.name FROM sqlite_master AS made, pragma_table_info(made.name) AS field
    WHERE made.type = 'table' AND made.name LIKE 'cog_%'
"""
"""The indexes and columns of the tables of cogs in a file."""


class CogTablesRefused(PixelError):
    """The tables of a cog cannot be used as they are; nothing was changed. The sentence says what to do."""


class CogWithTables(Protocol):
    """A cog, as far as its tables are concerned."""

    tables: Sequence[type[CogModel]]
    version: int

    async def migrate(self, session: AsyncSession, old: int) -> None:
        """Upgrade the tables from an older version."""
        ...

    async def merge(self, session: AsyncSession, old: int, new: int) -> None:
        """Two accounts become one: decide about rows whose keys would collide."""
        ...

    async def forget(self, viewer: Viewer, session: AsyncSession) -> None:
        """Delete what is kept of a viewer."""
        ...


class CogTables:
    """The tables of the loaded cogs, in one database.

    Args:
        database: where they are.
        clock: what time it is.
        back_up: makes a verified backup.
    """

    def __init__(self, database: Database, clock: Clock, back_up: Callable[[], Awaitable[object]]) -> None:
        self._database = database
        self._clock = clock
        self._back_up = back_up
        self._tables_of: WeakKeyDictionary[type[object], list[Table]] = WeakKeyDictionary()
        self.loaded: dict[str, CogWithTables] = {}
        """The loaded cogs that have tables, by name."""

    async def prepare(self, cog: Any) -> None:
        """Make a cog's tables, or upgrade them; from then on it is asked about them.

        Raises:
            CogTablesRefused: they belong to another cog, are of a newer version, or lack a column.
            StartError: they must be upgraded, and no backup could be made.
        """
        name = cog_name(type(cog).__module__)
        # A class that comes back, because its new version failed, has the tables that it had.
        made_by = cast(type[object], type(cog))
        tables = self._tables_of.get(made_by) or _declared(name, cog)
        if not tables:
            return
        if not await self._is_ready(name, cog, tables):
            there = await self._installed(name)
            if there is not None and there.version < cog.version:
                # Before the first change; a verified one, as before each change of the bot's own schema.
                await self._back_up()
            async with self._database.write(f"The upgrade of the tables of {name}") as session:
                await self._bring_up(session, name, cog, tables)
        self._tables_of[made_by] = tables
        self.loaded[name] = cog

    def remove(self, cog: Any) -> None:
        """The cog is unloaded. Its tables stay, and its rows follow their viewers as before."""
        name = cog_name(type(cog).__module__)
        if self.loaded.get(name) is cog:
            del self.loaded[name]

    async def _is_ready(self, name: str, cog: CogWithTables, tables: Sequence[Table]) -> bool:
        """True for a file in which all is as the cog declares it, as nearly every start finds it."""
        if self._database.path is None:
            return False
        names = {table.name for table in tables}
        rows = await self._database.look_up("SELECT name, version, tables FROM installed_cogs", {})
        owned = {owner: (version, names & set(kept.split())) for owner, version, kept in rows}
        if owned.pop(name, None) != (cog.version, names) or any(taken for _, taken in owned.values()):
            return False
        present = {tuple(row) for row in await self._database.look_up(PRESENT, {})}
        indexes = {(table.name, str(index.name)) for table in tables for index in table.indexes}
        return present >= indexes | {(table.name, column.name) for table in tables for column in table.columns}

    async def _installed(self, name: str) -> InstalledCog | None:
        async with self._database.readers() as session:
            return (await session.execute(select(InstalledCog).where(InstalledCog.name == name))).scalar()

    async def _bring_up(self, session: AsyncSession, name: str, cog: CogWithTables, tables: Sequence[Table]) -> None:
        installed = {row.name: row for row in (await session.execute(select(InstalledCog))).scalars()}
        names = {table.name for table in tables}
        for other, row in installed.items():
            if other != name and (taken := sorted(names & set(row.tables.split()))):
                raise CogTablesRefused(f"The table {taken[0]} belongs to the cog {other}. Rename the model or the cog.")
        old = installed[name].version if name in installed else None
        if old is not None and old > cog.version:
            raise CogTablesRefused(
                f"The tables of {name} are of version {old}, and this file of it knows version {cog.version}. "
                "Take the newer file again, or restore a backup from before."
            )
        if old is not None and old < cog.version:
            await cog.migrate(session, old)
            await session.flush()
            log.info("The tables of the cog %s are now of version %d.", name, cog.version)
        connection = await session.connection()
        await connection.run_sync(_make, tables)
        if missing := await connection.run_sync(_missing_columns, tables):
            raise CogTablesRefused(
                f"The table {missing[0]} has no column {missing[1]}. Raise the cog's `version` to "
                f"{max(cog.version, old or 1) + (old == cog.version)}, and add the column in its `migrate`."
            )
        kept = set(installed[name].tables.split()) if name in installed else set[str]()
        values = {"version": cog.version, "tables": " ".join(sorted(names | kept)), "updated_at": self._clock.now()}
        if name not in installed:
            await session.execute(insert(InstalledCog).values(name=name, **values))
        elif old != cog.version or names - kept:
            await session.execute(update(InstalledCog).where(InstalledCog.name == name).values(**values))


def _declared(name: str, cog: Any) -> list[Table]:
    """The tables of a cog: those that it lists, and all other models of its modules.

    Raises:
        CogTablesRefused: it lists another cog's.
    """
    listed: Sequence[type[CogModel]] = getattr(cog, "tables", ())
    if models_of(name) and not isinstance(getattr(cog, "version", None), int):
        raise CogTablesRefused(f"`version` of the cog {name} must be a whole number: that of its tables.")
    for model in listed:
        if (owner := owner_of(model.__table__)) != name:
            raise CogTablesRefused(f"{model.__name__} is a model of the cog {owner}, not of {name}.")
    return models_of(name)


def _make(connection: Connection, tables: Sequence[Table]) -> None:
    """Make tables and indexes that are not there yet."""
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    Base.metadata.create_all(connection, tables=[t for t in tables if t.name not in present], checkfirst=False)
    for table in tables:
        if table.name in present:
            known = {index["name"] for index in inspector.get_indexes(table.name)}
            for index in table.indexes:
                if index.name not in known and _has_columns(inspector, table, index):
                    index.create(connection)


def _has_columns(inspector: Any, table: Table, index: Any) -> bool:
    columns = {column["name"] for column in inspector.get_columns(table.name)}
    return {column.name for column in index.columns} <= columns


def _missing_columns(connection: Connection, tables: Sequence[Table]) -> tuple[str, str] | None:
    """The first table and column that a model declares and the database does not have."""
    inspector = inspect(connection)
    for table in tables:
        present = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in present:
                return table.name, column.name
    return None
