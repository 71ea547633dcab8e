"""The ignore list: who neither earns, nor is on the leaderboards, nor redeems."""

from pixel_bot.plugin import Cog, Context, PixelBot, command, later, mods_only, paged, texts

_ = texts(__name__)


class Ignore(Cog):
    """Commands on the ignore list."""

    @command(usage="@user")
    @mods_only()
    async def ignore(self, ctx: Context, name: str) -> None:
        """Let somebody earn nothing, be on no board and redeem nothing; what they have stays theirs."""
        change = await self.bot.ignoring.ignore(name, ctx.platform)
        if not change.changed:
            await ctx.reply(_("{viewer} is ignored already.", viewer=change.shown))
        elif change.seen:
            words = later("{viewer} does not play any more: no {points}, no XP, no boards, no redeems.")
            await ctx.reply(_(words, viewer=change.shown))
        else:
            words = later("I have not seen {viewer} here yet. Who comes by that name will be ignored.")
            await ctx.reply(_(words, viewer=change.shown))

    @command(usage="@user")
    @mods_only()
    async def unignore(self, ctx: Context, name: str) -> None:
        """Let somebody play again, or a service bot play."""
        change = await self.bot.ignoring.unignore(name, ctx.platform)
        words = later("{viewer} plays again.") if change.changed else later("{viewer} is not ignored.")
        await ctx.reply(_(words, viewer=change.shown))

    @command(usage="[PAGE]")
    @mods_only()
    async def ignored(self, ctx: Context, page: str = "") -> None:
        """Who is ignored."""
        there = await self.bot.ignoring.everybody()
        entries = [
            *there.people,
            _("{n} known service bot and myself", "{n} known service bots and myself", n=there.service_bots),
        ]
        entries += [_("{viewer} may play", viewer=name) for name in there.playing]
        await ctx.reply(paged(_("Ignored"), entries, page, f"{self.bot.settings.command_prefix}ignored"))


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Ignore(bot))
