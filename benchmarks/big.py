"""A channel after many years: a million viewers, ten million transactions. What takes how long?"""

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from _big.database import big
from _big.measure import NOTHING, Looks, Run, chat_looks, command, one_scan, own_check, plain_copy
from _database.million import empty
from _report import ms, percentile, ratio, table
from start_and_memory import seconds_to_ready

MEGABYTE = 1_000_000
BYTES_EACH = 200
"""Of a transaction with its indexes, generously, together with a copy of it."""

TOP_LIMIT = 0.01
"""Seconds that ``!top`` may take at the database."""


@dataclass
class Results:
    """All that was measured, in seconds where nothing else is said."""

    built: float = 0.0
    size: int = 0
    starts: list[float] = field(default_factory=list[float])
    empty_starts: list[float] = field(default_factory=list[float])
    looks: Looks = field(default_factory=Looks)
    copy: float = 0.0
    scan: float = 0.0
    integrity: float = 0.0
    runs: dict[str, Run] = field(default_factory=dict[str, Run])


async def run_all(folder: Path, people: int, rows_each: int, starts: int, looks: int) -> Results:
    """Make the database, and measure everything on it."""
    results = Results()
    began = time.perf_counter()
    path = await big(folder / "big", people, rows_each)
    results.built, results.size = time.perf_counter() - began, path.stat().st_size
    print(f"Made in {results.built:.0f} s, {results.size / MEGABYTE:,.0f} MB", flush=True)
    await empty(folder / "empty")
    for _ in range(starts):
        results.empty_starts.append(await seconds_to_ready(["-m", "pixel_bot", "sandbox"], folder / "empty"))
        results.starts.append(await seconds_to_ready(["-m", "pixel_bot", "sandbox"], folder / "big"))
    results.looks = await chat_looks(folder / "big", people, looks)
    print("Started, and looked at by chat", flush=True)
    results.copy, results.scan, results.integrity = plain_copy(path), one_scan(path), own_check(path)
    print("Copied and scanned", flush=True)
    for name in ("upgrade", "backup", "check", "cleanup"):
        results.runs[name] = command(folder / "big", "db", name)
        print(f"db {name}: {results.runs[name].seconds:.1f} s", flush=True)
    results.runs["nothing"] = command(folder / "empty", "db", "upgrade")
    return results


def show(results: Results, people: int, rows: int) -> bool:
    """Print it. Returns whether the limit holds."""
    print(f"\n{people:,} viewers, {rows:,} transactions, {results.size / MEGABYTE:,.0f} MB")
    starts = ratio(results.starts, results.empty_starts)
    table(
        f"Start to ready, medians of {len(results.starts)}",
        [
            ("nobody known", f"{median(results.empty_starts):.2f} s"),
            ("everybody known", f"{median(results.starts):.2f} s, {starts:.2f} times that"),
        ],
    )
    table(
        f"At the database, {len(results.looks.seconds[NOTHING]):,} looks each",
        [(name, _look(results.looks, name)) for name in results.looks.seconds],
    )
    table("Looking after it", _care(results))
    slowest = max(percentile(results.looks.seconds[name], 0.99) for name in ("!top points", "!top xp"))
    holds = slowest < TOP_LIMIT
    print(f"\n!top stays under {ms(TOP_LIMIT)}: {'yes' if holds else 'NO'} (p99 {ms(slowest)})")
    return holds


def _look(looks: Looks, name: str) -> str:
    seconds = looks.seconds[name]
    middle, high = percentile(seconds, 0.5), percentile(seconds, 0.99)
    times = "" if name == NOTHING else f", {ratio(seconds, looks.seconds[NOTHING]):.1f} times {NOTHING}"
    return f"p50 {1_000 * middle:.2f} ms, p99 {1_000 * high:.2f} ms, the first {ms(looks.first[name])}{times}"


def _care(results: Results) -> Sequence[tuple[str, str]]:
    runs = results.runs
    backup, check = runs["backup"], runs["check"]
    return [
        ("the file's bytes copied", f"{results.copy:.1f} s"),
        ("one scan of all transactions", f"{results.scan:.1f} s"),
        ("SQLite's own check", f"{results.integrity:.1f} s, {results.integrity / results.scan:.0f} times the scan"),
        ("db backup, verified", f"{_run(backup)}, {backup.seconds / results.copy:.0f} times the bytes"),
        ("db check", f"{_run(check)}, {check.seconds / results.integrity:.1f} times SQLite's own"),
        ("db cleanup, with nothing to do", _run(runs["cleanup"])),
        ("db upgrade, with nothing to do", f"{_run(runs['upgrade'])}; {runs['nothing'].seconds:.1f} s on an empty one"),
    ]


def _run(run: Run) -> str:
    return f"{run.seconds:.1f} s ({run.at_work:.1f} s at work, at most {run.memory / MEGABYTE:.0f} MB)"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1_000_000, help="viewers who are known")
    parser.add_argument("--transactions", type=int, default=10_000_000, help="rows of the ledger, as many for each")
    parser.add_argument("--starts", type=int, default=5, help="of the bot")
    parser.add_argument("--looks", type=int, default=2_000, help="at the database, of each kind")
    args = parser.parse_args()
    rows_each = max(1, args.transactions // args.users)
    with tempfile.TemporaryDirectory() as name:
        needed, free = args.users * (rows_each + 5) * BYTES_EACH * 2, shutil.disk_usage(name).free
        if free < needed:
            parser.error(f"that needs {needed / MEGABYTE:,.0f} MB in {name}, where {free / MEGABYTE:,.0f} MB are free")
        results = asyncio.run(run_all(Path(name), args.users, rows_each, args.starts, args.looks))
    raise SystemExit(0 if show(results, args.users, args.users * rows_each) else 1)


if __name__ == "__main__":
    main()
