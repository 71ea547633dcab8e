"""The redeems of the store as they stand in the database, and as the bot has them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from pixel_bot.plugin import Cog, Context, OnPage, Outcome, PixelBot, later, redeem

from .selling import Selling, takes_words
from .tables import Item

log = logging.getLogger(__name__)

TOPIC = "cog:store"
"""Other processes on the same database read the redeems anew when they hear of it."""

HELP: Mapping[str, str] = {
    "sound": later("Plays a sound of the store."),
    "card": later("Shows a card of the store."),
    "speak": later("Reads out a text of the store."),
    "say": later("Says a text of the store."),
    "manual": later("Buys something that a mod hands over."),
}


class Shelf:
    """All redeems that were made in chat. What is read is kept, for each purchase asks it."""

    def __init__(self, bot: PixelBot) -> None:
        self._bot = bot
        self._selling = Selling(bot)
        self.items: Mapping[str, Item] = {}
        """Those that can be bought, by key."""
        self._lock = asyncio.Lock()
        self._unsubscribe: Callable[[], None] = lambda: None

    async def begin(self, cog: Cog, take_back: Callable[..., Awaitable[None]]) -> None:
        """Read all, and listen to the other processes. ``take_back`` is the method for what is given back."""
        self._cog, self._take_back = cog, take_back
        self._unsubscribe = self._bot.subscribe(TOPIC, self._on_told)
        await self.load()

    def end(self) -> None:
        """Listen no more."""
        self._unsubscribe()

    async def changed(self) -> None:
        """Something was written: read it, and tell the other processes."""
        await self.load()
        self._bot.publish(TOPIC)

    def _on_told(self, _: str) -> None:
        self._cog.spawn(self.load())

    async def load(self) -> None:
        """Read all redeems, and let the bot have them."""
        async with self._lock:
            async with self._bot.readers() as session:
                there = {one.key: one for one in await session.scalars(select(Item).order_by(Item.key))}
            for key in self.items.keys() - there.keys():
                await self._bot.take_command(key)
            before, self.items = self.items, there
            for key, item in there.items():
                if key not in before or before[key].id != item.id:
                    await self._offer(item)

    async def _offer(self, item: Item) -> None:
        try:
            await self._bot.put_command(self._cog, self._as_redeem(item))
        except ValueError as exc:
            log.warning("The redeem %s of the store cannot be used: %s.", item.key, exc)
            return
        if not item.is_priced:
            await self._price(item)

    async def _price(self, item: Item) -> None:
        """The catalogue may know the key from an earlier redeem: this one begins with values of its own."""
        await self._bot.redeems.reprice(item.key, item.cost)
        for everyone in (False, True):
            await self._bot.redeems.set_cooldown(item.key, 0, everyone=everyone)
        await self._bot.redeems.switch(item.key, on=True)
        async with self._bot.write() as session:
            await session.execute(update(Item).where(Item.id == item.id).values(is_priced=True))

    def _as_redeem(self, item: Item) -> Any:
        words = takes_words(self._bot, item)

        async def buy(_cog: Cog, ctx: Context, *, text: str = "") -> Outcome:
            return await self._selling.sold(ctx, item, text)

        buy.__doc__ = HELP[item.kind]
        is_manual = item.kind == "manual"
        made = redeem(
            item.key,
            cost=item.cost,
            usage=later("[TEXT]") if words else "",
            counts_from="bought" if is_manual else "done",
            page=OnPage(picture="gift"),
        )(buy)
        made.offer = replace(made.offer, has_words=words)
        made.on_refund(self._take_back)
        return made
