"""What duels, heists and bets give back in the long run; a million rounds are in ``benchmarks/games.py``."""

import json
import math
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.bot.cogs.importing import import_cog, modules_of, take_away
from pixel_bot.configuration.cog_files import find_cogs
from pixel_bot.plugin import pick
from tests.cogs.games.bets_scene import game
from tests.harness.database import rows

ROUNDS = 20_000
SURE = 3.89
"""Standard deviations: a fair game is outside of them once in 10,000 seeds, and the seed here is always the same."""


def part_of(name: str, module: str = "") -> Any:
    """A module of a built-in cog, for its pure functions."""
    cog = find_cogs(None, installed=False).cogs[name]
    import_cog(cog)
    modules = modules_of(cog)
    take_away(modules)
    return modules[f"{cog.module}.{module}" if module else cog.module]


async def drawn_by(folder: Path) -> dict[str, list[tuple[str, float]]]:
    """The odds that a duel and a heist were drawn by."""
    async with game(folder) as chat:
        await chat.say("alice", "!duel @bob 10")
        await chat.say("bob", "!accept")
        await chat.say("carol", "!heist 10")
        await chat.passes(90)
        kept = await rows(chat, "SELECT cog, odds_json FROM fair_draws WHERE choice != ''")
    return {name: [(n, w) for n, w in (json.loads(odds) if isinstance(odds, str) else odds)] for name, odds in kept}


async def test_draws_are_as_likely_as_they_say_and_pay_what_they_promise(tmp_path: Path) -> None:
    odds = await drawn_by(tmp_path)
    rng = random.Random(11)
    counted = {
        "duel": Counter(pick(f"{rng.getrandbits(128):032x}", odds["duel"]) for _ in range(ROUNDS)),
        "heist": Counter(pick(f"{n // 10}-{n % 10 + 1}", odds["heist"]) for n in range(ROUNDS)),
    }
    assert odds == {"duel": [("challenger", 1), ("challenged", 1)], "heist": [("away", 50), ("caught", 50)]}
    for found in counted.values():
        chi = sum((found[index] - ROUNDS / 2) ** 2 / (ROUNDS / 2) for index in (0, 1))
        assert math.sqrt(chi) < SURE  # of one degree of freedom
    paid = {"duel": part_of("duel").payout(100, 100), "heist": part_of("heist").payout(100, 90, 50)}
    for name, promised in (("duel", 1.0), ("heist", 0.9)):
        share = paid[name] / 100
        error = share / 2 / math.sqrt(ROUNDS)
        assert abs(counted[name][0] * share / ROUNDS - promised) < SURE * error


@pytest.mark.parametrize("back", [100, 90, 0])
def test_a_bet_pays_no_more_than_comes_in_and_nobody_right_less_than_the_stake(back: int) -> None:
    outcome = part_of("bets", "outcome")
    rng = random.Random(back)
    for _ in range(2_000):
        sides = [{viewer: rng.randrange(10, 5_001) for viewer in range(rng.randrange(1, 6))} for _ in range(3)]
        pot = outcome.pot_of(sides, 1, back)
        parts = outcome.parts_of(sides[1], pot)
        others = sum(sides[0].values()) + sum(sides[2].values())
        assert pot == sum(sides[1].values()) + others * back // 100
        assert pot - len(parts) < sum(parts.values()) <= pot
        assert all(parts[viewer] >= stake for viewer, stake in sides[1].items())
        assert parts.keys() == sides[1].keys()
