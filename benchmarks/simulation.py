"""Plays hours of a busy channel on simulated time, by one seed after another, until one breaks a promise.

So many kills and commands are played as are asked for. A failure is cut down, and its story printed.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

ROOT = Path(__file__).parents[1]
HASHES = "PYTHONHASHSEED"


def main() -> int:
    """Exit code 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--commands", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--hours", type=float, default=1.0, help="of simulated time, for each seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many are played at the same time")
    options = parser.parse_args()
    if os.environ.get(HASHES) != "0":
        # The order of sets of strings must be the same each time.
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {HASHES: "0"})
    sys.path.insert(0, str(ROOT))
    from pixel_bot.testing.sim import forks, shrink, stories, swarm

    forks.preload()
    totals = swarm.Totals()

    def seeds() -> Iterator[int]:
        for seed in count(options.first):
            if totals.kills >= options.kills and totals.commands >= options.commands:
                return
            yield seed

    failed = swarm.swarm(seeds(), options.hours * 3_600, options.jobs, lambda line: print(line, flush=True), totals)
    print(totals)
    if failed is None:
        return 0
    print(stories.written(shrink.Shrinker(failed, forks.play).shrink()))
    return 1


if __name__ == "__main__":
    sys.exit(main())
