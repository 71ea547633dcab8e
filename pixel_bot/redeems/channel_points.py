"""Redeems for Twitch's channel points: their rewards, and the result of each redemption.

A redemption's row is inserted together with the item that it paid for, or when it is refused. Its id is the idempotency
key: a redemption that is delivered again, also after a restart, changes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models import QueueItem
from pixel_bot.db.models_twitch import NativeReward, Redemption
from pixel_bot.model.people import Person
from pixel_bot.points.idempotency import AlreadyProcessed
from pixel_bot.redeems.refunds import Refunds

Status = Literal["unfulfilled", "fulfilled", "canceled"]
STATUSES: tuple[Status, ...] = ("unfulfilled", "fulfilled", "canceled")
RedemptionResult = Literal["FULFILLED", "CANCELED"]


@dataclass(frozen=True, slots=True)
class ChannelPointsRedeem:
    """A redeem for channel points. ``cost`` is in channel points; ``reward_id`` is None until Twitch has the reward."""

    key: str
    reward_id: str | None
    cost: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class RewardText:
    """The text of a reward: the prompt under its title, and whether a viewer must type something."""

    prompt: str
    takes_text: bool


@dataclass(frozen=True, slots=True)
class RedemptionRef:
    """The ids of a redemption of channel points, and of its reward."""

    redemption: str
    reward: str


@dataclass(frozen=True, slots=True)
class RedemptionEvent:
    """A redemption event. ``again`` is True for an update of an earlier one, like a mod's decision."""

    ref: RedemptionRef
    person: Person
    user_input: str
    redeemed_at: datetime
    status: Status
    again: bool = False


@dataclass(frozen=True, slots=True)
class OpenRedemption:
    """A redemption that was not reported to Twitch yet; ``result`` is None while its item is pending or running."""

    ref: RedemptionRef
    result: RedemptionResult | None


async def record_redemption(
    session: AsyncSession, ref: RedemptionRef, item_id: int | None, now: datetime, *, reported: bool = False
) -> None:
    """Insert a redemption in the caller's transaction: it pays for this item, or (None) is refused.

    Args:
        session: the caller's transaction.
        ref: which.
        item_id: the queue item.
        now: the time.
        reported: True when Twitch has the result.

    Raises:
        AlreadyProcessed: it was decided before; the caller must roll back.
    """
    values = {"id": ref.redemption, "reward_id": ref.reward, "item_id": item_id, "created_at": now}
    try:
        await session.execute(insert(Redemption).values(**values, reported_at=now if reported else None))
    except IntegrityError as exc:
        raise AlreadyProcessed(ref.redemption) from exc


class ChannelPoints:
    """The rows of channel point rewards and redemptions."""

    def __init__(self, database: Database, clock: Clock, refunds: Refunds) -> None:
        self._database = database
        self._clock = clock
        self._refunds = refunds

    @property
    def committed(self) -> set[Callable[[], None]]:
        """Called after each commit: an item may have ended."""
        return self._database.committed

    # Rewards

    async def all(self) -> list[ChannelPointsRedeem]:
        """Every redeem that is, or was, for channel points."""
        async with self._database.readers() as session:
            rows = (await session.execute(select(NativeReward).order_by(NativeReward.key))).scalars().all()
        return [_channel_points_redeem(row) for row in rows]

    async def by_reward(self, reward_id: str) -> ChannelPointsRedeem | None:
        """The redeem of a reward; None for a reward that the bot did not create."""
        return next((n for n in await self.all() if n.reward_id == reward_id), None)

    async def save(self, redeem: ChannelPointsRedeem) -> ChannelPointsRedeem:
        """Upsert a redeem for channel points."""
        values = {"reward_id": redeem.reward_id, "cost": redeem.cost, "enabled": redeem.enabled}
        async with self._database.write() as session:
            row = await session.get(NativeReward, redeem.key) or NativeReward(key=redeem.key)
            for name, value in (values | {"updated_at": self._clock.now()}).items():
                setattr(row, name, value)
            session.add(row)
        return redeem

    async def forget(self, key: str) -> None:
        """Delete a redeem for channel points."""
        async with self._database.write() as session:
            row = await session.get(NativeReward, key)
            if row is not None:
                await session.delete(row)

    # Redemptions

    async def is_decided(self, ref: RedemptionRef) -> bool:
        """True when a redemption has paid for an item, or was refused."""
        query = "SELECT 1 FROM redemptions WHERE id = :id"
        return bool(await self._database.look_up(query, {"id": ref.redemption}))

    async def refuse(self, ref: RedemptionRef) -> bool:
        """Refuse a redemption. Returns False when it was decided before."""
        try:
            async with self._database.write() as session:
                await record_redemption(session, ref, None, self._clock.now())
        except AlreadyProcessed:
            return False
        return True

    async def open(self) -> list[OpenRedemption]:
        """All redemptions that were not reported to Twitch yet, oldest first."""
        if not await self._database.look_up("SELECT 1 FROM redemptions WHERE reported_at IS NULL LIMIT 1", {}):
            return []
        query = (
            select(Redemption.id, Redemption.reward_id, Redemption.item_id, QueueItem.status)
            .outerjoin(QueueItem, QueueItem.id == Redemption.item_id)
            .where(Redemption.reported_at.is_(None))
            .order_by(Redemption.created_at, Redemption.id)
        )
        async with self._database.readers() as session:
            rows = (await session.execute(query)).all()
        return [OpenRedemption(RedemptionRef(row[0], row[1]), _result_of(row[2], row[3])) for row in rows]

    async def reported(self, refs: Sequence[RedemptionRef]) -> None:
        """Mark redemptions as reported to Twitch."""
        ids = [ref.redemption for ref in refs]
        async with self._database.write() as session:
            await session.execute(
                update(Redemption)
                .where(Redemption.id.in_(ids), Redemption.reported_at.is_(None))
                .values(reported_at=self._clock.now())
            )

    async def settled_on_twitch(self, event: RedemptionEvent, reason: str) -> int | None:
        """A redemption was settled on Twitch, by a mod or by the bot: it needs no report any more.

        A cancelled one ends its item, if that is still pending. A cancelled one without a row is recorded as refused.

        Args:
            event: the redemption event.
            reason: the sentence for the buyer.

        Returns:
            The id of a cancelled redemption's item, which may be running.
        """
        ref, canceled = event.ref, event.status == "canceled"
        async with self._database.write() as session:
            row = await session.get(Redemption, ref.redemption)
            if row is None:
                if canceled:
                    await record_redemption(session, ref, None, self._clock.now(), reported=True)
                return None
            if row.reported_at is not None:
                return None
            row.reported_at = self._clock.now()
            await session.flush()
            if not canceled or row.item_id is None:
                return None
            untouched = (QueueItem.id == row.item_id, QueueItem.begun_at.is_(None))
            refunds = await self._refunds.fail_in(session, *untouched, reason=reason, status=("pending",))
        await self._refunds.revoke_from_overlay(refunds)
        return row.item_id


def _result_of(item_id: int | None, status: str | None) -> RedemptionResult | None:
    if item_id is None or status == "failed":
        return "CANCELED"
    return "FULFILLED" if status == "done" else None


def _channel_points_redeem(row: NativeReward) -> ChannelPointsRedeem:
    return ChannelPointsRedeem(row.key, row.reward_id, row.cost, row.enabled)
