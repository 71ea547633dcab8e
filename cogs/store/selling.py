"""What a purchase does: the limit and the stock are counted in its transaction, and a refund takes that back."""

import re

from sqlalchemy import delete, select, update

from pixel_bot.plugin import (
    BadInput,
    Bought,
    ChatError,
    Context,
    Effect,
    NotEnoughPoints,
    Outcome,
    PixelBot,
    PlaySound,
    RedeemOff,
    Run,
    ShowOverlay,
    Speak,
    Transaction,
    Viewer,
    texts,
)

from . import sentences
from .tables import Due, Item, Period

_ = texts(__name__)

SAY = "store_say"
HAND_OVER = "store_hand_over"
"""Names of the effects on the server."""

LONGEST_WORDS = 100
"""Characters of what a viewer adds to something that is handed over."""

_TYPED = re.compile(r"\d|(query|querystring|args|touser|target|text)\b")
_NEEDED = re.compile(r"\d|(query|querystring|args|text)\b")


def takes_words(bot: PixelBot, item: Item) -> bool:
    """Whether what a viewer types after its name is used."""
    return item.kind == "manual" or any(_TYPED.match(name) for name in bot.variables_in(item.text))


def limit_name(item: int) -> str:
    """What the uses of an item are counted by."""
    return f"item:{item}"


class Selling:
    """Sells what is on the shelf."""

    def __init__(self, bot: PixelBot) -> None:
        self._bot = bot

    async def sold(self, ctx: Context, item: Item, typed: str) -> Outcome:
        """What somebody gets who buys an item, before anything is charged.

        Raises:
            ChatError: it cannot be bought, or not with these words.
        """
        words = await self._words(ctx, item, typed) if takes_words(self._bot, item) else ""
        said, effect = await self._effect(ctx, item, words)

        async def count(tx: Transaction) -> dict[str, int | str | bool]:
            return await _count(tx, ctx.viewer, item.id, item.key, words)

        return Outcome(said, effect, on_buy=count)

    async def _words(self, ctx: Context, item: Item, typed: str) -> str:
        """What the viewer adds, as it may be shown, said and read out."""
        words = await self._bot.text_filter.cleaned(typed, ctx.emotes)
        needed = any(_NEEDED.match(name) for name in self._bot.variables_in(item.text))
        if not words and (needed or typed.strip()):
            command = f"{self._bot.settings.command_prefix}{item.key}"
            raise BadInput(
                _("There is no text in it that can be used. Type it like this: {command} hello", command=command)
            )
        return words

    async def _effect(self, ctx: Context, item: Item, words: str) -> tuple[str, Effect]:
        match item.kind:
            case "sound":
                return _("Coming up!"), PlaySound(item.text)
            case "card":
                return _("Coming up!"), ShowOverlay(await self._filled(ctx, item, words), approve=bool(words))
            case "speak":
                voice = await self._bot.viewers.voice_of(ctx.viewer)
                text = await self._bot.text_filter.cleaned(await self._filled(ctx, item, words))
                return _("Coming up!"), Speak(text, voice)
            case "say":
                return "", Run(SAY, {"text": item.text, "source": ctx.source(words).as_args()})
            case _:
                return _("It is yours: a mod hands it over."), Run(HAND_OVER)

    async def _filled(self, ctx: Context, item: Item, words: str) -> str:
        """The text of an item with its variables filled in.

        Some of them count or ask others. So who cannot buy it hears that first; the purchase itself decides.
        """
        if not self._bot.variables_in(item.text):
            return item.text
        await self._expect_sale(ctx, item)
        rendered = await self._bot.render(item.text, ctx.source(words))
        if rendered.problems:
            raise ChatError(rendered.problems[0])
        return self._bot.text_filter.bleeped(rendered.text)

    async def _expect_sale(self, ctx: Context, item: Item) -> None:
        async with self._bot.readers() as session:
            if await session.scalar(select(Item.stock).where(Item.id == item.id)) == 0:
                raise RedeemOff("", _(sentences.SOLD_OUT, redeem=item.key))
        cost = next((price.cost for price in await self._bot.redeems.prices() if price.key == item.key), 0)
        if ctx.redemption_ref is None and cost > ctx.viewer.points:
            raise NotEnoughPoints(needed=cost, balance=ctx.viewer.points)


async def _count(tx: Transaction, viewer: Viewer, item_id: int, key: str, words: str) -> dict[str, int | str | bool]:
    """Count a purchase in its transaction. Returns what a refund must know of it.

    Raises:
        RedeemOff: there are none left.
        LimitReached: this viewer gets no more.
    """
    item = await tx.session.get(Item, item_id)
    if item is None:
        raise RedeemOff(key)
    kept: dict[str, int | str | bool] = {"item": item.id}
    if item.most is not None:
        per: Period = "stream" if item.per == "stream" else "day"
        kept["period"] = tx.period(per)
        await tx.limit(viewer, limit_name(item.id), item.most, per)
    if item.stock is not None:
        # One statement: of two buyers of the last one the second finds none left.
        taken = update(Item).where(Item.id == item.id, Item.stock > 0).values(stock=Item.stock - 1).returning(Item.id)
        if (await tx.session.execute(taken)).first() is None:
            raise RedeemOff("", _(sentences.SOLD_OUT, redeem=key))
        kept["stock"] = True
    if item.kind == "manual":
        words = words[:LONGEST_WORDS]
        due = Due(item=item.id, key=key, words=words, viewer=viewer.id, bought_at=tx.now)
        tx.session.add(due)
        await tx.session.flush()
        kept["due"] = due.id
    return kept


async def take_back(tx: Transaction, bought: Bought) -> None:
    """A purchase was given back: the stock, the viewer's limit, and what was to be handed over."""
    kept = bought.kept
    if kept.get("stock"):
        here = update(Item).where(Item.id == kept["item"], Item.stock.is_not(None))
        await tx.session.execute(here.values(stock=Item.stock + 1))
    if "period" in kept:
        await tx.unlimit(bought.viewer, limit_name(kept["item"]), kept["period"])
    if "due" in kept:
        await tx.session.execute(delete(Due).where(Due.id == kept["due"]))
