"""Looks into a database after a run: is everything there, and is the ledger right?"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pixel_bot.db.engine import Database
from pixel_bot.services import curve_of
from pixel_bot.testing import settings_in
from pixel_bot.upkeep.check import check

DATABASE = "sandbox.db"


@dataclass(frozen=True)
class Written:
    """What chat left in the database."""

    transactions: int
    events: int
    xp: int

    @property
    def agrees(self) -> bool:
        """True when each message left all three traces (1 point, 1 XP and its id) or none."""
        return self.transactions == self.events == self.xp


def written(folder: Path, xp_before: int = 0) -> Written:
    """Count it. ``xp`` is right where each message gives 1 XP and nothing else gives any."""
    queries = (
        "SELECT COUNT(*) FROM transactions WHERE reason = 'chat'",
        "SELECT COUNT(*) FROM events WHERE kind = 'chat'",
        "SELECT COALESCE(SUM(xp), 0) FROM xp_records",
    )
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        transactions, events, xp = (connection.execute(query).fetchone()[0] for query in queries)
    return Written(transactions, events, xp - xp_before)


async def findings(folder: Path) -> list[str]:
    """What the bot's own check finds wrong; nothing is right."""
    settings = settings_in(folder)
    database = Database(settings.database_for("sandbox"))
    try:
        async with database.readers() as session:
            return await check(session, curve_of(settings).level_of)
    finally:
        await database.close()
