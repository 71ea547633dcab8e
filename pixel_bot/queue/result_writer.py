"""Result writer: makes the result of an attempt durable, exactly once, with retries while the database is away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import count

from sqlalchemy import ColumnElement
from sqlalchemy.exc import DBAPIError

from pixel_bot.db.models import QueueItem
from pixel_bot.model.outcome import Effect
from pixel_bot.queue.attempt import DONE, Attempt, Result, ResultKind
from pixel_bot.queue.limits import ATTEMPTS
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.approvals import LATER, approval_for
from pixel_bot.redeems.hooks import is_final, put_follow_up
from pixel_bot.redeems.queue_items import WAITING, Item, still_claimed
from pixel_bot.services import Services
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
CUT = later("It was cut off too often.")
UNCLEAR = later("Something went wrong with it.")
GONE = later("The feature behind it is gone.")


class ResultWriter:
    """Ends items with the results of their attempts."""

    def __init__(self, services: Services, news: Callable[[], None], more: Callable[[], None]) -> None:
        self._services = services
        self.notify_chat = news
        """Called when there is a result to announce in chat."""
        self._wake_workers = more

    async def settle(self, attempt: Attempt, result: Result, follow_up: Effect | str | None = None) -> None:
        """Write a result. While the database is away it is retried, because the points depend on it."""

        async def write() -> None:
            nonlocal result
            result = await self._settle(attempt.item, result, follow_up)

        try:
            await retry_until_written(write)
        except Exception:
            # An item without an end would be claimed again at every start, and block its lane for ever.
            log.exception("Item %d of the queue could not be ended as it should.", attempt.item.id)
            result = Result.refund(_(UNCLEAR))
            await self.refund(QueueItem.id == attempt.item.id, reason=_(UNCLEAR), status=WAITING)
        attempt.end(result)

    async def refund(self, *where: ColumnElement[bool], reason: str, status: Sequence[str] = ("pending",)) -> None:
        """Refund items that are pending, or in one of these states."""
        try:
            await retry_until_written(lambda: self._refund(where, reason, status))
        except Exception:
            # As above: closed without a refund, which the log shows, so that the items behind it go on.
            log.exception("Items of the queue could not be refunded.")
            await retry_until_written(lambda: self._close(where))

    async def _refund(self, where: Sequence[ColumnElement[bool]], reason: str, status: Sequence[str]) -> None:
        await self._services.refunds.fail(*where, reason=reason, status=status)
        self.notify_chat()

    async def _close(self, where: Sequence[ColumnElement[bool]]) -> None:
        """End items without moving points, so that they do not block others; the log has the reason."""
        async with self._services.database.write() as session:
            await queue_items.end(session, where, "failed", self._services.clock.now(), _(UNCLEAR), told=False)
        self.notify_chat()

    async def _settle(self, item: Item, result: Result, follow_up: Effect | str | None) -> Result:
        if result.kind is ResultKind.LEFT:
            return result
        # A process that hung must not end what another one has taken over. What has happened, has happened.
        claim = still_claimed(item, self._services.cluster.number)
        if result.kind is ResultKind.RETRY and item.attempts + 1 < ATTEMPTS:
            async with self._services.database.write() as session:
                await queue_items.put_back(session, [item.id], *claim, released=result.released)
            return result
        reason = result.reason or CUT
        # Reloaded: what has begun during the attempt, and counts from then on, is never refunded.
        if result.kind is ResultKind.DONE or is_final(await self._reload(item)):
            if self._services.hooks.can_end(item):
                await self.finish(item, follow_up)
                return DONE
            reason = _(GONE)
        await self._services.refunds.fail(QueueItem.id == item.id, *claim, reason=reason)
        self.notify_chat()
        return Result.refund(reason)

    async def _reload(self, item: Item) -> Item:
        async with self._services.database.readers() as session:
            found = await queue_items.load(session, QueueItem.id == item.id)
        return found[0] if found else item

    async def finish(self, item: Item, follow_up: Effect | str | None = None) -> None:
        """The effect happened: end the item, as its redeem does, and queue a follow-up, in one transaction.

        Args:
            item: which.
            follow_up: a sentence for its buyer, or an effect that follows at no cost.
        """
        services = self._services
        now = services.clock.now()
        async with services.database.write() as session:
            ended = await services.hooks.on_done(session, item)
            note = ended.text or (f"@{item.buyer} {follow_up}" if isinstance(follow_up, str) else "")
            # Conditional update: an item that was refunded meanwhile stays so, and what its redeem did is rolled back.
            if not await queue_items.done(session, item.id, now, note):
                await session.rollback()
                return
            follow_ups = [effect for effect in (follow_up, ended.follow_up) if effect and not isinstance(effect, str)]
            for effect in follow_ups:
                approval = approval_for(effect) if item.approval == LATER else None
                await put_follow_up(session, item, effect, now, approval)
        # After the commit: the workers and the notifier read with connections of their own.
        if note:
            self.notify_chat()
        if follow_ups:
            self._wake_workers()


async def retry_until_written(work: Callable[[], Awaitable[None]]) -> None:
    """Retry the work at a fixed interval while the database cannot be written."""
    for tries in count():
        try:
            await work()
        except DBAPIError as exc:
            level = logging.DEBUG if tries else logging.ERROR
            log.log(level, "The queue cannot be written (%s). It is tried again.", exc.orig)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return
