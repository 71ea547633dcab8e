"""``compare FILE``: another bot's balances beside our own, for who runs both for a while."""

import heapq
from pathlib import Path

from pixel_bot.cli.imports.import_points import read_list
from pixel_bot.cli.live_database import opened_live
from pixel_bot.cli.saying import say
from pixel_bot.db.engine import sqlite_path
from pixel_bot.db.schema import HEAD, revision
from pixel_bot.imports.comparison import Comparison, Pair, compare
from pixel_bot.imports.errors import ImportRefused
from pixel_bot.imports.files import Said
from pixel_bot.settings import Settings
from pixel_bot.texts import count, fit, number, plain, signed

LARGEST = 20


async def compare_points(settings: Settings, file: Path, said: Said | None = None) -> int:
    """Print both, the largest differences first. Changes nothing.

    Returns:
        The exit code: 0 when both are the same, 1 when somebody differs.

    Raises:
        ImportRefused: the file cannot be used, or the bot has no database yet.
        DatabaseRefused: the database is damaged or newer.
    """
    name = fit(plain(file.name), 100)
    path = sqlite_path(settings.database_for("live"))
    if path is not None and not path.exists():
        raise ImportRefused(f"{name} was not compared: the bot has no database yet. Let it run beside the other one.")
    found = await read_list(file, f"{name} was not compared.", said)
    async with opened_live(settings) as database:
        if await revision(database) != HEAD:
            raise ImportRefused("The database has an older schema. Run first: python -m pixel_bot db upgrade")
        async with database.readers() as session:
            result = await compare(session, found)
    say(f"{name} is from {found.source}: {count(len(found.people), 'viewer')}, {count(found.total, 'point')} in all.")
    if found.skipped:
        say(f"{count(len(found.skipped), 'line')} could not be read and {_is(len(found.skipped))} left out.")
    _tell(result)
    return 0 if result.equal == len(result.pairs) and not result.only_ours else 1


def _tell(result: Comparison) -> None:
    ours = sum(pair.ours or 0 for pair in result.pairs)
    equal = f"{number(result.equal)} of {number(len(result.pairs))} are equal"
    say(f"Of these, Pixel Bot has {count(ours, 'point')}. {equal}.")
    if result.unknown:
        say(f"{count(result.unknown, 'viewer')} of the list {_is(result.unknown)} unknown here.")
    if result.only_ours:
        more = count(result.points_only_ours, "point")
        say(f"{count(result.only_ours, 'viewer')} with {more} {_is(result.only_ours)} only here.")
    different = [pair for pair in result.pairs if pair.difference]
    if not different:
        return
    say("The largest differences (the other bot, Pixel Bot, difference):")
    for pair in heapq.nlargest(LARGEST, different, key=lambda one: (abs(one.difference), one.name)):
        say(f"  {_line(pair)}")
    if len(different) > LARGEST:
        say(f"  ... and {number(len(different) - LARGEST)} more.")


def _line(pair: Pair) -> str:
    ours = "unknown" if pair.ours is None else number(pair.ours)
    return f"{plain(pair.name)[:40]:<25} {number(pair.theirs):>12} {ours:>12} {signed(pair.difference):>12}"


def _is(amount: int) -> str:
    return "is" if amount == 1 else "are"
