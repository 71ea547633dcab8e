"""Approvals: a mod says yes or no to what waits for that."""

from pixel_bot.plugin import BadInput, Cog, Context, PixelBot, command, later, mods_only, paged, texts

_ = texts(__name__)


class Approvals(Cog):
    """The commands ``yes`` and ``no``."""

    @command(usage="[NUMBER or @user]")
    @mods_only()
    async def yes(self, ctx: Context, which: str = "") -> None:
        """Let the oldest text be read out that waits for you, or the one that you name; "list" shows all."""
        await self._answer(ctx, which, yes=True)

    @command(usage="[NUMBER or @user]")
    @mods_only()
    async def no(self, ctx: Context, which: str = "") -> None:
        """Refuse the oldest text that waits for you, or the one that you name; the {points} go back."""
        await self._answer(ctx, which, yes=False)

    @command("yes list", usage="[PAGE]")
    @mods_only()
    async def waiting(self, ctx: Context, page: str = "") -> None:
        """Which texts wait for your yes."""
        requests = await self.bot.approvals.waiting()
        if not requests:
            await ctx.reply(_("Nothing waits for a yes."))
            return
        prefix = self.bot.settings.command_prefix
        await ctx.reply(paged(_("Waiting"), [self.bot.approvals.shown(r) for r in requests], page, f"{prefix}yes list"))

    async def _answer(self, ctx: Context, which: str, *, yes: bool) -> None:
        number = which.removeprefix("#")
        item_id = viewer = None
        if number.isascii() and number.isdigit():
            item_id = int(number[:18])
        elif which:
            viewer = await ctx.find_viewer(which)
        item = await self.bot.approvals.answer(yes=yes, by=ctx.viewer.name, item_id=item_id, viewer=viewer)
        if item is None:
            if viewer is not None:
                raise BadInput(_("Nothing of {viewer} waits for a yes.", viewer=viewer))
            if item_id:
                raise BadInput(_("Nothing with the number {number} waits for a yes.", number=str(item_id)))
            raise BadInput(_("Nothing waits for a yes."))
        words = later("Yes to #{id} of {viewer}.") if yes else later("No to #{id} of {viewer}.")
        await ctx.reply(_(words, id=str(item.id), viewer=item.buyer))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Approvals(bot))
