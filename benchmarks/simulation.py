"""Plays hours of a busy channel on simulated time, by one seed after another, until one breaks a promise.

So many kills and commands are played as are asked for. A failure is cut down, and its story printed.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixel_bot.testing.sim.forks import Played
    from pixel_bot.testing.sim.plan import Plan
    from pixel_bot.testing.sim.swarm import Totals

ROOT = Path(__file__).parents[1]
HASHES = "PYTHONHASHSEED"


def main() -> int:
    """Exit code 1 when a promise was broken."""
    options = _options()
    if os.environ.get(HASHES) != "0":
        # The order of sets of strings must be the same each time.
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {HASHES: "0"})
    sys.path.insert(0, str(ROOT))
    from pixel_bot.testing.sim import forks

    forks.preload()
    if options.planted:
        return _find_planted(options)
    failed, totals = _played(options)
    print(totals)
    for played in failed if options.shrink else ():
        _shrink(played)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--profile", choices=["drawn", "busy"], default="drawn", help="busy: as many commands and kills"
    )
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--commands", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--hours", type=float, default=1.0, help="of simulated time, for each seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many are played at the same time")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no seed after so long")
    parser.add_argument("--state", type=Path, help="keep totals and failed seeds here, and go on from them")
    parser.add_argument("--go-on", action="store_true", help="also after a broken promise")
    parser.add_argument("--no-shrink", dest="shrink", action="store_false", help="do not cut failures down")
    parser.add_argument("--planted", type=int, default=0, help="draw so many seeds at most for each planted bug")
    parser.add_argument("--bugs", default="", help="only those whose names have one of these words, with commas")
    return parser.parse_args()


def _played(options: argparse.Namespace) -> "tuple[list[Played], Totals]":
    from pixel_bot.testing.sim import swarm
    from pixel_bot.testing.sim.swarm import Totals

    totals, first = _kept(options, Totals)
    end = time.monotonic() + 60 * options.minutes
    failed: list[Played] = []

    def plans() -> "Iterator[Plan]":
        for seed in count(first):
            if (totals.kills >= options.kills and totals.commands >= options.commands) or time.monotonic() > end:
                return
            yield _plan(options, seed)

    def tell(line: str) -> None:
        print(line, flush=True)
        if options.state is not None:
            options.state.write_text(json.dumps(asdict(totals)), encoding="utf-8")

    going = plans()
    while (played := swarm.swarm(going, options.jobs, tell, totals)) is not None:
        failed.append(played)
        if not options.go_on:
            break
    return failed, totals


def _plan(options: argparse.Namespace, seed: int) -> "Plan":
    from pixel_bot.testing.sim.plan import busy, drawn

    return (busy if options.profile == "busy" else drawn)(seed, options.hours * 3_600)


def _kept(options: argparse.Namespace, made: "type[Totals]") -> "tuple[Totals, int]":
    """The totals so far, and the next seed."""
    if options.state is None or not options.state.exists():
        return made(), options.first
    totals = made(**json.loads(options.state.read_text(encoding="utf-8")))
    return totals, options.first + totals.seeds


def _find_planted(options: argparse.Namespace) -> int:
    """Draw seeds for each planted bug until one finds it, and print a line of a table for each."""
    from tests.testing.sim.planted import BUGS

    words = options.bugs.split(",")
    missed = 0
    for name, planted in BUGS.items():
        if not any(word in name for word in words):
            continue
        processor, violation = 0.0, ""
        found = f"not within {options.planted}"
        for seed in range(options.first, options.first + options.planted):
            played = _with_bug(options, seed, planted.bug)
            processor += played.seconds
            violation = played.result.violation or ""
            if re.search(planted.promise, violation):
                found = f"seed {seed}"
                break
            if violation:
                print(f"  ({name}: seed {seed} broke another promise: {violation})", flush=True)
        missed += found.startswith("not")
        print(f"| {name} | {found} | {processor:,.0f} s | {violation} |", flush=True)
    return 1 if missed else 0


def _with_bug(options: argparse.Namespace, seed: int, bug: Callable[[], None]) -> "Played":
    from pixel_bot.testing.sim import forks

    return forks.play(_plan(options, seed), bug)


def _shrink(failed: "Played") -> None:
    from pixel_bot.testing.sim import forks, shrink, stories

    print(stories.written(shrink.Shrinker(failed, forks.play).shrink()))


if __name__ == "__main__":
    sys.exit(main())
