"""Items that were given back while their cog was gone, as rows: its redeem has still to take back what it did."""

from collections.abc import Collection

from sqlalchemy import Text, cast, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.model.outcome import UNHEARD, fields_of
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.queue_items import TABLE, Item, Q

_MARKED = (Q.refunded_at.is_not(None), cast(Q.payload_json, Text).contains(UNHEARD))


async def note(session: AsyncSession, item: Item) -> None:
    """The redeem of an item that is given back is not there to hear of it."""
    await _store(session, item, {**fields_of(item.payload), UNHEARD: True})


async def redeems(session: AsyncSession) -> frozenset[str]:
    """The keys of the redeems that have something to hear."""
    found = await session.execute(select(Q.redeem).where(*_MARKED).distinct())
    return frozenset(key for key in found.scalars() if key)


async def take(session: AsyncSession, keys: Collection[str]) -> list[Item]:
    """The items of these redeems, in the caller's transaction, which lets their hooks hear of them."""
    found = await queue_items.load(session, *_MARKED, Q.redeem.in_(keys))
    for item in found:
        await _store(session, item, {k: value for k, value in fields_of(item.payload).items() if k != UNHEARD})
    return found


async def _store(session: AsyncSession, item: Item, payload: dict[str, object]) -> None:
    await session.execute(update(TABLE).where(Q.id == item.id).values(payload_json=payload))
