"""Levels: a viewer's level and XP, and how much the next one needs."""

from pixel_bot.plugin import Cog, Context, KnownViewer, PixelBot, command, number


class Levels(Cog):
    """The command ``level``."""

    @command(usage="[@user]")
    async def level(self, ctx: Context, viewer: KnownViewer | None = None) -> None:
        """Your level and XP, or somebody else's."""
        who = viewer or ctx.viewer
        standing = await self.bot.levels.standing(who)
        subject = "You are" if who.id == ctx.viewer.id else f"{who} is"
        way = (
            f"{number(standing.next - standing.xp)} XP to level {number(standing.level + 1)}"
            if standing.next
            else "the top"
        )
        await ctx.reply(f"{subject} level {number(standing.level)} with {number(standing.xp)} XP; {way}.")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Levels(bot))
