"""Cooldowns: which ones run for a viewer, and ending them."""

from pixel_bot.plugin import Cog, Context, KnownViewer, PixelBot, command, duration, later, mods_only, texts

_ = texts(__name__)

NAMES = {
    "chat": later("chat {points}"),
    "xp": later("chat XP"),
    "+enter": later("{points} for coming in"),
    "+give": later("giving {points}"),
}


class Cooldowns(Cog):
    """Commands on cooldowns."""

    @command()
    async def cooldowns(self, ctx: Context) -> None:
        """What you are on cooldown for."""
        running = await self.bot.cooldowns.running(ctx.viewer.id)
        if not running:
            await ctx.reply(_("You are not on cooldown for anything."))
            return
        names = {key: _(NAMES[key]) if key in NAMES else key for key in running}
        listed = ", ".join(f"{names[key]} {duration(left)}" for key, left in running.items())
        await ctx.reply(_("Still to wait: {cooldowns}.", cooldowns=listed))

    @command("cooldowns reset", usage="@user")
    @mods_only()
    async def reset(self, ctx: Context, viewer: KnownViewer) -> None:
        """End all cooldowns of somebody."""
        ended = await self.bot.cooldowns.reset(viewer.id)
        self.bot.awards.gate.forget()
        await ctx.reply(
            _(
                "{viewer} is free again: {n} cooldown ended.",
                "{viewer} is free again: {n} cooldowns ended.",
                viewer=viewer,
                n=ended,
            )
        )


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Cooldowns(bot))
