"""Concurrent items of the effect lane: work on the server, each in a task of its own."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from pixel_bot.configuration.cog_files import cog_name
from pixel_bot.errors import EffectFailed
from pixel_bot.model.outcome import COUNTS_FROM, Effect, Run, fields_of, owned_by
from pixel_bot.model.people import PLATFORMS, Platform, Viewer
from pixel_bot.points.idempotency import AlreadyProcessed
from pixel_bot.queue.attempt import DONE, LEFT, Attempt, Result, Stopped
from pixel_bot.queue.effects import Effects, EffectSpec, Job, Method, Say
from pixel_bot.queue.limits import Limits
from pixel_bot.queue.result_writer import RETRY_SECONDS, ResultWriter
from pixel_bot.queue.worker import DATABASE_ERRORS, Worker
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.claim_items import claim_concurrent
from pixel_bot.redeems.pending_items import any_pending
from pixel_bot.redeems.queue_items import Item, has_known_effect, still_claimed
from pixel_bot.services import Services
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

MAX_CONCURRENT = 10
"""Concurrent items of each platform: a slow chat blocks only its own items."""

GONE = later("The feature behind it is gone.")
SLOW = later("It took too long.")
SORRY = later("Something went wrong on my side.")


class EffectRunner(Worker):
    """Claims pending items without a lane worker, and runs their effects."""

    lane = "effect"

    def __init__(
        self,
        services: Services,
        effects: Effects,
        result_writer: ResultWriter,
        say: Say,
        limits: Limits,
        is_there: Callable[[Platform], bool],
    ) -> None:
        super().__init__()
        self.paused = False
        self._services = services
        self._effects = effects
        self._result_writer = result_writer
        self._say = say
        self._limits = limits
        self._is_there = is_there
        self._tasks: dict[Attempt, asyncio.Task[None]] = {}

    @property
    def attempts(self) -> list[Attempt]:
        """The running attempts, oldest first."""
        return list(self._tasks)

    async def run(self) -> None:
        """Run until stopped. Tasks that outlast the grace period are left to the recovery of the next start."""
        while not self._stopping:
            self._wake.clear()
            if not self.paused and any(self._free_slots(platform) > 0 for platform in PLATFORMS):
                await self._claim_more()
            await self._sleep(idle=not self._tasks)
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=self._limits.grace)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _claim_more(self) -> None:
        try:
            if not await any_pending(self._services.database, None):
                return
            async with self._services.database.write() as session:
                # Again, after the wait for the writer lock: a mod who paused meanwhile must find nothing claimed.
                if self.paused or self._stopping:
                    return
                now = self._services.clock.now()
                claimed = [
                    item
                    for platform in PLATFORMS
                    if (most := self._free_slots(platform)) > 0
                    for item in await claim_concurrent(session, now, most, platform, self._services.cluster.number)
                ]
        except DATABASE_ERRORS as exc:
            self._log_failure(exc)
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self.wake)
            return
        self._log_success()
        # Before any await: a mod who pauses next takes the same lock, and must find the claimed items in ``attempts``.
        for item in claimed:
            self._start(item)

    def _free_slots(self, platform: Platform) -> int:
        """Free slots of a platform; 0 where only another process is in its chat, which then claims the items."""
        if self._services.cluster.is_shared and not self._is_there(platform):
            return 0
        return MAX_CONCURRENT - sum(attempt.item.platform == platform for attempt in self._tasks)

    def _start(self, item: Item) -> None:
        spec = self._spec_of(item)
        attempt = Attempt(item, stoppable=spec is None or spec[0].stoppable)
        task = asyncio.create_task(self._process(attempt, spec), name=f"item-{item.id}")
        self._tasks[attempt] = task
        task.add_done_callback(lambda _: self._done(attempt))

    def _done(self, attempt: Attempt) -> None:
        del self._tasks[attempt]
        self.wake()

    def _spec_of(self, item: Item) -> tuple[EffectSpec, Method] | None:
        if not has_known_effect(item) or not isinstance(item.effect, Run):
            return None
        return self._effects.get(item.effect.name)

    async def _process(self, attempt: Attempt, found: tuple[EffectSpec, Method] | None) -> None:
        result, follow_up = await self._run_effect(attempt, found)
        await self._result_writer.settle(attempt, result, follow_up)

    async def _run_effect(
        self, attempt: Attempt, found: tuple[EffectSpec, Method] | None
    ) -> tuple[Result, Effect | str | None]:
        item = attempt.item
        if found is None or not isinstance(item.effect, Run):
            return Result.refund(_(GONE)), None
        spec, method = found
        job = Job(attempt, await self._buyer(item), self._say, lambda: self._begin(item))
        try:
            if fields_of(item.payload).get(COUNTS_FROM) == "begun":
                await self._begin(item)
            async with asyncio.timeout(spec.seconds) as job.timeout:
                follow_up = await attempt.unless_stopped(method(job))
            if follow_up is None or isinstance(follow_up, str):
                return DONE, follow_up
            return DONE, owned_by(follow_up, cog_name(method.__module__))
        except Stopped as exc:
            return exc.result, None
        except EffectFailed as exc:
            result = Result.refund(str(exc))
        except AlreadyProcessed:
            return DONE, None  # an earlier attempt has done it, in a transaction that claimed the item
        except TimeoutError:
            result = Result.refund(_(SLOW))
        except Exception as exc:
            # The boundary to cogs: an unforeseen error of one effect is refunded, and the runner goes on.
            log.exception("The effect %s failed.", spec.name)
            self._effects.failed(getattr(method, "__self__", None), spec.name, exc)
            result = Result.refund(_(SORRY))
        # An error after the answer is no refund: the answer is what was paid for.
        return (DONE if job.answered else result), None

    async def _begin(self, item: Item) -> None:
        """Raises ``Stopped`` where another process has taken it over: then that one answers."""
        claim = still_claimed(item, self._services.cluster.number)
        async with self._services.database.write() as session:
            if not await queue_items.begin(session, item.id, self._services.clock.now(), *claim):
                raise Stopped(LEFT)

    async def _buyer(self, item: Item) -> Viewer | None:
        if item.user_id is None:
            return None
        with suppress(LookupError):
            return await self._services.viewers.by_id(item.user_id)
        return None
