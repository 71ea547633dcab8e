"""Redemptions of channel points: each is worked once, and Twitch hears how it ended when it has ended.

What is not decided here is still open on Twitch, so nothing is lost that ``catch_up`` does not find again.
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
from pixel_bot.platforms.twitch.helix import Helix, HelixError
from pixel_bot.redeems.channel_points import (
    ChannelPoints,
    ChannelPointsRedeem,
    RedemptionEvent,
    RedemptionRef,
    read_redemption,
)

log = logging.getLogger(__name__)

REDEMPTIONS = "channel_points/custom_rewards/redemptions"
TOO_LATE = timedelta(minutes=10)
"""Who redeemed longer ago than this, while the bot was away, gets the channel points back."""

AT_ONCE = 50
"""Redemptions under work at the same time."""

MOST_WAITING = 1_000
"""More are not kept here; they are fetched later."""


class RedemptionHandler(Protocol):
    """Who works redemptions, in the bot."""

    async def work(self, heard: RedemptionEvent, native: ChannelPointsRedeem) -> bool:
        """Run the redeem. Returns False when that is undecided, and should be tried again."""
        ...

    async def call_off(self, heard: RedemptionEvent) -> None:
        """It was settled on Twitch."""
        ...

    async def refuse_late(self, late: Sequence[RedemptionEvent]) -> None:
        """These came too long ago."""
        ...


class Redemptions:
    """Works the redemptions of one channel, and reports them."""

    def __init__(
        self,
        helix: Helix,
        channel_points: ChannelPoints,
        clock: Clock,
        owner_id: str,
        desk: RedemptionHandler,
        pace: Backoff | None = None,
    ) -> None:
        self._helix = helix
        self._channel_points = channel_points
        self._clock = clock
        self._owner_id = owner_id
        self._handler = desk
        self._pace = pace or Backoff()
        self._waiting: deque[RedemptionEvent] = deque()
        self._tasks: dict[asyncio.Task[None], RedemptionRef] = {}
        self._heard = asyncio.Event()
        self._fetching = RetryLoop("Channel Points", self._fetch, self._pace)
        self._reporting = RetryLoop("Channel Points", self._report, self._pace)
        self._any_open = True

    def on_event(self, heard: RedemptionEvent) -> None:
        """Take a redemption, or news on one. Returns at once; never raises."""
        if len(self._waiting) >= MOST_WAITING:
            self._fetching.want()
            return
        self._waiting.append(heard)
        self._heard.set()

    def catch_up(self) -> None:
        """Ask Twitch for what is open: call it after each reconnect and each sign-in. Returns at once."""
        self._fetching.urge()
        self._reporting.urge()

    async def run(self) -> None:
        """Catch up, then work until cancelled. What is not decided or reported then is left to the next start."""
        self._channel_points.committed.add(self._on_commit)
        self.catch_up()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._working(), name="redemptions")
                group.create_task(self._fetching.run(), name="redemptions-catch-up")
                group.create_task(self._reporting.run(), name="redemptions-report")
        finally:
            self._channel_points.committed.discard(self._on_commit)
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # Working them

    async def _working(self) -> None:
        while True:
            await self._heard.wait()
            self._heard.clear()
            while self._waiting and len(self._tasks) < AT_ONCE:
                self._begin(self._waiting.popleft())

    def _begin(self, heard: RedemptionEvent) -> None:
        if not heard.again and heard.ref in self._tasks.values():
            return
        task = asyncio.create_task(self._work(heard), name=f"redemption-{heard.ref.redemption}")
        self._tasks[task] = heard.ref
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._heard.set()
        self._reporting.want()
        if not task.cancelled() and (exc := task.exception()) is not None:
            log.error("A redemption of channel points could not be worked.", exc_info=exc)
            self._ask_again()

    async def _work(self, heard: RedemptionEvent) -> None:
        try:
            native = await self._channel_points.by_reward(heard.ref.reward)
            if native is None:
                return
            if heard.again or heard.status == "canceled":
                if heard.status != "unfulfilled":
                    await self._handler.call_off(heard)
                return
            if await self._channel_points.is_decided(heard.ref) or await self._handler.work(heard, native):
                return
        except DBAPIError as exc:
            log.error("A redemption of channel points cannot be written (%s). It is tried again.", exc.orig)
        self._ask_again()

    def _ask_again(self) -> None:
        """What was left undecided is still open on Twitch, and comes with the next answer."""
        asyncio.get_running_loop().call_later(self._pace.first, self._fetching.want)

    # Catching up

    async def _fetch(self) -> None:
        channel_points = [n for n in await self._channel_points.all() if n.reward_id]
        if not channel_points:
            return
        waiting = [o.ref for o in await self._channel_points.open() if o.result is None]
        late: list[RedemptionEvent] = []
        for native in channel_points:
            reward_id = native.reward_id or ""
            found = await self._get(reward_id, status="UNFULFILLED", sort="OLDEST", first=50)
            there = {heard.ref for heard in found}
            late += await self._take(found)
            await self._miss([t for t in waiting if t.reward == reward_id and t not in there])
        if late:
            await self._handler.refuse_late(late)
            self._reporting.want()

    async def _take(self, found: Sequence[RedemptionEvent]) -> list[RedemptionEvent]:
        """Hear what is new. Returns those that came too long ago."""
        oldest = self._clock.now() - TOO_LATE
        late: list[RedemptionEvent] = []
        for heard in found:
            if heard.ref in self._tasks.values() or await self._channel_points.is_decided(heard.ref):
                continue
            if heard.redeemed_at < oldest:
                late.append(heard)
            else:
                self.on_event(heard)
        return late

    async def _miss(self, tickets: Sequence[RedemptionRef]) -> None:
        """Items wait whose redemptions are not open any more: a mod settled them while nobody could tell us."""
        for ticket in tickets:
            for heard in await self._get(ticket.reward, id=ticket.redemption):
                if heard.ref == ticket and heard.status != "unfulfilled":
                    await self._handler.call_off(heard)

    async def _get(self, reward_id: str, **params: object) -> list[RedemptionEvent]:
        """Redemptions of a reward, in Twitch's order; none where somebody has deleted the reward."""
        try:
            rows = await self._helix.get(
                REDEMPTIONS, "broadcaster", broadcaster_id=self._owner_id, reward_id=reward_id, **params
            )
        except HelixError as exc:
            if exc.status == 404:
                return []
            raise
        found: list[RedemptionEvent] = []
        for row in rows:
            with suppress(KeyError, TypeError, ValueError):
                found.append(read_redemption(row))
        return [heard for heard in found if heard.ref.reward == reward_id]

    # Reporting

    def _on_commit(self) -> None:
        # Without an open redemption, a flood of commits costs nothing here.
        if self._any_open:
            self._reporting.want()

    async def _report(self) -> None:
        """Tell Twitch of all that has ended; one that cannot be told does not hold up the others."""
        found = await self._channel_points.open()
        self._any_open = bool(found)
        refused: HelixError | None = None
        for redemption in found:
            if redemption.result is None:
                continue
            try:
                await self._tell(redemption.ref, redemption.result)
            except HelixError as exc:
                if exc.status != 403:
                    raise
                refused = exc
        if refused is not None:
            raise refused

    async def _tell(self, ticket: RedemptionRef, status: str) -> None:
        where = {"broadcaster_id": self._owner_id, "reward_id": ticket.reward, "id": ticket.redemption}
        try:
            await self._helix.call("PATCH", REDEMPTIONS, "broadcaster", {"status": status}, **where)
        except HelixError as exc:
            if exc.status not in {400, 404}:
                raise
            log.info("The redemption %s was settled on Twitch before.", ticket.redemption)
        await self._channel_points.reported([ticket])
