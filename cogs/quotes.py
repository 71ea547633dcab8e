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
    variable,
)

LONGEST = 350
MOST = 10_000

NONE_YET = "There are no quotes yet. Mods add one with {prefix}quote add TEXT"
NO_NUMBER = "There is no quote {number}."
NO_WORD = "There is no quote with {word} in it."
ADDED = "Added quote {number}."
CHANGED = "Changed quote {number}."
REMOVED = "Removed quote {number}."
NO_TEXT = "Type the quote, like this: {prefix}quote add I meant to do that"
HOW_TO_EDIT = "Type it like this: {prefix}quote edit 3 TEXT"
TOO_LONG = "A quote has at most {most} characters."
TOO_MANY = "There are {most} quotes already, which is the most I keep."
ADDED_BY = "added by {viewer}"
SHOWN = "Quote {number}: {text}"


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
        game = (await self.bot.render("$(game)", ctx.source())).text
        async with self.bot.transaction(ctx, "quote add") as tx:
            last = await tx.session.scalar(select(func.max(Quote.number))) or 0
            if last >= MOST:
                raise ChatError(TOO_MANY.format(most=MOST))
            game = "" if game.startswith("$") else game
            new = Quote(number=last + 1, text=text, said_at=tx.now, game=game, added_by=ctx.viewer.id)
            tx.session.add(new)
        await ctx.reply(ADDED.format(number=last + 1))

    @command("quote edit", usage="N TEXT", who="mods")
    async def edit(self, ctx: Context, number: str, *, text: str = "") -> None:
        """Change the text of a quote."""
        chosen, text = self._number(number), self._checked(text, HOW_TO_EDIT)
        async with self.bot.transaction(ctx, "quote edit") as tx:
            changed = update(Quote).where(Quote.number == chosen).values(text=text).returning(Quote.number)
            if not (await tx.session.execute(changed)).all():
                raise ChatError(NO_NUMBER.format(number=chosen))
        await ctx.reply(CHANGED.format(number=chosen))

    @command("quote remove", usage="N", aliases=["quote delete"], who="mods")
    async def remove(self, ctx: Context, number: str) -> None:
        """Remove a quote; the others keep their numbers."""
        chosen = self._number(number)
        async with self.bot.transaction(ctx, "quote remove") as tx:
            gone = await tx.session.execute(delete(Quote).where(Quote.number == chosen).returning(Quote.number))
            if not gone.all():
                raise ChatError(NO_NUMBER.format(number=chosen))
        await ctx.reply(REMOVED.format(number=chosen))

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
        """A quote by what was typed."""
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
            about.append(ADDED_BY.format(viewer=await self.bot.viewers.by_id(quote.added_by)))
        return f"{SHOWN.format(number=quote.number, text=quote.text)} ({', '.join(filter(None, about))})"

    def _none(self, which: str) -> str:
        wanted = which.strip().lstrip("#")
        if not wanted:
            return NONE_YET.format(prefix=self.bot.settings.command_prefix)
        return NO_NUMBER.format(number=wanted) if _is_number(wanted) else NO_WORD.format(word=wanted[:40])

    def _checked(self, text: str, how: str) -> str:
        text = " ".join(text.split())
        if not text:
            raise BadInput(how.format(prefix=self.bot.settings.command_prefix))
        if len(text) > LONGEST:
            raise BadInput(TOO_LONG.format(most=LONGEST))
        return text

    def _number(self, typed: str) -> int:
        if not _is_number(typed.lstrip("#")):
            raise BadInput(HOW_TO_EDIT.format(prefix=self.bot.settings.command_prefix))
        return int(typed.lstrip("#"))


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) < 9


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Quotes(bot))
