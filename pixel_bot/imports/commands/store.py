"""Where imported commands go: the tables of the cogs ``commands``, ``timers``, ``quotes`` and ``counters``."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.json_rows import ColumnType, fold, sql, unfold
from pixel_bot.db.models import stamp
from pixel_bot.imports.commands.review import Reviewed
from pixel_bot.imports.commands.values import ImportedCounter, ImportedQuote, ImportedTimer
from pixel_bot.imports.errors import ImportRefused

COMMANDS, OPTIONS, OTHER_NAMES = "cog_commands_custom_command", "cog_commands_options", "cog_commands_other_name"
TIMERS, QUOTES, COUNTERS = "cog_timers_timer", "cog_quotes_quote", "cog_counters_counter"


@dataclass(frozen=True, slots=True)
class Stored:
    """What an import has stored, so that it can be undone: texts by their fingerprints, so that changed ones are kept.

    Attributes:
        commands, timers: the fingerprint of each text by its name.
        aliases: other names.
        quotes: the fingerprint of each text by its number, written as text.
        counters: the value of each counter.
    """

    commands: Mapping[str, str]
    aliases: Sequence[str]
    timers: Mapping[str, str]
    quotes: Mapping[str, str]
    counters: Mapping[str, int]

    def as_json(self) -> str:
        """As it is kept."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def from_json(cls, kept: str) -> "Stored":
        """What ``as_json`` returned."""
        return cls(**orjson.loads(kept))


@dataclass(frozen=True, slots=True)
class Everything:
    """All that one import stores."""

    commands: Sequence[Reviewed]
    timers: Sequence[ImportedTimer]
    quotes: Sequence[ImportedQuote]
    counters: Sequence[ImportedCounter]


class CommandStore(Protocol):
    """Keeps commands that mods made. All of it happens in the caller's transaction."""

    async def names(self, session: AsyncSession) -> Collection[str]:
        """The commands that are there, and their other names."""
        ...

    async def add(self, session: AsyncSession, everything: Everything, now: datetime) -> Stored:
        """Store what is not there yet; what is there stays as it is.

        Raises:
            ImportRefused: the database cannot hold commands yet.
        """
        ...

    async def remove(self, session: AsyncSession, stored: Stored) -> int:
        """Take away what an import stored, as far as it was not changed since. Returns how many commands went."""
        ...


def fingerprint(text: str) -> str:
    """What tells whether a text was changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class CogTables:
    """The store that is used: the tables of the cogs. The bot makes them when it starts."""

    async def names(self, session: AsyncSession) -> Collection[str]:
        """The commands that are there, and their other names; none before the first start."""
        if not {COMMANDS, OTHER_NAMES} <= await _tables(session):
            return ()
        return await _keys(session, COMMANDS, "name") | await _keys(session, OTHER_NAMES, "name")

    async def add(self, session: AsyncSession, everything: Everything, now: datetime) -> Stored:
        """Store what is not there yet."""
        tables = await _tables(session)
        if not {COMMANDS, OPTIONS, OTHER_NAMES} <= tables:
            raise ImportRefused(
                "The database has no tables for commands yet. Start the bot once, which makes them: python -m pixel_bot"
            )
        commands = [one.command for one in everything.commands if not one.command.alias_of]
        aliases = [(one.command.name, one.command.alias_of) for one in everything.commands if one.command.alias_of]
        aliases += [(alias, command.name) for command in commands for alias in command.aliases]
        columns: dict[str, ColumnType] = {"name": "text", "text": "text", "cost": "bigint", "made_at": "timestamp"}
        await _insert(session, COMMANDS, columns, [(c.name, c.text, c.cost, stamp(now)) for c in commands])
        await self._add_options(session, everything.commands)
        await _insert(session, OTHER_NAMES, {"name": "text", "command": "text"}, aliases)
        counted = [ImportedCounter(one.command.name, one.command.count) for one in everything.commands if one.counts]
        return Stored(
            {command.name: fingerprint(command.text) for command in commands},
            [alias for alias, _ in aliases],
            await _add_timers(session, everything.timers, now) if TIMERS in tables else {},
            await _add_quotes(session, everything.quotes, now) if QUOTES in tables else {},
            await _add_counters(session, [*everything.counters, *counted]) if COUNTERS in tables else {},
        )

    async def _add_options(self, session: AsyncSession, commands: Sequence[Reviewed]) -> None:
        rows = [
            (c.name, int(not c.off), c.who, c.cooldown, c.everyone, None if c.reply is None else int(c.reply))
            for c in (one.command for one in commands)
            if not c.alias_of and (c.off or c.who != "everyone" or c.cooldown or c.everyone or c.reply is not None)
        ]
        columns: dict[str, ColumnType] = {"name": "text", "is_on": "bigint", "who": "text"}
        columns |= {"cooldown": "bigint", "everyone": "bigint", "reply": "bigint"}
        # Options of a command that is gone may be left of older times.
        await _delete(session, OPTIONS, "name", [(name,) for name, *_ in rows])
        reply = "CASE WHEN row.reply IS NULL THEN NULL ELSE row.reply = 1 END"
        await _insert(session, OPTIONS, columns, rows, {"is_on": "row.is_on = 1", "reply": reply})

    async def remove(self, session: AsyncSession, stored: Stored) -> int:
        """Take away what an import stored."""
        tables = await _tables(session)
        if COMMANDS not in tables:
            return 0
        gone = await _same(session, COMMANDS, "name", stored.commands)
        for table in (COMMANDS, OPTIONS):
            await _delete(session, table, "name", [(name,) for name in gone])
        await _delete(session, OTHER_NAMES, "name", [(name,) for name in stored.aliases])
        await _delete(session, OTHER_NAMES, "command", [(name,) for name in gone])
        if TIMERS in tables:
            timers = await _same(session, TIMERS, "name", stored.timers)
            await _delete(session, TIMERS, "name", [(name,) for name in timers])
        if QUOTES in tables:
            quotes = await _same(session, QUOTES, "number", stored.quotes)
            await _delete(session, QUOTES, "number", [(int(number),) for number in quotes])
        if COUNTERS in tables:
            rows = await session.execute(sql(f"SELECT name, value FROM {COUNTERS}"))
            same = [(name,) for name, value in rows if stored.counters.get(name) == value]
            await _delete(session, COUNTERS, "name", same)
        return len(gone)


async def _add_timers(session: AsyncSession, timers: Sequence[ImportedTimer], now: datetime) -> dict[str, str]:
    there = await _keys(session, TIMERS, "name")
    new = {timer.name: timer for timer in timers if timer.name and timer.name not in there and len(timer.name) <= 30}
    columns: dict[str, ColumnType] = {"name": "text", "text": "text", "minutes": "bigint", "lines": "bigint"}
    columns |= {"is_on": "bigint", "last_at": "timestamp", "lines_then": "bigint", "turns": "bigint"}
    rows = [(t.name, t.text, t.minutes, t.lines, int(t.enabled), stamp(now), 0, 0) for t in new.values()]
    await _insert(session, TIMERS, columns, rows, {"is_on": "row.is_on = 1"})
    return {timer.name: fingerprint(timer.text) for timer in new.values()}


async def _add_quotes(session: AsyncSession, quotes: Sequence[ImportedQuote], now: datetime) -> dict[str, str]:
    there = set((await session.execute(sql(f"SELECT text FROM {QUOTES}"))).scalars())
    last = (await session.execute(sql(f"SELECT COALESCE(MAX(number), 0) FROM {QUOTES}"))).scalar_one()
    new: dict[str, ImportedQuote] = {}
    for quote in quotes:
        if quote.text not in there:
            new.setdefault(quote.text, quote)
    columns: dict[str, ColumnType] = {"number": "bigint", "text": "text", "said_at": "timestamp", "game": "text"}
    rows = [(last + place, q.text, stamp(_moment(q.said) or now), q.game) for place, q in enumerate(new.values(), 1)]
    await _insert(session, QUOTES, columns, rows)
    return {str(number): fingerprint(text) for number, text, *_ in rows}


async def _add_counters(session: AsyncSession, counters: Sequence[ImportedCounter]) -> dict[str, int]:
    there = await _keys(session, COUNTERS, "name")
    new = {counter.name: counter.value for counter in counters if counter.name and counter.name not in there}
    await _insert(session, COUNTERS, {"name": "text", "value": "bigint"}, list(new.items()))
    return new


def _moment(said: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


async def _tables(session: AsyncSession) -> set[str]:
    connection = await session.connection()
    return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def _keys(session: AsyncSession, table: str, key: str) -> set[str]:
    return set((await session.execute(sql(f"SELECT {key} FROM {table}"))).scalars())


async def _same(session: AsyncSession, table: str, key: str, texts: Mapping[str, str]) -> list[str]:
    """The keys of those rows whose text is still the one that was stored."""
    rows = await session.execute(sql(f"SELECT {key}, text FROM {table}"))
    return [str(name) for name, text in rows if texts.get(str(name)) == fingerprint(text)]


async def _insert(
    session: AsyncSession,
    table: str,
    columns: dict[str, ColumnType],
    rows: Sequence[Sequence[Any]],
    picks: Mapping[str, str] | None = None,
) -> None:
    if not rows:
        return
    picked = ", ".join((picks or {}).get(name, f"row.{name}") for name in columns)
    await session.execute(
        sql(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {picked} FROM {unfold(session, columns)} WHERE true"),
        {"rows": fold(rows)},
    )


async def _delete(session: AsyncSession, table: str, key: str, rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        return
    columns: dict[str, ColumnType] = {"key": "bigint" if isinstance(rows[0][0], int) else "text"}
    await session.execute(
        sql(f"DELETE FROM {table} WHERE {key} IN (SELECT row.key FROM {unfold(session, columns)})"),
        {"rows": fold(rows)},
    )
