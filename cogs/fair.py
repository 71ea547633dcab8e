"""Fair: how a draw came about, so that anybody can draw it again."""

from pixel_bot.plugin import BadInput, Cog, Context, PixelBot, Total, command


class Fair(Cog):
    """A look at draws."""

    @command(usage="ID")
    async def fair(self, ctx: Context, draw: Total) -> None:
        """The seed and the odds of a draw, with which anybody can verify it."""
        stored = await self.bot.stored_draw(draw.value)
        if stored is None:
            raise BadInput(f"There is no draw {draw.value}.")
        total = sum(weight for _, weight in stored.odds)
        odds = ", ".join(f"{name} {weight / total:.1%}" for name, weight in stored.odds)
        await ctx.reply(
            f"Draw {stored.id} ({stored.cog}), {stored.at:%Y-%m-%d %H:%M} UTC: {stored.choice}, "
            f"a chance of {stored.chance:.1%}. Seed {stored.seed}, odds: {odds}"
        )


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Fair(bot))
