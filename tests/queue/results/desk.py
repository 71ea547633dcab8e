"""A writer of results over a database, and items to write results of."""

from dataclasses import dataclass, field
from typing import Any

from pixel_bot.cog_data.transaction import Transaction
from pixel_bot.db.models import QueueItem
from pixel_bot.model.outcome import Effect, PlaySound, ShowOverlay
from pixel_bot.model.people import Viewer
from pixel_bot.queue.attempt import Attempt, Result
from pixel_bot.queue.result_writer import ResultWriter
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.hooks import Bought, Hooks
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.queue_items import Item, Q
from pixel_bot.redeems.shop import Order
from pixel_bot.services import Services
from tests.harness.queue_rows import queued, rows

SOUND, CARD = PlaySound("ding"), ShowOverlay("Done!")
LUCK = Offer("luck", "Luck", cost=30, counts_from="begun")


@dataclass
class Desk:
    """A result writer, and how often it said that there is news for chat, and something to do."""

    services: Services
    writer: ResultWriter = field(init=False)
    news: int = 0
    more: int = 0

    def __post_init__(self) -> None:
        self.writer = ResultWriter(self.services, self._has_news, self._has_more)

    def _has_news(self) -> None:
        self.news += 1

    def _has_more(self) -> None:
        self.more += 1

    async def settled(self, item_id: int, result: Result, follow_up: Effect | str | None = None) -> Result:
        """Write the result of an attempt at an item as it stands. Returns what came of it."""
        attempt = Attempt(await self.item(item_id))
        await self.writer.settle(attempt, result, follow_up)
        return await attempt.ended()

    async def item(self, item_id: int) -> Item:
        async with self.services.database.readers() as session:
            return (await queue_items.load(session, Q.id == item_id))[0]

    async def row(self, item_id: int) -> dict[str, Any]:
        return dict((await rows(self.services))[item_id])

    async def points(self) -> int:
        return (await self.services.viewers.find("alice")).points


async def running(desk: Desk, alice: Viewer, **columns: Any) -> int:
    (item_id,) = await queued(desk.services, SOUND, status="running", user_id=alice.id, cost=15, page="page", **columns)
    return item_id


async def draw(_: Transaction) -> dict[str, int]:
    return {"points": 70, "xp": 150}


async def win(tx: Transaction, bought: Bought) -> str:
    await tx.credit(bought.viewer, bought.kept["points"])
    await tx.give_xp(bought.viewer, bought.kept["xp"])
    return f"{bought.buyer} won!"


async def trying(desk: Desk, alice: Viewer, on_done: Any = win) -> int:
    """Luck for 30 points that runs, and of which nobody has seen anything yet."""
    await desk.services.redeems.offer([LUCK])
    desk.services.hooks.add("luck", Hooks(on_done))
    item_id = (await desk.services.shop.buy(Order(LUCK, alice, CARD, on_buy=draw))).item_id
    async with desk.services.database.write() as session:
        (await session.get_one(QueueItem, item_id)).status = "running"
    return item_id
