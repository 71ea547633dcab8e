"""Points: balance, gifts and leaderboard."""

from pixel_bot.plugin import Amount, Cog, Context, KnownViewer, PixelBot, command, count, number


class Points(Cog):
    """Commands on points that spend none."""

    @command(aliases=["balance"], usage="[@user]")
    async def points(self, ctx: Context, viewer: KnownViewer | None = None) -> None:
        """How many points you have, or somebody else."""
        if viewer is None or viewer.id == ctx.viewer.id:
            await ctx.reply(f"You have {count(ctx.viewer.points, 'point')}.")
        else:
            await ctx.reply(f"{viewer} has {count(viewer.points, 'point')}.")

    @command(usage="@user N")
    async def give(self, ctx: Context, viewer: KnownViewer, amount: Amount) -> None:
        """Give somebody some of your points, or all of them."""
        given = await self.bot.economy.give(ctx.viewer, viewer, amount.value)
        await ctx.reply(
            f"You gave {viewer} {count(given.amount, 'point')}. You have {number(given.giver_balance)} left, "
            f"{viewer} has {number(given.receiver_balance)}."
        )

    @command(aliases=["leaderboard"], usage="[points|xp]")
    async def top(self, ctx: Context, what: str = "points") -> None:
        """Who has the most points or XP."""
        by_xp = what.lower() in {"xp", "level", "levels"}
        places = await (self.bot.leaderboard.by_xp() if by_xp else self.bot.leaderboard.by_points())
        if not places:
            await ctx.reply("Nobody is on the board yet. Say something, and it is you!")
            return
        listed = " · ".join(f"{rank}. {p.display_name} {number(p.value)}" for rank, p in enumerate(places, 1))
        await ctx.reply(f"Most {'XP' if by_xp else 'points'}: {listed}")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Points(bot))
