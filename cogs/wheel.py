"""Wheel: !spin turns the prize wheel, !wheel shows its odds and its last draw."""

from collections.abc import Sequence

from pixel_bot.plugin import Cog, Context, KnownViewer, Odds, Outcome, PixelBot, SpinWheel, command, mods_only, redeem


class Wheel(Cog):
    """The redeem ``spin``, and commands on odds and draws."""

    @redeem(name="Prize wheel", cost=100, cooldown=30, lane="wheel")
    async def spin(self, ctx: Context) -> Outcome:
        """Spin the prize wheel."""
        return Outcome("The wheel is yours!", SpinWheel())

    @command(usage="[odds|last]")
    async def wheel(self, ctx: Context) -> None:
        """What the wheel holds, with the odds of each prize."""
        await ctx.reply(board(await self.bot.wheel.odds()))

    @command("wheel odds")
    async def odds(self, ctx: Context) -> None:
        """What the wheel holds, with the odds of each prize."""
        await ctx.reply(board(await self.bot.wheel.odds()))

    @command("wheel last")
    async def last(self, ctx: Context) -> None:
        """The last draw: who won what, and the seed that it can be checked with."""
        draw = await self.bot.wheel.last()
        if draw is None:
            await ctx.reply("Nobody has spun the wheel yet.")
            return
        if not draw.landed:
            await ctx.reply(f"Draw {draw.id} of {draw.winner} is still to land. Its seed is told after that.")
            return
        chance = next((w for n, w in draw.odds if n == draw.prize), 0.0) / sum(w for _, w in draw.odds)
        await ctx.reply(
            f"Draw {draw.id}, {draw.at:%Y-%m-%d %H:%M} UTC: {draw.winner} won {draw.prize}, "
            f"a chance of {chance:.1%} among {len(draw.odds)}. Seed {draw.seed}"
        )

    @command("wheel owed")
    @mods_only()
    async def owed(self, ctx: Context) -> None:
        """Prizes that a mod has still to hand over."""
        owed = await self.bot.wheel.owed()
        listed = " · ".join(f"{draw.winner}: {draw.prize}" for draw in owed)
        await ctx.reply(f"Still to hand over: {listed}" if owed else "No prize is waiting to be handed over.")

    @command("wheel given", usage="@user")
    @mods_only()
    async def given(self, ctx: Context, viewer: KnownViewer) -> None:
        """You have handed over somebody's oldest prize."""
        prize = await self.bot.wheel.give(viewer, ctx.viewer)
        await ctx.reply(f"{viewer} got {prize}." if prize else f"Nothing is owed to {viewer}.")


def board(slices: Sequence[Odds]) -> str:
    """The wheel in words."""
    listed = " · ".join(
        f"{odds.prize.name} {odds.chance:.1%}" + (f" ({odds.left} left)" if odds.left is not None else "")
        for odds in slices
    )
    return f"The wheel: {listed}"


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Wheel(bot))
