"""Games of a bot that is killed at its commits: what was staked is paid or given back, exactly once."""

import asyncio
import os
import random
import re
from itertools import count
from pathlib import Path

import pytest

from pixel_bot.testing import stage
from tests.cogs.games.audit import Account, is_exact
from tests.cogs.games.bets_scene import OTHERS
from tests.cogs.games.mortal_games import NO, YES, Kill, Step, Typed, live, program
from tests.harness.rounds import rounds

pytestmark = [pytest.mark.sqlite, pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not there")]

OWNED = 100_000


async def begin(folder: Path) -> None:
    async with stage(folder, games=True, cogs_off=OTHERS) as chat:
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
    assert not live(folder, lives, [*messages(before), 30 * 3_600.0], Kill())
    return lives, asyncio.run(is_exact(path))


def test_all_is_paid_once_or_given_back_and_told(tmp_path: Path) -> None:
    lives, found = killed_lives(tmp_path, seed=7, stride=max(1, round(9 / rounds(1))))
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
    assert lives > 10
