"""Checks the ledger, the levels and the links. Every finding is one sentence in plain words."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.cog_data.file_tables import other_names
from pixel_bot.texts import number

NUMBERS = (
    ("points", "name", "users"),
    ("xp", "user_name", "xp_records"),
    ("level", "user_name", "xp_records"),
    ("amount", "name", "transactions t JOIN users u ON u.id = t.user_id"),
    ("balance_after", "name", "transactions t JOIN users u ON u.id = t.user_id"),
)

CHUNK = 20_000
SHOWN = 20
"""Findings of one kind that are listed before the rest is only counted."""


async def check(session: AsyncSession, level_of: Callable[[int], int], *, knows_the_file: bool = False) -> list[str]:
    """All findings; an empty list means that everything is right.

    Args:
        session: a reading session.
        level_of: the level that an amount of XP gives, by the settings in force.
        knows_the_file: True when SQLite's own check has just found nothing, which is most of the work in a large file.
    """
    async with _sorting_on_disk(session):
        damage = [] if knows_the_file else await _integrity(session)
        findings = damage or await _numbers(session)
        if findings:
            return findings
        return [
            *await _balances(session),
            *await _running_balances(session),
            *await _foreign_keys(session),
            *await _levels(session, level_of),
            *await _merged(session),
            *await _links(session),
            *await _rounds(session),
            *await _cogs(session),
        ]


@asynccontextmanager
async def _sorting_on_disk(session: AsyncSession) -> AsyncGenerator[None]:
    """Let SQLite sort in temporary files instead of in memory."""
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    before = (await session.execute(text("PRAGMA temp_store"))).scalar_one()
    await session.execute(text("PRAGMA temp_store = FILE"))
    try:
        yield
    finally:
        await session.execute(text(f"PRAGMA temp_store = {int(before)}"))


async def _integrity(session: AsyncSession) -> list[str]:
    if session.get_bind().dialect.name != "sqlite":
        return []
    rows = (await session.execute(text("PRAGMA integrity_check(20)"))).scalars().all()
    return [f"The database file is damaged: {row}." for row in rows if row != "ok"]


# The casts below keep SQLite from the index: to fetch millions of rows one by one in its order takes many times as long
# as to read them as they lie, and sort. With the cross join it reads each row once, in order, and keeps none.


async def _balances(session: AsyncSession) -> list[str]:
    rows = await session.execute(
        text(
            """
            SELECT u.name, u.points, COALESCE(s.total, 0), t.balance_after, s.last
            FROM users u
            LEFT JOIN (SELECT CAST(user_id AS BIGINT) AS user_id, SUM(amount) AS total, MAX(id) AS last
                       FROM transactions GROUP BY CAST(user_id AS BIGINT)) s ON s.user_id = u.id
            LEFT JOIN transactions t ON t.id = s.last
            WHERE u.points IS NULL OR u.points <> COALESCE(s.total, 0)
               OR (s.last IS NOT NULL AND (t.balance_after IS NULL OR t.balance_after <> u.points))
            ORDER BY u.id
            """
        )
    )
    found: list[str] = []
    for name, points, total, last, has_rows in rows:
        points, last = points or 0, last if last is None else int(last)
        if points != total:
            found.append(f"{name} has {number(points)} points, but the transactions add up to {number(total)}.")
        elif has_rows is not None:
            seen = "none" if last is None else number(last)
            found.append(f"{name} has {number(points)} points, but the last transaction says {seen}.")
    return _shortened(found, "balances")


async def _running_balances(session: AsyncSession) -> list[str]:
    """Each row of a person continues the one before. Rows before an adoption were not ours and may have gaps."""
    rows = await session.execute(
        text(
            """
            SELECT u.name, w.id, w.balance_after, w.before + w.amount
            FROM (SELECT id, user_id, amount, COALESCE(reason, '') AS reason, balance_after,
                         COALESCE(LAG(balance_after) OVER (PARTITION BY CAST(user_id AS BIGINT) ORDER BY id), 0)
                         AS before
                  FROM transactions) w CROSS JOIN users u
            WHERE u.id = w.user_id AND w.reason <> 'adopted'
              AND (w.balance_after IS NULL OR w.balance_after <> w.before + w.amount)
              AND w.id > COALESCE((SELECT MAX(a.id) FROM transactions a
                                   WHERE a.user_id = w.user_id AND a.reason = 'adopted'), 0)
            ORDER BY w.id
            """
        )
    )
    found = [
        f"Transaction {row_id} of {name} ends at {'nothing' if after is None else number(after)}, "
        f"but should end at {number(expected)}."
        for name, row_id, after, expected in rows
    ]
    return _shortened(found, "transactions")


async def _numbers(session: AsyncSession) -> list[str]:
    """SQLite keeps any text in a column for numbers."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    found: list[str] = []
    for column, who, table in NUMBERS:
        query = f"SELECT {who}, {column} FROM {table} WHERE TYPEOF({column}) NOT IN ('integer', 'null')"
        for name, value in await session.execute(text(query)):
            found.append(f"{name} has {value!r} as {column}, which is no whole number.")
    return _shortened(found, "values")


async def _foreign_keys(session: AsyncSession) -> list[str]:
    if session.get_bind().dialect.name != "sqlite":
        return []
    rows = await session.execute(text("PRAGMA foreign_key_check"))
    found = [
        f"Row {rowid} of {table} points to a row of {parent} that does not exist." for table, rowid, parent, _ in rows
    ]
    return _shortened(found, "rows")


async def _levels(session: AsyncSession, level_of: Callable[[int], int]) -> list[str]:
    found: list[str] = []
    last = 0
    query = text("SELECT id, user_name, xp, level FROM xp_records WHERE id > :last ORDER BY id LIMIT :most")
    while rows := (await session.execute(query, {"last": last, "most": CHUNK})).all():
        last = rows[-1].id
        for _, name, xp, level in rows:
            expected = level_of(xp or 0)
            if level != expected:
                found.append(f"{name} has {number(xp or 0)} XP, which is level {expected}, but level {level} is kept.")
    return _shortened(found, "levels")


async def _merged(session: AsyncSession) -> list[str]:
    """An account that went into another one has nothing of its own, and the other one is there."""
    rows = await session.execute(
        text(
            """
            SELECT u.name, u.points, COALESCE(x.xp, 0), k.name, k.merged_into
            FROM users u
            LEFT JOIN users k ON k.id = u.merged_into
            LEFT JOIN xp_records x ON x.user_name = u.name
            WHERE u.merged_into IS NOT NULL
              AND (u.points <> 0 OR COALESCE(x.xp, 0) <> 0 OR k.id IS NULL OR k.merged_into IS NOT NULL)
            ORDER BY u.id
            """
        )
    )
    found: list[str] = []
    for name, points, xp, kept, further in rows:
        if points:
            found.append(f"{name} is linked to {kept}, but still has {number(points)} points of its own.")
        if xp:
            found.append(f"{name} is linked to {kept}, but still has {number(xp)} XP of its own.")
        if kept is None:
            found.append(f"{name} is linked to an account that does not exist.")
        elif further is not None:
            found.append(f"{name} is linked to {kept}, which is linked to another account itself.")
    return _shortened(found, "linked accounts")


async def _links(session: AsyncSession) -> list[str]:
    """Each account that went into another one has its link, which knows what to give back, and each link its own."""
    rows = await session.execute(
        text(
            """
            SELECT u.name FROM users u LEFT JOIN links l ON l.merged_id = u.id AND l.undone_at IS NULL
            WHERE COALESCE(u.merged_into, 0) <> COALESCE(l.kept_id, 0) AND (u.merged_into > 0 OR l.kept_id > 0)
            ORDER BY u.id
            """
        )
    )
    found = [f"{name} is not linked as the list of links says." for name in rows.scalars()]
    return _shortened(found, "linked accounts")


async def _rounds(session: AsyncSession) -> list[str]:
    """What came into each round of a game that has ended was paid out, given back, or left to the house."""
    rows = await session.execute(
        text(
            """
            SELECT r.kind, r.id, r.house, -COALESCE(SUM(t.amount), 0) AS kept, MIN(r.state) AS state
            FROM rounds r LEFT JOIN transactions t ON t.round_id = r.id
            WHERE r.state <> 'open' GROUP BY r.id, r.kind, r.house
            HAVING r.house <> -COALESCE(SUM(t.amount), 0) OR (MIN(r.state) = 'returned' AND r.house <> 0)
            ORDER BY r.id
            """
        )
    )
    found = [
        f"The {kind} of round {one} kept {number(kept)} points, but {number(house)} are noted."
        if kept != house
        else f"The {kind} of round {one} was given back, but kept {number(house)} points."
        for kind, one, house, kept, _ in rows
    ]
    lost = await session.execute(
        text(
            "SELECT t.id, t.round_id FROM transactions t LEFT JOIN rounds r ON r.id = t.round_id "
            "WHERE t.round_id IS NOT NULL AND r.id IS NULL ORDER BY t.id"
        )
    )
    found += [f"Transaction {row} belongs to the round {one}, which does not exist." for row, one in lost]
    return _shortened(found, "rounds")


async def _cogs(session: AsyncSession) -> list[str]:
    """Each table that a cog has made is there, whether the cog is loaded or not."""
    listed = await _tables_of_cogs(session)
    # In this order, as a cog may just now be making its tables, which it does before it lists them.
    present = set(await (await session.connection()).run_sync(other_names))
    found = [
        f"The table {table} of the cog {name} is missing. Restore a backup that has it."
        for name, table in listed
        if table not in present
    ]
    return _shortened(found, "tables")


async def _tables_of_cogs(session: AsyncSession) -> list[tuple[str, str]]:
    rows = await session.execute(text("SELECT name, tables FROM installed_cogs ORDER BY name"))
    return [(name, table) for name, tables in rows for table in tables.split()]


def _shortened(found: list[str], what: str) -> list[str]:
    rest = len(found) - SHOWN
    return found if rest <= 0 else [*found[:SHOWN], f"... and {number(rest)} more {what} like these."]
