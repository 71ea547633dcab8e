"""Plays the bot on simulated time, by a seed: ``python -m pixel_bot.testing.sim --seed 7 --hours 1``.

A plan that breaks a promise is cut down by itself, and printed as a story. The last line of one seed is its digest.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixel_bot.testing.sim.forks import Played
    from pixel_bot.testing.sim.plan import Plan

HASHES = "PYTHONHASHSEED"


def main() -> int:
    """Exit code 1 when a promise was broken."""
    options = _options()
    if os.environ.get(HASHES) != "0":
        # The order of sets of strings must be the same each time.
        os.environ[HASHES] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "pixel_bot.testing.sim", *sys.argv[1:]])  # noqa: S606 - this program
    from pixel_bot.testing.sim.forks import preload

    preload()
    failed = _swarm(options) if options.seeds else _ones(options)
    if failed is None:
        return 0
    if options.tries:
        _shrink(failed, options)
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pixel_bot.testing.sim", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="draws everything")
    parser.add_argument("--hours", type=float, default=1.0, help="of simulated time, for each seed")
    parser.add_argument("--seeds", type=_range, help="many of them, like 1-200, until one breaks a promise")
    parser.add_argument("--jobs", type=int, default=1, help="how many seeds are played at the same time")
    parser.add_argument("--story", type=Path, nargs="+", help="play the plans of these files instead of a seed's")
    parser.add_argument("--tries", type=int, default=150, help="how often a failure is tried smaller; 0: not at all")
    parser.add_argument("--keep", type=Path, help="write the story of a failure to this file")
    return parser.parse_args()


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _ones(options: argparse.Namespace) -> "Played | None":
    """Play the stories, or the seed, until one breaks a promise."""
    from pixel_bot.testing.sim import plan, stories

    if not options.story:
        return _one(plan.drawn(options.seed, options.hours * 3_600))
    for file in options.story:
        print(file)
        if (failed := _one(stories.read(file))) is not None:
            return failed
    return None


def _one(wanted: "Plan") -> "Played | None":
    from pixel_bot.testing.sim import forks, stories, swarm

    print(wanted)
    played = forks.play(wanted)
    print(swarm.line(played))
    print(played.result.violation or stories.HELD)
    print(played.result.digest, flush=True)
    return played if played.result.violation else None


def _swarm(options: argparse.Namespace) -> "Played | None":
    from pixel_bot.testing.sim.plan import drawn
    from pixel_bot.testing.sim.swarm import Totals, swarm

    totals = Totals()
    plans = (drawn(seed, options.hours * 3_600) for seed in options.seeds)
    failed = swarm(plans, options.jobs, lambda line: print(line, flush=True), totals)
    print(totals)
    return failed


def _shrink(failed: "Played", options: argparse.Namespace) -> None:
    from pixel_bot.testing.sim import forks, stories
    from pixel_bot.testing.sim.shrink import Shrinker

    shrinker = Shrinker(failed, forks.play, options.tries, lambda line: print(line, flush=True))
    smallest = shrinker.shrink()
    story = stories.written(smallest)
    print(f"\nCut down in {shrinker.tries} tries:\n\n{story}")
    if options.keep is not None:
        options.keep.write_text(story, encoding="utf-8")
        print(f"Play it again: python -m pixel_bot.testing.sim --story {options.keep}")


if __name__ == "__main__":
    sys.exit(main())
