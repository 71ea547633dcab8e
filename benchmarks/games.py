"""What the games of chance pay back: measured over many rounds, with its confidence interval, and as they promise.

Each round draws as the bot does, by a seed and the odds of the game. A figure outside of its interval is an error: the
exit code is 1 then.
"""

import argparse
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cogs.games import duel, gamble, heist, roulette, slots
from pixel_bot.plugin import pick

STAKE = 100
Z = 3.29
"""Of 1,000 intervals one misses what is true."""

Odds = list[tuple[Any, float]]


@dataclass(frozen=True, slots=True)
class Game:
    """A game: what it promises to pay back, and one round of it, which takes seeds and returns what is paid."""

    name: str
    expected: Fraction
    play: Callable[[Iterator[str]], int]


@dataclass(frozen=True, slots=True)
class Measured:
    """The share of the stakes that was paid back, and the interval around it."""

    back: float
    low: float
    high: float

    def has(self, expected: Fraction) -> bool:
        """Whether what is promised lies in the interval."""
        return self.low <= expected <= self.high


def games() -> list[Game]:
    """All games, by their default settings."""
    wheel = roulette.Settings.model_construct()
    return [_gamble(), _slots(), *(_roulette(wheel, field) for field in ("red", "odd", "17")), _duel(), _heist()]


def measure(game: Game, rounds: int, key: str = "") -> Measured:
    """Play so many rounds. The key chooses other seeds."""
    seeds = (f"{game.name}{key}:{number}" for number in range(10**12))
    paid = [game.play(seeds) / STAKE for _ in range(rounds)]
    mean = math.fsum(paid) / rounds
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in paid) / rounds / rounds)
    return Measured(mean, mean - Z * spread, mean + Z * spread)


def drawn(weights: Mapping[Any, float], seeds: Iterator[str]) -> Any:
    """A draw, as ``tx.draw`` makes it."""
    odds: Odds = list(weights.items())
    return odds[pick(next(seeds), odds)][0]


def _gamble() -> Game:
    rules = gamble.Settings.model_construct()
    odds = gamble.odds(rules)
    return Game("gamble", gamble.back(rules), lambda seeds: gamble.won(STAKE, drawn(odds, seeds), rules))


def _slots() -> Game:
    rules = slots.Settings.model_construct()
    odds, prizes = slots.odds(rules), slots.prizes_of(rules)

    def play(seeds: Iterator[str]) -> int:
        return slots.won(STAKE, [drawn(odds, seeds) for _ in range(slots.REELS)], prizes)

    return Game("slots", slots.back(rules), play)


def _roulette(rules: roulette.Settings, field: str) -> Game:
    def play(seeds: Iterator[str]) -> int:
        return roulette.won(STAKE, field, drawn(roulette.WHEEL, seeds), rules)

    return Game(f"roulette {field}", roulette.back(rules, field), play)


def _duel() -> Game:
    """Of the one who asks for it."""
    rules = duel.Settings.model_construct()

    def play(seeds: Iterator[str]) -> int:
        return duel.payout(STAKE, rules.back) if drawn(duel.ODDS, seeds) == duel.CHALLENGER else 0

    return Game("duel", Fraction(rules.back, 100), play)


def _heist() -> Game:
    """Of one of the crew; all are drawn by one seed, each by his number."""
    rules = heist.Settings.model_construct()
    odds = heist.odds(rules.chance)

    def play(seeds: Iterator[str]) -> int:
        away = drawn(odds, (f"{seed}-1" for seed in seeds)) == heist.AWAY
        return heist.payout(STAKE, rules.back, rules.chance) if away else 0

    return Game("heist", Fraction(rules.back, 100), play)


def main() -> int:
    """Print a table. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1_000_000, help="rounds of each game")
    rounds = parser.parse_args().rounds
    print(f"{'game':<14}{'back measured':>14}{'99.9% interval':>22}{'expected':>10}")
    wrong = 0
    for game in games():
        found = measure(game, rounds)
        wrong += not found.has(game.expected)
        interval = f"{found.low:.2%} to {found.high:.2%}"
        note = "" if found.has(game.expected) else "  outside"
        print(f"{game.name:<14}{found.back:>14.2%}{interval:>22}{float(game.expected):>10.2%}{note}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
