"""Times on a big database: what chat waits for, and what the command line does with it."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _database.ledger import DATABASE

from pixel_bot.clock import Clock
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch.users import id_of
from pixel_bot.testing import settings_in

NOTHING = "a look at nothing"
SCAN = "SELECT COUNT(*), SUM(amount), SUM(balance_after), MAX(created_at) FROM transactions NOT INDEXED"


# The system's own account of a child's memory begins with what its parent had; this is the child's alone.
MEASURED = """
import sys, time
from pathlib import Path
from pixel_bot.cli import main

code = main(sys.argv[1:])
(most,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(time.process_time(), most.split()[1], file=sys.stderr)
sys.exit(code)
"""


@dataclass
class Looks:
    """Seconds of each look by its name, in turns, so that what slows the machine slows all of them."""

    seconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    first: dict[str, float] = field(default_factory=dict[str, float])
    """What the very first one took, on a connection that had read nothing yet."""


async def chat_looks(folder: Path, people: int, rounds: int) -> Looks:
    """What ``!top`` and ``!points`` ask the database, by the services that answer them."""
    looks, chance = Looks(), random.Random(people)
    async with opened(settings_in(folder), "sandbox", Clock()) as services:

        async def points() -> object:
            name = f"viewer_{chance.randrange(people)}"
            viewer = await services.viewers.meet(Person(id_of(name), name, name.capitalize()))
            assert viewer.points > 0
            return viewer

        async def somebody_else() -> object:
            return await services.viewers.find(f"viewer_{chance.randrange(people)}")

        async def nothing() -> object:
            return await services.database.look_up("SELECT 1", {})

        named: dict[str, Callable[[], Awaitable[object]]] = {
            "!top points": services.leaderboard.by_points,
            "!top xp": services.leaderboard.by_xp,
            "!points": points,
            "!points @user": somebody_else,
            NOTHING: nothing,
        }
        for name, look in named.items():
            looks.first[name] = await _seconds(look)
            looks.seconds[name] = []
        for _ in range(rounds):
            for name, look in named.items():
                looks.seconds[name].append(await _seconds(look))
    return looks


async def _seconds(look: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    assert await look()
    return time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class Run:
    """A process that ended: its seconds on the clock, and at work itself, and the most memory it had, in bytes."""

    seconds: float
    at_work: float
    memory: int


def command(folder: Path, *arguments: str) -> Run:
    """Run a command line of the bot on the database in the folder.

    Raises:
        RuntimeError: it did not end with 0.
    """
    ours = {name.upper() for name in type(settings_in(folder)).model_fields}
    environment = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    environment["DATABASE_URL"] = f"sqlite+aiosqlite:///{(folder / DATABASE).as_posix()}"
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *arguments], cwd=folder, env=environment, capture_output=True, check=False
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode()}")
    at_work, kilobytes = done.stderr.split()[-2:]
    return Run(seconds, float(at_work), int(kilobytes) * 1_024)


def plain_copy(path: Path) -> float:
    """Seconds for copying the file's bytes to the disk, as nobody should do with a database in use."""
    copy = path.with_suffix(".copy")
    began = time.perf_counter()
    shutil.copyfile(path, copy)
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    seconds = time.perf_counter() - began
    copy.unlink()
    return seconds


def one_scan(path: Path) -> float:
    """Seconds for reading every transaction once, in the order in which they lie."""
    return _timed(path, SCAN)


def own_check(path: Path) -> float:
    """Seconds for SQLite's own check of the file, which is a part of ours."""
    return _timed(path, "PRAGMA integrity_check(20)")


def _timed(path: Path, query: str) -> float:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA cache_size = -16000")
        began = time.perf_counter()
        rows: list[Any] = connection.execute(query).fetchall()
        assert rows
        return time.perf_counter() - began
