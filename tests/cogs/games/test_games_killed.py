"""Games of a bot that is killed at its commits: what was staked is paid or given back, exactly once."""

import asyncio
import os
import random
import re
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.db.engine import Database
from pixel_bot.testing import stage
from tests.cogs.games.audit import Account, is_exact
from tests.cogs.games.bets_scene import OTHERS
from tests.cogs.games.mortal_games import NO, YES, Kill, Step, Typed, begin_life, end_of_life, live, program
from tests.harness.postgres import Databases
from tests.harness.rounds import rounds

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system")

OWNED = 100_000


async def begin(folder: Path, **settings: Any) -> None:
    async with stage(folder, games=True, cogs_off=OTHERS, **settings) as chat:
        for name in (*YES, *NO):
            await chat.viewer(name, points=OWNED)


def messages(steps: list[Step]) -> list[Step]:
    return [step for step in steps if isinstance(step, Typed)]


def killed_lives(folder: Path, seed: int, stride: int) -> tuple[int, dict[int, Account]]:
    """Lives that die at one commit after the other, until one is through. Returns how many, and all rounds."""
    path = folder / "sandbox.db"
    asyncio.run(begin(folder))
    before: list[Step] = []
    number, at = count(1), random.Random(seed)
    for mode in ("before", "after"):
        nth = at.randrange(1, stride + 1)
        while True:
            life = next(number)
            steps = program(life, random.Random(f"{seed}-{life}"))
            # What a platform does not know to be taken it delivers again, here all of the life before.
            was_killed = live(folder, life, [*messages(before), *steps], Kill(mode, nth))
            asyncio.run(is_exact(path))
            before, nth = steps, nth + stride
            if not was_killed:
                break
    lives = next(number)
    assert not live(folder, lives, [*messages(before), 3 * 3_600.0], Kill())
    return lives, asyncio.run(is_exact(path))


@pytest.mark.sqlite
def test_all_is_paid_once_or_given_back_and_told(tmp_path: Path) -> None:
    lives, found = killed_lives(tmp_path, seed=7, stride=max(1, round(12 / rounds(1))))
    ended = [one for one in found.values() if one.state == "ended"]
    assert all(one.state != "open" for one in found.values())
    assert {one.kind for one in ended} == {"bet", "duel", "heist"}
    told = (tmp_path / "told.txt").read_text("utf-8").splitlines()
    asked = {said[0] for line in told if (said := re.search(r"Q\d+\?(?= (?:yes|no)!|.* went back)", line))}
    silent = {said[1] for line in told if (said := re.search(r"Nobody bet on it: (Q\d+\?)", line))}
    assert len(asked | silent) == sum(one.kind == "bet" for one in found.values())
    drawn = {said[0] for line in told if (said := re.search(r"!fair \d+", line))}
    assert len(drawn) == sum(one.kind != "bet" for one in ended)
    for one in found.values():
        if one.kind == "duel" and one.state == "returned":
            (points,) = one.staked.values()
            assert any(line.endswith(f"alice has {points} points back.") for line in told)
    assert lives > 6


def test_two_processes_on_one_server_one_of_which_is_killed(databases: Databases, tmp_path: Path) -> None:
    url = databases.of(tmp_path, "shared")
    rng = random.Random(5)
    asyncio.run(begin(tmp_path, database_url=url))
    killed = 0
    before: list[Step] = []
    for number in range(1, rounds(4) + 1):
        # Both hear what belongs to the round; and each has messages of its own, at the same time.
        common = messages(program(number, random.Random(number)))
        programs = [program(1_000 * n + number, random.Random(1_000 * n + number)) for n in (1, 2)]
        lives = [
            begin_life(
                tmp_path,
                number,
                [*before, *common, *steps],
                Kill("after", nth * rng.randrange(2, 40)),
                database_url=url,
            )
            for nth, steps in enumerate(programs)
        ]
        killed += sum(end_of_life(process) for process in lives)
        before = [*common, *(step for steps in programs for step in messages(steps))]
        asyncio.run(checked(url))
    assert killed > 0
    assert not live(tmp_path, 20, [*before, 60.0], Kill(), database_url=url)
    assert not live(tmp_path, 60, [3 * 3_600.0], Kill(), database_url=url)
    found = asyncio.run(checked(url))
    assert {one.kind for one in found.values() if one.state == "ended"} == {"bet", "duel", "heist"}
    assert all(one.state != "open" for one in found.values())
    databases.drop_all()


async def checked(url: str) -> dict[int, Account]:
    """All rounds on a server, which must be exact."""
    database = Database(url)
    try:
        return await is_exact(database)
    finally:
        await database.close()
