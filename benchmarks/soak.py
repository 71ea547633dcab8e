"""Hours of a busy channel in which everything goes wrong: does the bot stay up, pay once, and keep its size?

The double of Twitch, its chat and an overlay page live here; the bot is ``python -m pixel_bot``, a process of its own.
"""

import argparse
import asyncio
import random
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from _report import table
from _soak.bot import SoakBot, SoakPage, now
from _soak.faults import CountingTwitch, Faults, Target
from _soak.result import Ledger, wrong_with
from _soak.traffic import MOD, Traffic

from pixel_bot.sandbox.twitch.double import SandboxMessage
from pixel_bot.sandbox.twitch.users import STREAMER, SandboxUsers

PEOPLE = 5_000
SAMPLE_SECONDS = 60.0
STREAM_SECONDS = 1_500.0
QUIET_SECONDS = 150.0
"""At the end nothing is sent or broken: what waits is worked, and paid items that wait for a page run out."""

JUDGED_SECONDS = 1_800.0
"""A slope over less says nothing about weeks."""

MOST_SLOPE = 15.0
MOST_DEAF = 150.0
HOUR = 3_600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What the command line asks for."""

    hours: float
    rate: int
    seed: int
    faults: float
    kills: int
    keep: Path | None

    @property
    def seconds(self) -> float:
        """How long there is traffic."""
        return self.hours * HOUR


@dataclass(frozen=True, slots=True)
class Sample:
    """The bot at one moment; ``life`` counts its starts."""

    at: float
    life: int
    memory: float
    files: int
    tasks: int | None


@dataclass
class Soak:
    """One run."""

    plan: Plan
    folder: Path
    samples: list[Sample] = field(default_factory=list[Sample])
    wrong: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        chance = random.Random(self.plan.seed)
        self.twitch = CountingTwitch(SandboxUsers())
        self.place = Target(self.twitch)
        self.bot = SoakBot(self.folder, self.twitch.users, self.place.address)
        self.page = SoakPage(self.bot.port, random.Random(self.plan.seed))
        self.traffic = Traffic(self.twitch, PEOPLE, random.Random(self.plan.seed))
        self.faults = Faults(self.twitch, self.place, self.bot, self.traffic, chance)
        self._gauge: asyncio.Future[int] | None = None
        self._began = now()
        self.twitch.listeners.add(self._on_line)

    async def run(self) -> None:
        """From the first start to the result."""
        await self.place.open()
        beside: list[asyncio.Task[None]] = []
        try:
            await self.bot.start()
            await self.twitch.say(STREAMER, "!redeem native on sound 100")
            works = (self.page.run(), self._sample(), self._stream(), self._go_wrong())
            beside = [asyncio.create_task(work) for work in works]
            await self.traffic.run(self.plan.rate, self.plan.seconds)
            await self._stop_all(beside[2:])
            self.twitch.faults.clear()
            await self._quiet()
        finally:
            await self._stop_all(beside)
            self.wrong += await self._close()
        self.wrong += wrong_with(Ledger(self.folder / "pixel.db"), self.traffic, self.page, self.twitch)

    async def _quiet(self) -> None:
        """A little chat goes on, so that deafness shows; then the bot must say that it is well."""
        await self.traffic.quiet(QUIET_SECONDS)
        self.traffic.end()
        async with aiohttp.ClientSession() as http:
            if not await self.bot.is_well(http):
                self.wrong.append("The bot says of itself that it is not well.")

    async def _close(self) -> list[str]:
        code = await self.bot.end()
        found = [f"The bot ended with {code}."] if code else []
        await self.place.close()
        exit_code, words = await self.bot.check()
        found += [f"db check: {words}"] if exit_code else []
        log = self.bot.log.read_text(encoding="utf-8", errors="replace").splitlines()
        if traces := sum(line.startswith("Traceback") for line in log):
            found.append(f"{traces} tracebacks in the log.")
        if self.traffic.longest_deaf > MOST_DEAF:
            found.append("The bot was deaf for too long.")
        return found + self._growth()

    def _growth(self) -> list[str]:
        grown = slope(self.steady)
        long_enough = len(self.steady) > 1 and self.steady[-1].at - self.steady[0].at >= JUDGED_SECONDS
        return [f"The bot grows by {grown:.1f} MB an hour."] if long_enough and grown > MOST_SLOPE else []

    @property
    def steady(self) -> list[Sample]:
        """The samples of the second half: by then the caches are full, and nobody was killed any more."""
        return [s for s in self.samples if self.plan.seconds / 2 <= s.at <= self.plan.seconds]

    async def _stop_all(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                self.wrong.append(f"The soak itself went wrong: {result!r}")

    # Beside the traffic

    async def _go_wrong(self) -> None:
        """Kills in the first quarter, so that the rest is one life; everything else all the time."""
        for number in range(self.plan.kills):
            await self._for_a_while(self.plan.seconds / 4 * (number + 1) / self.plan.kills)
            await self.faults.kill()
        await self.faults.run(self.plan.faults)

    async def _for_a_while(self, until: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._began + until - now())):
                await self.faults.run(self.plan.faults)

    async def _stream(self) -> None:
        """The stream goes off and on."""
        while True:
            await asyncio.sleep(STREAM_SECONDS)
            await self.twitch.go_offline()
            await asyncio.sleep(SAMPLE_SECONDS)
            await self.twitch.go_live()

    async def _sample(self) -> None:
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            with suppress(OSError):
                tasks = await self._tasks()
                found = Sample(now() - self._began, self.bot.starts, self.bot.memory(), self.bot.open_files(), tasks)
                self.samples.append(found)
                print(self._line(found), flush=True)

    async def _tasks(self) -> int | None:
        """How many tasks the bot has; None when it does not answer."""
        self._gauge = asyncio.get_running_loop().create_future()
        await self.twitch.say(MOD, "!gauge")
        with suppress(TimeoutError):
            return await asyncio.wait_for(self._gauge, 10)
        return None

    def _on_line(self, line: SandboxMessage) -> None:
        if line.text.startswith("tasks ") and self._gauge is not None and not self._gauge.done():
            self._gauge.set_result(int(line.text.split()[1]))

    def _line(self, s: Sample) -> str:
        faults = sum(self.faults.happened.values())
        bot = f"life {s.life}  {s.memory:6.1f} MB  {s.files} files  {s.tasks or '?'} tasks"
        deaf = f"deaf at most {self.traffic.longest_deaf:.0f} s"
        return f"{s.at / 60:6.1f} min  {self.traffic.sent:>9,} messages  {faults} faults  {deaf}  {bot}"


def slope(samples: Sequence[Sample]) -> float:
    """MB an hour, by least squares; 0 of fewer than three samples."""
    if len(samples) < 3:
        return 0.0
    mean_at = sum(s.at for s in samples) / len(samples)
    mean = sum(s.memory for s in samples) / len(samples)
    above = sum((s.at - mean_at) * (s.memory - mean) for s in samples)
    return above / sum((s.at - mean_at) ** 2 for s in samples) * HOUR


def show(soak: Soak) -> None:
    """Print the figures."""
    steady, traffic = soak.steady or soak.samples, soak.traffic
    memory = [steady[0], steady[len(steady) // 2], steady[-1]] if steady else []
    tasks = [s.tasks for s in steady if s.tasks is not None]
    rows = [
        ("messages sent", f"{traffic.sent:,} at {soak.plan.rate} a second, {traffic.again:,} of them repeated"),
        ("awards", f"{Ledger(soak.folder / 'pixel.db').awards:,} for {len(traffic.due):,} events and chat"),
        ("effects played", f"{len(soak.page.played):,}, {soak.page.repeats} acknowledged again"),
        ("faults", ", ".join(f"{name} {n}" for name, n in sorted(soak.faults.happened.items()))),
        ("connections", f"{soak.twitch.connects:,} in {soak.bot.starts} lives"),
        (
            "deaf",
            f"{len(traffic.deaf_times)} times, {sum(traffic.deaf_times):.0f} s, at most {traffic.longest_deaf:.1f} s",
        ),
        ("memory", ", ".join(f"{s.memory:.1f}" for s in memory) + " MB at start, middle and end of the second half"),
        ("slope", f"{slope(soak.steady):+.1f} MB an hour"),
        ("open files", f"{min(s.files for s in steady)} to {max(s.files for s in steady)}" if steady else "?"),
        ("tasks", f"{min(tasks)} to {max(tasks)}" if tasks else "?"),
        ("wrong", "nothing" if not soak.wrong else "; ".join(soak.wrong)),
    ]
    table(f"Soak of {soak.plan.hours:g} hours (seed {soak.plan.seed})", rows)


async def run(plan: Plan, folder: Path) -> Soak:
    """Run it, and show it."""
    soak = Soak(plan, folder)
    await soak.run()
    show(soak)
    return soak


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0, help="of traffic")
    parser.add_argument("--rate", type=int, default=200, help="messages a second")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="for chat and faults")
    parser.add_argument("--faults", type=float, default=20.0, metavar="SECONDS", help="between two faults")
    parser.add_argument("--kills", type=int, default=3, help="in the first quarter")
    parser.add_argument("--keep", type=Path, help="an empty folder for the database and the log, which stay")
    plan = Plan(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as name:
        folder = (plan.keep or Path(name)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        soak = asyncio.run(run(plan, folder))
    raise SystemExit(1 if soak.wrong else 0)


if __name__ == "__main__":
    main()
