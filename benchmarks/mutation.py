"""Changes one small thing in a module at a time: do its tests notice?"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TextIO

import pytest
from _mutation.equivalent import EQUIVALENT
from _mutation.mutants import Mutant, mutants
from _report import table

ROOT = Path(__file__).resolve().parents[1]

TESTS = {
    "pixel_bot/points/ledger.py": "points/test_promises_ledger points/test_ledger accounts/linked/test_linked",
    "pixel_bot/redeems/shop.py": "redeems/test_promises_shop redeems/test_shop queue/test_queue",
    "pixel_bot/redeems/queue_items.py": (
        "redeems/test_promises_queue redeems/test_promises_claims_postgres queue/test_queue queue/test_effects"
    ),
    "pixel_bot/redeems/claim_items.py": (
        "redeems/test_promises_claims redeems/test_promises_claims_postgres redeems/test_claims_postgres"
    ),
    "pixel_bot/redeems/refunds.py": "redeems/test_promises_refunds redeems/test_shop queue/test_queue",
    "pixel_bot/points/processed_ids.py": "points/test_promises_events redeems/test_shop earning/test_awards",
    "pixel_bot/points/idempotency.py": "points/test_promises_events redeems/test_shop queue/test_queue",
    "pixel_bot/points/amounts.py": "points/test_amounts points/test_shares",
    "pixel_bot/points/ignore_list.py": ("accounts/test_ignoring cogs/test_ignore"),
    "pixel_bot/points/leaderboard.py": "points/test_leaderboard",
    "pixel_bot/earning/event_matching.py": "earning/claims/test_matching earning/claims/test_claims",
    "pixel_bot/earning/event_claims.py": (
        "earning/claims/test_claims earning/claims/test_subs_in_chat earning/claims/test_bits_in_chat "
        "earning/claims/test_year_of_subs"
    ),
    "pixel_bot/earning/event_awards.py": "earning/test_event_awards earning/claims/test_bits_in_chat",
    "pixel_bot/earning/award_transaction.py": (
        "earning/test_event_awards earning/test_award_writer earning/test_award_pauses earning/test_awards "
        "earning/claims/test_subs_in_chat earning/test_ignored"
    ),
    "pixel_bot/bot/event_handler.py": (
        "bot/test_event_handler earning/claims/test_subs_in_chat earning/claims/test_bits_in_chat"
    ),
    "pixel_bot/bot/sub_waits.py": "bot/test_sub_waits",
    "pixel_bot/queue/result_writer.py": (
        "queue/results/test_promises_results queue/results/test_ended_meanwhile queue/results/test_not_written "
        "queue/test_effects queue/test_queue"
    ),
    "pixel_bot/queue/recovery.py": "queue/test_promises_attempts queue/test_effects",
    "pixel_bot/queue/attempt.py": (
        "queue/test_promises_attempts queue/test_promises_effects queue/test_effects queue/test_queue"
    ),
}
"""Each module with the files of ``tests/`` that run for its mutants, in turns until one test fails."""

OPTIONS = ("-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--timeout=20", "--capture=sys")
WORTH_WAITING, SPARE = 10, 30.0
"""A run takes so many times the time that it takes without a mutant, and so many seconds, before it is ended."""

EXPECTED = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
"""How pytest ends when all forks have run; it knows nothing of their tests."""

End = Literal["killed", "survived", "timed out"]


@dataclass
class Results:
    """The mutants of one module by how they ended."""

    made: int
    equivalent: int
    ends: dict[End, list[Mutant]] = field(default_factory=lambda: {"killed": [], "survived": [], "timed out": []})


class Bench:
    """A plug-in of pytest that runs what was collected once for each mutant, each in a fork of the process.

    Args:
        module: the path of the module.
        most: so many of its mutants, chosen by chance; None for all.
        chance: chooses them.
        output: where survivors are printed.
    """

    def __init__(self, module: Path, most: int | None, chance: random.Random, output: TextIO) -> None:
        source = (ROOT / module).read_text(encoding="utf-8")
        made = list(mutants(source))
        known = EQUIVALENT.get(module.name, {})
        telling = [mutant for mutant in made if mutant.change not in known]
        if most is not None and most < len(telling):
            telling = [telling[place] for place in sorted(chance.sample(range(len(telling)), most))]
        if stale := set(known) - {mutant.change for mutant in made}:
            raise SystemExit(f"No such mutants of {module}, but in the list of equivalent ones: {sorted(stale)}")
        self.results = Results(len(made), sum(mutant.change in known for mutant in made))
        self.is_fork = False
        self._module = module
        self._source = source
        self._chosen = telling
        self._output = output

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        """Return None in a fork, which then runs the tests; True when all forks have ended."""
        _prepare()
        began = time.perf_counter()
        if (child := os.fork()) == 0:
            return self._become(self._source)
        if _ended(child, 600) != 0:
            print(f"The tests of {self._module} fail without a mutant.", file=self._output, flush=True)
            raise pytest.UsageError
        limit = WORTH_WAITING * (time.perf_counter() - began) + SPARE
        for mutant in self._chosen:
            if (child := os.fork()) == 0:
                return self._become(mutant.source)
            self._note(mutant, _ended(child, limit))
        return True

    def _become(self, source: str) -> None:
        self.is_fork = True
        exchange(".".join(self._module.with_suffix("").parts), source)

    def _note(self, mutant: Mutant, code: int | None) -> None:
        end: End = "timed out" if code is None else "survived" if code == 0 else "killed"
        self.results.ends[end].append(mutant)
        if end != "killed":
            print(f"{end}: {self._module}:{mutant}", file=self._output, flush=True)


def _prepare() -> None:
    """What each fork would else do anew."""
    from tests.harness.pattern import pattern, started_pattern

    pattern()
    started_pattern("sandbox")


def exchange(name: str, source: str) -> None:
    """Put other source into an imported module, and what it defines into all that has imported it by name."""
    module = sys.modules[name]
    before = dict(vars(module))
    exec(compile(source, str(module.__file__), "exec"), vars(module))
    for other in _of_the_project():
        for key, value in list(vars(other).items()):
            if key in before and value is before[key] and other is not module:
                setattr(other, key, vars(module)[key])


def _of_the_project() -> Iterator[object]:
    for module in list(sys.modules.values()):
        if Path(getattr(module, "__file__", None) or "/").is_relative_to(ROOT):
            yield module


def _ended(child: int, limit: float) -> int | None:
    """Wait for the exit code of a fork; None when it was ended because it took too long."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def run(module: Path, tests: list[str], most: int | None, seed: int, folder: Path) -> bool:
    """All mutants of a module, in a process of its own. Returns whether one survived."""
    if child := os.fork():
        return os.waitpid(child, 0)[1] != 0
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
        os.dup2(nothing.fileno(), sys.stderr.fileno())
    os.chdir(ROOT)
    bench = Bench(module, most, random.Random(f"{seed} {module}"), output)
    files = [f"tests/{name}.py" for name in tests]
    code = pytest.main([*OPTIONS, f"--basetemp={folder}", *files], plugins=[bench])
    if not bench.is_fork:
        sys.stdout = output
        show(module, bench.results, seed)
        output.flush()
        code = bool(code not in EXPECTED or bench.results.ends["survived"])
    os._exit(code)


def show(module: Path, results: Results, seed: int) -> None:
    """Print the figures of a module."""
    rows = [("mutants", f"{results.made} (seed {seed})"), ("equivalent", str(results.equivalent))]
    rows += [(end, str(len(found))) for end, found in results.ends.items()]
    table(str(module), rows)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(TESTS), help="paths, or path=test_one,test_two")
    parser.add_argument("--most", type=int, help="mutants of each module, chosen by chance; else all")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="for what is chosen")
    args = parser.parse_args()
    survived = False
    with tempfile.TemporaryDirectory() as folder:
        for asked in args.modules:
            name, _, given = asked.partition("=")
            tests = given.split(",") if given else TESTS[name].split()
            if missing := [test for test in tests if not (ROOT / "tests" / f"{test}.py").exists()]:
                parser.error(f"there is no tests/{missing[0]}.py, for {name}")
            survived |= run(Path(name), tests, args.most, args.seed, Path(folder) / "tests")
    raise SystemExit(survived)


if __name__ == "__main__":
    main()
