"""Duels: two viewers stake the same, and one of them gets it all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from pydantic import Field, ValidationInfo, field_validator
from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column
from typing_extensions import override

from pixel_bot.plugin import (
    AlreadyDone,
    Amount,
    BadInput,
    ChatError,
    CheckedBot,
    Claim,
    Cog,
    CogModel,
    CogSettings,
    Context,
    KnownViewer,
    PixelBot,
    Scheduled,
    Transaction,
    Viewer,
    ViewerId,
    claims,
    command,
    count,
    duration,
    every,
    later,
    scheduled,
    texts,
)

_ = texts(__name__)

CHALLENGER, CHALLENGED = "challenger", "challenged"
ODDS = MappingProxyType({CHALLENGER: 1, CHALLENGED: 1})

LATE = timedelta(seconds=30)
"""So long after its end a duel that should be over is ended all the same."""


class Settings(CogSettings):
    """The settings of the cog duel."""

    on: bool = Field(True, description="false: nobody can ask for a duel")
    only_live: bool = Field(True, description="false: there are duels while the stream is off, too")
    min: int = Field(10, ge=1, description="The smallest stake of a duel")
    max: int = Field(1_000, ge=1, description="The largest stake of a duel; all counts as this")
    answer: int = Field(120, ge=10, le=3_600, description="Seconds to accept a duel; then the stake goes back")
    wait: int = Field(60, ge=0, le=86_400, description="Seconds until the same viewer can ask for a duel again")
    force: bool = Field(False, description="true: DUEL_BACK may be more than 100")
    back: int = Field(100, ge=0, le=1_000, description="How much of both stakes the winner gets, in percent")

    @field_validator("back")
    @classmethod
    def _makes_no_points(cls, value: int, info: ValidationInfo) -> int:
        if value > 100 and not info.data.get("force"):
            raise ValueError("would pay more than comes in. Set it to 100 or less, or DUEL_FORCE=true.")
        return value

    @override
    def problems(self, bot: CheckedBot) -> Iterable[str]:
        """A smallest stake above the largest lets nobody play."""
        if self.min > self.max:
            yield "DUEL_MIN is above DUEL_MAX, so nobody can ask for a duel."


class Challenge(CogModel):
    """A duel that waits for an answer. It counts as long as its round, which has its id, is open."""

    id: Mapped[int] = mapped_column(primary_key=True)
    challenger: Mapped[ViewerId]
    challenged: Mapped[ViewerId]
    points: Mapped[int]
    ends_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Names:
    """What the two are called."""

    challenger: Viewer
    challenged: Viewer


class Duel(Cog):
    """Duels between viewers."""

    is_game = True
    tables = (Challenge,)
    settings = Settings
    reasons = MappingProxyType({"duel": later("duel")})

    @command(usage="@user N", live_only="only_live")
    async def duel(self, ctx: Context, rival: KnownViewer, stake: Amount) -> None:
        """Ask somebody for a duel: both stake the same, and one of you gets it all."""
        if not self.config.on:
            raise ChatError(_("Duels are switched off."))
        if rival.id == ctx.viewer.id:
            raise BadInput(_("A duel needs two."))
        async with self.bot.transaction(ctx, "duel") as tx:
            await self._require_free(tx, ctx.viewer, rival)
            if not ctx.is_exempt and (left := await self.bot.cooldowns.left(ctx.viewer.id, "duel")):
                raise ChatError(_("You can ask for a duel again in {time}.", time=duration(left)))
            made = await tx.rounds.open("duel")
            points = await tx.rounds.stake(made.id, ctx.viewer, stake, least=self.config.min, most=self.config.max)
            ends_at = tx.now + timedelta(seconds=self.config.answer)
            pair = {"challenger": ctx.viewer.id, "challenged": rival.id}
            tx.session.add(Challenge(id=made.id, points=points, ends_at=ends_at, **pair))
            await self.bot.cooldowns.start(tx.session, ctx.viewer.id, "duel", self.config.wait)
            await self.bot.schedule("duel_ends", {"round": made.id}, at=ends_at, session=tx.session)
            words = later("@{rival}, {viewer} wants a duel: {points} each. {accept} or {decline}, within {time}.")
            prefix = self.bot.settings.command_prefix
            how = {"accept": f"{prefix}accept", "decline": f"{prefix}decline", "time": duration(self.config.answer)}
            said = _(words, rival=rival, viewer=ctx.viewer, points=count(points, "point"), **how)
            await self._tell(tx, said)

    @command(live_only="only_live")
    async def accept(self, ctx: Context) -> None:
        """Accept a duel: you stake as much, and one of you gets it all."""
        if not self.config.on:
            raise ChatError(_("Duels are switched off."))
        async with self.bot.transaction(ctx, "duel") as tx:
            duel = await self._asked_of(tx, ctx.viewer)
            await tx.rounds.stake(duel.id, ctx.viewer, duel.points)
            names = await self._names(duel)
            draw = await tx.draw(ODDS)
            winner = names.challenger if draw.choice == CHALLENGER else names.challenged
            won = payout(duel.points, self.config.back)
            await tx.rounds.pay(duel.id, winner.id, won)
            await tx.rounds.end(duel.id)
            await tx.session.delete(duel)
            how = f"{self.bot.settings.command_prefix}fair {draw.id}"
            words = later("{one} and {other} duel: {winner} wins {points}! ({command})")
            pair = {"one": names.challenger, "other": names.challenged, "winner": winner}
            await self._tell(tx, _(words, points=count(won, "point"), command=how, **pair))

    @command(aliases=("deny",))
    async def decline(self, ctx: Context) -> None:
        """Decline a duel: the stake goes back."""
        async with self.bot.transaction(ctx, "duel") as tx:
            duel = await self._asked_of(tx, ctx.viewer)
            await self._give_back(tx, duel, later("{challenged} declines: {challenger} has {points} back."))

    @command()
    async def cancelduel(self, ctx: Context) -> None:
        """Take back the duel that you asked for."""
        async with self.bot.transaction(ctx, "duel") as tx:
            duel = await self._asked_by(tx, ctx.viewer)
            await self._give_back(tx, duel, later("The duel is off: {challenger} has {points} back."))

    @claims("cancel")
    async def wants_cancel(self, ctx: Context) -> Claim | None:
        """Take back the duel that you asked for."""
        async with self.bot.readers() as session:
            mine = await session.scalar(select(Challenge.id).where(Challenge.challenger == ctx.viewer.id))
        if mine is None or all(each.id != mine for each in await self.bot.open_rounds()):
            return None
        words = _("{command} (duel)", command=f"{self.bot.settings.command_prefix}cancelduel")
        return Claim(words, lambda: self._cancel(ctx))

    # By time

    @scheduled("duel_ends")
    async def end_in_time(self, call: Scheduled) -> None:
        """Nobody accepted in time."""
        await self._end(call.args["round"])

    @every(minutes=1)
    async def look(self) -> None:
        """What should be over by now and is not, because something failed, is ended."""
        async with self.bot.readers() as session:
            late = await session.scalars(select(Challenge.id).where(Challenge.ends_at < self.bot.clock.now() - LATE))
        for round_id in late.all():
            await self._end(round_id)

    @scheduled("duel_told")
    async def tell(self, call: Scheduled) -> None:
        """What chat has to hear, also where the bot ended before it could say it."""
        await self.bot.announce(call.args["words"])

    # The parts

    async def _require_free(self, tx: Transaction, viewer: Viewer, rival: Viewer) -> None:
        """Both play along, and neither has a duel that waits, so that nobody must say which one they mean."""
        if not await tx.plays(viewer):
            raise ChatError(_("Who is ignored cannot take part."))
        if not await tx.plays(rival):
            raise ChatError(_("{viewer} does not play along.", viewer=rival))
        in_duels = {who for each in await self._open_ones(tx) for who in (each.challenger, each.challenged)}
        if viewer.id in in_duels:
            raise ChatError(_("You have a duel already."))
        if rival.id in in_duels:
            raise ChatError(_("{viewer} has a duel already.", viewer=rival))

    async def _asked_of(self, tx: Transaction, viewer: Viewer) -> Challenge:
        duel = next((each for each in await self._open_ones(tx) if each.challenged == viewer.id), None)
        if duel is None or duel.ends_at <= tx.now:
            raise ChatError(_("Nobody has asked you for a duel."))
        if duel.challenger == viewer.id:
            raise ChatError(_("A duel needs two."))  # two accounts, which were linked since
        return duel

    async def _asked_by(self, tx: Transaction, viewer: Viewer) -> Challenge:
        duel = next((each for each in await self._open_ones(tx) if each.challenger == viewer.id), None)
        if duel is None:
            raise ChatError(_("You have not asked for a duel."))
        return duel

    async def _open_ones(self, tx: Transaction) -> list[Challenge]:
        rounds = {each.id for each in await tx.rounds.all_open()}
        return [each for each in (await tx.session.scalars(select(Challenge))).all() if each.id in rounds]

    async def _cancel(self, ctx: Context) -> None:
        async with self.bot.transaction(ctx, "duel") as tx:
            duel = await self._asked_by(tx, ctx.viewer)
            await self._give_back(tx, duel, later("The duel is off: {challenger} has {points} back."))

    async def _end(self, round_id: int) -> None:
        try:
            async with self.bot.transaction(f"end:{round_id}", "duel") as tx:
                duel = await tx.session.get(Challenge, round_id)
                if duel is None:
                    return
                if all(each.id != round_id for each in await tx.rounds.all_open()):
                    await tx.session.delete(duel)  # it was given back while this cog was away
                    return
                await self._give_back(tx, duel, later("{challenged} did not answer: {challenger} has {points} back."))
        except AlreadyDone:
            return

    async def _give_back(self, tx: Transaction, duel: Challenge, words: str) -> None:
        await tx.rounds.cancel(duel.id)
        await tx.session.delete(duel)
        names = await self._names(duel)
        pair = {"challenger": names.challenger, "challenged": names.challenged}
        await self._tell(tx, _(words, points=count(duel.points, "point"), **pair))

    async def _names(self, duel: Challenge) -> Names:
        found = await self.bot.viewers.by_ids([duel.challenger, duel.challenged])
        return Names(found[duel.challenger], found[duel.challenged])

    async def _tell(self, tx: Transaction, words: str) -> None:
        await self.bot.schedule("duel_told", {"words": words}, after=0, session=tx.session)


def payout(stake: int, back: int) -> int:
    """What the winner has of both stakes, where so many percent of them come back; rounded down."""
    return 2 * stake * back // 100


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Duel(bot))
