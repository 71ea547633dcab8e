"""Store: redeems without code, like !redeem new hydrate 50 sound splash, with stock and limits."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from pixel_bot.plugin import (
    BadInput,
    Bought,
    ChatError,
    Cog,
    Context,
    EffectFailed,
    Job,
    Owed,
    PixelBot,
    Total,
    Transaction,
    VariableSource,
    Viewer,
    command,
    count,
    effect,
    joined,
    mods_only,
    number,
    paged,
    texts,
)

from . import sentences
from .selling import HAND_OVER, SAY, take_back
from .shelf import Shelf
from .tables import KINDS, PERIODS, Due, Item
from .typed import MOST_COUNTED, checked_key, key_in

_ = texts(__name__)

MOST = 200
"""Redeems of a channel's own."""

LONGEST_TEXT = 400


class Store(Cog):
    """The redeems that mods make in chat."""

    tables = (Item, Due)

    def __init__(self, bot: PixelBot) -> None:
        super().__init__(bot)
        self._shelf = Shelf(bot)
        self._prefix = bot.settings.command_prefix

    @override
    async def component_load(self) -> None:
        """Let the bot have the redeems."""
        await self._shelf.begin(self, self.take_back)

    @override
    async def component_teardown(self) -> None:
        """They go with the cog."""
        self._shelf.end()

    # To buy

    @command("redeem", usage="NAME [TEXT]")
    async def buy(self, ctx: Context, *, typed: str = "") -> None:
        """Buy something for {points}, by its name."""
        # With the name of a redeem it is that redeem's own command, so here is none.
        if not typed:
            raise BadInput(_(sentences.HOW_TO_BUY, prefix=self._prefix))
        name = key_in(typed.split()[0], self._prefix)
        raise ChatError(_(sentences.NO_REDEEM, redeem=name, prefix=self._prefix))

    @command("items", aliases=("store",), usage="[PAGE]")
    async def items(self, ctx: Context, page: str = "") -> None:
        """What the store has, what it costs, and how many are left."""
        async with self.bot.readers() as session:
            left = {item.key: item.stock for item in await session.scalars(select(Item))}
        there = [p for p in await self.bot.redeems.prices() if p.key in left and p.enabled]
        entries = [f"{self._prefix}{price.key} {price.words}{_left(left[price.key])}" for price in there]
        listed = paged(_("The store"), entries, page, f"{self._prefix}items")
        await ctx.reply(listed if entries else _("The store is empty."))

    # To make

    @command("redeem new", usage="KEY COST sound NAME|card TEXT|speak TEXT|say TEXT|manual")
    @mods_only()
    async def new(self, ctx: Context, key: str, cost: Total, kind: str, *, text: str = "") -> None:
        """Make a redeem: a sound, a card, a text that is read out or said, or something that you hand over."""
        key, kind = self._free_key(key), kind.lower()
        text = self._checked_text(kind, text)
        async with self.bot.transaction(ctx, "redeem new") as tx:
            if await _item(tx.session, key) is not None:
                raise ChatError(_(sentences.EXISTS, command=self._prefix + key))
            if (await tx.session.scalar(select(func.count()).select_from(Item)) or 0) >= MOST:
                raise ChatError(_(sentences.TOO_MANY, most=number(MOST)))
            values = {"key": key, "kind": kind, "text": text, "cost": cost.value, "is_priced": False}
            tx.session.add(Item(**values, stock=None, most=None, per="day", made_at=tx.now))
        await self._shelf.changed()
        await ctx.reply(_(sentences.MADE, command=self._prefix + key, points=count(cost.value, "point")))

    @command("redeem remove", usage="KEY")
    @mods_only()
    async def remove(self, ctx: Context, key: str) -> None:
        """Remove a redeem of the store; what waits of it is given back."""
        key = key_in(key, self._prefix)
        async with self.bot.transaction(ctx, "redeem remove") as tx:
            item = await self._known(tx.session, key)
            due = select(func.count()).select_from(Due).where(Due.item == item.id)
            if owed := await tx.session.scalar(due):
                raise ChatError(sentences.still_owed(owed, key, self._prefix))
            await tx.session.delete(item)
        await self._shelf.changed()
        await ctx.reply(_(sentences.REMOVED, command=self._prefix + key))

    @command("redeem stock", usage="KEY N|off")
    @mods_only()
    async def stock(self, ctx: Context, key: str, how_many: str) -> None:
        """Set how many there are of a redeem."""
        key, left = key_in(key, self._prefix), self._number_or_off(how_many)
        async with self.bot.transaction(ctx, "redeem stock") as tx:
            item = await self._known(tx.session, key)
            await tx.session.execute(update(Item).where(Item.id == item.id).values(stock=left))
        words = _(sentences.NO_STOCK, redeem=key) if left is None else _(sentences.STOCK, redeem=key, left=number(left))
        await ctx.reply(words)

    @command("redeem limit", usage="KEY N stream|day, or KEY off")
    @mods_only()
    async def limit(self, ctx: Context, key: str, how_many: str, per: str = "day") -> None:
        """Set how often each viewer gets a redeem in a stream or a day."""
        key, most, per = key_in(key, self._prefix), self._number_or_off(how_many), per.lower()
        if per not in PERIODS or most == 0:
            raise BadInput(_(sentences.HOW_TO_LIMIT, prefix=self._prefix))
        async with self.bot.transaction(ctx, "redeem limit") as tx:
            item = await self._known(tx.session, key)
            await tx.session.execute(update(Item).where(Item.id == item.id).values(most=most, per=per))
        words = _(sentences.NO_LIMIT, redeem=key) if most is None else sentences.limit(most, key, per)
        await ctx.reply(words)

    # To hand over

    @override
    async def what_is_owed(self, session: AsyncSession) -> Sequence[Owed]:
        """What was bought and is handed over by a mod."""
        due = await session.scalars(select(Due).order_by(Due.id))
        return [Owed(one.id, one.viewer, one.key, _in_words(one), one.bought_at) for one in due]

    @override
    async def hand_over(self, tx: Transaction, owed: Owed, by: Viewer) -> bool:
        """A mod has handed it over."""
        gone = await tx.session.execute(delete(Due).where(Due.id == owed.id).returning(Due.id))
        return gone.first() is not None

    @override
    async def forget(self, viewer: Viewer, session: AsyncSession) -> None:
        """Nothing is owed to them."""
        await session.execute(delete(Due).where(Due.viewer == viewer.id))

    # What happens when something was bought

    @effect(SAY, seconds=20)
    async def say(self, job: Job) -> None:
        """Say a text that was paid for; where that cannot be, the points go back."""
        # By the item's key: begun anew after a crash, a variable counts nothing twice.
        source = replace(VariableSource.from_args(job.args["source"]), key=job.key)
        rendered = await self.bot.render(str(job.args["text"]), source)
        said = self.bot.text_filter.bleeped(rendered.text)
        if rendered.problems or not said:
            raise EffectFailed(rendered.problems[0] if rendered.problems else _("There is nothing to say."))
        await job.say(said)

    @effect(HAND_OVER)
    async def note(self, job: Job) -> None:
        """Nothing more: that it is owed stands since the purchase."""

    async def take_back(self, tx: Transaction, bought: Bought) -> None:
        """A purchase was given back."""
        await take_back(tx, bought)

    # What was typed

    def _free_key(self, typed: str) -> str:
        key = checked_key(key_in(typed, self._prefix), self._prefix)
        if f"redeem {key}" in self.bot.commands_of_classes or key in self.bot.commands_by_name:
            raise ChatError(_(sentences.EXISTS, command=self._prefix + key))
        return key

    def _checked_text(self, kind: str, text: str) -> str:
        if kind not in KINDS:
            raise BadInput(_(sentences.KINDS, kinds=joined([*KINDS])))
        text = text.strip()
        if kind == "manual":
            return ""
        if not text:
            raise BadInput(_(sentences.NO_TEXT, kind=kind))
        if len(text) > LONGEST_TEXT:
            raise BadInput(_(sentences.TOO_LONG, most=number(LONGEST_TEXT)))
        return self.bot.sounds.choose(text) if kind == "sound" else text

    def _number_or_off(self, typed: str) -> int | None:
        if typed.lower() == "off":
            return None
        if not (typed.isascii() and typed.isdigit() and len(typed) < 10 and int(typed) <= MOST_COUNTED):
            raise BadInput(_(sentences.NO_NUMBER, most=number(MOST_COUNTED)))
        return int(typed)

    async def _known(self, session: AsyncSession, key: str) -> Item:
        item = await _item(session, key)
        if item is None:
            raise ChatError(_(sentences.NOT_OURS, redeem=key, prefix=self._prefix))
        return item


async def _item(session: AsyncSession, key: str) -> Item | None:
    return await session.scalar(select(Item).where(Item.key == key))


def _left(stock: int | None) -> str:
    if stock is None:
        return ""
    return " " + (_("({n} left)", n=stock) if stock else _("(sold out)"))


def _in_words(due: Due) -> str:
    return f"{due.key} ({due.words})" if due.words else due.key


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Store(bot))
