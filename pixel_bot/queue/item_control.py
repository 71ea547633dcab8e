"""Mods end one item of the queue: what waits, what plays, or what has been."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.models import QueueItem
from pixel_bot.errors import BadInput
from pixel_bot.points.idempotency import write_once
from pixel_bot.queue.attempt import ResultKind
from pixel_bot.queue.dispatcher import Dispatcher
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.hooks import is_final
from pixel_bot.redeems.queue_items import Item
from pixel_bot.redeems.refunds import Refund
from pixel_bot.services import Services

Finds = Callable[[AsyncSession], Awaitable[Item | None]]


@dataclass(frozen=True, slots=True)
class Ended:
    """An item that a mod ended. ``refund`` is None for one that counts already, and only ended sooner."""

    item: Item
    refund: Refund | None


class ItemControl:
    """Ends single items."""

    def __init__(self, services: Services, dispatcher: Dispatcher) -> None:
        self._services = services
        self._dispatcher = dispatcher

    async def skip(self, item_id: int, reason: str) -> Ended | None:
        """Stop an item that plays, or give back one that waits. None where it does neither."""
        item = await self._item(item_id)
        if item is None or item.status not in {"pending", "running"}:
            return None
        if item.status == "pending" and item.begun_at is None:
            refunds = await self._services.refunds.fail(
                QueueItem.id == item.id, QueueItem.begun_at.is_(None), reason=reason, status=("pending",)
            )
            if refunds:
                self._dispatcher.tell_news()
                return Ended(item, refunds[0])
        result = await self._dispatcher.stop_item(item.id, reason)
        if result is None:
            return None
        return Ended(item, Refund(item, item.cost) if result.kind is ResultKind.REFUND else None)

    async def refund(self, find: Finds, reason: str) -> Refund | None:
        """Give an item back: a pending or playing one is stopped, a finished one is refunded.

        Args:
            find: looks it up in the transaction.
            reason: what its buyer hears.

        Returns:
            The refund; None when there is nothing to refund.

        Raises:
            BadInput: it counts, and its redeem says that nobody takes it back then.
        """
        async with write_once(self._services.database) as session:
            item = await find(session)
            if item is None:
                return None
            offer = self._services.redeems.offered(item.redeem)
            if offer is not None and offer.final and (is_final(item) or item.status == "done"):
                raise BadInput(offer.shown(offer.final))
            if item.status in {"done", "failed"}:
                return await self._services.refunds.refund_finished(session, item)
            refunds = await self._services.refunds.fail_in(
                session, QueueItem.id == item.id, reason=reason, told=True, status=("pending",)
            )
        await self._services.refunds.revoke_from_overlay(refunds)
        if refunds:
            return refunds[0]
        result = await self._dispatcher.stop_item(item.id, reason)
        is_refunded = result is not None and result.kind is ResultKind.REFUND
        return Refund(item, item.cost) if is_refunded else None

    async def _item(self, item_id: int) -> Item | None:
        async with self._services.database.readers() as session:
            return await queue_items.last(session, QueueItem.id == item_id)
