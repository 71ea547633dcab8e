"""What a database says of itself after a command of upkeep was killed."""

import asyncio
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixel_bot.db.schema import HEAD
from tests.harness.database import findings

SCHEMAS = Path(__file__).parent.parent / "schemas"
DATABASE, BACKUPS = Path("data", "pixel.db"), Path("data", "backups")
SAVED, POINTS = Path("saved.db"), Path("points.csv")
PEOPLE, ROWS_EACH, OLD = 60, 20, 4_000


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code (-9 when it was killed), how long it took, its steps, and its words."""

    code: int
    seconds: float
    steps: tuple[str, ...]
    said: str

    @property
    def was_killed(self) -> bool:
        """True when it died before its end."""
        return self.code == -signal.SIGKILL


@dataclass(frozen=True, slots=True)
class State:
    """What a database says: the ledger with all balances, XP, and how many rows there are elsewhere."""

    ledger: tuple[tuple[Any, ...], ...]
    counts: tuple[tuple[str, int], ...]


# What a database says

LEDGER = (
    "SELECT id, name, points FROM users ORDER BY id",
    "SELECT id, user_id, amount, reason, balance_after FROM transactions ORDER BY id",
    "SELECT user_name, xp, level FROM xp_records ORDER BY user_name",
)


def state_of(path: Path) -> State:
    """What is in a file; it may be changed by that, as by whoever opens one that was left in the middle."""
    with closing(sqlite3.connect(path)) as connection:
        ledger = tuple(row for query in LEDGER for row in connection.execute(query))
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        counts = [(table, *connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()) for table in tables]
    return State(ledger, tuple(sorted(counts)))


def seen(path: Path) -> State:
    """What is in a database, which stays as it is."""
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(path.parent, Path(name) / "data")
        return state_of(Path(name) / "data" / path.name)


async def problems(path: Path) -> list[str]:
    """What the bot's own check finds; of an older schema, which it does not know, what SQLite's finds."""
    with closing(sqlite3.connect(path)) as connection:
        verdicts = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        if verdicts != ["ok"]:
            return verdicts
        stamped = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        if not stamped or connection.execute("SELECT version_num FROM alembic_version").fetchone() != (HEAD,):
            return []
    return await findings(path)


def is_whole(path: Path, states: Sequence[State]) -> bool:
    with tempfile.TemporaryDirectory() as name:
        copy = Path(shutil.copy(path, name))
        try:
            return state_of(copy) in states and asyncio.run(problems(copy)) == []
        except sqlite3.DatabaseError:
            return False


def written(path: Path) -> str:
    """The text of a file, which one who died at once has not even begun."""
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def kept_aside(folder: Path, state: State) -> bool:
    others = [path for path in folder.rglob("*") if path.is_file() and path not in (folder / DATABASE, folder / SAVED)]
    return any(path.read_bytes()[:15] == b"SQLite format 3" and is_whole(path, (state,)) for path in others)
