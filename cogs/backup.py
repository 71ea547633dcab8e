"""Backup: the streamer makes a backup from chat, also while streaming."""

from pixel_bot.plugin import Cog, Context, PixelBot, broadcaster_only, command


class Backup(Cog):
    """Backups from chat."""

    @command()
    @broadcaster_only()
    async def backup(self, ctx: Context) -> None:
        """Copy the database now, and check the copy; one is made every night anyway."""
        await ctx.reply(await self.bot.services.backups.make_by_hand())


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Backup(bot))
