"""Random programs of cogs' transactions from two processes that are killed: the ledger and the cog's rows agree.

No stake without its row, no row without its stake, each key at most once, no limit exceeded; also beside awards.
"""

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.testing import settings_in
from tests.cog_data.mortal_cog import LIMIT
from tests.harness.database import findings, rows
from tests.harness.postgres import Databases
from tests.harness.process import start
from tests.harness.rounds import rounds
from tests.harness.seed import url_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system")

SCRIPT = Path(__file__).with_name("mortal_cog.py")
KEYS = 8
"""Of each round; both processes draw from them, so that they race for some."""


def step(rng: random.Random, key: str) -> dict[str, Any]:
    who, rival = rng.sample("abc", 2)
    return {
        "key": key,
        "who": who,
        "rival": rival,
        "amount": rng.choice([1, 7, 50, 400, "half", "all", "33%"]),
        "limited": rng.random() < 0.3,
        "shares": rng.random() < 0.4,
        "fails": rng.random() < 0.15,
        "draws": rng.random() < 0.5,
    }


def programs(rng: random.Random, number: int) -> list[dict[str, Any]]:
    """A program for each of two processes; the step of a key is the same in both."""
    steps = [step(rng, f"{number}:{key}") for key in range(KEYS)]
    return [
        {
            "round": number,
            "at": rng.choice(["before", "after"]),
            "nth": rng.randrange(1, 6) if rng.random() < 0.7 else 0,
            "steps": rng.sample(steps, rng.randrange(3, KEYS)),
        }
        for _ in range(2)
    ]


async def live(url: str, folder: Path, program: dict[str, Any]) -> int:
    process = await start(SCRIPT, url, str(folder), json.dumps(program))
    assert process.stdout is not None
    said = await process.stdout.read()
    code = await process.wait()
    assert code in (0, -9), said.decode()
    return code


async def is_right(database: Database) -> None:
    assert await findings(database) == []
    ledger = dict[str, tuple[int, int]]()
    for note, amount in await rows(database, "SELECT note, amount FROM transactions WHERE reason = 'game'"):
        if note is None:
            continue  # a share, which counts in the sums below
        staked, won = ledger.get(note, (0, 0))
        ledger[note] = (staked - amount, won) if amount < 0 else (staked, won + amount)
    stakes = {key: (s, w) for key, s, w in await rows(database, "SELECT key, staked, won FROM cog_game_stake")}
    assert stakes.keys() == ledger.keys()
    assert {key: staked for key, (staked, _) in stakes.items()} == {key: s for key, (s, _) in ledger.items()}
    ((total,),) = await rows(database, "SELECT COALESCE(SUM(amount), 0) FROM transactions WHERE reason = 'game'")
    assert total == sum(won - staked for staked, won in stakes.values())
    claimed = await rows(database, "SELECT id FROM events WHERE kind = 'cog'")
    assert {f"cog:game:game:{key}" for key in stakes} == {event for (event,) in claimed}
    assert all(uses <= LIMIT for (uses,) in await rows(database, "SELECT uses FROM limit_uses"))


async def play(url: str, folder: Path, seed: int, count: int) -> int:
    """Returns how many processes were killed."""
    rng = random.Random(seed)
    killed = 0
    database = Database(url)
    async with opened(settings_in(folder, database_url=url), "sandbox", Clock()) as services:
        streamer = await services.viewers.meet(Person("s", "s", "s"))
        for name in "abc":
            viewer = await services.viewers.meet(Person(name, name, name))
            await services.economy.add(streamer, viewer, 500)
    try:
        for number in range(count):
            codes = await asyncio.gather(*(live(url, folder, program) for program in programs(rng, number)))
            killed += sum(code != 0 for code in codes)
            if await rows(database, "SELECT 1 FROM installed_cogs WHERE name = 'game'"):
                await is_right(database)
        assert await rows(database, "SELECT COUNT(*) > 5 FROM cog_game_stake") == [(True,)]
    finally:
        await database.close()
    return killed


@pytest.mark.sqlite
async def test_on_a_file(tmp_path: Path) -> None:
    assert await play(url_of(tmp_path / "pixel.db"), tmp_path, 11, rounds(6)) >= 3


async def test_on_a_server(databases: Databases, tmp_path: Path) -> None:
    assert await play(databases.of(tmp_path, "shared"), tmp_path, 12, rounds(3)) >= 1
    databases.drop_all()
