"""What a verdict comes to in the database, once, however often it takes to write it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import DBAPIError

from pixel_bot.db.models import QueueItem
from pixel_bot.jobs.limits import ATTEMPTS, Verdict
from pixel_bot.services import items
from pixel_bot.services.container import Services
from pixel_bot.services.items import Draft, Item
from pixel_bot.services.levels import LevelUp
from pixel_bot.services.outcome import Effect, SpinWheel
from pixel_bot.services.refunds import is_ours

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
CUT = "It was cut off too often."


class Settling:
    """Ends items by their verdicts."""

    def __init__(self, services: Services, news: Callable[[], None], more: Callable[[], None]) -> None:
        self._services = services
        self.tell_news = news
        """Chat has something to hear."""
        self._more = more

    async def settle(self, item: Item, verdict: Verdict, follow_up: Effect | str | None = None) -> None:
        """Write a verdict. While the database is away it is tried again, because the points depend on it."""
        await persistently(lambda: self._settle(item, verdict, follow_up))

    async def _settle(self, item: Item, verdict: Verdict, follow_up: Effect | str | None) -> None:
        if verdict.kind == "again" and item.attempts < ATTEMPTS:
            async with self._services.database.write() as session:
                await items.put_back(session, [item.id])
        elif verdict.kind == "refund" or (verdict.kind == "again" and not has_begun_to_spin(item)):
            await self._services.refunds.fail(QueueItem.id == item.id, reason=verdict.reason or CUT)
            self.tell_news()
        else:
            await self.finish(item, follow_up)

    async def finish(self, item: Item, follow_up: Effect | str | None = None) -> None:
        """The effect happened: the item is done, and with it a prize is credited and what follows is queued.

        Args:
            item: which.
            follow_up: a sentence that its buyer hears now, or an effect that follows at no cost.
        """
        services = self._services
        now = services.clock.now()
        ups: list[LevelUp] = []
        async with services.database.write() as session:
            note = f"@{item.buyer} {follow_up}" if isinstance(follow_up, str) else ""
            if not await items.end(session, [QueueItem.id == item.id], "done", now, "", told=True):
                return
            if isinstance(item.effect, SpinWheel):
                note, ups = await services.wheel.credit(session, item, now)
            await items.note(session, item.id, note)
            if follow_up is not None and not isinstance(follow_up, str):
                await items.put(session, Draft(follow_up, item.redeem, item.user_id, now))
        if note:
            self.tell_news()
        self._more()
        await services.levels.tell(ups)


def has_begun_to_spin(item: Item) -> bool:
    """True for a wheel that somebody may have seen turning: its prize counts."""
    return item.begun_at is not None and is_ours(item) and isinstance(item.effect, SpinWheel)


async def persistently(work: Callable[[], Awaitable[None]]) -> None:
    """Do the work; while the database cannot be written, again and again."""
    while True:
        try:
            await work()
        except DBAPIError as exc:
            log.error("The queue cannot be written (%s). It is tried again.", exc.orig)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return
