"""What a redeem of a cog does in the transactions of its item: the purchase, the end, the refund.

Nothing of it names a feature: a duel or a lottery that draws when it is bought is a cog with these methods.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.cog_data.transaction import Transaction
from pixel_bot.cog_data.transactions import Transactions
from pixel_bot.concurrency.open_writers import at_most
from pixel_bot.configuration.cog_files import cog_name
from pixel_bot.db.engine import Database
from pixel_bot.model.outcome import (
    COUNTS_FROM,
    FOLLOWS,
    KEPT,
    Decided,
    Effect,
    OnBuy,
    Outcome,
    fields_of,
    owned_by,
)
from pixel_bot.model.people import Platform
from pixel_bot.redeems import queue_items, unheard_refunds
from pixel_bot.redeems.earlier_items import ReadEarlier, rewritten
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.queue_items import Draft, Item

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bought:
    """Something that was bought: by whom, what ``on_buy`` kept of it, and the id of its item in the queue."""

    viewer: int
    buyer: str
    kept: Mapping[str, Any]
    item: int


Hook = Callable[[Transaction, Bought], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a redeem does when its item has happened, when it is given back, and when what followed it did not happen.

    ``earlier`` reads items that an earlier version of the redeem has left in the queue.
    """

    on_done: Hook[str | Outcome | None] | None = None
    on_refund: Hook[None] | None = None
    on_missed: Hook[str | None] | None = None
    earlier: ReadEarlier | None = None


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a redeem did in its purchase: its effect, and fields for the payload of the item."""

    effect: Effect
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """What a redeem did in the end: what it says, and the effect that follows."""

    text: str = ""
    follow_up: Effect | None = None


class RedeemHooks:
    """The hooks of the redeems of all loaded cogs, by the redeem's key."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._known: dict[str, Hooks] = {}
        self._unheard: frozenset[str] | None = None
        """Redeems of which items were given back while their cogs were gone; None where that is to be looked up."""

    def add(self, key: str, hooks: Hooks) -> None:
        """A redeem is offered."""
        self._known[key] = hooks

    def remove(self, key: str) -> None:
        """A redeem is offered no more."""
        self._known.pop(key, None)

    def can_end(self, item: Item) -> bool:
        """False for an item whose redeem acted in its purchase and is gone: nobody could do what belongs to its end."""
        return item.redeem in self._known or KEPT not in fields_of(item.payload)

    async def on_buy(
        self, session: AsyncSession, offer: Offer, effect: Effect, work: OnBuy | None, platform: Platform
    ) -> Purchase:
        """Let a redeem act in its purchase, after the debit. What it raises undoes the purchase."""
        fields: dict[str, Any] = {} if offer.counts_from == "done" else {COUNTS_FROM: offer.counts_from}
        if work is None:
            return Purchase(effect, fields)
        cog = cog_name(work.__module__)
        transaction = Transaction(session, self._transactions.origin(cog, offer.key, platform))
        async with at_most(cog, offer.key):
            kept = await work(transaction)
        transaction.end()
        if isinstance(kept, Decided):
            effect, kept = _in_place_of(effect, kept.effect), kept.kept
        return Purchase(effect, fields | {KEPT: dict(kept or {})})

    async def on_done(self, session: AsyncSession, item: Item) -> Ended:
        """The effect has happened: what the redeem does in the transaction that ends the item."""
        hook = self._known.get(item.redeem, Hooks()).on_done
        if hook is None or (bought := _bought(item, KEPT)) is None:
            return Ended()
        said = await self._run(session, hook, item, bought)
        if not isinstance(said, Outcome):
            return Ended(said or "")
        return Ended(said.said, owned_by(said.effect, cog_name(hook.__module__)))

    async def on_refund(self, session: AsyncSession, item: Item) -> None:
        """The item is given back. A hook that fails changes nothing and is logged: the points go back all the same.

        Where the cog is gone, its hook hears of it once the cog is back.
        """
        if item.redeem not in self._known and _bought(item, KEPT) is not None:
            await unheard_refunds.note(session, item)
            self._unheard = None
            return
        hook = self._known.get(item.redeem, Hooks()).on_refund
        if hook is None or (bought := _bought(item, KEPT)) is None:
            return
        try:
            async with session.begin_nested():
                await self._run(session, hook, item, bought)
        except Exception:
            # The boundary to a cog: whatever its hook raises is undone with the savepoint, and the viewer is paid back.
            log.exception("The redeem %s could not take back what it did when it was bought.", item.redeem)

    async def catch_up(self, database: Database, keys: Collection[str]) -> None:
        """These redeems are offered: what was given back while their cog was gone, their hooks take back now."""
        if self._unheard is None:
            async with database.readers() as session:
                self._unheard = await unheard_refunds.redeems(session)
        due = self._unheard & {key for key in keys if self._known.get(key, Hooks()).on_refund is not None}
        if not due:
            return
        async with database.write() as session:
            for item in await unheard_refunds.take(session, due):
                await self.on_refund(session, item)
        self._unheard = self._unheard - due

    async def on_missed(self, session: AsyncSession, item: Item) -> str:
        """What followed an item did not happen. Returns what the redeem says of that; one that fails is logged."""
        hook = self._known.get(item.redeem, Hooks()).on_missed
        if hook is None or (bought := _bought(item, FOLLOWS)) is None:
            return ""
        try:
            async with session.begin_nested():
                said = await self._run(session, hook, item, bought)
        except Exception:
            # The boundary to a cog, as above.
            log.exception("The redeem %s could not make up for what did not happen.", item.redeem)
            return ""
        return said or ""

    @property
    def may_read_earlier(self) -> bool:
        """True when a redeem reads what earlier versions have left."""
        return any(hooks.earlier is not None for hooks in self._known.values())

    async def read_earlier(self, session: AsyncSession) -> None:
        """Let redeems read the items that earlier versions have left in the queue, and store them as of today."""
        for key, hooks in tuple(self._known.items()):
            if hooks.earlier is not None:
                await rewritten(session, key, hooks.earlier, cog_name(hooks.earlier.__module__))

    async def _run(self, session: AsyncSession, hook: Hook[T], item: Item, bought: Bought) -> T:
        cog = cog_name(hook.__module__)
        transaction = Transaction(session, self._transactions.origin(cog, item.redeem, item.platform))
        async with at_most(cog, item.redeem):
            said = await hook(transaction, bought)
        transaction.end()
        return said


def _bought(item: Item, field_name: str) -> Bought | None:
    """None for an item that was bought before the redeem acted in its purchase, and for one of another kind."""
    kept = fields_of(item.payload).get(field_name)
    return None if item.user_id is None or kept is None else Bought(item.user_id, item.buyer, kept, item.id)


def _in_place_of(effect: Effect, other: Effect) -> Effect:
    if type(other) is not type(effect):
        raise TypeError(f"on_buy decided on {type(other).__name__}, where the outcome has {type(effect).__name__}.")
    return owned_by(other, getattr(effect, "cog", ""))


async def put_follow_up(session: AsyncSession, item: Item, effect: Effect, now: datetime, approval: str | None) -> None:
    """Queue an effect that follows an item at no cost."""
    kept = fields_of(item.payload).get(KEPT)
    extra = None if kept is None else {FOLLOWS: kept}
    follow_up_id = item.follow_up_id
    await queue_items.put(
        session,
        Draft(effect, item.redeem, item.user_id, now, message_id=follow_up_id, approval=approval, extra=extra),
    )


def is_final(item: Item) -> bool:
    """True for an item that is never given back any more, because its redeem named a moment, which is over."""
    moment = fields_of(item.payload).get(COUNTS_FROM)
    return moment == "bought" or (moment == "begun" and item.begun_at is not None)


async def end_final(session: AsyncSession, hooks: RedeemHooks, item: Item, now: datetime) -> None:
    """End an item that counts, although its effect was cut off: as if it had happened. A hook that fails is logged."""
    ended = Ended()
    try:
        async with session.begin_nested():
            ended = await hooks.on_done(session, item)
            if ended.follow_up is not None:
                await put_follow_up(session, item, ended.follow_up, now, None)
    except Exception:
        # The boundary to a cog, as above. An item that never ends would be tried again at each start.
        ended = Ended()
        log.exception("The redeem %s could not end what had counted already.", item.redeem)
    await queue_items.done(session, item.id, now, ended.text)
