"""Buying a redeem: everything is checked first, then debit, cooldown and queue item are one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.models import Cooldown, QueueItem, Redeem
from pixel_bot.errors import Blocked, OnCooldown, QueueFull, RedeemOff, Withdrawn
from pixel_bot.services import items, ledger
from pixel_bot.services.cause import refuse_repeats, write_once
from pixel_bot.services.cooldowns import Cooldowns
from pixel_bot.services.items import WAITING, Draft
from pixel_bot.services.ledger import Entry
from pixel_bot.services.outcome import Effect, Lane, SpinWheel, lane_of, seconds_of, track_of
from pixel_bot.services.people import Viewer
from pixel_bot.services.redeems import Offer, Redeems, is_blocked
from pixel_bot.services.wheel import Wheel

ROOM = 20
ROOM_FOR_ONE = 2


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants what. ``exempt`` ones do not wait for cooldowns, and start none."""

    offer: Offer
    viewer: Viewer
    effect: Effect
    exempt: bool = False
    message_id: str | None = None
    withdrawn: Callable[[], bool] = _never
    """Asked in the purchase's own transaction: True when a mod took the message away meanwhile."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A purchase that is durable: what it cost, what is left, and who is ahead for about how many seconds."""

    item_id: int
    cost: int
    balance: int
    ahead: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Terms:
    cost: int
    cooldown: int
    everyone_cooldown: int


class Shop:
    """Checks and sells redeems."""

    def __init__(
        self, database: Database, clock: Clock, redeems: Redeems, cooldowns: Cooldowns, wheel: Wheel, tts_room: int
    ) -> None:
        self._database = database
        self._clock = clock
        self._redeems = redeems
        self._cooldowns = cooldowns
        self._wheel = wheel
        self.sold: set[Callable[[], None]] = set()
        """Called after each purchase: there is something to do."""
        self._room: dict[Lane, int] = {"tts": tts_room, "wheel": ROOM, "effect": ROOM}

    async def check(self, offer: Offer, viewer: Viewer, *, exempt: bool = False, mod: bool = False) -> None:
        """Refuse what cannot be bought now, before anybody looks at what was typed after the command.

        Raises:
            RedeemOff, Blocked, OnCooldown, QueueFull: in this order.
            AlreadyWorked: the message that asks for it was worked before.
        """
        await refuse_repeats(self._database)
        if closed := self._redeems.why_closed(offer.key, mod=mod):
            raise RedeemOff(offer.display_name, closed)
        async with self._database.readers() as session:
            await self._terms(session, offer, viewer, offer.lane, exempt=exempt)

    async def buy(self, order: Order) -> Receipt:
        """Debit, cooldown and queue item, all or nothing, with everything checked again in the same transaction.

        Raises:
            RedeemRefused: as ``check`` does.
            NotEnoughPoints: the balance does not reach.
            AlreadyWorked: the message that asks for it was worked before.
        """
        offer, viewer = order.offer, order.viewer
        lane = lane_of(order.effect, offer.lane)
        async with write_once(self._database) as session:
            if order.withdrawn():
                raise Withdrawn
            now = self._clock.now()
            terms = await self._terms(session, offer, viewer, lane, exempt=order.exempt)
            balance = await self._debit(session, viewer, offer.key, terms.cost, now)
            draft = Draft(
                order.effect,
                offer.key,
                viewer.id,
                now,
                terms.cost,
                offer.lane,
                order.message_id,
                cooldown_until=_until(now, 0 if order.exempt else terms.cooldown),
                everyone_until=_until(now, terms.everyone_cooldown),
                extra=await self._wheel.draw(session, viewer, now) if isinstance(order.effect, SpinWheel) else None,
            )
            await self._rest(session, draft)
            ahead = await self._ahead(session, track_of(order.effect, lane))
            item_id = await items.put(session, draft)
        for tell in tuple(self.sold):
            tell()
        return Receipt(item_id, terms.cost, balance, len(ahead), sum(seconds_of(i.effect) for i in ahead))

    async def _terms(self, session: AsyncSession, offer: Offer, viewer: Viewer, lane: Lane, *, exempt: bool) -> _Terms:
        now = self._clock.now()
        row = (await session.execute(select(Redeem).where(Redeem.key == offer.key))).scalar_one_or_none()
        if closed := self._redeems.why_closed(offer.key):
            raise RedeemOff(offer.display_name, closed)
        if row is None or not row.enabled:
            raise RedeemOff(row.display_name if row else offer.display_name)
        if await is_blocked(session, viewer.id, offer.key):
            raise Blocked(row.display_name)
        if not exempt:
            await self._refuse_cooldown(session, row, viewer, now)
        await self._refuse_full(session, row.display_name, viewer, lane)
        return _Terms(row.cost or 0, row.cooldown_s or 0, row.everyone_cooldown_s or 0)

    async def _refuse_cooldown(self, session: AsyncSession, row: Redeem, viewer: Viewer, now: datetime) -> None:
        query = select(Cooldown.expires_at).where(Cooldown.user_id == viewer.id, Cooldown.key == row.key)
        own = (await session.execute(query)).scalar()
        if own is not None and own > now:
            raise OnCooldown(row.display_name, (own - now).total_seconds())
        if row.everyone_until is not None and row.everyone_until > now:
            raise OnCooldown(row.display_name, (row.everyone_until - now).total_seconds(), everyone=True)

    async def _refuse_full(self, session: AsyncSession, name: str, viewer: Viewer, lane: Lane) -> None:
        own = func.sum(case((QueueItem.user_id == viewer.id, 1), else_=0))
        query = select(func.count(), own).where(QueueItem.kind == lane, QueueItem.status.in_(WAITING))
        waiting, mine = (await session.execute(query)).one()
        if (mine or 0) >= ROOM_FOR_ONE:
            raise QueueFull(name, own=True)
        if waiting >= self._room[lane]:
            raise QueueFull(name, own=False)

    async def _debit(self, session: AsyncSession, viewer: Viewer, key: str, cost: int, now: datetime) -> int:
        if not cost:
            return await ledger.balance_of(session, viewer.id)
        return (await ledger.post(session, [Entry(viewer.id, -cost, f"redeem:{key}", now)]))[viewer.id]

    async def _rest(self, session: AsyncSession, draft: Draft) -> None:
        if draft.cooldown_until is not None and draft.user_id is not None:
            await self._cooldowns.hold(session, draft.user_id, draft.redeem, draft.cooldown_until)
        if draft.everyone_until is not None:
            await session.execute(
                update(Redeem).where(Redeem.key == draft.redeem).values(everyone_until=draft.everyone_until)
            )

    async def _ahead(self, session: AsyncSession, track: str | None) -> Sequence[items.Item]:
        if track is None:
            return []
        return await items.load(session, QueueItem.track == track, QueueItem.status.in_(WAITING))


def _until(now: datetime, seconds: int) -> datetime | None:
    return now + timedelta(seconds=seconds) if seconds else None
