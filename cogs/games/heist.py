"""Heists: viewers stake points together, each one gets away or is caught, and who gets away has more than before."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from pydantic import Field, ValidationInfo, field_validator
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from typing_extensions import override

from pixel_bot.plugin import (
    AlreadyDone,
    Amount,
    ChatError,
    CheckedBot,
    Cog,
    CogModel,
    CogSettings,
    Context,
    PixelBot,
    Scheduled,
    Transaction,
    ViewerId,
    command,
    count,
    duration,
    every,
    later,
    number,
    scheduled,
    texts,
)

_ = texts(__name__)

THE_ONE = 1
AWAY, CAUGHT = "away", "caught"
MOST_NAMED = 8
LATE = timedelta(seconds=30)
"""So long after its end a heist that should be over is ended all the same."""


class Settings(CogSettings):
    """The settings of the cog heist."""

    on: bool = Field(True, description="false: nobody can begin a heist")
    only_live: bool = Field(True, description="false: there are heists while the stream is off, too")
    min: int = Field(10, ge=1, description="The smallest stake of a heist")
    max: int = Field(1_000, ge=1, description="The largest stake of a heist; all counts as this")
    join: int = Field(90, ge=10, le=3_600, description="Seconds in which others can join a heist")
    wait: int = Field(15, ge=0, le=1_440, description="Minutes after a heist until there can be another one")
    crew: int = Field(100, ge=1, le=200, description="How many viewers can be in one heist")
    chance: int = Field(50, ge=1, le=99, description="How likely it is that somebody gets away, in percent")
    force: bool = Field(False, description="true: HEIST_BACK may be more than 100")
    back: int = Field(90, ge=0, le=1_000, description="How much of all stakes is paid out on average, in percent")

    @field_validator("back")
    @classmethod
    def _makes_no_points(cls, value: int, info: ValidationInfo) -> int:
        if value > 100 and not info.data.get("force"):
            raise ValueError("would pay more than comes in. Set it to 100 or less, or HEIST_FORCE=true.")
        return value

    @override
    def problems(self, bot: CheckedBot) -> Iterable[str]:
        """A smallest stake above the largest lets nobody play."""
        if self.min > self.max:
            yield "HEIST_MIN is above HEIST_MAX, so nobody can join a heist."
        if self.back <= self.chance:
            yield "HEIST_BACK is not above HEIST_CHANCE, so who gets away has no more than before."


class Plan(CogModel):
    """The heist that is under way: one row, or none. It counts as long as its round is open."""

    id: Mapped[int] = mapped_column(primary_key=True)
    round: Mapped[int]
    promise: Mapped[int]
    """The seed that all are drawn by, which was kept before anybody joined."""
    ends_at: Mapped[datetime]


class Robber(CogModel):
    """A viewer who is in it. They are drawn in the order of joining."""

    viewer: Mapped[ViewerId] = mapped_column(primary_key=True)
    turn: Mapped[int]
    points: Mapped[int]


class Rest(CogModel):
    """Until when there is no other heist: one row, or none before the first one."""

    id: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[datetime]


class Heist(Cog):
    """Heists."""

    is_game = True
    tables = (Plan, Robber, Rest)
    settings = Settings
    reasons = MappingProxyType({"heist": later("heist")})

    @command(usage="N", live_only="only_live")
    async def heist(self, ctx: Context, stake: Amount) -> None:
        """Begin a heist or join it: who gets away has more than before, who is caught loses the stake."""
        if not self.config.on:
            raise ChatError(_("Heists are switched off."))
        async with self.bot.transaction(ctx, "heist") as tx:
            plan, is_new = await self._plan(tx), False
            if plan is None:
                plan, is_new = await self._begin(tx), True
            elif plan.ends_at <= tx.now:
                raise ChatError(_("The heist has begun: you are too late."))
            points, crew = await self._join(tx, plan, ctx.viewer.id, stake)
            if is_new:
                words = later("{viewer} plans a heist! {command} to join, within {time}.")
                how, time = f"{self.bot.settings.command_prefix}heist N", duration(self.config.join)
                await self._tell(tx, _(words, viewer=ctx.viewer, command=how, time=time))
        if not is_new:
            words = later("You are in with {points}, as number {crew}.")
            await ctx.reply(_(words, points=count(points, "point"), crew=number(crew)))

    @override
    async def what_is_open(self, session: AsyncSession) -> Sequence[str]:
        """A stake in the heist that is planned."""
        plan = await session.get(Plan, THE_ONE)
        return [f"heist {self.config.min}"] if plan is not None and plan.ends_at > self.bot.clock.now() else ()

    # By time

    @scheduled("heist_ends")
    async def end_in_time(self, call: Scheduled) -> None:
        """Nobody else can join: they go in."""
        await self._end(call.args["round"])

    @every(minutes=1)
    async def look(self) -> None:
        """A heist that should be over by now and is not, because something failed, is ended."""
        async with self.bot.readers() as session:
            plan = await session.get(Plan, THE_ONE)
        if plan is not None and plan.ends_at + LATE < self.bot.clock.now():
            await self._end(plan.round)

    @scheduled("heist_told")
    async def tell(self, call: Scheduled) -> None:
        """What chat has to hear, also where the bot ended before it could say it."""
        await self.bot.announce(call.args["words"])

    @override
    async def merge(self, session: AsyncSession, old: int, new: int) -> None:
        """Both accounts of a person are in it: they are one robber with both stakes."""
        theirs, kept = await session.get(Robber, old), await session.get(Robber, new)
        if theirs is not None and kept is not None:
            kept.points += theirs.points
            await session.delete(theirs)

    # The parts

    async def _plan(self, tx: Transaction) -> Plan | None:
        plan = await tx.session.get(Plan, THE_ONE)
        if plan is None or all(each.id != plan.round for each in await tx.rounds.all_open()):
            return None
        return plan

    async def _begin(self, tx: Transaction) -> Plan:
        rest = await tx.session.get(Rest, THE_ONE)
        if rest is not None and rest.until > tx.now:
            left = duration((rest.until - tx.now).total_seconds())
            raise ChatError(_("The police are still about. The next heist can begin in {time}.", time=left))
        await _clear(tx.session)
        opened, promise = await tx.rounds.open("heist"), await tx.promise()
        ends_at = tx.now + timedelta(seconds=self.config.join)
        plan = Plan(id=THE_ONE, round=opened.id, promise=promise.id, ends_at=ends_at)
        tx.session.add(plan)
        await self.bot.schedule("heist_ends", {"round": opened.id}, at=ends_at, session=tx.session)
        return plan

    async def _join(self, tx: Transaction, plan: Plan, viewer: int, stake: Amount) -> tuple[int, int]:
        """Take the stake. Returns how much it is, and how many are in it now."""
        crew = await _crew(tx.session)
        if not await tx.plays(viewer):
            raise ChatError(_("Who is ignored cannot take part."))
        if any(each.viewer == viewer for each in crew):
            raise ChatError(_("You are in already."))
        if len(crew) >= self.config.crew:
            raise ChatError(_("The crew is complete."))
        points = await tx.rounds.stake(plan.round, viewer, stake, least=self.config.min, most=self.config.max)
        tx.session.add(Robber(viewer=viewer, turn=len(crew) + 1, points=points))
        return points, len(crew) + 1

    async def _end(self, round_id: int) -> None:
        try:
            async with self.bot.transaction(f"end:{round_id}", "heist") as tx:
                plan = await self._plan(tx)
                if plan is None:
                    await _clear(tx.session)  # it was given back while this cog was away
                    return
                if plan.round != round_id:
                    return
                until = tx.now + timedelta(minutes=self.config.wait)
                await tx.session.merge(Rest(id=THE_ONE, until=until))
                crew = await _crew(tx.session)
                won = await self._draw(tx, plan, crew)
                await tx.rounds.end(round_id)
                await _clear(tx.session)
                names = await self.bot.viewers.by_ids(list(won))
                command = f"{self.bot.settings.command_prefix}fair {plan.promise}"
                said = _told([(str(names[who]), points) for who, points in won.items() if who in names], len(crew))
                await self._tell(tx, f"{said} ({command})")
        except AlreadyDone:
            return

    async def _draw(self, tx: Transaction, plan: Plan, crew: Sequence[Robber]) -> Mapping[int, int]:
        """Draw for each, and pay. Returns what those have who got away."""
        won: dict[int, int] = {}
        for robber in crew:
            draw = await tx.draw(odds(self.config.chance), promise=plan.promise)
            if draw.choice == AWAY:
                won[robber.viewer] = payout(robber.points, self.config.back, self.config.chance)
        for viewer, points in sorted(won.items()):
            await tx.rounds.pay(plan.round, viewer, points)
        return won

    async def _tell(self, tx: Transaction, words: str) -> None:
        await self.bot.schedule("heist_told", {"words": words}, after=0, session=tx.session)


def odds(chance: int) -> Mapping[str, int]:
    """How likely it is to get away and to be caught, in percent."""
    return {AWAY: chance, CAUGHT: 100 - chance}


def payout(stake: int, back: int, chance: int) -> int:
    """What somebody has who got away, so that so many percent come back on average; rounded down."""
    return stake * back // chance


async def _crew(session: AsyncSession) -> Sequence[Robber]:
    return (await session.scalars(select(Robber).order_by(Robber.turn))).all()


async def _clear(session: AsyncSession) -> None:
    await session.execute(delete(Robber))
    await session.execute(delete(Plan))


def _told(won: Sequence[tuple[str, int]], crew: int) -> str:
    """How a heist ended, with those who have most."""
    if not won:
        return _("The heist failed: the one robber is caught.", "The heist failed: all {n} are caught.", n=crew)
    most = sorted(won, key=lambda one: -one[1])
    shown = [f"{name} {number(points)}" for name, points in most[:MOST_NAMED]]
    if more := len(won) - len(shown):
        shown.append(_("{n} more", "{n} more", n=more))
    said = _("The heist is over. Away with the loot: {robbers}.", robbers=", ".join(shown))
    if caught := crew - len(won):
        said = f"{said} " + _("{n} is caught.", "{n} are caught.", n=caught)
    return said


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Heist(bot))
