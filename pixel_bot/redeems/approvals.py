"""Items that wait for a mod's yes, as rows. Each answer is a conditional update, so that the first one counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.models import QueueItem
from pixel_bot.model.outcome import Effect, Run, ShowOverlay, Speak
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.queue_items import TABLE, Item, Q

WAITING = "waiting"
"""It is not played before a mod has said yes."""

GIVEN = "given"
"""A mod has said yes."""

LATER = "later"
"""It needs no yes itself; what follows it may."""

HELD: ColumnElement[bool] = and_(QueueItem.approval == WAITING, QueueItem.status == "pending")
"""The condition for items that wait."""


@dataclass(frozen=True, slots=True)
class Request:
    """An item that waits for a yes. ``asked`` is True once chat was told of it."""

    item: Item
    text: str
    asked: bool


def approval_for(effect: Effect) -> str | None:
    """The kind of approval that an effect needs where its buyer needs one; None for an effect that needs none.

    Words that the streamer has not written need it: speech, and cards that say so. A sound, art and a card with
    words of the streamer's own do not.
    """
    if isinstance(effect, Speak) or (isinstance(effect, ShowOverlay) and effect.approve):
        return WAITING
    return LATER if isinstance(effect, Run) else None


def words_of(item: Item) -> str:
    """What would be said or shown; empty for an item without words."""
    if not queue_items.has_known_effect(item):
        return ""
    effect = item.effect
    return effect.text if isinstance(effect, Speak | ShowOverlay) else ""


async def waiting(session: AsyncSession, *where: ColumnElement[bool]) -> list[Request]:
    """The items that wait, oldest first."""
    items = await queue_items.load(session, HELD, *where)
    asked = set((await session.execute(_ASKED)).scalars()) if items else set[int]()
    return [Request(item, words_of(item), item.id in asked) for item in items]


_ASKED = TABLE.select().with_only_columns(Q.id).where(HELD, Q.approval_asked_at.is_not(None))


async def approve(session: AsyncSession, item_id: int, by: str, now: datetime) -> bool:
    """A mod says yes. Returns False when the item does not wait any more."""
    result = await session.execute(
        update(TABLE)
        .where(HELD, Q.id == item_id)
        .values(approval=GIVEN, approved_at=now, approved_by=by)
        .returning(Q.id)
    )
    return result.first() is not None


async def note_asked(session: AsyncSession, ids: Sequence[int], now: datetime) -> None:
    """Chat was told of these items."""
    await session.execute(update(TABLE).where(HELD, Q.id.in_(ids)).values(approval_asked_at=now))
