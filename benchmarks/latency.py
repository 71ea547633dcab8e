"""How fast a command is answered, and how fast a message is durable, while chat runs at 1,000 messages a second."""

import argparse
import asyncio
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from _database.bare import bare_commits
from _double import Double, double
from _frames import chat, crowd, frame, known_viewer
from _process import bot
from _report import ms, percentile, ratio, table

ANSWER_SECONDS = 10.0
WARM_UP_SECONDS = 2.0
"""Not counted: first looks at people and statements are no news after a minute."""


@dataclass(frozen=True)
class Load:
    """What arrives: chat messages and commands a second, for so many seconds, from so many people."""

    messages: int
    commands: int
    seconds: float
    chatters: int


@dataclass
class Results:
    """Seconds, in lists by round."""

    stock: list[list[float]] = field(default_factory=list[list[float]])
    pixel: list[list[float]] = field(default_factory=list[list[float]])
    durable: list[list[float]] = field(default_factory=list[list[float]])
    bare: list[list[float]] = field(default_factory=list[list[float]])
    unanswered: int = 0


async def run_all(load: Load, rounds: int) -> Results:
    """Both bots in every round, in alternating order."""
    results = Results()
    for number in range(rounds):
        for name in ("stock", "pixel") if number % 2 == 0 else ("pixel", "stock"):
            with tempfile.TemporaryDirectory() as folder:
                await run_one(name, load, Path(folder), results)
            seconds = (results.stock if name == "stock" else results.pixel)[-1]
            print(
                f"round {number + 1}: {name:<6} !points p50 {ms(percentile(seconds, 0.5))}, "
                f"p99 {ms(percentile(seconds, 0.99))}",
                flush=True,
            )
    return results


async def run_one(name: str, load: Load, folder: Path, results: Results) -> None:
    """One bot under the load once."""
    options = [f"--folder={folder}", "--time-commits"] if name == "pixel" else []
    async with double() as twitch, bot(name, twitch.port, *options) as child:
        await child.told("ready")
        stop = threading.Event()
        beside = asyncio.create_task(asyncio.to_thread(bare_commits, folder, stop)) if name == "pixel" else None
        sent = await press(twitch, load)
        stop.set()
        if beside is not None:
            results.bare.append(await beside)
        await twitch.answers_to(sent, ANSWER_SECONDS)
        end = await child.end()
    seconds = [twitch.answers[i].at - at for i, at in sent.items() if i in twitch.answers]
    results.unanswered += len(sent) - len(seconds)
    (results.pixel if name == "pixel" else results.stock).append(seconds)
    if name == "pixel":
        results.durable.append(end["durable_after"][int(WARM_UP_SECONDS * load.messages) :])


async def press(twitch: Double, load: Load) -> dict[str, float]:
    """Send chat at an even pace, and commands among it. Returns when each command after the warm-up was sent."""
    total = WARM_UP_SECONDS + load.seconds
    recorded = chat(int(total * load.messages), crowd(load.chatters))
    commands = [_command(n, load.chatters) for n in range(int(total * load.commands))]
    chatting = asyncio.create_task(twitch.stream(recorded, load.messages))
    sent: dict[str, float] = {}
    began = time.perf_counter()
    for number, (message_id, command) in enumerate(commands):
        await asyncio.sleep(began + number / load.commands - time.perf_counter())
        if number >= WARM_UP_SECONDS * load.commands:
            sent[message_id] = time.perf_counter()
        await twitch.send(command)
    await chatting
    return sent


def _command(number: int, chatters: int) -> tuple[str, bytes]:
    message_id = f"command-{number}"
    return message_id, frame(known_viewer(number % chatters), "!points", message_id, datetime.now(UTC))


def show(results: Results, load: Load) -> None:
    """Print it."""
    p99s = {
        name: [percentile(r, 0.99) for r in rounds]
        for name, rounds in (("stock", results.stock), ("pixel", results.pixel))
    }
    rows = [
        ("TwitchIO, constant answer", _both(results.stock)),
        ("Pixel Bot, from the database", _both(results.pixel)),
        ("p99, Pixel Bot to TwitchIO", f"{ratio(p99s['pixel'], p99s['stock']):.2f} times (median of rounds)"),
        ("never answered", str(results.unanswered)),
    ]
    table(f"!points while {load.messages:,} messages a second arrive", rows)
    durable, bare = _flat(results.durable), _flat(results.bare)
    rows = [
        ("Pixel Bot, receipt to durable", _both(results.durable)),
        ("a bare commit on this disk", _both(results.bare)),
        ("p99 above the bare commit", ms(percentile(durable, 0.99) - percentile(bare, 0.99))),
    ]
    table("Each message durable after", rows)


def _both(rounds: Sequence[Sequence[float]]) -> str:
    values = _flat(rounds)
    return f"p50 {ms(percentile(values, 0.5)):>8}   p99 {ms(percentile(values, 0.99)):>8}   of {len(values):,}"


def _flat(rounds: Sequence[Sequence[float]]) -> list[float]:
    return [value for values in rounds for value in values]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000, help="chat messages a second")
    parser.add_argument("--commands", type=int, default=10, help="!points a second")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--chatters", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    load = Load(args.messages, args.commands, args.seconds, args.chatters)
    show(asyncio.run(run_all(load, args.rounds)), load)


if __name__ == "__main__":
    main()
