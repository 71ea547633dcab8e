"""!raffle N: points for whoever is lucky, out of the house."""

from datetime import timedelta
from typing import ClassVar

from sqlalchemy import func, select

from pixel_bot.plugin import (
    BadInput,
    ChatError,
    Cog,
    Context,
    Scheduled,
    Total,
    Transaction,
    command,
    count,
    duration,
    mods_only,
    scheduled,
    texts,
)

from . import pool as pools
from . import winning
from .pool import Rules
from .settings import Settings
from .tables import Answer, Giveaway, Kind, State

_ = texts(__name__)

END = "giveaways_raffle_end"
MOST_WINNERS = 10


class Raffles(Cog):
    """Raffles."""

    is_game: ClassVar[bool] = True
    settings = Settings

    @command(usage="N [WINNERS]")
    @mods_only()
    async def raffle(self, ctx: Context, pot: Total, winners: Total | None = None) -> None:
        """Give N {points} away to one viewer, or to some, who enter within a minute."""
        pools.require_games(self.bot)
        shared_by = 1 if winners is None else winners.value
        if not 1 <= shared_by <= MOST_WINNERS or pot.value < shared_by:
            raise BadInput(_("A raffle has 1 to {most} winners, and a point for each at least.", most=MOST_WINNERS))
        async with self.bot.transaction(ctx, "raffle") as tx:
            await self._require_time(tx)
            await self._require_income(tx, pot.value)
            rules = Rules(pot=pot.value, winners=shared_by)
            made, promise = await pools.opened(tx, Kind.RAFFLE, rules)
            await self.bot.schedule(END, {"id": made.id}, after=self.config.raffle_seconds, session=tx.session)
            seed = _("The SHA-256 of the seed that draws ({id}): {hash}", id=str(promise.id), hash=promise.seed_hash)
            await pools.say(self.bot, tx, self._opening_words(made), seed)

    @scheduled(END)
    async def end(self, call: Scheduled) -> None:
        """Draw it, and pay."""
        async with self.bot.transaction(call.key, "raffle") as tx:
            found = await tx.session.get(Giveaway, call.args["id"], with_for_update=True)
            if found is not None and found.state == State.OPEN and await pools.is_alive(tx, found):
                await pools.say(self.bot, tx, await self._paid(tx, found))

    async def _paid(self, tx: Transaction, found: Giveaway) -> str:
        """Draw and pay. Returns what is said of it."""
        won = await winning.drawn(self.bot, tx, found, found.winners)
        share = found.pot // len(won) if won else 0
        for winner, viewer in won:
            winner.answer = Answer.GIVEN
            await tx.rounds.pay(found.round, viewer, share)
        await tx.rounds.end(found.round)
        if not won:
            return _("Nobody entered the raffle.")
        names, points = pools.names_words(self.bot, [viewer for _winner, viewer in won]), count(share, "point")
        words = _("{names} wins {points}!", "{names} win {points} each!", n=len(won), names=names, points=points)
        return f"{words} {pools.fair_words(self.bot, found)}"

    async def _require_time(self, tx: Transaction) -> None:
        query = select(func.max(Giveaway.opened_at)).where(Giveaway.kind == Kind.RAFFLE)
        last = (await tx.session.execute(query)).scalar()
        left = last + timedelta(minutes=self.config.raffle_minutes) - tx.now if last is not None else timedelta()
        if left > timedelta():
            raise ChatError(_("The next raffle can begin in {time}.", time=duration(left.total_seconds())))

    async def _require_income(self, tx: Transaction, pot: int) -> None:
        earned = await tx.earned(self.config.raffle_hours)
        if pot > earned:
            raise ChatError(
                _(
                    "At most {points}: so much did all viewers earn in the last {time}.",
                    points=count(earned, "point"),
                    time=duration(self.config.raffle_hours * 3_600),
                )
            )

    def _opening_words(self, made: Giveaway) -> str:
        enter = f"{self.bot.settings.command_prefix}enter"
        return _(
            "A raffle of {points}! Type {command} within {time}.",
            "A raffle of {points} for {n} winners! Type {command} within {time}.",
            n=made.winners,
            points=count(made.pot, "point"),
            command=enter,
            time=duration(self.config.raffle_seconds),
        )
