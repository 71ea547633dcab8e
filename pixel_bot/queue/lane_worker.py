"""A lane's worker for the overlay: plays its items in order, one at a time, each when a page can play it."""

import asyncio
import logging
from datetime import timedelta

from sqlalchemy import func
from typing_extensions import override

from pixel_bot.clock import EPOCH, GRACE
from pixel_bot.db.models import QueueItem
from pixel_bot.queue.attempt import DONE, Attempt, Result
from pixel_bot.queue.limits import Limits, needs_sound
from pixel_bot.queue.overlay_player import OverlayPlayer
from pixel_bot.queue.result_writer import RETRY_SECONDS, ResultWriter
from pixel_bot.queue.worker import DATABASE_ERRORS, Worker
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.claim_items import claim_head
from pixel_bot.redeems.hooks import is_final
from pixel_bot.redeems.pending_items import any_pending
from pixel_bot.redeems.queue_items import NOT_HELD, Item, has_known_effect
from pixel_bot.services import Services
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

AWAY = later("The overlay was away for too long.")
BLOCKED = later("The overlay was open, but its sound was blocked for too long.")
LOOK_SECONDS = 2.0
"""How often the worker checks whether another process still has a page."""

SORRY = later("Something went wrong on my side.")


class LaneWorker(Worker):
    """Claims its oldest pending item when the lane is not paused and a page can play it, and plays it to a result.

    ``name`` is the value of ``queue_items.track`` that assigns items to this worker.
    """

    def __init__(
        self,
        name: str,
        lane: str,
        services: Services,
        overlay_player: OverlayPlayer,
        result_writer: ResultWriter,
        limits: Limits,
    ) -> None:
        super().__init__()
        self.name = name
        self.lane = lane
        self.paused = False
        self.attempt: Attempt | None = None
        self._services = services
        self._player = overlay_player
        self._result_writer = result_writer
        self._limits = limits
        self._seen_elsewhere = EPOCH

    @override
    def stop(self) -> None:
        """Stop. An item that is playing goes on, and its page acknowledges it to the next run."""
        if self.attempt is not None:
            self.attempt.leave_to_next_start()
        super().stop()

    async def run(self) -> None:
        """Run until stopped."""
        while not self._stopping:
            try:
                self.attempt = await self._next()
            except DATABASE_ERRORS as exc:
                self._log_failure(exc)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._log_success()
            if self.attempt is not None:
                result = await self._play(self.attempt)
                await self._result_writer.settle(self.attempt, result)
                self.attempt = None

    async def _play(self, attempt: Attempt) -> Result:
        try:
            return await self._player.play(attempt)
        except Exception:
            # The boundary of a lane: an unforeseen error with one item must not stop those behind it.
            log.exception("An item of the queue could not be played.")
            return Result.refund(_(SORRY))

    async def _next(self) -> Attempt | None:
        """The next item, claimed; None when it is time to stop."""
        while not self._stopping:
            # Cleared before the reads: an event that comes during them wakes the sleep below at once.
            self._wake.clear()
            head = None if self.paused else await self._head()
            time_left = None if head is None else await self._time_left_in_cluster(head)
            if head is None or time_left is None:
                await self._sleep()
            elif time_left > 0:
                await self._sleep(time_left)
            elif time_left < 0:
                await self._give_up(head)
            elif (attempt := await self._claim(head)) is not None:
                return attempt
            elif not self.paused and await self._is_still_head(head):
                await self._sleep(RETRY_SECONDS)  # another process plays an item of this worker's lane
        return None

    async def _claim(self, head: Item) -> Attempt | None:
        best = self._services.overlay.best(needs_sound=needs_sound(head.effect))
        async with self._services.database.write() as session:
            # Checked under the writer lock, which pausing takes, too: a mod finds nothing claimed, or the attempt.
            if self.paused or self._stopping:
                return None
            now = self._services.clock.now()
            page = best.id if best is not None else None
            item = await claim_head(session, head, now, page, self._services.cluster.number)
        return Attempt(item) if item is not None else None

    async def _is_still_head(self, head: Item) -> bool:
        now = await self._head()
        return now is not None and now.id == head.id

    async def _head(self) -> Item | None:
        database = self._services.database
        if not await any_pending(database, self.name):
            return None
        async with database.readers() as session:
            return await queue_items.head(session, self.name)

    async def _time_left_in_cluster(self, head: Item) -> float:
        """Like ``_time_left``, but where another process has a page the item is left to it."""
        time_left = self._time_left(head)
        if time_left == 0 or not has_known_effect(head) or not self._services.cluster.is_shared:
            return time_left
        if await self._services.cluster.is_held_elsewhere("sound" if needs_sound(head.effect) else "page"):
            # Polled: a process that dies with its page cannot notify anybody.
            self._seen_elsewhere = self._services.clock.now()
            return LOOK_SECONDS
        end = self._seen_elsewhere + timedelta(seconds=self._limits.overlay)
        return max(time_left, (end - self._services.clock.now()).total_seconds())

    def _time_left(self, head: Item) -> float:
        """Seconds that the head may still wait for a page: 0 when one can play it, negative after the timeout."""
        if not has_known_effect(head):
            return -1
        away = self._services.overlay.away_since(needs_sound=needs_sound(head.effect))
        if away is None:
            return 0
        end = max(away, head.waits_since) + timedelta(seconds=self._limits.overlay)
        if is_final(head) and head.begun_at is not None:
            end = head.begun_at + timedelta(seconds=self._limits.begun)
        left = (end - self._services.clock.now()).total_seconds()
        if left > max(self._limits.overlay, self._limits.begun) + GRACE.total_seconds():
            return -1  # the clock was set back: nothing waits for longer than it may
        # Exactly 0 would mean that a page is there.
        return left or -1

    async def _give_up(self, head: Item) -> None:
        if is_final(head):
            await self._result_writer.settle(Attempt(head), DONE)
            return
        due = QueueItem.id == head.id
        reason = BLOCKED
        if self._services.overlay.away_since(needs_sound=False) is not None:
            reason = AWAY
            since = self._services.clock.now() - timedelta(seconds=self._limits.overlay)
            waits_since = func.coalesce(QueueItem.approved_at, QueueItem.created_at)
            due |= (waits_since <= since) & QueueItem.begun_at.is_(None) & NOT_HELD
        await self._result_writer.refund(QueueItem.track == self.name, due, reason=_(reason))
