"""Items of the queue put there by a test, in any state, and the rows that they are."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from pixel_bot.db.models import QueueItem
from pixel_bot.model.outcome import Effect
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.queue_items import Draft, Q
from pixel_bot.services import Services

STATES = ("pending", "running", "done", "failed")
DRAFTED = ("message_id", "redemption", "cost", "user_id")


async def queued(services: Services, *effects: Effect, **columns: Any) -> list[int]:
    """New items, with some of their columns as they are after a while. Returns their ids."""
    draft: dict[str, Any] = {"user_id": None} | {name: columns.pop(name) for name in DRAFTED if name in columns}
    now = services.clock.now()
    async with services.database.write() as session:
        ids = [await queue_items.put(session, Draft(effect, "thing", at=now, **draft)) for effect in effects]
        for row in await session.scalars(select(QueueItem).where(QueueItem.id.in_(ids))):
            for name, value in columns.items():
                setattr(row, name, value)
    return ids


async def in_all_states(services: Services, effect: Effect, **columns: Any) -> dict[str, int]:
    """An item in each state there is. Returns their ids by state."""
    return {state: (await queued(services, effect, status=state, **columns))[0] for state in STATES}


async def rows(services: Services) -> dict[int, Mapping[str, Any]]:
    """All that stands in the table, by id."""
    async with services.database.readers() as session:
        found = await session.execute(select(QueueItem.__table__).order_by(Q.id))
        return {row["id"]: dict(row) for row in found.mappings()}
