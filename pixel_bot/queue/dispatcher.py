"""Makes what was bought happen: one after another in each lane, and work on the server side by side."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from sqlalchemy import update

from pixel_bot.backends.tts import Engine
from pixel_bot.db.models import Lane as LaneRow
from pixel_bot.model.outcome import EFFECTS, SOUNDS, Lane
from pixel_bot.model.people import PLATFORMS, Platform
from pixel_bot.points.idempotency import write_once
from pixel_bot.queue.approvals import Approvals
from pixel_bot.queue.attempt import Attempt, Result
from pixel_bot.queue.cluster import QueueCluster
from pixel_bot.queue.effect_check import EffectCheck
from pixel_bot.queue.effect_runner import EffectRunner
from pixel_bot.queue.effects import Effects, Say
from pixel_bot.queue.lane_worker import LaneWorker
from pixel_bot.queue.limits import Limits
from pixel_bot.queue.overlay_player import OverlayPlayer
from pixel_bot.queue.recovery import recover
from pixel_bot.queue.refund_notifier import RefundNotifier
from pixel_bot.queue.result_writer import ResultWriter
from pixel_bot.queue.worker import DATABASE_ERRORS
from pixel_bot.services import Services

log = logging.getLogger(__name__)


class Dispatcher:
    """Starts the lanes, wakes them, stops them. No lane waits for another.

    Args:
        services: of this bot.
        speech: who speaks.
        say: says something in chat.
        limits: how long things may take.
        is_there: whether the bot is in a platform's chat; before that, nothing is said there.
        bleeped: takes blocked words out of what is shown and spoken.
    """

    def __init__(
        self,
        services: Services,
        speech: Engine,
        say: Say,
        limits: Limits | None = None,
        is_there: Callable[[Platform], bool] = lambda _: True,
        bleeped: Callable[[str], str] = lambda text: text,
    ) -> None:
        limits = limits or Limits()
        self.effects = Effects()
        self.effect_check = EffectCheck(services, speech, self.effects)
        services.overlay.widgets.clean = bleeped
        self._services = services
        self._tasks: list[asyncio.Task[None]] = []
        # One for each chat: while one platform is away, the other one hears its news.
        self._notifiers = [RefundNotifier(services, say, platform, is_there) for platform in PLATFORMS]
        result_writer = ResultWriter(services, self.tell_news, self.wake)
        overlay_player = OverlayPlayer(services, speech, limits, bleeped)

        def worker(lane: Lane) -> LaneWorker:
            track = SOUNDS if lane == EFFECTS else lane
            return LaneWorker(track, lane, services, overlay_player, result_writer, limits)

        self._new_worker = worker
        self.lane_workers: list[LaneWorker] = []
        self._add_workers()
        services.redeems.changed.add(self._add_workers)
        self.effect_runner = EffectRunner(services, self.effects, result_writer, say, limits, is_there)
        self.approvals = Approvals(services, say, is_there, self.wake, self.tell_news)
        self.cluster = QueueCluster(services, self.effects, self)
        self._grace = limits.grace

    async def start(self) -> None:
        """Sort out what the last run left, then work. Call it when the cogs are loaded."""
        await self._services.cluster.start()
        await recover(self._services, self.effects, *await self.cluster.not_of_others())
        await self.load_paused()
        if self.paused:
            names = ", ".join(self.paused)
            log.warning("Paused since the last run: %s. Mods resume with !calm or !queue resume.", names)
        self._services.overlay.changed.add(self.wake)
        self._services.shop.sold.add(self.wake_for)
        self.cluster.start()
        self._tasks = [_started(worker) for worker in self._workers]

    def _add_workers(self) -> None:
        """A lane that a cog has brought along gets its worker. It stays when the cog goes: the lane is empty then."""
        known = {worker.lane: worker for worker in self.lane_workers}
        new = [self._new_worker(lane) for lane in self._services.redeems.lanes if lane not in known]
        # In the order of the lanes; those whose cog is gone come last.
        known |= {worker.lane: worker for worker in new}
        order = [*self._services.redeems.lanes, *known]
        self.lane_workers = [known[lane] for lane in dict.fromkeys(order)]
        if self._tasks:
            self._tasks += [asyncio.create_task(self._join(worker), name="laneworker") for worker in new]

    async def _join(self, worker: LaneWorker) -> None:
        """A worker comes to a bot that runs: its lane may be paused."""
        try:
            await self.load_paused()
        except DATABASE_ERRORS:
            log.warning("Whether the lane %s is paused could not be read. It goes on.", worker.lane)
        await worker.run()

    async def stop(self) -> None:
        """Stop in order. What is under way has a few seconds; the rest is left to the next start."""
        await self.cluster.stop()
        self._services.overlay.changed.discard(self.wake)
        self._services.shop.sold.discard(self.wake_for)
        for worker in self._workers:
            worker.stop()
        if self._tasks:
            await self._end_tasks()
        await self._services.cluster.stop()

    async def _end_tasks(self) -> None:
        _, late = await asyncio.wait(self._tasks, timeout=self._grace + 2)
        for task in late:
            task.cancel()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(result, Exception):
                log.error("A lane of the queue ended with an error.", exc_info=result)

    def wake(self, *, told: bool = True) -> None:
        """Something changed: all lanes look again, and where it is ``told`` those of other processes, too."""
        for worker in (*self.lane_workers, self.effect_runner, self.approvals):
            worker.wake()
        if told:
            self._services.cluster.publish("queue")
        else:
            for notifier in self._notifiers:
                notifier.wake()

    def wake_for(self, track: str | None) -> None:
        """There is a new item on a track, or without one."""
        worker = next((t for t in self.lane_workers if t.name == track), self.effect_runner)
        worker.wake()
        self.approvals.wake()
        self._services.cluster.publish("queue")

    def tell_news(self) -> None:
        """Chat has something to hear."""
        for notifier in self._notifiers:
            notifier.wake()
        self._services.cluster.publish("queue")

    async def settled(self) -> None:
        """Wait until nothing could be worked now: all that is left waits for an overlay, or for a paused lane."""
        if not self._tasks:
            return
        # What one ends can be the beginning of another.
        while not all(worker.is_idle for worker in self._workers):
            for worker in self._workers:
                await worker.idle()

    @property
    def _workers(self) -> list[LaneWorker | EffectRunner | Approvals | RefundNotifier]:
        return [*self.lane_workers, self.effect_runner, self.approvals, *self._notifiers]

    @property
    def paused(self) -> list[str]:
        """The lanes that are paused."""
        return sorted({w.lane for w in (*self.lane_workers, self.effect_runner) if w.paused})

    async def load_paused(self) -> None:
        """Take over which lanes are paused, as the database has it."""
        paused = {lane for (lane,) in await self._services.database.look_up("SELECT kind FROM lanes WHERE paused", {})}
        for worker in (*self.lane_workers, self.effect_runner):
            worker.paused = worker.lane in paused
            worker.wake()

    def show_paused(self) -> None:
        """All lanes are paused, by another process, which has that in the database soon."""
        for worker in (*self.lane_workers, self.effect_runner):
            worker.paused = True

    async def pause(self, lanes: Sequence[str], *, paused: bool) -> None:
        """Pause or resume lanes, also for the next start. What is playing plays on."""
        for worker in (*self.lane_workers, self.effect_runner):
            if worker.lane in lanes:
                worker.paused = paused
                worker.wake()
        async with write_once(self._services.database) as session:
            await session.execute(update(LaneRow).where(LaneRow.kind.in_(lanes)).values(paused=paused))
        self._services.cluster.publish("lanes")

    @property
    def attempts(self) -> list[Attempt]:
        """What is playing or running now."""
        playing = [t.attempt for t in self.lane_workers if t.attempt is not None]
        return [*playing, *self.effect_runner.attempts]

    async def stop_item(self, item_id: int, reason: str) -> Result | None:
        """Stop what is under way; its buyer hears the reason with the refund.

        Returns:
            How it ended, which need not be a refund: it may have been played at that very moment. None when it is not
            under way, or cannot be stopped.
        """
        attempt = next((a for a in self.attempts if a.item.id == item_id), None)
        if attempt is None:
            return await self.cluster.stop_item(item_id, reason)
        if not attempt.stop(reason):
            return None
        return await attempt.ended()


def _started(worker: LaneWorker | EffectRunner | Approvals | RefundNotifier) -> asyncio.Task[None]:
    return asyncio.create_task(worker.run(), name=type(worker).__name__.lower())
