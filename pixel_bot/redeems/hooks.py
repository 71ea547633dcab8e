"""What a redeem of a cog does in the transactions of its item: the purchase, the end, the refund.

Nothing of it names a feature: a wheel, a duel or a lottery that draws when it is bought is a cog with these methods.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.cog_data.transaction import Transaction
from pixel_bot.cog_data.transactions import Transactions
from pixel_bot.concurrency.open_writers import at_most
from pixel_bot.configuration.cog_files import cog_name
from pixel_bot.model.outcome import COUNTS_FROM, KEPT, Moment, OnBuy, fields_of
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.queue_items import Item

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bought:
    """Something that was bought: by whom, what ``on_buy`` kept of it, and the id of its item in the queue."""

    viewer: int
    buyer: str
    kept: Mapping[str, Any]
    item: int


Hook = Callable[[Transaction, Bought], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a redeem does when its item has happened, and when it is given back."""

    on_done: Hook | None = None
    on_refund: Hook | None = None


class RedeemHooks:
    """The hooks of the redeems of all loaded cogs, by the redeem's key."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._known: dict[str, Hooks] = {}

    def add(self, key: str, hooks: Hooks) -> None:
        """A redeem is offered."""
        self._known[key] = hooks

    def remove(self, key: str) -> None:
        """A redeem is offered no more."""
        self._known.pop(key, None)

    async def on_buy(self, session: AsyncSession, key: str, work: OnBuy | None, counts_from: Moment) -> dict[str, Any]:
        """Let a redeem act in its purchase, after the debit. What it raises undoes the purchase.

        Returns:
            Fields for the payload of the item.
        """
        fields: dict[str, Any] = {} if counts_from == "done" else {COUNTS_FROM: counts_from}
        if work is not None:
            cog = cog_name(work.__module__)
            transaction = Transaction(session, self._transactions.origin(cog, key))
            async with at_most(cog, key):
                kept = await work(transaction)
            transaction.end()
            fields[KEPT] = dict(kept or {})
        return fields

    async def on_done(self, session: AsyncSession, item: Item) -> str:
        """The effect has happened: what the redeem does in the transaction that ends the item, and says then."""
        hook = self._known.get(item.redeem, Hooks()).on_done
        return "" if hook is None else await self._run(session, hook, item) or ""

    async def on_refund(self, session: AsyncSession, item: Item) -> None:
        """The item is given back. A hook that fails changes nothing and is logged: the points go back all the same."""
        hook = self._known.get(item.redeem, Hooks()).on_refund
        if hook is None:
            return
        try:
            async with session.begin_nested():
                await self._run(session, hook, item)
        except Exception:
            # The boundary to a cog: whatever its hook raises is undone with the savepoint, and the viewer is paid back.
            log.exception("The redeem %s could not take back what it did when it was bought.", item.redeem)

    async def _run(self, session: AsyncSession, hook: Hook, item: Item) -> str | None:
        if item.user_id is None or KEPT not in (fields := fields_of(item.payload)):
            return None  # a follow-up, or it was bought before the redeem acted in its purchase
        cog = cog_name(hook.__module__)
        transaction = Transaction(session, self._transactions.origin(cog, item.redeem))
        async with at_most(cog, item.redeem):
            said = await hook(transaction, Bought(item.user_id, item.buyer, fields[KEPT], item.id))
        transaction.end()
        return said


def is_final(item: Item) -> bool:
    """True for an item that is never given back any more, because its redeem named a moment, which is over."""
    moment = fields_of(item.payload).get(COUNTS_FROM)
    return moment == "bought" or (moment == "begun" and item.begun_at is not None)


async def end_final(session: AsyncSession, hooks: RedeemHooks, item: Item, now: datetime) -> None:
    """End an item that counts, although its effect was cut off: as if it had happened. A hook that fails is logged."""
    text = ""
    try:
        async with session.begin_nested():
            text = await hooks.on_done(session, item)
    except Exception:
        # The boundary to a cog, as above. An item that never ends would be tried again at each start.
        log.exception("The redeem %s could not end what had counted already.", item.redeem)
    await queue_items.done(session, item.id, now, text)
