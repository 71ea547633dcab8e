"""``import commands``: commands, timers, quotes and counters of another bot."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from pixel_bot.cli.imports.import_report import MANY_LEFT_OUT
from pixel_bot.cli.live_database import bring_up, opened_live, refuse_play_money
from pixel_bot.cli.saying import say
from pixel_bot.clock import Clock
from pixel_bot.cog_tools.names import command_names, trees_in
from pixel_bot.configuration.cog_files import BUILT_IN
from pixel_bot.db.engine import Database, sqlite_path
from pixel_bot.db.meta import recall
from pixel_bot.db.schema import HEAD, revision
from pixel_bot.imports.batches import local
from pixel_bot.imports.commands.batches import CommandImports, Outcome, batch_of
from pixel_bot.imports.commands.files import read_command_file
from pixel_bot.imports.commands.review import Review, Reviewed, review
from pixel_bot.imports.commands.store import CogTables, CommandStore
from pixel_bot.imports.commands.values import CommandFile
from pixel_bot.imports.errors import ImportRefused
from pixel_bot.settings import Settings
from pixel_bot.texts import count, fit, number, plain

SHOWN = 6
"""Commands of each kind that are named, unless all are asked for."""


async def import_commands(
    settings: Settings, file: Path, *, dry_run: bool, all_lines: bool = False, store: CommandStore | None = None
) -> int:
    """Take over the commands of another bot's file, once. A dry run says what becomes of each, and changes nothing.

    Args:
        settings: of the bot.
        file: what the other bot exported.
        dry_run: only say it.
        all_lines: name every command, and not the first ones of each kind alone.
        store: where commands are kept.

    Returns:
        The exit code: 0 when they are stored now; 1 when the file was stored before, or more than 5% of its commands
        are left out. Commands that are stored and off count as stored.

    Raises:
        ImportRefused: the file cannot be used, or the database cannot hold commands.
        DatabaseRefused: the database is damaged or newer.
    """
    name = fit(plain(file.name), 100)
    try:
        found = await asyncio.to_thread(read_command_file, file)
    except ImportRefused as exc:
        raise ImportRefused(f"{name} was not imported. {exc}") from exc
    outcome = await _work(settings, found, name, store or CogTables(), dry_run=dry_run)
    _tell(name, found, outcome.review, all_lines=all_lines)
    if outcome.standing is not None:
        say(
            f"This file was already imported on {local(outcome.standing.made)}, as batch {outcome.batch}; nothing was "
            f"changed. To take it back: python -m pixel_bot undo {outcome.batch}"
        )
        return 1
    if dry_run:
        say(f"This was a dry run: nothing was changed. It would be batch {outcome.batch}.")
    else:
        say(f"Done. This is batch {outcome.batch}. To take it back: python -m pixel_bot undo {outcome.batch}")
        say("If the bot is running, it knows them within ten seconds.")
    left_out = len(outcome.review.commands) - len(outcome.review.stored) + len(found.problems)
    return int(left_out > MANY_LEFT_OUT * max(1, len(outcome.review.commands)))


async def undo_commands(database: Database, batch: str, store: CommandStore | None = None) -> bool:
    """Take an import of commands back. Returns False when none has that name."""
    gone = await CommandImports(database, Clock(), store or CogTables(), ()).undo(batch)
    if gone is None:
        return False
    taken, stored = gone
    say(f"Import {batch} was taken back: {count(taken, 'command')}.")
    if taken < stored:
        say(f"{count(stored - taken, 'command')} had been changed or removed since, and stay as they are.")
    return True


def built_in_names(settings: Settings) -> set[str]:
    """What chat can type already: the commands of all cogs, first words included, without those of COMMANDS_OFF."""
    folders = [BUILT_IN, settings.cogs_dir]
    trees = (tree for folder in folders if folder is not None and folder.is_dir() for tree in trees_in(folder))
    names = {name.lower() for tree in trees for name in command_names(tree)}
    return (names | {name.split()[0] for name in names if name}) - settings.commands_left_out


async def _work(settings: Settings, found: CommandFile, name: str, store: CommandStore, *, dry_run: bool) -> Outcome:
    built_in = await asyncio.to_thread(built_in_names, settings)
    path = sqlite_path(settings.database_for("live"))
    if dry_run and path is not None and not path.exists():
        return Outcome(review(found, built_in, ()), batch_of(found))
    async with opened_live(settings) as database:
        imports = CommandImports(database, Clock(), store, built_in)
        if not dry_run:
            await bring_up(database, settings)
            return await imports.store(found, name)
        if await revision(database) != HEAD:
            raise ImportRefused("The database has an older schema. Run first: python -m pixel_bot db upgrade")
        async with database.readers() as session:
            refuse_play_money(await recall(session, "mode"))
        return await imports.preview(found)


def _tell(name: str, file: CommandFile, found: Review, *, all_lines: bool) -> None:
    say(f"{name} is from {file.source}: {_contents(file)}.")
    off = [one for one in found.commands if one.is_off]
    changed = [one for one in found.commands if one.is_changed]
    left_out = [one for one in found.commands if one.left_out]
    if found.commands:
        say(f"{count(found.as_they_are, 'command')} will run as they are.")
    _tell_each("changed", changed, [", and ".join(one.command.changes) for one in changed], all_lines=all_lines)
    _tell_each("off, and can be changed in chat", off, [one.command.off for one in off], all_lines=all_lines)
    _tell_each("left out", left_out, [one.left_out for one in left_out], all_lines=all_lines)
    for problem in file.problems[: None if all_lines else SHOWN]:
        say(f"  Left out: {problem}.")
    if found.hosts:
        shown = found.hosts if all_lines else found.hosts[:SHOWN]
        more = f" and {number(len(found.hosts) - len(shown))} more" if len(shown) < len(found.hosts) else ""
        say(f"These servers wait until you allow each in chat, like !cmd allow {shown[0]}: {', '.join(shown)}{more}.")


def _tell_each(kind: str, commands: Sequence[Reviewed], reasons: Sequence[str], *, all_lines: bool) -> None:
    if not commands:
        return
    say(f"{count(len(commands), 'command')} {kind}:")
    shown = len(commands) if all_lines else SHOWN
    for one, reason in list(zip(commands, reasons, strict=True))[:shown]:
        say(f"  !{fit(plain(one.command.name), 30)}: {fit(plain(reason), 160)}.")
    if len(commands) > shown:
        say(f"  ... and {number(len(commands) - shown)} more; --verbose names all.")


def _contents(file: CommandFile) -> str:
    parts = [(file.commands, "command"), (file.timers, "timer"), (file.quotes, "quote"), (file.counters, "counter")]
    return ", ".join(count(len(part), noun) for part, noun in parts if part)
