"""Result writer: makes the result of an attempt durable, exactly once, with retries while the database is away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import count

from sqlalchemy import ColumnElement
from sqlalchemy.exc import DBAPIError

from pixel_bot.db.models import QueueItem
from pixel_bot.model.outcome import Effect, SpinWheel
from pixel_bot.points.levels import LevelUp
from pixel_bot.queue.attempt import DONE, Attempt, Result, ResultKind
from pixel_bot.queue.limits import ATTEMPTS
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.approvals import LATER, approval_for
from pixel_bot.redeems.hooks import is_final
from pixel_bot.redeems.queue_items import WAITING, Draft, Item, has_known_effect, still_claimed
from pixel_bot.services import Services
from pixel_bot.wording.texts import later, texts

_ = texts(__name__)

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
CUT = later("It was cut off too often.")
UNCLEAR = later("Something went wrong with it.")


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
        # Reloaded: what has begun during the attempt, and counts from then on, is never refunded.
        if result.kind is ResultKind.DONE or counts(await self._reload(item)):
            await self.finish(item, follow_up)
            return DONE
        await self._services.refunds.fail(QueueItem.id == item.id, *claim, reason=result.reason or _(CUT))
        self.notify_chat()
        return Result.refund(result.reason or _(CUT))

    async def _reload(self, item: Item) -> Item:
        async with self._services.database.readers() as session:
            found = await queue_items.load(session, QueueItem.id == item.id)
        return found[0] if found else item

    async def finish(self, item: Item, follow_up: Effect | str | None = None) -> None:
        """The effect happened: end the item, credit a prize and queue a follow-up, in one transaction.

        Args:
            item: which.
            follow_up: a sentence for its buyer, or an effect that follows at no cost.
        """
        services = self._services
        now = services.clock.now()
        ups: list[LevelUp] = []
        async with services.database.write() as session:
            note = f"@{item.buyer} {follow_up}" if isinstance(follow_up, str) else ""
            has_more = isinstance(item.effect, SpinWheel)
            if has_more:
                note, ups = await services.wheel.credit(session, item, now)
            elif said := await services.hooks.on_done(session, item):
                note = said
            # Conditional update: an item that was refunded meanwhile stays so, and its prize is rolled back with it.
            if not await queue_items.done(session, item.id, now, note):
                await session.rollback()
                return
            if follow_up is not None and not isinstance(follow_up, str):
                has_more = True
                approval = approval_for(follow_up) if item.approval == LATER else None
                draft = Draft(
                    follow_up, item.redeem, item.user_id, now, message_id=item.follow_up_id, approval=approval
                )
                await queue_items.put(session, draft)
        # After the commit: the workers and the notifier read with connections of their own.
        if note:
            self.notify_chat()
        if has_more:
            self._wake_workers()
        await services.levels.notify(ups)


def counts(item: Item) -> bool:
    """True for an item that is not given back any more: viewers may have seen its wheel spin, or its moment is over."""
    spins = item.begun_at is not None and has_known_effect(item) and isinstance(item.effect, SpinWheel)
    return spins or is_final(item)


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
