"""Fair: how a draw came about, so that anybody can draw it again."""

from pixel_bot.plugin import BadInput, Cog, Context, PixelBot, Total, command, percent, texts

_ = texts(__name__)


class Fair(Cog):
    """A look at draws."""

    @command(usage="ID")
    async def fair(self, ctx: Context, draw: Total) -> None:
        """The seed and the odds of a draw, with which anybody can verify it."""
        stored = await self.bot.stored_draw(draw.value)
        if stored is None:
            raise BadInput(_("There is no draw {id}.", id=str(draw.value)))
        total = sum(weight for _, weight in stored.odds)
        odds = ", ".join(f"{name} {percent(weight / total)}" for name, weight in stored.odds)
        await ctx.reply(
            _(
                "Draw {id} ({cog}), {time} UTC: {choice}, a chance of {chance}. Seed {seed}, odds: {odds}",
                id=str(stored.id),
                cog=stored.cog,
                time=f"{stored.at:%Y-%m-%d %H:%M}",
                choice=stored.choice,
                chance=percent(stored.chance),
                seed=str(stored.seed),
                odds=odds,
            )
        )


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Fair(bot))
