"""A busy show without faults: 300 messages a second and every redeem in turns. Does the bot keep its size?

The double of Twitch, its chat and an overlay page live here; the bot is ``python -m pixel_bot``, a process of its own.
"""

import argparse
import asyncio
import itertools
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from _report import table
from _soak.bot import SoakBot, SoakPage, now
from _soak.faults import CountingTwitch, Target
from _soak.traffic import Traffic

from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUsers, sandbox_user

PEOPLE = 5_000
SEED = 7
MINUTE = 60.0
REDEEMS = ("!tts hello from chat", "!sound ding", "!pixel what is a pixel", "!spin", "!clip")
REDEEM_SECONDS = 0.5
"""Between two redeems, each of another viewer, so that no cooldown of a person is in the way."""

WARM_UP_MINUTES = 2
"""Until caches are full that have a limit: SQLite's pages, names, ids of messages."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The bot after some minutes."""

    minute: int
    memory: float
    files: int


@dataclass
class Show:
    """One run."""

    folder: Path
    minutes: int
    rate: int
    samples: list[Sample] = field(default_factory=list[Sample])

    def __post_init__(self) -> None:
        self.twitch = CountingTwitch(SandboxUsers())
        self.place = Target(self.twitch)
        self.bot = SoakBot(self.folder, self.twitch.users, self.place.address)
        self.page = SoakPage(self.bot.port, random.Random(SEED))
        self.traffic = Traffic(self.twitch, PEOPLE, random.Random(SEED))
        self.redeems = 0

    async def go(self) -> None:
        """From the first start to the end."""
        await self.place.open()
        beside: list[asyncio.Task[None]] = []
        try:
            await self.bot.start()
            await self.twitch.say(STREAMER, "!redeem native on sound 100")
            beside = [asyncio.create_task(work) for work in (self.page.run(), self._sample(), self._redeem())]
            await self.traffic.run(self.rate, self.minutes * MINUTE + 1)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self.bot.end()
            await self.place.close()

    async def _redeem(self) -> None:
        for words in itertools.cycle(REDEEMS):
            self.redeems += 1
            who = self.twitch.users.settle(sandbox_user(f"buyer{self.redeems % 1_000}"))
            await self.twitch.say(who, words)
            await asyncio.sleep(REDEEM_SECONDS)

    async def _sample(self) -> None:
        began = now()
        for minute in itertools.count(1):
            await asyncio.sleep(began + minute * MINUTE - now())
            sample = Sample(minute, self.bot.memory(), self.bot.open_files())
            self.samples.append(sample)
            print(f"{minute:>3} min  {sample.memory:6.1f} MB  {sample.files} files  {self.traffic.sent:,} messages")


def growth(samples: Sequence[Sample]) -> float:
    """MB a minute, by least squares, after the warm-up; 0 of fewer than three samples."""
    steady = [s for s in samples if s.minute > WARM_UP_MINUTES]
    if len(steady) < 3:
        return 0.0
    middle = sum(s.minute for s in steady) / len(steady)
    mean = sum(s.memory for s in steady) / len(steady)
    above = sum((s.minute - middle) * (s.memory - mean) for s in steady)
    return above / sum((s.minute - middle) ** 2 for s in steady)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--rate", type=int, default=300, help="messages a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        show = Show(Path(name).resolve(), options.minutes, options.rate)
        asyncio.run(show.go())
        rows = [
            ("messages", f"{show.traffic.sent:,} at {show.rate} a second, and {show.redeems:,} redeems"),
            ("effects played", f"{len(show.page.played):,}"),
            ("memory", ", ".join(f"{s.memory:.1f}" for s in show.samples) + " MB, minute by minute"),
            ("growth", f"{growth(show.samples):+.2f} MB a minute after {WARM_UP_MINUTES} minutes"),
        ]
        table(f"A show of {show.minutes} minutes", rows)


if __name__ == "__main__":
    main()
