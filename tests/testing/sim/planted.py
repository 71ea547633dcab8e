"""Bugs that are planted into the bot, and simulations that must find them.

``python tests/testing/sim/planted.py 3`` plays three seasons at most for each of them, ``... 200 NAMES`` two hundred
for those whose names hold one of these, which are separated by commas;
those with a word of a third argument are left out. Exit code 1 when one of them is not found.
"""

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT))

from pixel_bot.testing.sim import forks  # noqa: E402
from pixel_bot.testing.sim.plan import Plan, Trouble  # noqa: E402
from tests.testing.sim import bugs  # noqa: E402

OFTEN = 5.0


@dataclass(frozen=True)
class Planted:
    """A bug, and the simulation that finds it.

    Args:
        bug: plants it into this process.
        promise: matches the sentence with which it is found.
        seed: the first one that is tried.
        every: the troubles that it needs.
        seconds: of simulated time, pace and share of commands: as in ``Plan``.
    """

    bug: Callable[[], None]
    promise: str
    seed: int = 1
    every: dict[Trouble, float] = field(default_factory=dict[Trouble, float])
    seconds: float = 60.0
    pace: float = 1.5
    commands: float = 0.7
    chatters: int = 4

    def plan(self, seed: int) -> Plan:
        """Its simulation with a seed."""
        return Plan(seed, self.seconds, self.chatters, self.pace, self.commands, self.every)


KILLS = {Trouble.KILL_AT_COMMIT: OFTEN}
BUGS = {
    "a balance that misses a row": Planted(bugs.wrong_balances, "points, and rows for"),
    "ids that are not kept": Planted(bugs.forgotten_ids, "are noted", seconds=20.0),
    "XP that is given twice": Planted(bugs.double_xp, "were earned, won and given", seconds=20.0),
    "a refund that is paid twice": Planted(bugs.double_refunds, "were to be given back"),
    "a claim outside of the transaction": Planted(
        bugs.claim_outside,
        "are noted|was not paid|were earned",
        every=KILLS,
        seconds=30.0,
        pace=3.0,
        commands=0.0,
        chatters=300,
    ),
    "a cooldown before the purchase": Planted(bugs.early_cooldown, "rests from", every=KILLS, commands=1.0),
    "an order that is charged before it is put down": Planted(
        bugs.charged_first, "charged beyond", every=KILLS, commands=1.0
    ),
    "an item that ends before it is given back": Planted(
        bugs.ended_first, "was not given back", every=KILLS, commands=1.0
    ),
    "a lane that misses its call": Planted(bugs.missed_call, "neither happened|waits for", seconds=30.0),
    "an outbox that misses its call": Planted(
        bugs.silent_outbox, "was not answered|does not settle", seconds=200.0, pace=0.2, commands=1.0
    ),
    "a notice that counts as told before chat took it": Planted(bugs.told_too_early, "has not heard of it"),
    "a page's word that is taken twice": Planted(bugs.taken_twice, "The wheel paid"),
    "an undo that undoes twice": Planted(bugs.undone_twice, "its undo", seed=2, pace=5.0, commands=0.0),
    "a skip that gives back what has played": Planted(bugs.refunded_after_playing, "had ended", seed=2, pace=4.0),
    "a balance that is read before the transaction": Planted(
        bugs.lost_update, "points, and rows for|are not", pace=4.0
    ),
    "an answer that is said before its commit": Planted(bugs.said_too_early, "no row has them|is not durable"),
    "a message that is worked twice": Planted(
        bugs.worked_twice,
        "twice|is not durable",
        every=KILLS | {Trouble.TWICE: 2.0},
        seconds=120.0,
        pace=0.3,
        commands=1.0,
    ),
    "a start that forgets what was playing": Planted(
        bugs.forgotten_items, "neither happened|waits for", every={Trouble.KILL: OFTEN}
    ),
    "a refresh token that is spent twice": Planted(bugs.spent_twice, "spent a second time", seconds=30.0),
}


def tell(line: str) -> None:
    """Say something at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def found(name: str, seeds: int) -> str | None:
    """Which seed finds a bug, how, and in what processor time; None when none does."""
    planted = BUGS[name]
    for tries, seed in enumerate(range(planted.seed, planted.seed + seeds), 1):
        played = forks.play(planted.plan(seed), planted.bug)
        violation = played.result.violation
        if violation is not None and re.search(planted.promise, violation):
            return f"{name}: seed {seed}, try {tries}, {played.seconds:.1f} s: {violation}"
        if violation is not None:
            lines = [words for _, event, words in played.result.story.lines if not event]
            tell("\n    ".join([f"{name}: seed {seed} broke another promise: {violation}", *lines[-12:]]))
    return None


def main(seeds: int, words: str, but: str) -> int:
    """Look for each bug whose name has one of these words, and none of the others."""
    forks.preload()
    code = 0
    for name in BUGS:
        if (not words or _has(name, words)) and not _has(name, but):
            answer = found(name, seeds)
            tell(answer or f"{name}: not found.")
            code |= answer is None
    return code


def _has(name: str, words: str) -> bool:
    return any(word in name for word in words.split(",") if word)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    seeds_given, words_given, left_out = islice((*sys.argv[1:], "", "", ""), 3)
    sys.exit(main(int(seeds_given or 3), words_given, left_out))
