"""``economy``: where points come from and go to, and what other settings would have made of it. Nothing is changed."""

import sys
from collections.abc import Iterable, Mapping, Sequence

from pixel_bot.cli.running import database_of_bot
from pixel_bot.cli.saying import say
from pixel_bot.clock import Clock
from pixel_bot.points.economy.figures import Figures
from pixel_bot.points.economy.groups import OUTSIDE, Group
from pixel_bot.points.economy.measure import measured
from pixel_bot.points.economy.what_if import SCALES, UNKNOWN, CannotKnow, read_change, simulated
from pixel_bot.settings import Settings

NAMES: Mapping[Group, str] = {
    "chat": "chatting",
    "watch": "watching",
    "events": "events",
    "levels": "levels",
    "start": "welcome points",
    "redeems": "redeems",
    "refunds": "refunds",
    "games": "games",
    "cogs": "other cogs",
    "mods": "mods",
    "carried": "brought along",
    "transfers": "between viewers",
}
WIDTH = 16
WRONG = 2
"""The exit code for a setting that nothing can be told of."""


async def show_economy(settings: Settings, days: int, what_if: Sequence[str]) -> int:
    """Print the figures of the last ``days``, and beside them those with other settings. The bot may run.

    Returns:
        0; 2 where a ``--what-if`` cannot be answered from the ledger.
    """
    async with database_of_bot(settings) as (database, _):
        figures = await measured(
            database,
            Clock().now(),
            days,
            watch_minutes=settings.points_watch_minutes,
            chat_seconds=settings.points_chat_cooldown_seconds,
        )
    present = {name: getattr(settings, name.lower()) for name in SCALES}
    try:
        changes = [read_change(typed, present, figures.prices) for typed in what_if]
    except CannotKnow as exc:
        sys.stderr.write(f"{exc}\n")
        return WRONG
    lines = report(figures)
    if changes:
        shown = ", ".join(f"{change.name} {float(change.old):g} -> {float(change.new):g}" for change in changes)
        lines += ["", f"What if: {shown}", "", *report(simulated(figures, changes)), "", "This cannot know:"]
        lines += [f"- {one}" for one in UNKNOWN]
    for line in lines:
        say(line)
    return 0


def report(figures: Figures) -> list[str]:
    """The figures as lines."""
    lines = [
        f"The last {figures.days:.1f} days{'':<5} {'came':>15} {'went':>15}",
        *_groups(figures),
        f"{'Together':<{WIDTH + 5}} {figures.came:>15,} {figures.went:>15,}",
        "",
        f"In circulation: {figures.circulation:,} points of {figures.holders:,} viewers; the median has "
        f"{figures.median:,}.",
        _growth(figures),
        f"A minute of watching brings {_points(figures.per_watched_minute)}, "
        f"one of chatting {_points(figures.per_chatted_minute)}.",
    ]
    if figures.prices:
        lines += ["", f"{'Redeem':<{WIDTH + 5}} {'points':>10} {'min. watched':>13} {'min. chatted':>13}"]
    return lines + [
        f"{price.key:<{WIDTH + 5}} {price.cost:>10,} {_minutes(price.watched):>13} {_minutes(price.chatted):>13}"
        for price in figures.prices_in_time
    ]


def _groups(figures: Figures) -> Iterable[str]:
    for group, sums in figures.groups.items():
        note = "  (not counted below)" if group in OUTSIDE else ""
        yield f"{NAMES[group]:<{WIDTH + 5}} {sums.came:>15,} {sums.went:>15,}{note}"


def _growth(figures: Figures) -> str:
    if figures.doubles_in is None:
        return f"It does not grow: {figures.growth:+,.0f} points a day."
    return f"It grows by {figures.growth:,.0f} points a day, and doubles in {figures.doubles_in:,.0f} days like these."


def _points(points: float | None) -> str:
    return "nothing" if points is None else f"{points:.2f} points"


def _minutes(minutes: float | None) -> str:
    return "-" if minutes is None else f"{minutes:,.0f}"
