"""!regular: people who are more than viewers, and less than VIPs; commands can be for them."""

from sqlalchemy import column, delete, inspect, select, table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from typing_extensions import override

from pixel_bot.plugin import (
    Cog,
    CogModel,
    Context,
    KnownViewer,
    PixelBot,
    Viewer,
    ViewerId,
    command,
    later,
    paged,
    role,
    texts,
)

_ = texts(__name__)

EARLIER = table("cog_commands_regular", column("viewer"))
"""The table of an earlier version, in which the cog commands kept the regulars."""


class Regular(CogModel):
    """Somebody who is a regular of the channel."""

    viewer: Mapped[ViewerId] = mapped_column(primary_key=True)


class Regulars(Cog):
    """Keeps who is a regular, and tells it to commands that are for regulars."""

    tables = (Regular,)

    @role("regular")
    async def is_regular(self, viewer: Viewer) -> bool:
        """Whether they are one: asked where a command is for regulars."""
        async with self.bot.readers() as session:
            return await session.get(Regular, viewer.id) is not None

    @command("regular add", usage="@user", who="mods")
    async def add(self, ctx: Context, viewer: KnownViewer) -> None:
        """Make somebody a regular, for commands that are for regulars."""
        async with self.bot.transaction(ctx, "regular") as tx:
            known = await tx.session.get(Regular, viewer.id)
            if known is None:
                tx.session.add(Regular(viewer=viewer.id))
        said = later("{viewer} is a regular now.") if known is None else later("{viewer} is a regular already.")
        await ctx.reply(_(said, viewer=viewer))

    @command("regular remove", usage="@user", who="mods")
    async def remove(self, ctx: Context, viewer: KnownViewer) -> None:
        """Somebody is no regular any more."""
        async with self.bot.transaction(ctx, "regular") as tx:
            known = await tx.session.get(Regular, viewer.id)
            if known is not None:
                await tx.session.delete(known)
        said = later("{viewer} is no regular.") if known is None else later("{viewer} is no regular any more.")
        await ctx.reply(_(said, viewer=viewer))

    @command("regular list", usage="[PAGE]", who="mods")
    async def list(self, ctx: Context, page: str = "") -> None:
        """Who is a regular."""
        async with self.bot.readers() as session:
            ids = (await session.scalars(select(Regular.viewer))).all()
        names = sorted(map(str, (await self.bot.viewers.by_ids(ids)).values()), key=str.casefold)
        if not names:
            await ctx.reply(_("There are no regulars yet."))
            return
        await ctx.reply(paged(_("Regulars"), names, page, f"{self.bot.settings.command_prefix}regular list"))

    @override
    async def component_load(self) -> None:
        """Take over who was a regular in an earlier version; ``migrate`` is for a cog's own tables."""
        async with self.bot.readers() as session:
            is_there = await (await session.connection()).run_sync(lambda there: inspect(there).has_table(EARLIER.name))
        if is_there:
            async with self.bot.write() as session:
                await _take_over(session)

    @override
    async def merge(self, session: AsyncSession, old: int, new: int) -> None:
        """Both accounts of a person were regulars: one row stays."""
        if await session.get(Regular, new) is not None:
            await session.execute(delete(Regular).where(Regular.viewer == old))

    @override
    async def forget(self, viewer: Viewer, session: AsyncSession) -> None:
        """They are no regular any more."""
        await session.execute(delete(Regular).where(Regular.viewer == viewer.id))


async def _take_over(session: AsyncSession) -> None:
    for viewer in (await session.scalars(select(EARLIER.c.viewer))).all():
        if await session.get(Regular, viewer) is None:
            session.add(Regular(viewer=viewer))
    await session.execute(delete(EARLIER))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Regulars(bot))
