"""The ignore list: who neither earns, nor is on the leaderboards, nor redeems."""

from pixel_bot.plugin import Cog, Context, PixelBot, command, count, mods_only, paged


class Ignore(Cog):
    """Commands on the ignore list."""

    @command(usage="@user")
    @mods_only()
    async def ignore(self, ctx: Context, name: str) -> None:
        """Let somebody earn nothing, be on no board and redeem nothing; what they have stays theirs."""
        change = await self.bot.ignoring.ignore(name, ctx.platform)
        if not change.changed:
            await ctx.reply(f"{change.shown} is ignored already.")
        elif change.seen:
            await ctx.reply(f"{change.shown} does not play any more: no points, no XP, no boards, no redeems.")
        else:
            await ctx.reply(f"I have not seen {change.shown} here yet. Who comes by that name will be ignored.")

    @command(usage="@user")
    @mods_only()
    async def unignore(self, ctx: Context, name: str) -> None:
        """Let somebody play again, or a service bot play."""
        change = await self.bot.ignoring.unignore(name, ctx.platform)
        await ctx.reply(f"{change.shown} plays again." if change.changed else f"{change.shown} is not ignored.")

    @command(usage="[PAGE]")
    @mods_only()
    async def ignored(self, ctx: Context, page: str = "") -> None:
        """Who is ignored."""
        there = await self.bot.ignoring.everybody()
        entries = [*there.people, f"{count(there.service_bots, 'known service bot')} and myself"]
        entries += [f"{name} may play" for name in there.playing]
        await ctx.reply(paged("Ignored", entries, page, f"{self.bot.settings.command_prefix}ignored"))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Ignore(bot))
