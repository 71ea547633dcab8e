"""Lineup: viewers who wait to play along, and whose turn it is."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from typing_extensions import override

from pixel_bot.plugin import (
    BadInput,
    ChatError,
    Claim,
    Cog,
    CogModel,
    CogSettings,
    Context,
    PixelBot,
    StreamOffline,
    Total,
    Viewer,
    ViewerId,
    claims,
    command,
    later,
    mods_only,
    on,
    ordinal,
    paged,
    texts,
)

_ = texts(__name__)

MOST_AT_ONCE = 10
"""Viewers that one ``!next`` may call."""


class Settings(CogSettings):
    """The settings of the cog lineup."""

    order: Literal["time", "points", "subs"] = Field(
        "time",
        description="Whose turn is next: who came first (time), who has the most points (points), "
        "or subscribers first (subs)",
    )
    max: int = Field(50, ge=1, le=500, description="How many viewers may wait in the lineup")


class State(CogModel):
    """Whether the lineup is open: one row, or none before it was opened for the first time."""

    id: Mapped[int] = mapped_column(primary_key=True)
    is_open: Mapped[bool]


class Waiting(CogModel):
    """A viewer who waits. Turns are given in the order of joining."""

    viewer: Mapped[ViewerId] = mapped_column(primary_key=True)
    turn: Mapped[int]
    is_sub: Mapped[bool]


class Lineup(Cog):
    """Viewers join, and mods call the next one."""

    tables = (State, Waiting)
    settings = Settings

    @command(aliases=("queue join",))
    async def join(self, ctx: Context) -> None:
        """Wait for your turn to play along."""
        async with self.bot.transaction(ctx, "lineup") as tx:
            await self._require_open(tx.session)
            mine = await tx.session.get(Waiting, ctx.viewer.id)
            if mine is None:
                await self._add(tx.session, ctx.viewer, is_sub="sub" in ctx.roles)
            line = await self._in_order(tx.session)
        place = ordinal(_place(line, ctx.viewer.id))
        words = later("You are {place} in the lineup.") if mine is None else later("You wait already: {place}.")
        await ctx.reply(_(words, place=place))

    @claims("join")
    async def join_while_open(self, ctx: Context) -> Claim | None:
        """Wait for your turn to play along."""
        async with self.bot.readers() as session:
            is_open = await self._is_open(session)
        return (
            Claim(_("{command} (lineup)", command=f"{self.bot.settings.command_prefix}queue join")) if is_open else None
        )

    @command(aliases=("queue leave",))
    async def leave(self, ctx: Context) -> None:
        """Leave the lineup."""
        async with self.bot.transaction(ctx, "lineup") as tx:
            mine = await tx.session.get(Waiting, ctx.viewer.id)
            if mine is None:
                raise ChatError(_("You are not in the lineup."))
            await tx.session.delete(mine)
        await ctx.reply(_("You left the lineup."))

    @command(usage="[PAGE]", aliases=("queue list",))
    async def lineup(self, ctx: Context, page: str = "") -> None:
        """Who waits, and your own place."""
        async with self.bot.readers() as session:
            line = await self._in_order(session)
            is_open = await self._is_open(session)
        how = f"{self.bot.settings.command_prefix}join" if is_open else _("closed")
        if not line:
            nobody = _("Nobody waits. To play along: {command}.", command=how)
            await ctx.reply(nobody if is_open else _("The lineup is closed."))
            return
        names = [f"{place}. {viewer}" for place, viewer in enumerate(await self._viewers(line), start=1)]
        place = _place(line, ctx.viewer.id)
        heading = _("Lineup ({how})", how=how)
        if place:
            heading = _("Lineup ({how}, you are {place})", how=how, place=ordinal(place))
        await ctx.reply(paged(heading, names, page, f"{self.bot.settings.command_prefix}lineup"))

    @command("lineup open", aliases=("queue open",))
    @mods_only()
    async def open(self, ctx: Context) -> None:
        """Open the lineup."""
        join = f"{self.bot.settings.command_prefix}join"
        async with self.bot.transaction(ctx, "lineup") as tx:
            await self._set_open(tx.session, is_open=True)
        await self.bot.announce(_("The lineup is open: type {command} to play along.", command=join))

    @command("lineup close", aliases=("queue close",))
    @mods_only()
    async def close(self, ctx: Context) -> None:
        """Let nobody else in; who waits stays."""
        async with self.bot.transaction(ctx, "lineup") as tx:
            await self._set_open(tx.session, is_open=False)
            waiting = len(await self._in_order(tx.session))
        closed = _("The lineup is closed.")
        if waiting:
            closed = _("The lineup is closed. {n} wait.", "The lineup is closed. {n} wait.", n=waiting)
        await ctx.reply(closed)

    @command("lineup clear")
    @mods_only()
    async def clear(self, ctx: Context) -> None:
        """Send everybody away who waits."""
        async with self.bot.transaction(ctx, "lineup") as tx:
            gone = len(await self._in_order(tx.session))
            await tx.session.execute(delete(Waiting))
        await ctx.reply(_("The lineup is empty: {n} waited.", n=gone) if gone else _("Nobody waited."))

    @command("next", aliases=("lineup next", "queue pick"), usage="[N]")
    @mods_only()
    async def next_turn(self, ctx: Context, how_many: Total | None = None) -> None:
        """Call the next viewer, or the next N."""
        wanted = 1 if how_many is None else how_many.value
        if not 1 <= wanted <= MOST_AT_ONCE:
            raise BadInput(_("Between 1 and {most} at once.", most=MOST_AT_ONCE))
        async with self.bot.transaction(ctx, "lineup") as tx:
            line = await self._in_order(tx.session)
            called = line[:wanted]
            await tx.session.execute(delete(Waiting).where(Waiting.viewer.in_(called)))
        if not called:
            raise ChatError(_("Nobody waits."))
        names = ", ".join(f"@{viewer}" for viewer in await self._viewers(called))
        said, left = _("Your turn: {viewers}!", viewers=names), len(line) - len(called)
        if left:
            said = _(
                "Your turn: {viewers}! {n} still wait.", "Your turn: {viewers}! {n} still wait.", viewers=names, n=left
            )
        await self.bot.announce(said)

    @on(StreamOffline)
    async def end(self, event: StreamOffline) -> None:
        """The stream is over: close it, and keep who waits."""
        if self.bot.live:  # on the other platform
            return
        async with self.bot.write() as session:
            await self._set_open(session, is_open=False)

    @override
    async def what_is_open(self, session: AsyncSession) -> Sequence[str]:
        """While it is open, anybody may join."""
        return ["join"] if await self._is_open(session) else []

    @override
    async def merge(self, session: AsyncSession, old: int, new: int) -> None:
        """Somebody who waits with both of their accounts keeps the better turn."""
        theirs, kept = await session.get(Waiting, old), await session.get(Waiting, new)
        if theirs is not None and kept is not None:
            kept.turn, kept.is_sub = min(kept.turn, theirs.turn), kept.is_sub or theirs.is_sub
            await session.delete(theirs)

    @override
    async def forget(self, viewer: Viewer, session: AsyncSession) -> None:
        """They wait no more."""
        await session.execute(delete(Waiting).where(Waiting.viewer == viewer.id))

    async def _add(self, session: AsyncSession, viewer: Viewer, *, is_sub: bool) -> None:
        waiting, last = (await session.execute(select(func.count(), func.max(Waiting.turn)))).one()
        if waiting >= self.config.max:
            raise ChatError(_("The lineup is full."))
        session.add(Waiting(viewer=viewer.id, turn=(last or 0) + 1, is_sub=is_sub))
        await session.flush()  # the caller reads the lineup again, with this viewer in it

    async def _in_order(self, session: AsyncSession) -> Sequence[int]:
        """The ids of all who wait, the next one first."""
        waiting = (await session.scalars(select(Waiting).order_by(Waiting.turn))).all()
        match self.config.order:
            case "subs":
                waiting = sorted(waiting, key=lambda entry: not entry.is_sub)
            case "points":
                points = {viewer.id: viewer.points for viewer in await self._viewers([w.viewer for w in waiting])}
                waiting = sorted(waiting, key=lambda entry: -points.get(entry.viewer, 0))
            case _:
                pass
        return [entry.viewer for entry in waiting]

    async def _viewers(self, ids: Sequence[int]) -> Sequence[Viewer]:
        found = await self.bot.viewers.by_ids(ids)
        return [found[viewer] for viewer in ids if viewer in found]

    async def _is_open(self, session: AsyncSession) -> bool:
        state = await session.get(State, 1)
        return state is not None and state.is_open

    async def _require_open(self, session: AsyncSession) -> None:
        if not await self._is_open(session):
            raise ChatError(_("The lineup is closed."))

    async def _set_open(self, session: AsyncSession, *, is_open: bool) -> None:
        await session.merge(State(id=1, is_open=is_open))


def _place(line: Sequence[int], viewer: int) -> int:
    """Somebody's place in the line, from 1; 0 where they are not in it."""
    return line.index(viewer) + 1 if viewer in line else 0


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Lineup(bot))
