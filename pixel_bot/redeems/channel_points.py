"""Redeems for Twitch's channel points: which rewards stand for them, and what became of each redemption.

A redemption's row is written together with the item that it paid for, or when it is refused, and its id is there once.
So a redemption that is delivered again, also after a restart, finds that it was decided.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

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

LONGEST_ID = 128
LONGEST_NAME = 50
LONGEST_INPUT = 500

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
    """What a reward says beside its price: the line under its title, and whether a viewer must type something."""

    prompt: str
    takes_text: bool


@dataclass(frozen=True, slots=True)
class RedemptionRef:
    """What a viewer pays with instead of points: a redemption of channel points, and the reward that it is for."""

    redemption: str
    reward: str


@dataclass(frozen=True, slots=True)
class RedemptionEvent:
    """A redemption as Twitch tells it. ``again`` for news on one that was told before, like a mod's decision."""

    ref: RedemptionRef
    person: Person
    user_input: str
    redeemed_at: datetime
    status: Status
    again: bool = False


@dataclass(frozen=True, slots=True)
class OpenRedemption:
    """A redemption that Twitch does not know the end of; ``verdict`` is None while its item waits or runs."""

    ref: RedemptionRef
    result: RedemptionResult | None


def read_redemption(fields: Mapping[str, Any], *, again: bool = False) -> RedemptionEvent:
    """A redemption, from an event or from a row of Twitch's API.

    Raises:
        KeyError, TypeError, ValueError: a needed field is missing, or is not what it should be.
    """
    status = str(fields["status"]).lower()
    if status not in STATUSES:
        raise ValueError("a redemption of unknown status")
    at = datetime.fromisoformat(_text(fields["redeemed_at"], LONGEST_ID))
    if at.tzinfo is None:
        raise ValueError("a redemption without a time zone")
    ticket = RedemptionRef(_text(fields["id"], LONGEST_ID), _text(fields["reward"]["id"], LONGEST_ID))
    login = _text(fields["user_login"], LONGEST_NAME).lower()
    name = fields.get("user_name")
    shown = _text(name, LONGEST_NAME) if name else login
    typed = fields.get("user_input")
    words = typed[:LONGEST_INPUT] if isinstance(typed, str) else ""
    person = Person(_text(fields["user_id"], LONGEST_ID), login, shown)
    return RedemptionEvent(ticket, person, words, at, status, again)


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise ValueError("a redemption with a field that cannot be used")
    return value


async def record_redemption(
    session: AsyncSession, ref: RedemptionRef, item_id: int | None, now: datetime, *, reported: bool = False
) -> None:
    """Decide a redemption in the caller's transaction: it pays for this item, or (None) is refused.

    Args:
        session: the caller's transaction.
        ticket: which.
        item_id: the item of the queue.
        now: when.
        told: True when Twitch knows how it ended.

    Raises:
        AlreadyWorked: it was decided before; the caller's transaction must end.
    """
    values = {"id": ref.redemption, "reward_id": ref.reward, "item_id": item_id, "created_at": now}
    try:
        await session.execute(insert(Redemption).values(**values, reported_at=now if reported else None))
    except IntegrityError as exc:
        raise AlreadyProcessed(ref.redemption) from exc


class ChannelPoints:
    """The rows of native rewards and of redemptions."""

    def __init__(self, database: Database, clock: Clock, refunds: Refunds) -> None:
        self._database = database
        self._clock = clock
        self._refunds = refunds

    @property
    def committed(self) -> set[Callable[[], None]]:
        """Called after each transaction: something may have ended."""
        return self._database.committed

    # Rewards

    async def all(self) -> list[ChannelPointsRedeem]:
        """Every redeem that is, or was, for channel points."""
        async with self._database.readers() as session:
            rows = (await session.execute(select(NativeReward).order_by(NativeReward.key))).scalars().all()
        return [_channel_points_redeem(row) for row in rows]

    async def by_reward(self, reward_id: str) -> ChannelPointsRedeem | None:
        """The redeem that a reward stands for; None for a reward that somebody else made."""
        return next((n for n in await self.all() if n.reward_id == reward_id), None)

    async def save(self, redeem: ChannelPointsRedeem) -> ChannelPointsRedeem:
        """Keep it as it is here, whether it is new or not."""
        values = {"reward_id": redeem.reward_id, "cost": redeem.cost, "enabled": redeem.enabled}
        async with self._database.write() as session:
            row = await session.get(NativeReward, redeem.key) or NativeReward(key=redeem.key)
            for name, value in (values | {"updated_at": self._clock.now()}).items():
                setattr(row, name, value)
            session.add(row)
        return redeem

    async def forget(self, key: str) -> None:
        """Nothing is kept of it any more."""
        async with self._database.write() as session:
            row = await session.get(NativeReward, key)
            if row is not None:
                await session.delete(row)

    # Redemptions

    async def is_decided(self, ref: RedemptionRef) -> bool:
        """True when a redemption paid for an item, or was refused."""
        query = "SELECT 1 FROM redemptions WHERE id = :id"
        return bool(await self._database.look_up(query, {"id": ref.redemption}))

    async def refuse(self, ref: RedemptionRef) -> bool:
        """Nothing is done for this one. Returns False when it was decided before."""
        try:
            async with self._database.write() as session:
                await record_redemption(session, ref, None, self._clock.now())
        except AlreadyProcessed:
            return False
        return True

    async def open(self) -> list[OpenRedemption]:
        """All that Twitch does not know the end of, oldest first."""
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
        """Twitch knows how these ended."""
        ids = [ticket.redemption for ticket in refs]
        async with self._database.write() as session:
            await session.execute(
                update(Redemption)
                .where(Redemption.id.in_(ids), Redemption.reported_at.is_(None))
                .values(reported_at=self._clock.now())
            )

    async def settled_on_twitch(self, event: RedemptionEvent, reason: str) -> int | None:
        """A redemption was settled on Twitch, by a mod there or by ourselves: it needs no report any more.

        One that was cancelled there takes its item along, when that still waits. One that is not decided yet never
        will be.

        Args:
            heard: the news.
            reason: what the buyer hears.

        Returns:
            The id of the item of one that was cancelled, which may run at this moment.
        """
        ticket, canceled = event.ref, event.status == "canceled"
        async with self._database.write() as session:
            row = await session.get(Redemption, ticket.redemption)
            if row is None:
                if canceled:
                    await record_redemption(session, ticket, None, self._clock.now(), reported=True)
                return None
            if row.reported_at is not None:
                return None
            row.reported_at = self._clock.now()
            await session.flush()
            if not canceled or row.item_id is None:
                return None
            untouched = (QueueItem.id == row.item_id, QueueItem.begun_at.is_(None))
            given = await self._refunds.fail_in(session, *untouched, reason=reason, status=("pending",))
        await self._refunds.revoke_from_overlay(given)
        return row.item_id


def _result_of(item_id: int | None, status: str | None) -> RedemptionResult | None:
    if item_id is None or status == "failed":
        return "CANCELED"
    return "FULFILLED" if status == "done" else None


def _channel_points_redeem(row: NativeReward) -> ChannelPointsRedeem:
    return ChannelPointsRedeem(row.key, row.reward_id, row.cost, row.enabled)
