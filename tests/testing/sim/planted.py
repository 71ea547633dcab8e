"""A program that plays a season, then plants bugs, one at a time, and plays until one of them breaks a promise.

It is started with ``PYTHONHASHSEED=0``, since the order of sets of strings must be the same each time.
"""

import logging
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT))

from pixel_bot.points import ledger, processed_ids  # noqa: E402
from pixel_bot.testing.sim.plan import Plan, Trouble, drawn  # noqa: E402
from pixel_bot.testing.sim.simulate import simulate  # noqa: E402

SEEDS = range(1, 11)


def wrong_balances() -> None:
    """A gift of a viewer is added to the balance once more than to the ledger."""
    totals = ledger._totals

    def wrong(entries: Sequence[Any]) -> dict[int, int]:
        found = totals(entries)
        return {user: total + any(e.reason == "give" for e in entries) for user, total in found.items()}

    ledger._totals = wrong


def forgotten_ids() -> None:
    """The ids of chat messages are not noted."""

    async def forgotten(*_: object) -> None:
        return None

    processed_ids.claim_all = forgotten


def double_refunds() -> None:
    """Whoever is given something back gets it twice, in the ledger, too."""
    post = ledger.post

    async def twice(session: Any, entries: Sequence[Any]) -> dict[int, int]:
        await post(session, [e for e in entries if e.reason.startswith("refund:")])
        return await post(session, entries)

    ledger.post = twice


BUGS = {
    "a balance that misses a row": wrong_balances,
    "ids that are not kept": forgotten_ids,
    "a refund that is paid twice": double_refunds,
}


def first_violation() -> str:
    """Play ten seasons at most. Returns the first promise that was broken, or nothing."""
    for seed in SEEDS:
        result = simulate(Plan(seed, 90.0, chatters=4, pace=1.0, every={Trouble.KILL: 40.0, Trouble.CLOSED_PAGE: 30.0}))
        if result.violation:
            return f"Seed {seed}: {result.violation}"
    return ""


def in_a_fork(name: str, play: Callable[[], str]) -> None:
    """Print a name, and what comes of something that is played in a process of its own."""
    if child := os.fork():
        os.waitpid(child, 0)
        return
    os.write(1, f"{name} | {play()}\n".encode())
    os._exit(0)


def with_bug(bug: str) -> str:
    """What is found when there is that bug."""
    BUGS[bug]()
    return first_violation()


def main(seed: str, hours: str, *bugs: str) -> None:
    """A line for the digest of a season, and one for each bug: its name, and what was found."""
    logging.disable(logging.CRITICAL)
    sys.unraisablehook = lambda _: None
    in_a_fork("digest", lambda: simulate(drawn(int(seed), float(hours) * 3_600)).digest)
    for bug in bugs:
        in_a_fork(bug, partial(with_bug, bug))


if __name__ == "__main__":
    main(*sys.argv[1:])
