"""Economy: where points come from and go to, in three sentences; the command line has all of it."""

from collections.abc import Mapping
from typing import Any

from pixel_bot.plugin import (
    Cog,
    Context,
    PixelBot,
    Total,
    command,
    count,
    duration,
    later,
    listed,
    mods_only,
    number,
    percent,
    texts,
)

_ = texts(__name__)

NAMES: Mapping[str, str] = {
    "chat": later("chatting"),
    "watch": later("watching"),
    "events": later("events"),
    "levels": later("levels"),
    "start": later("welcome {points}"),
    "redeems": later("redeems"),
    "refunds": later("refunds"),
    "games": later("games"),
    "cogs": later("other cogs"),
    "mods": later("mods"),
}

DAYS, MOST_DAYS = 30, 3_650
CHEAPEST = 3
"""Redeems whose price is told in time."""


class EconomyFigures(Cog):
    """What the economy of the channel does."""

    @command("economy", usage="[DAYS]")
    @mods_only()
    async def economy(self, ctx: Context, days: Total | None = None) -> None:
        """How many {points} came and went, from what and for what, and how fast they become more."""
        wanted = DAYS if days is None else min(max(days.value, 1), MOST_DAYS)
        figures = await self.bot.economy_figures(wanted)
        flows = {NAMES[group]: sums for group, sums in figures.groups.items() if group in NAMES}
        came = _shares({name: sums.came for name, sums in flows.items()})
        went = _shares({name: sums.went for name, sums in flows.items()})
        in_and_out = _(
            "In {n} day {came} came ({from_what}), {went} went ({for_what}).",
            "In {n} days {came} came ({from_what}), {went} went ({for_what}).",
            n=max(1, round(figures.days)),
            came=count(figures.came, "point"),
            from_what=came or _("nothing"),
            went=number(figures.went),
            for_what=went or _("nothing"),
        )
        there = _(
            "In circulation: {points}, the median has {median}.",
            points=count(figures.circulation, "point"),
            median=number(figures.median),
        )
        said = [in_and_out, there, _growth(figures), _prices(figures)]
        await ctx.reply(" ".join(filter(None, said)))


def _shares(sums: Mapping[str, int]) -> str:
    """The three largest, each with its share of all."""
    total = sum(sums.values())
    largest = sorted((points, name) for name, points in sums.items() if points > 0)[:-4:-1]
    return listed([f"{_(name)} {percent(points / total)}" for points, name in largest]) if total > 0 else ""


def _growth(figures: Any) -> str:
    if figures.doubles_in is None:
        return _("It does not grow.")
    days = max(1, round(figures.doubles_in))
    return _("At this pace it doubles in {n} day.", "At this pace it doubles in {n} days.", n=days)


def _prices(figures: Any) -> str:
    timed = [price for price in figures.prices_in_time if price.watched is not None][:CHEAPEST]
    if not timed:
        return ""
    prices = listed([f"{price.key} {duration(price.watched * 60)}" for price in timed])
    return _("In time watched: {prices}.", prices=prices)


async def setup(bot: PixelBot) -> None:
    await bot.add_component(EconomyFigures(bot))
