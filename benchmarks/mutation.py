"""Changes one small thing in a module at a time: do its tests notice?"""

import argparse
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import cache_from_source
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Literal

from _equivalent import EQUIVALENT
from _mutants import Mutant, mutants
from _report import table

ROOT = Path(__file__).resolve().parents[1]

TESTS = {
    "pixel_bot/services/ledger.py": "test_promises_ledger test_ledger test_linked",
    "pixel_bot/services/shop.py": "test_promises_shop test_shop test_queue",
    "pixel_bot/services/items.py": "test_promises_queue test_queue test_effects",
    "pixel_bot/services/claims.py": "test_promises_claims test_queue test_effects test_claims_postgres",
    "pixel_bot/services/refunds.py": "test_promises_refunds test_shop test_queue",
    "pixel_bot/services/events.py": "test_promises_events test_shop test_awards",
    "pixel_bot/services/cause.py": "test_promises_events test_shop test_queue",
    "pixel_bot/jobs/settling.py": "test_promises_settling test_effects test_queue",
    "pixel_bot/jobs/recovery.py": "test_promises_attempts test_effects",
    "pixel_bot/jobs/attempt.py": "test_promises_attempts test_promises_effects test_effects test_queue",
    "pixel_bot/jobs/teller.py": "test_promises_notices test_queue",
}
"""Each module with the files of ``tests/`` that run for its mutants, in turns until one fails."""

IMPORTED_BEFORE = (
    "pytest",
    "twitchio.ext.commands",
    "sqlalchemy.ext.asyncio",
    "alembic",
    "aiosqlite",
)
"""Imported once and not for each mutant: libraries only, nothing of what is mutated."""

REWRITTEN = "-Wignore::pytest.PytestAssertRewriteWarning"
"""A plug-in that a library imports is there before pytest could have a look at its assertions."""

OPTIONS = ("-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--timeout=20", REWRITTEN)
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "venv", "__pycache__", ".*_cache", ".hypothesis", "data")
WORTH_WAITING = 3
"""A run takes this often the time that it takes without a mutant, and ``SPARE`` seconds, before it is ended."""
SPARE = 15.0

End = Literal["killed", "survived", "timed out"]


@dataclass
class Results:
    """The mutants of one module by how they ended."""

    made: int = 0
    equivalent: int = 0
    ends: dict[End, list[Mutant]] = field(default_factory=lambda: {"killed": [], "survived": [], "timed out": []})


class Workshop:
    """A copy of the project in which mutants take the place of modules."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([*IMPORTED_BEFORE])

    def usual(self, tests: Sequence[str]) -> dict[str, float]:
        """The seconds that each file of tests takes as long as nothing is changed.

        Raises:
            SystemExit: one of them fails anyway.
        """
        taken: dict[str, float] = {}
        for name in tests:
            began = time.perf_counter()
            if self._test(name, 600) != 0:
                raise SystemExit(f"{name} fails without a mutant:\n{self._output.read_text()}")
            taken[name] = time.perf_counter() - began
        return taken

    def end_of(self, module: Path, mutant: Mutant, usual: dict[str, float]) -> End:
        """Run the tests with the mutant in the place of the module."""
        place = self.root / module
        original = place.read_bytes()
        try:
            self._write(place, mutant.source.encode())
            for name, seconds in usual.items():
                code = self._test(name, WORTH_WAITING * seconds + SPARE)
                if code != 0:
                    return "timed out" if code is None else "killed"
            return "survived"
        finally:
            self._write(place, original)

    @property
    def _output(self) -> Path:
        return self.root / "output.txt"

    def _write(self, place: Path, source: bytes) -> None:
        place.write_bytes(source)
        # Python takes a file of the same second and size for unchanged.
        Path(cache_from_source(str(place))).unlink(missing_ok=True)

    def _test(self, name: str, limit: float) -> int | None:
        """The exit code of pytest; None when it was ended because it took too long."""
        child = self._context.Process(target=_pytest, args=(self.root, f"tests/{name}.py", self._output))
        child.start()
        child.join(limit)
        if child.is_alive() and child.pid is not None:
            os.killpg(child.pid, signal.SIGKILL)
            child.join()
            return None
        return child.exitcode


def _pytest(root: Path, tests: str, output: Path) -> None:
    """In a process of its own: everything of the project is imported from the copy."""
    os.setpgrp()
    os.chdir(root)
    os.environ["PYTHONPATH"] = str(root)
    sys.dont_write_bytecode = False
    sys.path[:] = [str(root), *(p for p in sys.path if not p or not Path(p).is_relative_to(ROOT / "benchmarks"))]
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    import pytest

    code = pytest.main([*OPTIONS, tests])
    sys.stdout.flush()
    os._exit(code)


def run(shop: Workshop, module: Path, tests: Sequence[str], most: int | None, chance: random.Random) -> Results:
    """All mutants of a module, or some by chance."""
    made = list(mutants((ROOT / module).read_text(encoding="utf-8")))
    known = EQUIVALENT.get(module.name, {})
    telling = [mutant for mutant in made if mutant.change not in known]
    places = range(len(telling))
    results = Results(len(made), len(made) - len(telling))
    usual = shop.usual(tests)
    for place in places if most is None else sorted(chance.sample(places, min(most, len(places)))):
        end = shop.end_of(module, telling[place], usual)
        results.ends[end].append(telling[place])
        if end != "killed":
            print(f"{end}: {module}:{telling[place]}", flush=True)
    return results


def show(module: Path, results: Results, seed: int) -> None:
    """Print the figures of a module."""
    rows = [("mutants", f"{results.made} (seed {seed})")]
    rows.append(("equivalent", str(results.equivalent)))
    rows += [(end, str(len(found))) for end, found in results.ends.items()]
    table(str(module), rows)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(TESTS), help="paths, or path=test_one,test_two")
    parser.add_argument("--most", type=int, help="mutants of each module, chosen by chance; else all")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="for what is chosen")
    args = parser.parse_args()
    survived = 0
    with tempfile.TemporaryDirectory() as folder:
        shop = Workshop(Path(shutil.copytree(ROOT, Path(folder) / "copy", ignore=NOT_COPIED)))
        for asked in args.modules:
            name, _, tests = asked.partition("=")
            names = tests.split(",") if tests else TESTS[name].split()
            results = run(shop, Path(name), names, args.most, random.Random(f"{args.seed} {name}"))
            show(Path(name), results, args.seed)
            survived += len(results.ends["survived"])
    raise SystemExit(1 if survived else 0)


if __name__ == "__main__":
    main()
