"""!regular: people who are more than viewers, and less than VIPs; commands can be for them."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from pixel_bot.plugin import Cog, Context, KnownViewer, PixelBot, Viewer, command, texts

from . import sentences
from .tables import Regular

_ = texts(__name__)


class Regulars(Cog):
    """Who is a regular."""

    tables = (Regular,)

    def __init__(self, bot: PixelBot) -> None:
        super().__init__(bot)
        bot.command_table.is_regular = self.is_regular

    @command("regular add", usage="@user", who="mods")
    async def add(self, ctx: Context, viewer: KnownViewer) -> None:
        """Make somebody a regular, for commands that are for regulars."""
        async with self.bot.transaction(ctx, "regular") as tx:
            known = await tx.session.get(Regular, viewer.id)
            if known is None:
                tx.session.add(Regular(viewer=viewer.id))
        said = sentences.REGULAR if known is None else sentences.WAS_REGULAR
        await ctx.reply(_(said, viewer=viewer))

    @command("regular remove", usage="@user", who="mods")
    async def remove(self, ctx: Context, viewer: KnownViewer) -> None:
        """Somebody is no regular any more."""
        async with self.bot.transaction(ctx, "regular") as tx:
            gone = (
                await tx.session.execute(delete(Regular).where(Regular.viewer == viewer.id).returning(Regular.viewer))
            ).all()
        await ctx.reply(_(sentences.NO_REGULAR if gone else sentences.WAS_NO_REGULAR, viewer=viewer))

    async def is_regular(self, viewer_id: int) -> bool:
        """Whether the viewer of that id is one."""
        async with self.bot.readers() as session:
            return await session.get(Regular, viewer_id) is not None

    @override
    async def merge(self, session: AsyncSession, old: int, new: int) -> None:
        """Both accounts of a person were regulars: one row stays."""
        if await session.get(Regular, new) is not None:
            await session.execute(delete(Regular).where(Regular.viewer == old))

    @override
    async def forget(self, viewer: Viewer, session: AsyncSession) -> None:
        """They are no regular any more."""
        await session.execute(delete(Regular).where(Regular.viewer == viewer.id))
