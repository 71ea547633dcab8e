"""Plays one plan, and says what came of it."""

import asyncio
import gc
import hashlib
import random
import re
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pixel_bot.db import driver
from pixel_bot.sandbox.twitch.double import SandboxMessage
from pixel_bot.testing.sim.actors.cast import Cast, import_all
from pixel_bot.testing.sim.actors.part import Scene
from pixel_bot.testing.sim.channel import Channel, Notified
from pixel_bot.testing.sim.disk import Disk
from pixel_bot.testing.sim.invariants import Promises, Violation
from pixel_bot.testing.sim.loop import VirtualLoop
from pixel_bot.testing.sim.page import SimulatedPage
from pixel_bot.testing.sim.people import People
from pixel_bot.testing.sim.plan import Plan
from pixel_bot.testing.sim.seeded import WallClock, seeded
from pixel_bot.testing.sim.series import Story
from pixel_bot.testing.sim.sqlite import Commits, LoopWorker
from pixel_bot.testing.sim.troubles import Troubles, World

SETTLE_SECONDS = 900.0
CALM_SECONDS = 20.0
START_AMOUNT = 500
"""Points of each viewer at the start, so that they can spend some at once."""

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder with a name of its own is made in it
"""Where Linux keeps files in memory: what is simulated is the death of a process, and not of the machine."""


@dataclass(frozen=True)
class Result:
    """What a simulation came to.

    Args:
        digest: the same for the same plan, on any machine.
        seconds: simulated seconds.
        messages: messages in chat, those of the bot included.
        said: messages of the bot.
        kills: how often its process died.
        commits: how often it committed.
        violation: the promise that was broken, if one was.
        story: what happened, in order.
        violated_at: the simulated second at which that was seen.
        commands: those that were sent to a living bot over an open connection.
    """

    digest: str
    seconds: float
    messages: int
    said: int
    kills: int
    commits: int
    violation: str | None
    story: Story = field(repr=False)
    violated_at: float | None = None
    commands: int = 0

    @property
    def kind(self) -> str | None:
        """Which promise was broken: the sentence without what differs each time, which are figures and quoted words."""
        return None if self.violation is None else re.sub(r"'.*'|\".*\"|[0-9]+", "#", self.violation)


def simulate(plan: Plan) -> Result:
    """Play a plan. Takes over clocks and chance of this process meanwhile."""
    import_all(plan)
    chance = random.Random(f"world {plan.seed}")
    loop = VirtualLoop(chance)
    wall = WallClock(loop.time)
    with (
        tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder,
        seeded(chance, loop.time, wall),
        loop.as_this_process(),
        _collected_by_hand(),
    ):
        return loop.run_until_complete(_Simulation(plan, Path(folder), loop, wall).play())


@contextmanager
def _collected_by_hand() -> Generator[None]:
    """Keep Python's collector from running at moments of its own; what is there already need not be looked at."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


class _Simulation:
    def __init__(self, plan: Plan, folder: Path, loop: VirtualLoop, wall: WallClock) -> None:
        self._plan = plan
        self._loop = loop
        self._chance = random.Random(f"database {plan.seed}")
        self._commits = 0
        self._promises: Promises | None = None
        self._violation: Violation | None = None
        self._violated_at: float | None = None
        commits, disk = Commits(self._on_commit), Disk(random.Random(f"disk {plan.seed}"))
        driver.make_worker = lambda: LoopWorker(self._chance, commits, disk)
        self._channel = Channel(folder, commits, disk, points_start_amount=START_AMOUNT)
        loop.collect = self._channel.collect_garbage
        self._story = Story()
        self._people = People(self._channel, plan, self._story)
        self._cast = Cast(Scene(self._channel, self._people, plan, self._story))
        self._page = SimulatedPage(self._channel, random.Random(f"page {plan.seed}"))
        self._troubles = Troubles(World(self._channel, self._page, wall, self._story), plan)
        self._digest = hashlib.sha256()
        self._messages = self._commands = 0

    async def play(self) -> Result:
        await self._cast.open()
        self._promises = Promises(self._channel)
        self._channel.when_said(self._on_message)
        self._channel.when_delivered.append(self._on_delivered)
        self._channel.start()
        with closing(self._promises) as promises:
            looking = asyncio.ensure_future(promises.look())
            try:
                await self._happen(promises)
                if not promises.broken.done():
                    await self._settle(promises)
            except Violation as exc:
                promises.report(exc)
            for task in (looking, self._page_task):
                task.cancel()
            await asyncio.gather(looking, self._page_task, return_exceptions=True)
            if promises.broken.done():
                self._violation, self._violated_at = promises.broken.result(), self._loop.time()
            await self._cast.close()
            await self._channel.close()
            for row in promises.for_digest():
                self._digest.update(repr(row).encode())
        return self._result()

    async def _happen(self, promises: Promises) -> None:
        people = self._people
        endless = [self._page.run(), people.chat(), people.moderate(), people.happenings(), people.streams()]
        acts = (*endless, *self._troubles.all(), *self._cast.acts())
        tasks = [asyncio.ensure_future(work) for work in acts]
        self._page_task = tasks[0]
        try:
            ended, _ = await asyncio.wait(
                [*tasks, promises.broken], timeout=self._plan.seconds, return_when=asyncio.FIRST_COMPLETED
            )
            for task in ended - {promises.broken}:
                task.result()
        finally:
            for task in tasks[1:]:
                task.cancel()
            await asyncio.gather(*tasks[1:], return_exceptions=True)

    async def _settle(self, promises: Promises) -> None:
        """Nothing goes wrong any more: what is owed must happen."""
        self._page.is_open.set()
        self._troubles.end()
        self._channel.start()
        settled = asyncio.ensure_future(self._settled(promises))
        await asyncio.wait([settled, promises.broken], return_when=asyncio.FIRST_COMPLETED)
        if promises.broken.done():
            settled.cancel()
            await asyncio.gather(settled, return_exceptions=True)
            return
        settled.result()
        promises.check_settled()
        for sentence in self._cast.broken():
            raise Violation(sentence)

    async def _settled(self, promises: Promises) -> None:
        try:
            async with asyncio.timeout(2 * SETTLE_SECONDS):
                await self._channel.settled()
                await self._cast.settle()
                while promises.is_paused:
                    # Only then: it would wake what has missed its call. Again, as it may be said while nobody listens.
                    await self._people.calm_down()
                    await asyncio.sleep(CALM_SECONDS)
                await asyncio.sleep(SETTLE_SECONDS)
                await self._channel.settled()
        except TimeoutError:
            raise Violation("Nothing goes wrong any more, and the bot still does not settle.") from None

    def _on_commit(self) -> None:
        self._commits += 1
        if self._promises is not None:
            self._promises.on_commit()

    def _on_message(self, message: SandboxMessage) -> None:
        self._messages += 1
        self._digest.update(f"{self._loop.time():.6f} {message.who.login}: {message.text}\n".encode())

    def _on_delivered(self, notified: Notified, *_: object) -> None:
        if notified.kind == "channel.chat.message" and not notified.again:
            self._commands += notified.event["message"]["text"].startswith("!")

    def _result(self) -> Result:
        violation = str(self._violation) if self._violation is not None else None
        return Result(
            self._digest.hexdigest(),
            self._loop.time(),
            self._messages,
            len(self._channel.said),
            self._channel.kills,
            self._commits,
            violation,
            self._story,
            self._violated_at,
            self._commands,
        )
