"""Items that run side by side: work on the server, each in a task of its own."""

import asyncio
import logging
from contextlib import suppress

from sqlalchemy.exc import DBAPIError

from pixel_bot.errors import EffectFailed
from pixel_bot.jobs.effects import Effects, Job, Method, Say, Spec
from pixel_bot.jobs.limits import DONE, Limits, Verdict
from pixel_bot.jobs.settling import RETRY_SECONDS, Settling
from pixel_bot.services import items
from pixel_bot.services.container import Services
from pixel_bot.services.items import Item
from pixel_bot.services.outcome import Effect, Run
from pixel_bot.services.people import Viewer
from pixel_bot.services.refunds import is_ours

log = logging.getLogger(__name__)

MOST = 10
"""Items under way at once."""

GONE = "The feature behind it is gone."
SLOW = "It took too long."
SORRY = "Something went wrong on my side."


class Runs:
    """Claims what waits, and works it."""

    lane = "effect"

    def __init__(self, services: Services, effects: Effects, settling: Settling, say: Say, limits: Limits) -> None:
        self.paused = False
        self._services = services
        self._effects = effects
        self._settling = settling
        self._say = say
        self._limits = limits
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._tasks: dict[int, tuple[Item, asyncio.Task[None]]] = {}
        self._reasons: dict[int, str] = {}
        self._ended: set[int] = set()
        self._stopping = False

    def wake(self) -> None:
        """Something changed: look again."""
        self._wake.set()
        self._idle.clear()

    @property
    def is_idle(self) -> bool:
        """True when there is nothing that could be done now."""
        return self._idle.is_set()

    async def idle(self) -> None:
        """Wait until nothing is under way and nothing could begin."""
        await self._idle.wait()

    @property
    def running(self) -> list[Item]:
        """What is under way, oldest first."""
        return [item for item, _ in self._tasks.values()]

    def interrupt(self, item: Item, reason: str) -> bool:
        """Stop an item where its effect allows that. Returns whether it did."""
        known = self._known(item)
        entry = self._tasks.get(item.id)
        if entry is None or item.id in self._ended or known is None or not known[0].stoppable:
            return False
        self._reasons[item.id] = reason
        entry[1].cancel()
        return True

    def stop(self) -> None:
        """Begin nothing new."""
        self._stopping = True
        self.wake()

    async def run(self) -> None:
        """Work until stopped. What is still under way after the grace is left to the next start."""
        while not self._stopping:
            self._wake.clear()
            if not self.paused and len(self._tasks) < MOST:
                await self._begin_more()
            if not self._tasks:
                self._idle.set()
            await self._wake.wait()
            self._idle.clear()
        tasks = [task for _, task in self._tasks.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=self._limits.grace)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _begin_more(self) -> None:
        try:
            async with self._services.database.readers() as session:
                waiting = await items.count_pending(session)
            if not waiting:
                return
            async with self._services.database.write() as session:
                claimed = await items.claim(session, None, self._services.clock.now(), MOST - len(self._tasks))
        except DBAPIError as exc:
            log.error("The queue cannot be read (%s). It is tried again.", exc.orig)
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self.wake)
            return
        for item in claimed:
            task = asyncio.create_task(self._work(item), name=f"item-{item.id}")
            self._tasks[item.id] = (item, task)
            task.add_done_callback(lambda _, item=item: self._done(item))

    def _done(self, item: Item) -> None:
        del self._tasks[item.id]
        self._reasons.pop(item.id, None)
        self._ended.discard(item.id)
        self.wake()

    def _known(self, item: Item) -> tuple[Spec, Method] | None:
        if not is_ours(item) or not isinstance(item.effect, Run):
            return None
        return self._effects.get(item.effect.name)

    async def _work(self, item: Item) -> None:
        try:
            verdict, follow_up = await self._attempt(item)
        except asyncio.CancelledError:
            if item.id not in self._reasons:
                raise  # the bot ends; the next start decides
            verdict, follow_up = Verdict("refund", self._reasons[item.id]), None
        self._ended.add(item.id)
        await self._settling.settle(item, verdict, follow_up)

    async def _attempt(self, item: Item) -> tuple[Verdict, Effect | str | None]:
        known = self._known(item)
        if known is None or not isinstance(item.effect, Run):
            return Verdict("refund", GONE), None
        spec, method = known
        job = Job(await self._buyer(item), item.effect.args, self._say, lambda: self._begin(item), item.message_id)
        try:
            async with asyncio.timeout(spec.seconds):
                return DONE, await method(job)
        except EffectFailed as exc:
            return Verdict("refund", str(exc)), None
        except TimeoutError:
            return Verdict("refund", SLOW), None
        except Exception:
            log.exception("The effect %s failed.", spec.name)
            return Verdict("refund", SORRY), None

    async def _begin(self, item: Item) -> None:
        async with self._services.database.write() as session:
            await items.begin(session, item.id, self._services.clock.now())

    async def _buyer(self, item: Item) -> Viewer | None:
        if item.user_id is None:
            return None
        with suppress(LookupError):
            return await self._services.viewers.by_id(item.user_id)
        return None
