"""Entering with !enter and !ticket, and with !join while a raffle is open."""

from collections.abc import Sequence
from functools import partial

from pixel_bot.plugin import BadInput, ChatError, Claim, Cog, Context, Total, claims, command, texts

from . import pool as pools
from .settings import Settings
from .tables import Entry, Kind, State

_ = texts(__name__)


class Entering(Cog):
    """Viewers enter what is open."""

    settings = Settings

    @command()
    async def enter(self, ctx: Context) -> None:
        """Enter the raffle that is open, else the giveaway."""
        await self._enter(ctx, (Kind.RAFFLE, Kind.GIVEAWAY), 1)

    @command(usage="[N]")
    async def ticket(self, ctx: Context, tickets: Total | None = None) -> None:
        """Get a ticket, or N, for the giveaway that is open, else for the raffle."""
        await self._enter(ctx, (Kind.GIVEAWAY, Kind.RAFFLE), 1 if tickets is None else tickets.value)

    @claims("join")
    async def join(self, ctx: Context) -> Claim | None:
        """Enter the raffle that is open."""
        async with self.bot.readers() as session:
            found = await pools.newest(session, Kind.RAFFLE)
        if found is None or found.state != State.OPEN:
            return None
        words = _("{command} (raffle)", command=f"{self.bot.settings.command_prefix}enter")
        return Claim(words, partial(self._enter, ctx, (Kind.RAFFLE,), 1))

    async def _enter(self, ctx: Context, kinds: Sequence[Kind], tickets: int) -> None:
        """Enter the first of these kinds that is open. Chat hears of it in a line with others."""
        if tickets < 1:
            raise BadInput(_("One ticket at least."))
        async with self.bot.transaction(ctx, "giveaway") as tx:
            open_ones = [one for kind in kinds if (one := await pools.current(tx, kind, {State.OPEN})) is not None]
            if not open_ones:
                raise ChatError(_("Nothing is open to enter just now."))
            if not await tx.plays(ctx.viewer):
                raise ChatError(_("Who is ignored cannot take part."))
            entry = await tx.session.get(Entry, (open_ones[0].id, ctx.viewer.id))
            wanted = pools.Entering(ctx.viewer, tickets, "sub" in ctx.roles)
            await pools.enter(self.bot, tx, open_ones[0], entry, wanted)
