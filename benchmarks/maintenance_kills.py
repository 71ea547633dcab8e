"""Kills the commands that look after the database, at random steps and moments: is anything lost, changed or half?"""

import argparse
import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from _report import table

from tests.harness.maintenance.kills import CASES, Case, Kit, kit, moments


@dataclass
class Results:
    """How often each command was started to be killed, and died; ``wrong`` says what must not be."""

    tried: dict[Case, int] = field(default_factory=dict[Case, int])
    died: dict[Case, int] = field(default_factory=dict[Case, int])
    places: dict[Case, set[str]] = field(default_factory=dict[Case, set[str]])
    wrong: list[str] = field(default_factory=list[str])


def run_all(cases: Sequence[Case], rounds: int, seed: int) -> Results:
    """Kill each command that often."""
    results = Results()
    with kit() as made:
        for case in cases:
            kill_often(made, case, rounds, random.Random(f"{seed} {case}"), results)
    return results


def kill_often(made: Kit, case: Case, rounds: int, chance: random.Random, results: Results) -> None:
    """One command, so many times."""
    began = time.perf_counter()
    results.tried[case] = results.died[case] = 0
    results.places[case] = set()
    for moment in islice(moments(made, case, chance), rounds):
        ended, wrong = made.kill(case, **moment)
        results.tried[case] += 1
        results.wrong += wrong
        if ended.was_killed:
            results.died[case] += 1
            results.places[case].add(f"{len(ended.steps)} {ended.steps[-1]}" if ended.steps else "")
    seconds = time.perf_counter() - began
    print(f"{case}: {results.died[case]} kills in {seconds:.0f} s, {len(results.wrong)} wrong so far", flush=True)


def show(results: Results, seed: int) -> None:
    """Print it."""
    rows = [
        (case, f"{results.died[case]} kills of {tried}, at {len(results.places[case])} different steps")
        for case, tried in results.tried.items()
    ]
    rows += [
        ("kills in all", f"{sum(results.died.values())} (seed {seed})"),
        ("wrong", "nothing" if not results.wrong else "; ".join(results.wrong[:10])),
    ]
    table("Killed while looking after the database", rows)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}; else all")
    parser.add_argument("--rounds", type=int, default=40, help="kills of each")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="for the moments of the kills")
    args = parser.parse_args()
    if not hasattr(os, "fork"):
        parser.error("this needs a system with fork and SIGKILL")
    if unknown := set(args.cases) - set(CASES):
        parser.error(f"there is no case {min(unknown)}")
    results = run_all([case for case in CASES if not args.cases or case in args.cases], args.rounds, args.seed)
    show(results, args.seed)
    raise SystemExit(1 if results.wrong else 0)


if __name__ == "__main__":
    main()
