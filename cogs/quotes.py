"""Quotes: !quote says one, mods add them; each has its number for ever."""

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from typing_extensions import override

from pixel_bot.plugin import (
    BadInput,
    ChatError,
    Cog,
    CogModel,
    Context,
    PixelBot,
    VariableCall,
    Viewer,
    ViewerId,
    command,
    later,
    texts,
    variable,
)

_ = texts(__name__)

LONGEST = 350
"""Characters of a quote: with what stands around it, it fits into one message."""

MOST = 10_000
"""Quotes that are kept."""

NONE_YET = later("There are no quotes yet. Mods add one with {prefix}quote add TEXT")
NO_NUMBER = later("There is no quote {number}.")
NO_WORD = later("There is no quote with {word} in it.")
ADDED = later("Added quote {number}.")
CHANGED = later("Changed quote {number}.")
REMOVED = later("Removed quote {number}.")
NO_TEXT = later("Type the quote, like this: {prefix}quote add I meant to do that")
HOW_TO_EDIT = later("Type it like this: {prefix}quote edit 3 TEXT")
TOO_LONG = later("A quote has at most {most} characters.")
TOO_MANY = later("There are {most} quotes already, which is the most I keep.")
ADDED_BY = later("added by {viewer}")
SHOWN = later("Quote {number}: {text}")


class Quote(CogModel):
    """A quote: when it was said, what was played then, and who added it."""

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]
    said_at: Mapped[datetime]
    game: Mapped[str] = mapped_column(default="")
    added_by: Mapped[ViewerId | None]


class Quotes(Cog):
    """What was said on stream."""

    tables = (Quote,)

    @command(usage="[N|WORD]")
    async def quote(self, ctx: Context, *, which: str = "") -> None:
        """Say a quote: one by its number, one with a word in it, or any."""
        found = await self._find(which)
        if found is None:
            raise ChatError(self._none(which))
        await ctx.reply(self.bot.text_filter.bleeped(await self._shown(found)))

    @command("quote add", usage="TEXT", who="mods")
    async def add(self, ctx: Context, *, text: str = "") -> None:
        """Add a quote, with today's date and what is played."""
        text = self._checked(text, NO_TEXT)
        # A variable of another cog: without that cog it stays as it is typed.
        game = (await self.bot.render("$(game)", ctx.source())).text
        async with self.bot.transaction(ctx, "quote add") as tx:
            last = await tx.session.scalar(select(func.max(Quote.number))) or 0
            if last >= MOST:
                raise ChatError(_(TOO_MANY, most=MOST))
            game = "" if game.startswith("$") else game
            new = Quote(number=last + 1, text=text, said_at=tx.now, game=game, added_by=ctx.viewer.id)
            tx.session.add(new)
        await ctx.reply(_(ADDED, number=str(last + 1)))

    @command("quote edit", usage="N TEXT", who="mods")
    async def edit(self, ctx: Context, number: str, *, text: str = "") -> None:
        """Change the text of a quote."""
        chosen, text = self._number(number), self._checked(text, HOW_TO_EDIT)
        async with self.bot.transaction(ctx, "quote edit") as tx:
            changed = update(Quote).where(Quote.number == chosen).values(text=text).returning(Quote.number)
            if not (await tx.session.execute(changed)).all():
                raise ChatError(_(NO_NUMBER, number=str(chosen)))
        await ctx.reply(_(CHANGED, number=str(chosen)))

    @command("quote remove", usage="N", aliases=["quote delete"], who="mods")
    async def remove(self, ctx: Context, number: str) -> None:
        """Remove a quote; the others keep their numbers."""
        chosen = self._number(number)
        async with self.bot.transaction(ctx, "quote remove") as tx:
            gone = await tx.session.execute(delete(Quote).where(Quote.number == chosen).returning(Quote.number))
            if not gone.all():
                raise ChatError(_(NO_NUMBER, number=str(chosen)))
        await ctx.reply(_(REMOVED, number=str(chosen)))

    @variable("quote", most=3)
    async def quote_in_text(self, call: VariableCall) -> str | None:
        """A quote: any one, `$(quote 3)`, or one with a word in it."""
        found = await self._find(call.text)
        return await self._shown(found) if found is not None else None

    @override
    async def forget(self, viewer: Viewer, session: AsyncSession) -> None:
        """Who added a quote is forgotten; what the streamer said stays."""
        await session.execute(update(Quote).where(Quote.added_by == viewer.id).values(added_by=None))

    async def _find(self, which: str) -> Quote | None:
        """A quote by what was typed: any one for nothing, else by number or word. None where there is none."""
        wanted = which.strip().lstrip("#")
        query = select(Quote)
        if _is_number(wanted):
            query = query.where(Quote.number == int(wanted))
        elif wanted:
            query = query.where(func.lower(Quote.text).contains(wanted.lower(), autoescape=True))
        async with self.bot.readers() as session:
            return (await session.scalars(query.order_by(func.random()).limit(1))).first()

    async def _shown(self, quote: Quote) -> str:
        """A quote with what was played, when, and who added it."""
        about = [quote.game, quote.said_at.date().isoformat()]
        if quote.added_by is not None:
            about.append(_(ADDED_BY, viewer=await self.bot.viewers.by_id(quote.added_by)))
        return f"{_(SHOWN, number=str(quote.number), text=quote.text)} ({', '.join(filter(None, about))})"

    def _none(self, which: str) -> str:
        """What to say where none was found."""
        wanted = which.strip().lstrip("#")
        if not wanted:
            return _(NONE_YET, prefix=self.bot.settings.command_prefix)
        return _(NO_NUMBER, number=wanted) if _is_number(wanted) else _(NO_WORD, word=wanted[:40])

    def _checked(self, text: str, how: str) -> str:
        """The text of a quote, on one line.

        Raises:
            BadInput: it is empty, for which chat hears ``how``; or too long.
        """
        text = " ".join(text.split())
        if not text:
            raise BadInput(_(how, prefix=self.bot.settings.command_prefix))
        if len(text) > LONGEST:
            raise BadInput(_(TOO_LONG, most=LONGEST))
        return text

    def _number(self, typed: str) -> int:
        """The number of a quote, like ``3`` or ``#3``.

        Raises:
            BadInput: it is none.
        """
        if not _is_number(typed.lstrip("#")):
            raise BadInput(_(HOW_TO_EDIT, prefix=self.bot.settings.command_prefix))
        return int(typed.lstrip("#"))


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) < 9


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Quotes(bot))
