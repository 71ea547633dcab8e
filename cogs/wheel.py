"""Wheel: !spin turns the prize wheel, !wheel shows its odds and its last draw."""

from pixel_bot.plugin import (
    Cog,
    Context,
    KnownViewer,
    Odds,
    Outcome,
    PixelBot,
    SpinWheel,
    command,
    mods_only,
    paged,
    redeem,
)


class Wheel(Cog):
    """The redeem ``spin``, and commands on odds and draws."""

    @redeem(name="Prize wheel", cost=100, cooldown=30, lane="wheel")
    async def spin(self, ctx: Context) -> Outcome:
        """Spin the prize wheel."""
        return Outcome("The wheel is yours!", SpinWheel())

    @command(usage="[PAGE]")
    async def wheel(self, ctx: Context, page: str = "") -> None:
        """What the wheel holds, with the odds of each prize; what was won most stands first."""
        await ctx.reply(await self._board(page))

    @command("wheel odds", usage="[PAGE]")
    async def odds(self, ctx: Context, page: str = "") -> None:
        """What the wheel holds, with the odds of each prize."""
        await ctx.reply(await self._board(page))

    async def _board(self, page: str) -> str:
        slices = await self.bot.wheel.odds()
        won = await self.bot.wheel.won()
        slices.sort(key=lambda odds: (-won.get(odds.prize.name, 0), odds.prize.name.casefold()))
        return paged("The wheel", map(in_chat, slices), page, f"{self.bot.settings.command_prefix}wheel")

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

    @command("wheel owed", usage="[PAGE]")
    @mods_only()
    async def owed(self, ctx: Context, page: str = "") -> None:
        """Prizes that a mod has still to hand over."""
        owed = await self.bot.wheel.owed()
        if not owed:
            await ctx.reply("No prize is waiting to be handed over.")
            return
        entries = [f"{draw.winner}: {draw.prize}" for draw in owed]
        list_command = f"{self.bot.settings.command_prefix}wheel owed"
        await ctx.reply(paged("Still to hand over", entries, page, list_command))

    @command("wheel given", usage="@user")
    @mods_only()
    async def given(self, ctx: Context, viewer: KnownViewer) -> None:
        """You have handed over somebody's oldest prize."""
        prize = await self.bot.wheel.give(viewer, ctx.viewer)
        await ctx.reply(f"{viewer} got {prize}." if prize else f"Nothing is owed to {viewer}.")


def in_chat(odds: Odds) -> str:
    """A slice in words."""
    return f"{odds.prize.name} {odds.chance:.1%}" + (f" ({odds.left} left)" if odds.left is not None else "")


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Wheel(bot))
