"""Backup: the streamer has the points copied to a safe place, in the middle of a show."""

from pixel_bot.plugin import Cog, Context, PixelBot, broadcaster_only, command


class Backup(Cog):
    """Keeping the points safe."""

    @command()
    @broadcaster_only()
    async def backup(self, ctx: Context) -> None:
        """Copy the database now, and check the copy; one is made every night anyway."""
        await ctx.reply(await self.bot.services.backups.make_by_hand())


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Backup(bot))
