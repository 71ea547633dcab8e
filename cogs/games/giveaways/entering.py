"""Entering: by the keyword, with !enter or !ticket, and with !join while a raffle is open."""

from functools import partial

from sqlalchemy import select

from pixel_bot.plugin import (
    ChatError,
    ChatMessage,
    Claim,
    Cog,
    Context,
    PixelBot,
    Scheduled,
    Total,
    claims,
    command,
    count,
    joined,
    on,
    scheduled,
    texts,
)

from . import pool as pools
from .settings import Settings
from .tables import Entry, Giveaway, Kind, State
from .watch import Watch

_ = texts(__name__)

MOST_NAMES = 5
MOST_REMEMBERED = 100_000

RAFFLE_FIRST, GIVEAWAY_FIRST = (Kind.RAFFLE, Kind.GIVEAWAY), (Kind.GIVEAWAY, Kind.RAFFLE)


class Entering(Cog):
    """Viewers enter what is open."""

    settings = Settings

    def __init__(self, bot: PixelBot, watch: Watch) -> None:
        super().__init__(bot)
        self._watch = watch
        self._entered_in = 0
        self._entered: set[str] = set()
        """Who is known to have entered that giveaway, so that the keyword again costs nothing."""
        self._refused: dict[str, str] = {}
        """Who typed the keyword and got no ticket, by key; they are named in the next line."""

    @command()
    async def enter(self, ctx: Context) -> None:
        """Enter the raffle that is open, else the giveaway."""
        await self._enter(ctx, RAFFLE_FIRST, 1)

    @command(usage="[N]")
    async def ticket(self, ctx: Context, tickets: Total | None = None) -> None:
        """Get a ticket, or N, for the giveaway that is open, else for the raffle."""
        await self._enter(ctx, GIVEAWAY_FIRST, 1 if tickets is None else tickets.value)

    @claims("join")
    async def join(self, ctx: Context) -> Claim | None:
        """Enter the raffle that is open."""
        async with self.bot.readers() as session:
            found = await pools.newest(session, Kind.RAFFLE)
        if found is None or found.state != State.OPEN:
            return None
        words = _("{command} (raffle)", command=f"{self.bot.settings.command_prefix}enter")
        return Claim(words, partial(self._enter, ctx, (Kind.RAFFLE,), 1))

    @on(ChatMessage)
    async def hear(self, message: ChatMessage) -> None:
        """Somebody typed the keyword: they enter, once."""
        watched = await self._watch.now()
        if not watched.keyword or message.is_guest or message.text.strip().casefold() != watched.keyword:
            return
        if watched.giveaway != self._entered_in or len(self._entered) > MOST_REMEMBERED:
            self._entered_in, self._entered = watched.giveaway, set()
        key = message.viewer.key
        if key not in self._entered and await self._enter_by_keyword(message, watched.giveaway):
            self._entered.add(key)

    @scheduled(pools.ENTERED)
    async def tell(self, call: Scheduled) -> None:
        """Chat hears who came in since the last line, and who could not."""
        refused, self._refused = tuple(self._refused.values()), {}
        async with self.bot.transaction(call.key, "giveaway") as tx:
            found = await tx.session.get(Giveaway, call.args["id"], with_for_update=True)
            if found is None:
                return
            found.is_telling, found.told_at = False, tx.now
            if found.state != State.OPEN:
                return
            new = select(Entry).where(Entry.giveaway == found.id, Entry.is_told.is_(False)).order_by(Entry.number)
            entries = (await tx.session.scalars(new)).all()
            for entry in entries:
                entry.is_told = True
            names = await self.bot.viewers.by_ids([entry.viewer for entry in entries[:MOST_NAMES]])
            said = [self._in_words([str(name) for name in names.values()], len(entries))] if entries else []
            if entries:
                said.append(_("So far {size}.", size=pools.size_words(*await pools.totals(tx.session, found))))
            if refused:
                said.append(self._refused_words(found, refused))
            if said:
                await pools.say(self.bot, tx, *said)

    async def _enter(self, ctx: Context, kinds: tuple[Kind, ...], tickets: int) -> None:
        if tickets < 1:
            raise ChatError(_("One ticket at least."))
        async with self.bot.transaction(ctx, "giveaway") as tx:
            for kind in kinds:
                found = await pools.current(tx, kind, {State.OPEN})
                if found is not None:
                    await pools.enter(self.bot, tx, found, ctx.viewer, tickets, is_sub="sub" in ctx.roles)
                    return
        raise ChatError(_("Nothing is open to enter just now."))

    async def _enter_by_keyword(self, message: ChatMessage, giveaway: int) -> bool:
        """Returns whether they have entered, now or before."""
        viewer = await self.bot.viewers.meet(message.viewer)
        try:
            async with self.bot.transaction(message, "giveaway") as tx:
                found = await pools.current(tx, Kind.GIVEAWAY, {State.OPEN})
                if found is None or found.id != giveaway:
                    self._watch.changed()
                    return False
                if await tx.session.get(Entry, (giveaway, viewer.id)) is None:
                    if not await tx.plays(viewer):
                        return False
                    await pools.enter(self.bot, tx, found, viewer, 1, is_sub="sub" in message.roles)
        except ChatError:
            # One line for each would flood the chat.
            self._refused[message.viewer.key] = str(message.viewer)
            async with self.bot.transaction(message, "giveaway refused") as tx:
                found = await pools.current(tx, Kind.GIVEAWAY, {State.OPEN})
                if found is not None:
                    await pools.tell_soon(self.bot, tx, found)
            return False
        return True

    def _in_words(self, names: list[str], how_many: int) -> str:
        return _("{names} is in.", "{names} are in.", n=how_many, names=self._listed(names, how_many))

    def _refused_words(self, found: Giveaway, names: tuple[str, ...]) -> str:
        cost = count(found.cost, "point")
        listed = self._listed(list(names[:MOST_NAMES]), len(names))
        return _("A ticket costs {cost}; no ticket for {names}.", cost=cost, names=listed)

    def _listed(self, names: list[str], how_many: int) -> str:
        shown = [self.bot.text_filter.name(name) for name in names]
        more = how_many - len(shown)
        return joined([*shown, _("{n} more", n=more)] if more > 0 else shown)
