"""An import, or its undo, that is killed on the way: all of it happened, or nothing, and the next run finishes."""

import asyncio
import json
import os
import random
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from pixel_bot.cli.imports.import_points import import_points, undo_import
from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.imports.files import read_point_file
from pixel_bot.model.people import Person, Viewer
from pixel_bot.run.running_bot import opened
from pixel_bot.services import curve_of
from pixel_bot.testing import settings_in
from pixel_bot.upkeep.check import check
from tests.cli.bot_process import url
from tests.harness.process import end, line_from, start, tell
from tests.harness.seed import query

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system"),
    pytest.mark.asyncio(loop_scope="module"),
]

MOD = Viewer(0, "mod", "Mod", 0)
PEOPLE = 300
KNOWN = 100
"""Of them those who were here before the import."""
HAD = 7
"""The points that these had."""

MORTAL = '''
"""For each line of JSON, forks an import or an undo that may be killed at a point, and tells how it ended."""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

import pixel_bot.db.adopt  # all that is needed is imported before the first fork
from alembic import command  # noqa: F401
from pixel_bot.db.engine import Database
from pixel_bot.cli.imports.import_points import import_points, undo_import
from pixel_bot.points import ledger, mod_changes
from pixel_bot.imports import batches
from pixel_bot.testing import settings_in

batches.CHUNK = mod_changes.CHUNK = 75


def countdown(number):
    left = number

    def step(*_):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def arm_ledger(step, is_after):
    """Its statements go to the connection itself, where SQLAlchemy hears nothing of them."""
    run = ledger.run

    async def armed(*args):
        if not is_after:
            step()
        done = await run(*args)
        if is_after:
            step()
        return done

    ledger.run = armed


def arm(point, number):
    step = countdown(number)
    if point == "before-statement":
        event.listen(Engine, "before_cursor_execute", step)
        arm_ledger(step, is_after=False)
    elif point == "after-statement":
        event.listen(Engine, "after_cursor_execute", step)
        arm_ledger(step, is_after=True)
    elif point == "before-commit":
        event.listen(Engine, "commit", step)
    elif point == "after-commit":
        make = Database.__init__

        def make_armed(self, url):
            make(self, url)
            self.committed.add(step)

        Database.__init__ = make_armed


async def work(order):
    settings = settings_in(Path(order["folder"]), database_url=order["database"])
    sys.stdout = open(os.devnull, "w")
    if order["batch"]:
        await undo_import(settings, order["batch"])
    else:
        await import_points(settings, Path(order["file"]), dry_run=False)


for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child == 0:
        arm(order["point"], order["number"])
        asyncio.run(work(order))
        os._exit(0)
    if order["point"] == "seconds":
        time.sleep(order["number"])
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
'''


class Shop:
    """A folder with a list, and processes that import it and die."""

    def __init__(self, mortal: Process, folder: Path) -> None:
        self._mortal = mortal
        self._folder = folder
        self.database = folder / "pixel.db"
        self.settings = settings_in(folder, database_url=url(self.database))
        self.file = folder / "points.csv"
        lines = [f"{50_000_000 + i},Fan{i},{1_000 + i}" for i in range(PEOPLE)]
        self.file.write_text("\n".join(["ID,Username,Coins", *lines]), encoding="utf-8")
        self.batch = read_point_file(self.file).batch

    async def dies(self, point: str, number: float, batch: str = "") -> bool:
        """Import, or take a batch back, until the point is passed so often. Returns False when it came to its end."""
        order = {"folder": str(self._folder), "database": self.settings.database_url, "file": str(self.file)}
        order |= {"point": point, "number": number, "batch": batch}
        tell(self._mortal, json.dumps(order))
        code = int(await line_from(self._mortal))
        assert code in (0, -signal.SIGKILL)
        return code != 0

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return query(self.database, sql)

    async def known(self) -> None:
        """Some were here before, by their Twitch id or by name alone."""
        people = [Person(str(50_000_000 + i), f"fan{i}", f"Fan{i}") for i in range(KNOWN)]
        async with opened(self.settings, "live", Clock()) as services:
            async with services.database.write() as session:
                known = await services.viewers.upsert(session, people)
                await session.execute(text("UPDATE users SET platform_id = NULL WHERE id % 2 = 0"))
            await services.economy.add_all(MOD, [account.id for account in known.values()], HAD)

    async def is_paid(self) -> bool:
        """Whether the import stands, to the last row; if it does not, there is nothing of it."""
        if not self.database.exists() or not self.rows("SELECT 1 FROM sqlite_master WHERE name = 'links'"):
            return False
        database = Database(self.settings.database_url)
        async with database.readers() as session:
            assert await check(session, curve_of(self.settings).level_of) == []
        await database.close()
        paid = self.rows(f"SELECT COUNT(*) FROM changes WHERE batch = '{self.batch}' AND undone_at IS NULL") == [(1,)]
        had = "SELECT name FROM users WHERE id IN (SELECT user_id FROM transactions WHERE reason = 'mod:addall')"
        before = {name: HAD for (name,) in self.rows(had)}
        after = {f"fan{i}": 1_000 + i + before.get(f"fan{i}", 0) for i in range(PEOPLE)}
        there = {name: points for name, points in self.rows("SELECT name, points FROM users") if points}
        assert there == (after if paid else before)
        unbound = self.rows("SELECT COUNT(*) FROM users WHERE platform_id IS NULL")
        if not self.rows("SELECT 1 FROM changes WHERE batch IS NOT NULL"):
            assert (len(self.rows("SELECT 1 FROM users")), unbound) == (len(before), [(len(before) // 2,)])
        else:
            assert (len(self.rows("SELECT 1 FROM users")), unbound) == (PEOPLE, [(0,)])
        return paid


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mortal(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Process]:
    """The process that starts imports, and ends with the module."""
    script = tmp_path_factory.mktemp("mortal") / "mortal.py"
    script.write_text(MORTAL, encoding="utf-8")
    process = await start(script)
    try:
        yield process
    finally:
        await end(process)


@pytest_asyncio.fixture(loop_scope="module")
async def shop(tmp_path: Path, mortal: Process) -> Shop:
    return Shop(mortal, tmp_path)


POINTS = ("before-statement", "after-statement")


async def test_killed_at_random_statements_of_an_import(shop: Shop) -> None:
    """The statements before the first and behind the last are among them: the last run comes to its end."""
    chance = random.Random(6)
    await shop.known()
    deaths = 0
    for number in [*sorted(chance.sample(range(1, 35), 6)), 1_000]:
        if await shop.dies(chance.choice(POINTS), number):
            deaths += 1
            assert not await shop.is_paid()
    assert deaths >= 4
    assert await shop.is_paid()


async def test_killed_at_random_statements_of_an_undo(shop: Shop) -> None:
    chance = random.Random(7)
    await shop.known()
    assert await import_points(shop.settings, shop.file, dry_run=False) == 0
    deaths = 0
    for number in [*sorted(chance.sample(range(1, 20), 4)), 1_000]:
        if not shop.rows("SELECT 1 FROM changes WHERE batch IS NOT NULL AND undone_at IS NULL"):
            break
        if await shop.dies(chance.choice(POINTS), number, shop.batch):
            deaths += 1
            assert await shop.is_paid()
    assert deaths >= 3
    assert not await shop.is_paid()


async def test_killed_before_and_after_the_commit_of_an_import(shop: Shop) -> None:
    """The first commit marks the database as live, the second one is the import."""
    await shop.known()
    for point in ("before-commit", "after-commit"):
        for number in (1, 2):
            assert await shop.dies(point, number)
            assert await shop.is_paid() == (point == "after-commit" and number == 2)
    assert not await shop.dies("never", 0)
    assert await shop.is_paid()


async def test_killed_before_and_after_the_commit_of_an_undo(shop: Shop) -> None:
    assert await import_points(shop.settings, shop.file, dry_run=False) == 0
    for point in ("before-commit", "after-commit"):
        for number in (1, 2):
            assert await shop.dies(point, number, shop.batch)
            assert await shop.is_paid() == (point != "after-commit" or number != 2)
    assert await import_points(shop.settings, shop.file, dry_run=False) == 0
    assert await shop.is_paid()


async def test_killed_while_it_makes_the_database(shop: Shop) -> None:
    chance = random.Random(8)
    for number in sorted(chance.sample(range(1, 250), 4)):
        await shop.dies(chance.choice(POINTS), number)
    assert not await shop.dies("never", 0)
    assert await shop.is_paid()


async def test_killed_at_any_moment(shop: Shop) -> None:
    """By the clock: wherever the process was, in SQLite or between two statements."""
    chance = random.Random(9)
    await shop.known()
    for _ in range(6):
        await shop.dies("seconds", chance.uniform(0.02, 0.4))
        if await shop.is_paid():
            await undo_import(shop.settings, shop.batch)
    await asyncio.gather(*(import_points(shop.settings, shop.file, dry_run=False) for _ in range(2)))
    assert await shop.is_paid()
