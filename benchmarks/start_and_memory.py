"""How long a start takes, and how much memory and how long pauses a million known viewers cost."""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from _database.ledger import findings
from _database.million import crowded, empty
from _double import double
from _frames import chat, crowd
from _process import READY_SECONDS, bot
from _report import ms, ratio, table

IMPORTS = "the imports alone"
FIRST, EMPTY, CROWDED = "very first start (makes the database)", "nobody known", "everybody known"
LIBRARIES = (
    "twitchio.ext.commands",
    "sqlalchemy.ext.asyncio",
    "aiosqlite",
    "starlette.applications",
    "uvicorn",
    "pydantic_settings",
    "rich.console",
    "orjson",
    "websockets",
)
MEGABYTE = 1_000_000


@dataclass
class Results:
    """Seconds to ready by what was started, and what the run with everybody cost."""

    starts: dict[str, list[float]] = field(default_factory=lambda: {IMPORTS: [], FIRST: [], EMPTY: [], CROWDED: []})
    memory_at_start: int = 0
    memory_after: int = 0
    most_memory: int = 0
    pauses: list[float] = field(default_factory=list[float])
    wrong: list[str] = field(default_factory=list[str])


async def run_all(people: int, chatters: int, rounds: int) -> Results:
    """Start everything in turns, then let many chat."""
    results = Results()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"Making a database with {people:,} known viewers ...", flush=True)
        await crowded(folder / "crowded", people)
        await empty(folder / "empty")
        for number in range(rounds):
            await start_each(folder, number, results)
        await let_chat(folder / "crowded", chatters, results)
    return results


async def start_each(folder: Path, number: int, results: Results) -> None:
    """Start the imports and the bot on each database once."""
    imports = "\n".join(f"import {library}" for library in LIBRARIES) + "\nprint('is ready', flush=True)"
    sandbox = ["-m", "pixel_bot", "sandbox"]
    results.starts[IMPORTS].append(await seconds_to_ready(["-c", imports], folder))
    results.starts[FIRST].append(await seconds_to_ready(sandbox, folder / f"first-{number}"))
    results.starts[EMPTY].append(await seconds_to_ready(sandbox, folder / "empty"))
    results.starts[CROWDED].append(await seconds_to_ready(sandbox, folder / "crowded"))
    print(f"round {number + 1}: " + ", ".join(f"{k} {v[-1]:.2f} s" for k, v in results.starts.items()), flush=True)


async def seconds_to_ready(arguments: Sequence[str], data: Path) -> float:
    """Seconds from the start of a Python process to its line that it is ready; then it is ended."""
    data.mkdir(exist_ok=True)
    keep = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP", "VIRTUAL_ENV") if name in os.environ}
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        cwd=data,
        env={**keep, "DATA_DIR": str(data), "WEB_PORT": "0"},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_SECONDS):
            while line := await process.stdout.readline():
                if b"is ready" in line:
                    return time.perf_counter() - began
        raise RuntimeError(f"{arguments} ended before it was ready.")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def let_chat(folder: Path, chatters: int, results: Results) -> None:
    """So many different known viewers write once each, and every message is paid."""
    recorded = chat(chatters, crowd(chatters), each_once=True)
    options = (f"--messages={chatters}", f"--folder={folder}", "--time-collector")
    async with double() as twitch, bot("pixel", twitch.port, *options) as child:
        results.memory_at_start = (await child.told("ready"))["memory"]
        await twitch.flood(recorded)
        await child.told("done")
        end = await child.end()
    results.memory_after, results.most_memory = end["memory"], end["most_memory"]
    results.pauses = end["collector"]
    results.wrong = await findings(folder)


def show(results: Results, people: int, chatters: int) -> None:
    """Print it."""
    imports = results.starts[IMPORTS]
    rows = [
        (name, f"{median(seconds):.2f} s, {ratio(seconds, imports):.2f} times the imports")
        for name, seconds in results.starts.items()
    ]
    table(f"From process start to ready, medians of {len(imports)} rounds, {people:,} viewers at the end", rows)
    rows = [
        ("memory after the start", f"{results.memory_at_start / MEGABYTE:.0f} MB"),
        ("memory after the chat", f"{results.memory_after / MEGABYTE:.0f} MB"),
        ("most memory ever", f"{results.most_memory / MEGABYTE:.0f} MB"),
        ("garbage collections", f"{len(results.pauses)}, longest {ms(max(results.pauses, default=0.0))}"),
        ("the ledger is right", "yes" if not results.wrong else " ".join(results.wrong)),
    ]
    table(f"{people:,} known viewers, {chatters:,} of them wrote", rows)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000, help="known viewers")
    parser.add_argument("--chatters", type=int, default=100_000, help="of them write")
    parser.add_argument("--rounds", type=int, default=7, help="of starts")
    args = parser.parse_args()
    show(asyncio.run(run_all(args.people, args.chatters, args.rounds)), args.people, args.chatters)


if __name__ == "__main__":
    main()
