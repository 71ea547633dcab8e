"""Points: balance, gifts, the leaderboards and the rank on them."""

from pixel_bot.plugin import (
    Amount,
    Cog,
    Context,
    KnownViewer,
    PixelBot,
    Rank,
    Viewer,
    command,
    count,
    listed,
    number,
    ordinal,
)

XP = {"xp", "level", "levels"}
"""Words for the leaderboard of XP."""

USUAL_ENTRIES = 5
MOST_ENTRIES = 10
EMPTY = "Nobody is on the board yet. Say something, and it is you!"


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

    @command(aliases=["leaderboard"], usage="[points|xp] [N]")
    async def top(self, ctx: Context, *, what: str = "") -> None:
        """Who has the most points or XP; up to ten of them."""
        words = what.lower().split()
        by_xp = not XP.isdisjoint(words)
        size = next((int(word) for word in words if word.isdecimal()), USUAL_ENTRIES)
        size = min(max(size, 1), MOST_ENTRIES)
        entries = await (self.bot.leaderboard.by_xp(size) if by_xp else self.bot.leaderboard.by_points(size))
        if not entries:
            await ctx.reply(EMPTY)
            return
        lines = listed(f"{number(e.place)}. {e.display_name} {number(e.value)}" for e in entries)
        await ctx.reply(f"Most {'XP' if by_xp else 'points'}: {lines}")

    @command(usage="[@user] [xp]")
    async def rank(self, ctx: Context, *, what: str = "") -> None:
        """Your place by points or XP, and what is missing to the next one; or somebody else's."""
        words = what.split()
        names = [word for word in words if word.lower() not in XP]
        who = await KnownViewer.convert(ctx, names[0]) if names else ctx.viewer
        by_xp = len(names) < len(words)
        rank = await self.bot.leaderboard.rank(who, "xp" if by_xp else "points")
        await ctx.reply(rank_words(rank, who, "XP" if by_xp else "points", own=who.id == ctx.viewer.id))


def rank_words(rank: Rank | None, who: Viewer, unit: str, *, own: bool) -> str:
    """A rank as chat hears it."""
    name, be, have, share = ("You", "are", "have", "share") if own else (str(who), "is", "has", "shares")
    if rank is None:
        return f"{name} {be} not on the board."
    if not rank.place:
        return EMPTY if own and not rank.total else f"{name} {have} no {unit} yet, so no place on the board."
    amount = f"{number(rank.value)} XP" if unit == "XP" else count(rank.value, "point")
    place = f"{name} {be} {ordinal(rank.place)}"
    if rank.equals:
        place = f"{name} {share} {ordinal(rank.place)} place with {count(rank.equals, 'other')},"
    way = f"{number(rank.missing)} more to pass {rank.ahead.display_name}." if rank.ahead else "nobody has more."
    return f"{place} of {number(rank.total)} with {amount}; {way}"


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Points(bot))
