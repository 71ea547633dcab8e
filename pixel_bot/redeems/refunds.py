"""Refunds, exactly once: the item ends, the points return and the cooldowns are released in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Text, cast, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models import QueueItem, Redeem, stamp
from pixel_bot.model.outcome import COUNTS_FROM
from pixel_bot.model.people import Viewer
from pixel_bot.overlay.overlay import Overlay
from pixel_bot.points import ledger, processed_ids
from pixel_bot.points.cooldowns import Cooldowns
from pixel_bot.points.idempotency import write_once
from pixel_bot.points.ledger import Entry
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.hooks import RedeemHooks, end_final, is_final
from pixel_bot.redeems.queue_items import WAITING, Item
from pixel_bot.texts import count
from pixel_bot.wording.texts import texts

_ = texts(__name__)


@dataclass(frozen=True, slots=True)
class Refund:
    """An item that ended without its effect, and the points that its buyer got back."""

    item: Item
    amount: int

    @property
    def back(self) -> str:
        """The refunded amount as text: ``50 points``."""
        return _("the channel points") if self.item.redemption else count(self.amount, "point")


class Refunds:
    """Ends items without their effect, and refunds them."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        cooldowns: Cooldowns,
        overlay: Overlay,
        hooks: RedeemHooks,
    ) -> None:
        self._database = database
        self._clock = clock
        self._cooldowns = cooldowns
        self._overlay = overlay
        self._hooks = hooks

    async def fail(
        self, *where: ColumnElement[bool], reason: str, told: bool = False, status: Sequence[str] = WAITING
    ) -> list[Refund]:
        """End all matching items that are pending or running, and refund their cost.

        Args:
            where: which items.
            reason: the sentence for the buyer.
            told: True when the caller announces it; else the refund notifier does.
            status: only items in one of these.

        Returns:
            The refunds. Items that ended meanwhile are not among them, so nobody is paid twice.
        """
        async with write_once(self._database) as session:
            refunds = await self.fail_in(session, *where, reason=reason, told=told, status=status)
        # After the commit: a page that stops first would have dropped an effect whose refund may still fail.
        await self.revoke_from_overlay(refunds)
        return refunds

    async def recent_tokens(self, since: datetime) -> list[str]:
        """Tokens of items that were refunded since a moment, and may still be playing on a page."""
        query = (
            "SELECT token FROM queue_items "
            "WHERE refunded_at >= :since AND page IS NOT NULL AND status = 'failed' AND token <> '' LIMIT 50"
        )
        return [token for (token,) in await self._database.look_up(query, {"since": stamp(since)})]

    async def revoke_from_overlay(self, refunds: Sequence[Refund]) -> None:
        """Revoke refunded items on all pages. Call it after the commit."""
        for refund in refunds:
            if refund.item.page is not None:
                await self._overlay.revoke(refund.item.token)

    async def fail_in(
        self,
        session: AsyncSession,
        *where: ColumnElement[bool],
        reason: str,
        told: bool = False,
        status: Sequence[str] = WAITING,
    ) -> list[Refund]:
        """Like ``fail`` in the caller's transaction; the caller calls ``revoke_from_overlay`` after the commit."""
        now = self._clock.now()
        await self._end_final(session, [QueueItem.status.in_(status), *where], now)
        # Ended by a conditional update first: only its rows are refunded, not those that a concurrent result ended.
        ended = await queue_items.end(session, [QueueItem.status.in_(status), *where], "failed", now, reason, told=told)
        if not ended:
            return []
        found = await queue_items.load(session, QueueItem.id.in_(ended))
        await self._note_missed(session, found, reason)
        return await self._refund(session, found, now)

    async def _end_final(self, session: AsyncSession, where: Sequence[ColumnElement[bool]], now: datetime) -> None:
        """Items that count already end as if their effect had happened; the statement that refunds finds them ended."""
        marked = cast(QueueItem.payload_json, Text).contains(COUNTS_FROM)
        for item in await queue_items.load(session, QueueItem.status.in_(WAITING), marked, *where):
            if is_final(item) and self._hooks.can_end(item):
                await end_final(session, self._hooks, item, now)

    async def refund_finished(self, session: AsyncSession, item: Item) -> Refund | None:
        """A mod refunds a finished item. None when it was refunded before."""
        refunds = await self._refund(session, [item], self._clock.now())
        return refunds[0] if refunds else None

    async def latest_of(self, session: AsyncSession, viewer: Viewer) -> Item | None:
        """The viewer's newest refundable item.

        Free follow-ups are not refundable, nor are finished items paid with channel points: Twitch keeps those.
        """
        by_channel_points = QueueItem.redemption.is_not(None)
        without_message = QueueItem.message_id.is_(None) | QueueItem.message_id.in_(
            [m for m in queue_items.FOLLOW_UP_IDS.values() if m]
        )
        follow_up = without_message & (QueueItem.cost == 0) & ~by_channel_points
        final = by_channel_points & (QueueItem.status == "done")
        unrefunded = (QueueItem.user_id == viewer.id, QueueItem.refunded_at.is_(None))
        return await queue_items.last(session, *unrefunded, ~follow_up, ~final)

    async def _refund(self, session: AsyncSession, found: Sequence[Item], now: datetime) -> list[Refund]:
        # The processed id makes it exactly once also for finished items, whose status does not change any more.
        keys = [processed_ids.ProcessedId(f"refund:{i.id}", "refund", i.cost, 0, now) for i in found]
        new = await processed_ids.claim(session, keys)
        due = [i for i in found if f"refund:{i.id}" in new]
        entries = [Entry(i.user_id, i.cost, f"refund:{i.redeem}", now) for i in due if i.user_id and i.cost]
        await ledger.post(session, entries)
        await session.execute(update(QueueItem).where(QueueItem.id.in_([i.id for i in due])).values(refunded_at=now))
        for item in due:
            await self._release_cooldowns(session, item)
            await self._hooks.on_refund(session, item)
        return [Refund(i, i.cost if i.user_id else 0) for i in due]

    async def _note_missed(self, session: AsyncSession, found: Sequence[Item], reason: str) -> None:
        """What followed an item did not happen: its redeem may make up for it, and the viewer hears so."""
        for item in found:
            if said := await self._hooks.on_missed(session, item):
                note = f"{reason} {said}"
                await session.execute(update(QueueItem).where(QueueItem.id == item.id).values(note=note))

    async def _release_cooldowns(self, session: AsyncSession, item: Item) -> None:
        query = select(QueueItem.cooldown_until, QueueItem.everyone_until).where(QueueItem.id == item.id)
        own, everyone = (await session.execute(query)).one()
        # Conditional on the end that this item set: a cooldown that a later purchase started stays.
        if own is not None and item.user_id is not None:
            await self._cooldowns.release(session, item.user_id, item.redeem, own)
        if everyone is not None:
            await session.execute(
                update(Redeem)
                .where(Redeem.key == item.redeem, Redeem.everyone_until == everyone)
                .values(everyone_until=None)
            )
