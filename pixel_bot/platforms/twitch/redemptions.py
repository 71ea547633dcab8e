"""Redemptions of channel points: each is handled once, and its result is reported to Twitch.

What is undecided here is still open on Twitch, so ``catch_up`` finds again whatever was missed.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from pixel_bot.clock import Clock
from pixel_bot.concurrency.retry import Backoff, RetryLoop
from pixel_bot.platforms.decoding import Unreadable
from pixel_bot.platforms.twitch.events.redemptions import RedemptionFields, read_redemption
from pixel_bot.platforms.twitch.helix import Helix, HelixError
from pixel_bot.redeems.channel_points import (
    ChannelPoints,
    ChannelPointsRedeem,
    RedemptionEvent,
    RedemptionRef,
)

log = logging.getLogger(__name__)

REDEMPTIONS = "channel_points/custom_rewards/redemptions"
TOO_LATE = timedelta(minutes=10)
"""Redemptions older than this, made while the bot was away, are refunded."""

AT_ONCE = 50
"""Redemptions that are handled concurrently."""

MOST_WAITING = 1_000
"""Bound of the waiting queue; what exceeds it is fetched later."""


class RedemptionHandler(Protocol):
    """Handles redemptions in the bot."""

    async def work(self, event: RedemptionEvent, redeem: ChannelPointsRedeem, /) -> bool:
        """Run the redeem. Returns False when that is undecided, and should be tried again."""
        ...

    async def call_off(self, event: RedemptionEvent, /) -> None:
        """Cancel the redeem: the redemption was settled on Twitch."""
        ...

    async def refuse_late(self, late: Sequence[RedemptionEvent], /) -> None:
        """Refuse redemptions that are too old."""
        ...


class Redemptions:
    """Handles the redemptions of one channel, and reports their results."""

    def __init__(
        self,
        helix: Helix,
        channel_points: ChannelPoints,
        clock: Clock,
        owner_id: str,
        handler: RedemptionHandler,
        backoff: Backoff | None = None,
    ) -> None:
        self._helix = helix
        self._channel_points = channel_points
        self._clock = clock
        self._owner_id = owner_id
        self._handler = handler
        self._backoff = backoff or Backoff()
        self._waiting: deque[RedemptionEvent] = deque()
        self._tasks: dict[asyncio.Task[None], RedemptionRef] = {}
        self._arrived = asyncio.Event()
        self._fetching = RetryLoop("Channel Points", self._fetch, self._backoff)
        self._reporting = RetryLoop("Channel Points", self._report, self._backoff)
        self._any_open = True
        self._foreign: set[str] = set()
        """Rewards that another application made: Twitch answers no questions about them."""

    def on_event(self, event: RedemptionEvent) -> None:
        """Queue a redemption, or an update of one. Returns at once; never raises."""
        # Dropping is safe: an unhandled redemption stays open on Twitch, and the fetch brings it again.
        if len(self._waiting) >= MOST_WAITING:
            self._fetching.request()
            return
        self._waiting.append(event)
        self._arrived.set()

    def catch_up(self) -> None:
        """Fetch open redemptions: call it after each reconnect and each sign-in. Returns at once."""
        self._foreign.clear()
        self._fetching.request_now()
        self._reporting.request_now()

    async def run(self) -> None:
        """Catch up, then work until cancelled. What is undecided or unreported then is left to the next start."""
        self._channel_points.committed.add(self._on_commit)
        self.catch_up()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._start_waiting(), name="redemptions")
                group.create_task(self._fetching.run(), name="redemptions-catch-up")
                group.create_task(self._reporting.run(), name="redemptions-report")
        finally:
            self._channel_points.committed.discard(self._on_commit)
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # Handling

    async def _start_waiting(self) -> None:
        while True:
            await self._arrived.wait()
            # Cleared before the queue is read: an arrival or a finished task in between sets it again.
            self._arrived.clear()
            while self._waiting and len(self._tasks) < AT_ONCE:
                self._start(self._waiting.popleft())

    def _start(self, event: RedemptionEvent) -> None:
        # The event and the fetch may bring the same redemption: two tasks would both find it undecided.
        if not event.again and event.ref in self._tasks.values():
            return
        task = asyncio.create_task(self._work(event), name=f"redemption-{event.ref.redemption}")
        self._tasks[task] = event.ref
        task.add_done_callback(self._on_work_done)

    def _on_work_done(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._arrived.set()
        self._reporting.request()
        if not task.cancelled() and (exc := task.exception()) is not None:
            log.error("A redemption of channel points could not be worked.", exc_info=exc)
            self._fetch_later()

    async def _work(self, event: RedemptionEvent) -> None:
        try:
            redeem = await self._channel_points.by_reward(event.ref.reward)
            if redeem is None:
                return
            if event.again or event.status == "canceled":
                if event.status != "unfulfilled":
                    await self._handler.call_off(event)
                return
            if await self._channel_points.is_decided(event.ref) or await self._handler.work(event, redeem):
                return
        except DBAPIError as exc:
            log.error("A redemption of channel points cannot be written (%s). It is tried again.", exc.orig)
        self._fetch_later()

    def _fetch_later(self) -> None:
        """Fetch again after a pause: what was left undecided is still open on Twitch."""
        asyncio.get_running_loop().call_later(self._backoff.first, self._fetching.request)

    # Catching up

    async def _fetch(self) -> None:
        channel_points = [
            n for n in await self._channel_points.all() if n.reward_id and n.reward_id not in self._foreign
        ]
        if not channel_points:
            return
        # Read before the lists: an item that is queued after its list was fetched would look settled.
        waiting = [o.ref for o in await self._channel_points.open() if o.result is None]
        late: list[RedemptionEvent] = []
        for redeem in channel_points:
            reward_id = redeem.reward_id or ""
            found = await self._get(reward_id, status="UNFULFILLED", sort="OLDEST", first=50)
            if reward_id in self._foreign:
                continue  # nothing is known of it, so what waits goes on
            there = {event.ref for event in found}
            late += await self._accept(found)
            await self._cancel_settled([t for t in waiting if t.reward == reward_id and t not in there])
        if late:
            await self._handler.refuse_late(late)
            self._reporting.request()

    async def _accept(self, found: Sequence[RedemptionEvent]) -> list[RedemptionEvent]:
        """Queue what is new. Returns the redemptions that are too old."""
        oldest = self._clock.now() - TOO_LATE
        late: list[RedemptionEvent] = []
        for event in found:
            if event.ref in self._tasks.values() or await self._channel_points.is_decided(event.ref):
                continue
            if event.redeemed_at < oldest:
                late.append(event)
            else:
                self.on_event(event)
        return late

    async def _cancel_settled(self, refs: Sequence[RedemptionRef]) -> None:
        """Cancel queued items whose redemptions a mod settled on Twitch while the bot was away."""
        for ref in refs:
            for event in await self._get(ref.reward, id=ref.redemption):
                if event.ref == ref and event.status != "unfulfilled":
                    await self._handler.call_off(event)

    async def _get(self, reward_id: str, **params: object) -> list[RedemptionEvent]:
        """Redemptions of a reward, in Twitch's order; none where somebody has deleted the reward."""
        try:
            rows = await self._helix.get(
                REDEMPTIONS,
                "broadcaster",
                RedemptionFields,
                broadcaster_id=self._owner_id,
                reward_id=reward_id,
                **params,
            )
        except HelixError as exc:
            if exc.status == 404:
                return []
            if not _is_of_other_app(exc):
                raise
            self._foreign.add(reward_id)
            return []
        found: list[RedemptionEvent] = []
        for row in rows:
            with suppress(Unreadable):
                found.append(read_redemption(row))
        return [event for event in found if event.ref.reward == reward_id]

    # Reporting

    def _on_commit(self) -> None:
        # Called for each commit of the bot: without an open redemption it must cost nothing.
        if self._any_open:
            self._reporting.request()

    async def _report(self) -> None:
        """Report all results; one that Twitch refuses does not hold up the others."""
        found = await self._channel_points.open()
        self._any_open = bool(found)
        refused: HelixError | None = None
        for redemption in found:
            if redemption.result is None or redemption.ref.reward in self._foreign:
                continue
            try:
                await self._report_one(redemption.ref, redemption.result)
            except HelixError as exc:
                if _is_of_other_app(exc):
                    self._foreign.add(redemption.ref.reward)
                    continue
                if exc.status != 403:
                    raise
                refused = exc
        if refused is not None:
            raise refused

    async def _report_one(self, ref: RedemptionRef, status: str) -> None:
        where = {"broadcaster_id": self._owner_id, "reward_id": ref.reward, "id": ref.redemption}
        try:
            await self._helix.call("PATCH", REDEMPTIONS, "broadcaster", {"status": status}, **where)
        except HelixError as exc:
            if exc.status not in {400, 404}:
                raise
            # A mod, or this bot before a crash, was first. Recorded as reported, else it would be sent for ever.
            log.info("The redemption %s was settled on Twitch before.", ref.redemption)
        await self._channel_points.reported([ref])


def _is_of_other_app(exc: HelixError) -> bool:
    """True where the reward belongs to another client id: no retry helps until one of them is another one."""
    return exc.status == 403 and "client id used to create" in exc.message.lower()
