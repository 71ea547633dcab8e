"""Owed: what mods have still to hand over, of everything that viewers won and bought."""

from collections.abc import Sequence

from pixel_bot.plugin import (
    ChatError,
    Cog,
    Context,
    KnownViewer,
    Owed,
    PixelBot,
    Transaction,
    Viewer,
    command,
    mods_only,
    paged,
    texts,
)

_ = texts(__name__)


class OwedThings(Cog):
    """What the bot owes viewers, whichever cog it comes from."""

    @command("owed", usage="[PAGE]")
    @mods_only()
    async def owed(self, ctx: Context, page: str = "") -> None:
        """What you have still to hand over to viewers."""
        entries = [f"{viewer}: {owed.what}" for owed, viewer in await self._all()]
        if not entries:
            await ctx.reply(_("Nothing is waiting to be handed over."))
            return
        await ctx.reply(paged(_("Still to hand over"), entries, page, f"{self.bot.settings.command_prefix}owed"))

    @command("owed done", usage="@user [KEY]")
    @mods_only()
    async def done(self, ctx: Context, viewer: KnownViewer, *, key: str = "") -> None:
        """You have handed over the oldest of what somebody is owed, or the oldest of that name."""
        theirs = [owed for owed, whom in await self._all() if whom.id == viewer.id and _is_called(owed, key)]
        async with self.bot.transaction(ctx, "owed") as tx:
            given = await self._hand_over_first(tx, theirs, ctx.viewer)
        if given is None:
            raise ChatError(_("Nothing is owed to {viewer}.", viewer=viewer))
        await ctx.reply(_("{viewer} got {what}.", viewer=viewer, what=given.what))

    async def _hand_over_first(self, tx: Transaction, owed: Sequence[Owed], by: Viewer) -> Owed | None:
        """Another mod may have handed over the oldest one since it was read."""
        for one in owed:
            if await self.bot.hand_over(tx, one, by):
                return one
        return None

    async def _all(self) -> list[tuple[Owed, Viewer]]:
        """What is owed and to whom, the oldest first. Of linked accounts it is the one that is kept."""
        owed = await self.bot.owed()
        viewers = {viewer: await self.bot.viewers.by_id(viewer) for viewer in {one.viewer for one in owed}}
        return [(one, viewers[one.viewer]) for one in owed]


def _is_called(owed: Owed, key: str) -> bool:
    wanted = key.strip().lstrip("!").casefold()
    return not wanted or wanted in {owed.key.casefold(), owed.what.casefold()}


async def setup(bot: PixelBot) -> None:
    await bot.add_component(OwedThings(bot))
