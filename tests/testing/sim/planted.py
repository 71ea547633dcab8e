"""A program that plants a bug into the bot, and plays seasons until one of them breaks a promise: exit code 1."""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT))

from pixel_bot.points import ledger, processed_ids  # noqa: E402
from pixel_bot.testing.sim.plan import Plan, Trouble  # noqa: E402
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


def main(bug: str) -> int:
    """Play ten seasons at most."""
    logging.disable(logging.CRITICAL)
    sys.unraisablehook = lambda _: None
    BUGS[bug]()
    for seed in SEEDS:
        result = simulate(Plan(seed, 90.0, chatters=4, pace=1.0, every={Trouble.KILL: 40.0, Trouble.CLOSED_PAGE: 30.0}))
        if result.violation:
            sys.stdout.write(f"Seed {seed}: {result.violation}\n")
            return 1
    return 0


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    sys.exit(main(sys.argv[1]))
