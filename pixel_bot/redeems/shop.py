"""The shop: a purchase is checked, then debit, cooldowns and queue item are written in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.clock import GRACE, Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.json_rows import sql
from pixel_bot.db.json_type import read_json
from pixel_bot.db.models import Redeem, read_stamp
from pixel_bot.errors import Blocked, NotPlaying, OnCooldown, OnlyForPoints, QueueFull, RedeemOff, Withdrawn
from pixel_bot.model.outcome import (
    SPEECH,
    Effect,
    Lane,
    OnBuy,
    TypedAmount,
    lane_of,
    seconds_of_payload,
    track_of,
)
from pixel_bot.model.people import Viewer, platform_of
from pixel_bot.model.service_bots import SERVICE_NAMES
from pixel_bot.points import ledger
from pixel_bot.points.account_sql import ACCOUNT
from pixel_bot.points.amounts import points_of
from pixel_bot.points.cooldowns import Cooldowns, seconds_left
from pixel_bot.points.idempotency import AlreadyProcessed, unprocessed_message, write_once
from pixel_bot.points.ledger import Entry
from pixel_bot.redeems import channel_points, queue_items
from pixel_bot.redeems.approvals import WAITING
from pixel_bot.redeems.catalogue import Redeems
from pixel_bot.redeems.channel_points import RedemptionRef
from pixel_bot.redeems.hooks import RedeemHooks
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.pending_items import FREE
from pixel_bot.redeems.queue_items import Draft

MAX_WAITING = 20
MAX_WAITING_OF_ONE = 2
MOST_AHEAD = 20


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Order:
    """An order for a redeem. ``exempt`` viewers neither wait for their cooldown nor start one."""

    offer: Offer
    viewer: Viewer
    effect: Effect
    exempt: bool = False
    message_id: str | None = None
    withdrawn: Callable[[], bool] = _never
    """Called in the purchase's transaction: True when a mod has removed the message meanwhile."""
    redemption: RedemptionRef | None = None
    """The channel points redemption that pays for it, instead of points."""
    on_buy: OnBuy | None = None
    """What the redeem does in the purchase's transaction."""
    cost: int | TypedAmount | None = None
    """The price where it depends; None for the one of the catalogue."""
    approval: str | None = None
    """Whether a mod must say yes to it, or to what follows it: ``approvals.WAITING``, ``approvals.LATER`` or None."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A durable purchase: its cost, the new balance, how many items are ahead, and for about how many seconds."""

    item_id: int
    cost: int
    balance: int
    ahead: int
    seconds: float


# All conditions of a purchase in one query, so that they are one snapshot. By account, not by the id that was read
# before: the viewer may have been linked since.
_TERMS = f"""
WITH account AS (SELECT {ACCOUNT} AS id)
SELECT r.display_name, r.cost, r.enabled, r.cooldown_s, r.everyone_cooldown_s, r.everyone_until,
       (SELECT COUNT(*) FROM blocks b WHERE b.user_id = (SELECT id FROM account) AND b.key IN (:key, '*')) AS blocked,
       (SELECT c.expires_at FROM cooldowns c WHERE c.user_id = (SELECT id FROM account) AND c.key = :key) AS own_until,
       (SELECT c.started_at FROM cooldowns c WHERE c.user_id = (SELECT id FROM account) AND c.key = :key) AS own_since,
       (SELECT COUNT(*) FROM queue_items q
        WHERE q.kind = :lane AND q.status IN ('pending', 'running') AND {FREE}) AS waiting,
       (SELECT COUNT(*) FROM queue_items q WHERE q.approval = 'waiting' AND q.status = 'pending') AS held,
       (SELECT COUNT(*) FROM queue_items q
        WHERE q.kind = :lane AND q.status IN ('pending', 'running') AND q.user_id = (SELECT id FROM account)) AS mine,
       (SELECT i.ignored FROM ignored_accounts i WHERE i.user_id = (SELECT id FROM account)) AS ignored,
       (SELECT u.name FROM users u WHERE u.id = (SELECT id FROM account)) AS account_name,
       (SELECT id FROM account) AS account,
       (SELECT COUNT(*) FROM events e WHERE e.id = :message) AS repeated
FROM redeems r WHERE r.key = :key
"""

_AHEAD = f"""
SELECT payload_json FROM queue_items
WHERE track = :track AND status IN ('pending', 'running') AND {FREE} AND id < :id ORDER BY id LIMIT :most
"""


def _terms_parameters(offer: Offer, viewer: Viewer, lane: Lane) -> dict[str, Any]:
    return {"key": offer.key, "user": viewer.id, "lane": lane, "message": unprocessed_message()}


@dataclass(frozen=True, slots=True)
class _Terms:
    cost: int
    cooldown: int
    everyone_cooldown: int


class Shop:
    """Checks and sells redeems."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        redeems: Redeems,
        cooldowns: Cooldowns,
        hooks: RedeemHooks,
        tts_limit: int,
    ) -> None:
        self._database = database
        self._clock = clock
        self._redeems = redeems
        self._cooldowns = cooldowns
        self._hooks = hooks
        self.sold: set[Callable[[str | None], None]] = set()
        """Called after each purchase with the name of the lane's worker (None: it runs concurrently)."""
        self._limits: dict[Lane, int] = {SPEECH: tts_limit}

    async def check(self, offer: Offer, viewer: Viewer, *, exempt: bool = False, mod: bool = False) -> None:
        """Refuse what cannot be bought now, before the arguments of the command are parsed.

        Raises:
            RedeemOff, NotPlaying, Blocked, OnCooldown, QueueFull: in this order.
            AlreadyProcessed: the message was processed before.
        """
        # Read outside of a transaction, so it may be outdated at once: ``buy`` checks again and decides.
        if closed := self._redeems.why_closed(offer.key, mod=mod):
            raise RedeemOff(offer.title, closed)
        rows = await self._database.look_up(_TERMS, _terms_parameters(offer, viewer, offer.lane))
        if rows and rows[0][-1]:
            raise AlreadyProcessed(offer.key)
        self._check_terms(rows[0] if rows else None, offer, offer.lane, exempt=exempt)

    async def buy(self, order: Order) -> Receipt:
        """Debit, cooldowns and queue item in one transaction, which repeats all checks.

        Raises:
            RedeemRefused: as ``check`` does; or channel points are to pay for a price that depends.
            BadAmount: a price that depends comes to less than a point, or to more than may be moved at once.
            NotEnoughPoints: the balance is too low.
            AlreadyProcessed: the message, or the redemption that pays for it, was processed before.
        """
        offer, viewer = order.offer, order.viewer
        self._check_price(order)
        lane = lane_of(order.effect, offer.lane)
        async with write_once(self._database) as session:
            # In the transaction: a removal that comes later finds the committed item in the queue.
            if order.withdrawn():
                raise Withdrawn
            now = self._clock.now()
            row = (await session.execute(sql(_TERMS), _terms_parameters(offer, viewer, lane))).first()
            terms = self._check_terms(row, offer, lane, exempt=order.exempt, held=order.approval == WAITING)
            # The account is the one of this transaction: after a merge, debit and item belong to the kept one.
            viewer = viewer if row is None else replace(viewer, id=row.account)
            cost = 0 if order.redemption else await self._cost(session, viewer, order, terms)
            balance = await self._debit(session, viewer, offer.key, cost, now)
            platform = platform_of(order.message_id)
            purchase = await self._hooks.on_buy(session, offer, order.effect, order.on_buy, platform)
            if order.on_buy is not None:
                balance = await ledger.balance_of(session, viewer.id)
            draft = Draft(
                purchase.effect,
                offer.key,
                viewer.id,
                now,
                cost,
                offer.lane,
                order.message_id,
                cooldown_until=_until(now, 0 if order.exempt else terms.cooldown),
                everyone_until=_until(now, terms.everyone_cooldown),
                extra=purchase.fields,
                redemption=order.redemption.redemption if order.redemption else None,
                approval=order.approval,
            )
            await self._start_cooldowns(session, draft)
            item_id = await queue_items.put(session, draft)
            if order.redemption:
                await channel_points.record_redemption(session, order.redemption, item_id, now)
        worker = track_of(order.effect, lane)
        # After the commit: a worker that is woken earlier would not find the item.
        for listener in tuple(self.sold):
            listener(worker)
        # Queried only when the lane has other items: a purchase into an empty lane saves the query.
        ahead = await self._ahead(item_id, worker) if row is not None and row.waiting else []
        return Receipt(item_id, cost, balance, len(ahead), sum(ahead))

    def _check_terms(
        self, row: Sequence[Any] | None, offer: Offer, lane: Lane, *, exempt: bool, held: bool = False
    ) -> _Terms:
        if closed := self._redeems.why_closed(offer.key):
            raise RedeemOff(offer.title, closed)
        if row is None or not row[2]:
            raise RedeemOff(self._redeems.title(offer.key, row[0]) if row else offer.title)
        name, cost, _, cooldown, everyone_cooldown, everyone_until, blocked, own_until, own_since, waiting, *rest = row
        waiting_for_yes, mine, ignored, account_name, *_ = rest
        name = self._redeems.title(offer.key, name)
        if ignored or (ignored is None and account_name in SERVICE_NAMES):
            raise NotPlaying(name)
        if blocked:
            raise Blocked(name)
        if not exempt:
            now = self._clock.now()
            if left := seconds_left(own_until, own_since, now):
                raise OnCooldown(name, left)
            if left := _rest_left(everyone_until, everyone_cooldown or 0, now):
                raise OnCooldown(name, left, everyone=True)
        if mine >= MAX_WAITING_OF_ONE:
            raise QueueFull(name, own=True)
        # Counted apart: many that wait for a mod's yes must not keep out those who need none.
        if (waiting_for_yes >= MAX_WAITING) if held else (waiting >= self._limits.get(lane, MAX_WAITING)):
            raise QueueFull(name, own=False)
        return _Terms(cost or 0, cooldown or 0, everyone_cooldown or 0)

    def _check_price(self, order: Order) -> None:
        if order.cost is None:
            return
        self._redeems.note_depends(order.offer.key)
        if order.redemption:
            raise OnlyForPoints(order.offer.title)

    async def _cost(self, session: AsyncSession, viewer: Viewer, order: Order, terms: _Terms) -> int:
        """The price, in the transaction: a part of a balance is one of what there is now."""
        if order.cost is None:
            return terms.cost
        return points_of(order.cost, await ledger.balance_of(session, viewer.id))

    async def _debit(self, session: AsyncSession, viewer: Viewer, key: str, cost: int, now: datetime) -> int:
        if not cost:
            return await ledger.balance_of(session, viewer.id)
        return (await ledger.post(session, [Entry(viewer.id, -cost, f"redeem:{key}", now)]))[viewer.id]

    async def _start_cooldowns(self, session: AsyncSession, draft: Draft) -> None:
        if draft.cooldown_until is not None and draft.user_id is not None:
            await self._cooldowns.start_until(session, draft.user_id, draft.redeem, draft.cooldown_until)
        if draft.everyone_until is not None:
            await session.execute(
                update(Redeem).where(Redeem.key == draft.redeem).values(everyone_until=draft.everyone_until)
            )

    async def _ahead(self, item_id: int, worker: str | None) -> list[float]:
        """The seconds of each item that plays before this one."""
        if worker is None:
            return []
        rows = await self._database.look_up(_AHEAD, {"track": worker, "id": item_id, "most": MOST_AHEAD})
        return [seconds_of_payload(read_json(payload)) for (payload,) in rows]


def _rest_left(until: Any, seconds: int, now: datetime) -> float:
    """Seconds that a redeem still rests for everybody; never longer than that lasts, should a clock be set back."""
    left = (read_stamp(until) - now).total_seconds() if until is not None else 0.0
    return max(0.0, min(left, seconds)) if left <= seconds + GRACE.total_seconds() else 0.0


def _until(now: datetime, seconds: int) -> datetime | None:
    return now + timedelta(seconds=seconds) if seconds else None
