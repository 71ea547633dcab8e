"""Status: the health of the bot, for mods."""

from pixel_bot.plugin import Cog, Context, PixelBot, command, mods_only


class Status(Cog):
    """The command ``status``."""

    @command()
    @mods_only()
    async def status(self, ctx: Context) -> None:
        """What works and what does not: platforms, queue, OBS, overlay."""
        await ctx.reply(await self.bot.status.words())


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Status(bot))
