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
    later,
    listed,
    number,
    ordinal,
    texts,
)

_ = texts(__name__)

XP = {"xp", "level", "levels"}
"""Words for the leaderboard of XP."""

USUAL_ENTRIES = 5
MOST_ENTRIES = 10
EMPTY = later("Nobody is on the board yet. Say something, and it is you!")


class Points(Cog):
    """Commands on points that spend none."""

    @command(aliases=["balance"], usage="[@user]")
    async def points(self, ctx: Context, viewer: KnownViewer | None = None) -> None:
        """How many {points} you have, or somebody else."""
        if viewer is None or viewer.id == ctx.viewer.id:
            await ctx.reply(_("You have {points}.", points=count(ctx.viewer.points, "point")))
        else:
            await ctx.reply(_("{viewer} has {points}.", viewer=viewer, points=count(viewer.points, "point")))

    @command(usage="@user N")
    async def give(self, ctx: Context, viewer: KnownViewer, amount: Amount) -> None:
        """Give somebody some of your {points}, or all of them."""
        given = await self.bot.economy.give(ctx.viewer, viewer, amount.value)
        await ctx.reply(
            _(
                "You gave {viewer} {points}. You have {left} left, {viewer} has {theirs}.",
                viewer=viewer,
                points=count(given.amount, "point"),
                left=given.giver_balance,
                theirs=given.receiver_balance,
            )
        )

    @command(aliases=["leaderboard"], usage="[{points}|xp] [N]")
    async def top(self, ctx: Context, *, what: str = "") -> None:
        """Who has the most {points} or XP; up to ten of them."""
        words = what.lower().split()
        by_xp = not XP.isdisjoint(words)
        size = next((int(word) for word in words if word.isdecimal()), USUAL_ENTRIES)
        size = min(max(size, 1), MOST_ENTRIES)
        entries = await (self.bot.leaderboard.by_xp(size) if by_xp else self.bot.leaderboard.by_points(size))
        if not entries:
            await ctx.reply(_(EMPTY))
            return
        lines = listed(f"{number(e.place)}. {e.display_name} {number(e.value)}" for e in entries)
        await ctx.reply(_("Most XP: {places}", places=lines) if by_xp else _("Most {points}: {places}", places=lines))

    @command(usage="[@user] [xp]")
    async def rank(self, ctx: Context, *, what: str = "") -> None:
        """Your place by {points} or XP, and what is missing to the next one; or somebody else's."""
        words = what.split()
        names = [word for word in words if word.lower() not in XP]
        who = await KnownViewer.convert(ctx, names[0]) if names else ctx.viewer
        by_xp = len(names) < len(words)
        rank = await self.bot.leaderboard.rank(who, "xp" if by_xp else "points")
        await ctx.reply(rank_words(rank, who, by_xp=by_xp, own=who.id == ctx.viewer.id))


def rank_words(rank: Rank | None, who: Viewer, *, by_xp: bool, own: bool) -> str:
    """A rank as chat hears it."""
    if rank is None:
        return _("You are not on the board.") if own else _("{viewer} is not on the board.", viewer=who)
    if not rank.place:
        return _(EMPTY) if own and not rank.total else _no_place(who, by_xp=by_xp, own=own)
    way = _("nobody has more.")
    if rank.ahead is not None:
        way = _("{missing} more to pass {viewer}.", missing=rank.missing, viewer=rank.ahead.display_name)
    facts: dict[str, object] = {
        "viewer": who,
        "place": ordinal(rank.place),
        "total": rank.total,
        "amount": f"{number(rank.value)} XP" if by_xp else count(rank.value, "point"),
        "way": way,
    }
    if not rank.equals:
        words = later("{viewer} is {place} of {total} with {amount}; {way}")
        return _(later("You are {place} of {total} with {amount}; {way}") if own else words, **facts)
    if own:
        return _(
            "You share {place} place with {n} other, of {total} with {amount}; {way}",
            "You share {place} place with {n} others, of {total} with {amount}; {way}",
            n=rank.equals,
            **facts,
        )
    return _(
        "{viewer} shares {place} place with {n} other, of {total} with {amount}; {way}",
        "{viewer} shares {place} place with {n} others, of {total} with {amount}; {way}",
        n=rank.equals,
        **facts,
    )


def _no_place(who: Viewer, *, by_xp: bool, own: bool) -> str:
    words = later("{viewer} has no {points} yet, so no place on the board.")
    if own:
        words = later("You have no {points} yet, so no place on the board.")
    return _(words, viewer=who, points="XP") if by_xp else _(words, viewer=who)


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Points(bot))
