"""Levels: a viewer's level and XP, and how much the next one needs."""

from pixel_bot.plugin import Cog, Context, KnownViewer, PixelBot, command, later, texts

_ = texts(__name__)


class Levels(Cog):
    """The command ``level``."""

    @command(usage="[@user]")
    async def level(self, ctx: Context, viewer: KnownViewer | None = None) -> None:
        """Your level and XP, or somebody else's."""
        who = viewer or ctx.viewer
        standing = await self.bot.levels.standing(who)
        way = _("the top")
        if standing.next:
            way = _("{xp} XP to level {level}", xp=standing.next - standing.xp, level=standing.level + 1)
        words = later("{viewer} is level {level} with {xp} XP; {way}.")
        if who.id == ctx.viewer.id:
            words = later("You are level {level} with {xp} XP; {way}.")
        await ctx.reply(_(words, viewer=who, level=standing.level, xp=standing.xp, way=way))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Levels(bot))
