"""How many chat messages a second: Pixel Bot, which records each one durably, and TwitchIO, which records nothing."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from _database.ledger import Written, findings, written
from _double import double
from _frames import chat, crowd
from _process import bot
from _report import ratio, table

STOCK, PIXEL, WITH_COG = "TwitchIO, empty listener", "Pixel Bot", "Pixel Bot with a listening cog"
COG = '''"""Somebody else's cog that listens to chat."""

from pixel_bot.plugin import ChatMessage, Cog, PixelBot, on


class Counter(Cog):
    """Counts what it hears."""

    heard = 0

    @on(ChatMessage)
    async def count(self, message: ChatMessage) -> None:
        self.heard += 1


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Counter(bot))
'''


@dataclass
class Results:
    """What was measured, by bot and in the rounds' order, and what was wrong."""

    rates: dict[str, list[float]] = field(default_factory=lambda: {STOCK: [], PIXEL: [], WITH_COG: []})
    wrong: list[str] = field(default_factory=list[str])
    heard_by_cog: list[int] = field(default_factory=list[int])


async def run_all(messages: int, chatters: int, rounds: int) -> Results:
    """Every bot in every round, in an order that moves on by one each round."""
    recorded = chat(messages, crowd(chatters))
    results = Results()
    order = [STOCK, PIXEL, WITH_COG]
    for number in range(rounds):
        for name in order:
            with tempfile.TemporaryDirectory() as folder:
                await run_one(name, recorded, Path(folder), results)
            print(f"round {number + 1}: {name:<30} {results.rates[name][-1]:>8,.0f} messages a second", flush=True)
        order = [*order[1:], order[0]]
    return results


async def run_one(name: str, recorded: Sequence[bytes], folder: Path, results: Results) -> None:
    """One bot hears the recorded chat once."""
    options = [f"--messages={len(recorded)}"]
    if name != STOCK:
        options.append(f"--folder={folder}")
    if name == WITH_COG:
        (folder / "cogs").mkdir()
        (folder / "cogs" / "counter.py").write_text(COG)
        options.append(f"--cogs={folder / 'cogs'}")
    async with double() as twitch, bot("stock" if name == STOCK else "pixel", twitch.port, *options) as child:
        await child.told("ready")
        began = time.perf_counter()
        await twitch.flood(recorded)
        await child.told("done")
        results.rates[name].append(len(recorded) / (time.perf_counter() - began))
        end = await child.end()
    if name == STOCK:
        return
    if name == WITH_COG:
        results.heard_by_cog.append(end["heard_by_cog"])
    results.wrong += await wrong_after(folder, len(recorded))


async def wrong_after(folder: Path, messages: int) -> list[str]:
    """What is missing or wrong in the database after so many messages."""
    found = await findings(folder)
    if (left := written(folder)) != Written(messages, messages, messages):
        found.append(f"Expected {messages} of each, found {left}.")
    return found


def show(results: Results, messages: int) -> None:
    """Print it."""
    stock = results.rates[STOCK]
    rows = [
        (name, f"{median(rates):>8,.0f} a second, {ratio(rates, stock):.2f} times TwitchIO")
        for name, rates in results.rates.items()
    ]
    table(f"{messages:,} messages, medians of {len(stock)} rounds", rows)
    heard = results.heard_by_cog
    all_heard = all(count == messages for count in heard)
    table(
        "Nothing lost",
        [
            ("every message in the ledger, once", "yes" if not results.wrong else " ".join(results.wrong)),
            ("the cog heard every message", "yes" if all_heard else f"no: {heard}"),
        ],
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=30_000)
    parser.add_argument("--chatters", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    results = asyncio.run(run_all(args.messages, args.chatters, args.rounds))
    show(results, args.messages)


if __name__ == "__main__":
    main()
