"""Cooldowns: which ones run for a viewer, and ending them."""

from pixel_bot.plugin import Cog, Context, KnownViewer, PixelBot, command, count, duration, mods_only

NAMES = {"chat": "chat points", "xp": "chat XP", "+enter": "points for coming in", "+give": "giving points"}


class Cooldowns(Cog):
    """Commands on cooldowns."""

    @command()
    async def cooldowns(self, ctx: Context) -> None:
        """What you are on cooldown for."""
        running = await self.bot.cooldowns.running(ctx.viewer.id)
        if not running:
            await ctx.reply("You are not on cooldown for anything.")
            return
        listed = ", ".join(f"{NAMES.get(key, key)} {duration(left)}" for key, left in running.items())
        await ctx.reply(f"Still to wait: {listed}.")

    @command("cooldowns reset", usage="@user")
    @mods_only()
    async def reset(self, ctx: Context, viewer: KnownViewer) -> None:
        """End all cooldowns of somebody."""
        ended = await self.bot.cooldowns.reset(viewer.id)
        self.bot.awards.gate.forget()
        await ctx.reply(f"{viewer} is free again: {count(ended, 'cooldown')} ended.")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Cooldowns(bot))
