"""The command line."""

import argparse
import asyncio
import gc
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from pixel_bot.cli import arguments
from pixel_bot.diagnostics.secrets import hide_secrets
from pixel_bot.diagnostics.settings_check import warnings_of
from pixel_bot.errors import StartError
from pixel_bot.logs import end_log_file, log_to_file, set_up_logging
from pixel_bot.settings import Settings, load_settings

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line.

    Returns:
        The exit code: 0 when all went well, 1 when a check failed or the bot could not start, 2 for wrong settings.
    """
    parser = arguments.parser()
    args = parser.parse_args(argv)
    if args.verbose and not args.version:
        parser.error("--verbose needs --version. How much the log says is LOG_LEVEL.")
    if args.command == "import" and not arguments.are_files_right(args):
        parser.error("import takes one file: import FILE, or import commands FILE")
    if args.version:
        from pixel_bot.cli.version import show_version

        return show_version(verbose=args.verbose)
    try:
        if args.command == "diagnose":
            from pixel_bot.cli.diagnose import diagnose

            return asyncio.run(diagnose(args.file))
        settings = load_settings()
        hide_secrets(settings)
        set_up_logging(settings.log_level)
        if args.command != "check-config":
            for words in warnings_of(settings):
                log.warning("%s", words)
        return asyncio.run(_work(args, settings))
    except StartError as exc:
        print(exc, file=sys.stderr)
        return exc.exit_code
    except KeyboardInterrupt:
        return 130


async def _work(args: argparse.Namespace, settings: Settings) -> int:
    match args.command:
        case "db":
            return await _look_after(args, settings)
        case "import" | "compare" | "undo":
            return await _take_over(args, settings)
        case "forget" | "export":
            from pixel_bot.cli import person

            work = person.forget_person if args.command == "forget" else person.export_person
            return await work(settings, args.name)
        case "economy":
            from pixel_bot.cli.economy import show_economy

            return await show_economy(settings, args.days, args.what_if)
        case "fair":
            from pixel_bot.cli.fair import show_draw

            return await show_draw(settings, args.number)
        case "cog":
            return await _work_on_cogs(args, settings)
        case "texts":
            from pixel_bot.cli import texts

            return texts.work_on_texts(settings, args.update, args.path)
        case "open" | "token":
            return await _let_in(args, settings)
        case "login" | "voices" | "check-config":
            return await _set_up(args, settings)
        case _:
            return await _run(args, settings)


async def _take_over(args: argparse.Namespace, settings: Settings) -> int:
    """Points of another bot."""
    if args.command == "compare":
        from pixel_bot.cli.imports.compare import compare_points

        return await compare_points(settings, args.file, arguments.said_of(args))

    from pixel_bot.cli.imports.import_points import Wishes, import_points, undo_import

    if args.command == "undo":
        return await undo_import(settings, args.batch)
    if len(args.files) == 2 and args.files[0] == "commands":
        from pixel_bot.cli.imports.import_commands import import_commands

        file = Path(args.files[1])
        return await import_commands(settings, file, dry_run=args.dry_run, all_lines=args.all_lines)
    wishes = Wishes(args.again, args.all_lines, arguments.said_of(args))
    return await import_points(settings, Path(args.files[0]), dry_run=args.dry_run, wishes=wishes)


async def _set_up(args: argparse.Namespace, settings: Settings) -> int:
    """What is done before the bot runs, or to find out why it does not."""
    if args.command == "login":
        from pixel_bot.cli.login import login

        return await login(settings)

    if args.command == "check-config":
        from pixel_bot.cli.check_config import check_config

        return await check_config(settings)

    from pixel_bot.cli.voices import download_voice, list_voices

    await (list_voices(settings) if args.action == "list" else download_voice(settings, args.name))
    return 0


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    """The bot itself. Only it writes the log file: two processes would rotate it in each other's way."""
    log_to_file(settings.data_dir)
    try:
        return await _run_bot(args, settings)
    finally:
        end_log_file()


async def _run_bot(args: argparse.Namespace, settings: Settings) -> int:
    # Nothing that is made while starting is garbage; the runner collects once, and then as it sees fit.
    gc.disable()
    from pixel_bot.run.runner import Replay, run, run_live

    if args.command is None:
        from pixel_bot.platforms.twitch.signing_in import default_app

        settings = await default_app.with_app_of_sign_ins(settings)
    if args.command is None and settings.live:
        await run_live(settings)
        return 0
    replay = None
    if args.command == "sandbox":
        if args.replay is not None:
            replay = Replay(args.replay, args.speed, args.exit_when_done)
        elif args.exit_when_done:
            raise StartError("--exit-when-done needs --replay FILE.")
    await run(settings, replay, args.crowd if args.command == "sandbox" else 0)
    return 0


async def _let_in(args: argparse.Namespace, settings: Settings) -> int:
    """A link for a browser, or a token for a script; the bot may run."""
    from pixel_bot.cli.access import open as opening
    from pixel_bot.cli.access import token

    if args.command == "open":
        return await opening.open_pages(settings)
    return await token.work_on_tokens(settings, args.name, args.revoked, args.scope)


async def _work_on_cogs(args: argparse.Namespace, settings: Settings) -> int:
    from pixel_bot.cli import cog

    return cog.new_cog(settings, args.name) if args.action == "new" else await cog.check_cog(args.path)


async def _look_after(args: argparse.Namespace, settings: Settings) -> int:
    from pixel_bot.cli import backup, copy, database

    match args.action:
        case "upgrade":
            return await database.upgrade_database(settings)
        case "check":
            return await database.check_database(settings)
        case "backup":
            return await backup.back_up_database(settings, args.file)
        case "restore":
            return await backup.restore_database(settings, args.file)
        case "cleanup":
            return await backup.clean_up_database(settings)
        case _:
            return await copy.copy_database(settings, args.source, args.target)
