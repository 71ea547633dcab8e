"""Results that chat has not heard yet: of items that ended, with the text to say and the points that went back."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.model.people import Platform
from pixel_bot.redeems.queue_items import ITEMS, Item, Q, bought_on, item_of


@dataclass(frozen=True, slots=True)
class UnannouncedResult:
    """An ended item, the text that was not announced in chat yet, and the refunded points."""

    item: Item
    note: str
    back: int


async def unannounced(session: AsyncSession, limit: int, platform: Platform) -> list[UnannouncedResult]:
    """Results that were not announced in that platform's chat yet, oldest first."""
    where = Q.told.is_(False), bought_on(platform)
    query = ITEMS.add_columns(Q.note, Q.refunded_at).where(*where).order_by(Q.id).limit(limit)
    rows = (await session.execute(query)).all()
    return [UnannouncedResult(item_of(row[:-2]), row.note or "", row.cost if row.refunded_at else 0) for row in rows]
