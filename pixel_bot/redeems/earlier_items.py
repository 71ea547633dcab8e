"""Items that an earlier version of a redeem has left in the queue, read by the redeem and stored as of today."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.db.models import QueueItem
from pixel_bot.model.outcome import (
    COUNTS_FROM,
    FOLLOWS,
    KEPT,
    Effect,
    Moment,
    UnknownEffect,
    fields_of,
    from_payload,
    owned_by,
    to_payload,
)
from pixel_bot.redeems.queue_items import WAITING


@dataclass(frozen=True, slots=True)
class Earlier:
    """An item of an earlier version, as today's version would have put it into the queue.

    Attributes:
        effect: what happens.
        kept: what ``on_buy`` would have kept with it.
        follows: True where it is no purchase, but what follows one at no cost: then ``kept`` is that of the purchase.
        counts_from: the moment from which it counts.
    """

    effect: Effect
    kept: Mapping[str, Any]
    follows: bool = False
    counts_from: Moment = "done"


ReadEarlier = Callable[[Effect | None, Mapping[str, Any]], Earlier | None]
"""Gets the effect, None where it is none of today's, and all that was stored. Returns None to leave it as it is."""


async def rewritten(session: AsyncSession, key: str, read: ReadEarlier, cog: str) -> None:
    """Store all unfinished items of a redeem as it reads them, in the caller's transaction; the cog is the redeem's."""
    query = select(QueueItem.id, QueueItem.payload_json).where(QueueItem.redeem == key, QueueItem.status.in_(WAITING))
    for item_id, payload in (await session.execute(query)).all():
        found = read(_known_effect(payload), fields_of(payload))
        if found is not None:
            await session.execute(
                update(QueueItem).where(QueueItem.id == item_id).values(payload_json=_stored(found, cog))
            )


def _known_effect(payload: Any) -> Effect | None:
    try:
        return from_payload(payload)
    except UnknownEffect:
        return None


def _stored(item: Earlier, cog: str) -> dict[str, Any]:
    fields: dict[str, Any] = {FOLLOWS if item.follows else KEPT: dict(item.kept)}
    if item.counts_from != "done":
        fields[COUNTS_FROM] = item.counts_from
    return to_payload(owned_by(item.effect, cog)) | fields
