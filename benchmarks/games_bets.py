"""What duels, heists and bets give back over a million rounds, and whether their draws are as likely as they say."""

import argparse
import math
import random
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType

from _report import table

from pixel_bot.bot.cogs.importing import import_cog
from pixel_bot.configuration.cog_files import find_cogs
from pixel_bot.plugin import pick

SURE = 3.89
"""Standard deviations: a fair game is outside of them once in 10,000 runs."""


def cog(name: str) -> ModuleType:
    """The module of a built-in cog."""
    return import_cog(find_cogs(None, installed=False).cogs[name])


def new_seed(rng: random.Random) -> str:
    """A seed as ``tx.draw`` makes them."""
    return f"{rng.getrandbits(128):032x}"


def chi_square(counted: Mapping[str, int], odds: Sequence[tuple[str, float]]) -> float:
    """How far counts are from what the odds say: as a number of standard deviations (Wilson and Hilferty, 1931)."""
    total, weights = sum(counted.values()), sum(weight for _, weight in odds)
    expected = {name: total * weight / weights for name, weight in odds}
    found = sum((counted.get(name, 0) - n) ** 2 / n for name, n in expected.items())
    freedom = len(odds) - 1
    return ((found / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / math.sqrt(2 / (9 * freedom))


class Returns:
    """What came in and what was paid, with the spread of the paid share."""

    def __init__(self) -> None:
        self.rounds = 0
        self.staked = 0
        self.paid = 0
        self.squares = 0.0
        self.counted: dict[str, int] = {}

    def add(self, staked: int, paid: int, choice: str = "") -> None:
        """One stake, and what was paid for it."""
        self.rounds += 1
        self.staked += staked
        self.paid += paid
        self.squares += (paid / staked) ** 2
        self.counted[choice] = self.counted.get(choice, 0) + 1

    @property
    def share(self) -> float:
        """The share that was paid."""
        return self.paid / self.staked

    @property
    def error(self) -> float:
        """The standard error of that share."""
        return math.sqrt(max(self.squares / self.rounds - self.share**2, 0) / self.rounds)


def duels(rounds: int, rng: random.Random) -> Returns:
    """Duels of one viewer, who asks for each, for a stake of 100."""
    odds = [("challenger", 1.0), ("challenged", 1.0)]
    found = Returns()
    for _ in range(rounds):
        choice = odds[pick(new_seed(rng), odds)][0]
        found.add(100, cog_duel.payout(100, 100) if choice == "challenger" else 0, choice)
    return found


def heists(rounds: int, rng: random.Random) -> Returns:
    """Robbers with a stake of 100, in crews of 10 whose draws have one seed."""
    odds = [("away", 50.0), ("caught", 50.0)]
    found = Returns()
    for crew in range(0, rounds, 10):
        seed = new_seed(rng)
        for turn in range(1, min(10, rounds - crew) + 1):
            choice = odds[pick(f"{seed}-{turn}", odds)][0]
            found.add(100, cog_heist.payout(100, 90, 50) if choice == "away" else 0, choice)
    return found


def bets(rounds: int, rng: random.Random) -> Returns:
    """Bets of one to six viewers on three answers, one of which is right."""
    found, odds = Returns(), [(name, 1.0) for name in ("A", "B", "C")]
    for _ in range(rounds):
        sides: list[dict[int, int]] = [{}, {}, {}]
        for viewer in range(rng.randrange(1, 7)):
            sides[rng.randrange(3)][viewer] = rng.randrange(10, 5_001)
        right = rng.randrange(3)
        staked = sum(sum(side.values()) for side in sides)
        paid = staked  # given back, where nobody was right or nobody was wrong
        if outcome.ending_of(sides, right) is outcome.Ending.PAID:
            parts = outcome.parts_of(sides[right], outcome.pot_of(sides, right, 100))
            assert all(parts[viewer] >= stake for viewer, stake in sides[right].items())
            paid = sum(parts.values())
        assert staked - len(sides[right]) < paid <= staked or paid == staked
        found.add(staked, paid, odds[right][0])
    return found


def row(name: str, found: Returns, promised: float, odds: Sequence[tuple[str, float]]) -> tuple[str, str]:
    """What was found, and whether it is what was promised."""
    distance = abs(found.share - promised) / found.error if found.error else 0.0
    chi = chi_square(found.counted, odds)
    verdict = "as promised" if distance < SURE and chi < SURE else "NOT as promised"
    return name, (
        f"{found.rounds:,} stakes: {100 * found.share:.3f}% back (promised {100 * promised:g}%, "
        f"{distance:.2f} standard errors), draws {chi:+.2f} standard deviations: {verdict}"
    )


def main() -> None:
    """Print what comes back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    games: Sequence[tuple[str, Callable[[int, random.Random], Returns], float, Sequence[tuple[str, float]]]] = (
        ("duel", duels, 1.0, [("challenger", 1.0), ("challenged", 1.0)]),
        ("heist", heists, 0.9, [("away", 50.0), ("caught", 50.0)]),
    )
    rows = [row(name, play(options.rounds, rng), promised, odds) for name, play, promised, odds in games]
    found = bets(options.rounds, rng)
    left = f"{found.staked - found.paid:,} of {found.staked:,} points"
    rows.append(("bet", f"{found.rounds:,} bets: {100 * found.share:.5f}% back; {left} were left over by rounding"))
    table("What comes back", rows)


cog_duel, cog_heist, cog_bets = cog("duel"), cog("heist"), cog("bets")
outcome = cog_bets.outcome

if __name__ == "__main__":
    main()
