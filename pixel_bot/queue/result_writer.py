"""What a verdict comes to in the database, once, however often it takes to write it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import count

from sqlalchemy import ColumnElement
from sqlalchemy.exc import DBAPIError

from pixel_bot.db.models import QueueItem
from pixel_bot.model.outcome import Effect, SpinWheel
from pixel_bot.points.levels import LevelUp
from pixel_bot.queue.attempt import DONE, Attempt, Result
from pixel_bot.queue.limits import ATTEMPTS
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.queue_items import WAITING, Draft, Item, has_known_effect
from pixel_bot.services import Services

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
CUT = "It was cut off too often."
UNCLEAR = "Something went wrong with it."


class ResultWriter:
    """Ends items by their verdicts."""

    def __init__(self, services: Services, news: Callable[[], None], more: Callable[[], None]) -> None:
        self._services = services
        self.notify_chat = news
        """Chat has something to hear."""
        self._wake_workers = more

    async def settle(self, attempt: Attempt, result: Result, follow_up: Effect | str | None = None) -> None:
        """Write a verdict. While the database is away it is tried again, because the points depend on it."""

        async def write() -> None:
            nonlocal result
            result = await self._settle(attempt.item, result, follow_up)

        try:
            await retry_until_written(write)
        except Exception:
            # An item that cannot end would be claimed at every start again, and hold up its lane for ever.
            log.exception("Item %d of the queue could not be ended as it should.", attempt.item.id)
            result = Result("refund", UNCLEAR)
            await self.refund(QueueItem.id == attempt.item.id, reason=UNCLEAR, status=WAITING)
        attempt.end(result)

    async def refund(self, *where: ColumnElement[bool], reason: str, status: Sequence[str] = ("pending",)) -> None:
        """Give back what still waits, or is in one of these states."""
        try:
            await retry_until_written(lambda: self._refund(where, reason, status))
        except Exception:
            # As above: without a refund, which is in the log, but out of the way of the others.
            log.exception("Items of the queue could not be given back.")
            await retry_until_written(lambda: self._close(where))

    async def _refund(self, where: Sequence[ColumnElement[bool]], reason: str, status: Sequence[str]) -> None:
        await self._services.refunds.fail(*where, reason=reason, status=status)
        self.notify_chat()

    async def _close(self, where: Sequence[ColumnElement[bool]]) -> None:
        """Without any point moved, so that nothing stands in the way of the others; the log has the reason."""
        async with self._services.database.write() as session:
            await queue_items.end(session, where, "failed", self._services.clock.now(), UNCLEAR, told=False)
        self.notify_chat()

    async def _settle(self, item: Item, result: Result, follow_up: Effect | str | None) -> Result:
        if result.kind == "left":
            return result
        if result.kind == "again" and item.attempts + 1 < ATTEMPTS:
            async with self._services.database.write() as session:
                await queue_items.put_back(session, [item.id], released=result.released)
            return result
        # As it stands now: a wheel that has begun to turn meanwhile is never given back.
        if result.kind == "done" or has_begun_to_spin(await self._reload(item)):
            await self.finish(item, follow_up)
            return DONE
        await self._services.refunds.fail(QueueItem.id == item.id, reason=result.reason or CUT)
        self.notify_chat()
        return Result("refund", result.reason or CUT)

    async def _reload(self, item: Item) -> Item:
        async with self._services.database.readers() as session:
            found = await queue_items.load(session, QueueItem.id == item.id)
        return found[0] if found else item

    async def finish(self, item: Item, follow_up: Effect | str | None = None) -> None:
        """The effect happened: the item is done, and with it a prize is credited and what follows is queued.

        Args:
            item: which.
            follow_up: a sentence that its buyer hears now, or an effect that follows at no cost.
        """
        services = self._services
        now = services.clock.now()
        ups: list[LevelUp] = []
        async with services.database.write() as session:
            note = f"@{item.buyer} {follow_up}" if isinstance(follow_up, str) else ""
            more = isinstance(item.effect, SpinWheel)
            if more:
                note, ups = await services.wheel.credit(session, item, now)
            if not await queue_items.done(session, item.id, now, note):
                await session.rollback()
                return
            if follow_up is not None and not isinstance(follow_up, str):
                more = True
                await queue_items.put(
                    session, Draft(follow_up, item.redeem, item.user_id, now, message_id=item.follow_up_id)
                )
        if note:
            self.notify_chat()
        if more:
            self._wake_workers()
        await services.levels.notify(ups)


def has_begun_to_spin(item: Item) -> bool:
    """True for a wheel that somebody may have seen turning: its prize counts."""
    return item.begun_at is not None and has_known_effect(item) and isinstance(item.effect, SpinWheel)


async def retry_until_written(work: Callable[[], Awaitable[None]]) -> None:
    """Do the work; while the database cannot be written, again and again."""
    for tries in count():
        try:
            await work()
        except DBAPIError as exc:
            level = logging.DEBUG if tries else logging.ERROR
            log.log(level, "The queue cannot be written (%s). It is tried again.", exc.orig)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return
