"""The command line."""

import argparse
import asyncio
import gc
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
    parser = _parser()
    args = parser.parse_args(argv)
    if args.verbose and not args.version:
        parser.error("--verbose needs --version. How much the log says is LOG_LEVEL.")
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pixel_bot",
        description="The chat bot for Twitch and Joystick.tv that streamers trust with their community's economy.",
        epilog="Without a command the bot runs: on the platforms whose client id is set, else on the sandbox.",
    )
    parser.add_argument("--version", action="store_true", help="show the version, and end")
    parser.add_argument("--verbose", action="store_true", help="with --version: also the licences of what it uses")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    sandbox = commands.add_parser("sandbox", help="run on the sandbox, whatever credentials are set")
    sandbox.add_argument("--replay", type=Path, metavar="FILE", help="play a chat log: CSV second,user,text")
    sandbox.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="1 is real time, 0 as fast as it goes")
    sandbox.add_argument("--exit-when-done", action="store_true", help="end when the log has been played")

    commands.add_parser("login", help="sign in to Twitch with a code, on a machine without a browser")

    voices = commands.add_parser("voices", help="voices for TTS_ENGINE=piper").add_subparsers(
        dest="action", metavar="ACTION", required=True
    )
    voices.add_parser("list", help="which voices there are")
    voices.add_parser("download", help="fetch a voice").add_argument("name", metavar="NAME")

    db = commands.add_parser("db", help="look after the database").add_subparsers(
        dest="action", metavar="ACTION", required=True
    )
    db.add_parser("upgrade", help="bring the database to the present schema, after a backup")
    db.add_parser("check", help="verify the ledger, levels and the file; exit 1 when something is wrong")
    backup = db.add_parser("backup", help="copy the database, also while the bot runs, and verify the copy")
    backup.add_argument("file", nargs="?", type=Path, metavar="FILE", help="else a new one in BACKUP_DIR")
    restore = db.add_parser("restore", help="put a backup in the database's place, while the bot does not run")
    restore.add_argument("file", type=Path, metavar="FILE")
    db.add_parser("cleanup", help="remove old rows that are no longer needed, and give the free space back to the disk")
    copy = db.add_parser("copy", help="copy everything into an empty database: SQLite to PostgreSQL, or back")
    copy.add_argument("source", metavar="FROM", help="a database's URL, or a SQLite file")
    copy.add_argument("target", metavar="TO", help="the same; it must be empty")

    _add_points_and_people(commands)
    _add_cogs(commands)
    commands.add_parser("check-config", help="check settings and files, and start nothing")
    diagnosing = commands.add_parser("diagnose", help="pack a report about this bot, without secrets")
    diagnosing.add_argument("file", nargs="?", type=Path, metavar="FILE", help="else pixel-report-TIME.zip here")
    commands.add_parser("open", help="print a new link to the running bot's pages, and open it in a browser")
    token = commands.add_parser("token", help="make a token for scripts; or list them, or revoke one")
    token.add_argument("name", metavar="NAME", help="of the new token; or list; or revoke")
    token.add_argument("revoked", nargs="?", metavar="NAME", help="after revoke: the token that ends")
    token.add_argument(
        "--scope", action="append", default=[], metavar="S", help="what it may do, like viewers:manage; else everything"
    )
    return parser


def _add_points_and_people(commands: Any) -> None:
    importing = commands.add_parser(
        "import",
        help="take over points or commands of another bot, from its files",
        usage="%(prog)s [commands] FILE [--dry-run] [--again] [--verbose] [--decimal MARK] [--points COLUMN]",
    )
    importing.add_argument("files", nargs="+", metavar="FILE", help="with points; or the word commands, and a file")
    importing.add_argument("--dry-run", action="store_true", help="only show what would change")
    importing.add_argument("--again", action="store_true", help="also pay people who got points by another import")
    importing.add_argument("--verbose", action="store_true", dest="all_lines", help="name every line that is left out")
    _add_reading(importing)
    comparing = commands.add_parser("compare", help="set another bot's points beside the ones here; changes nothing")
    comparing.add_argument("file", type=Path, metavar="FILE", help="its export, as import reads it")
    _add_reading(comparing)
    undo = commands.add_parser("undo", help="take an import back")
    undo.add_argument("batch", metavar="BATCH", help="as import printed it")
    forgetting = commands.add_parser("forget", help="forget a person: the name goes, the ledger stays exact")
    forgetting.add_argument("name", metavar="NAME")
    exporting = commands.add_parser("export", help="print everything that is kept of a person, as JSON")
    exporting.add_argument("name", metavar="NAME")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """What may be said of a file that can be read in two ways."""
    parser.add_argument(
        "--decimal", choices=("point", "comma"), help="what fractions of points begin with in this file"
    )
    parser.add_argument("--points", default="", metavar="COLUMN", help="the column with the points, if several may be")


def _add_cogs(commands: Any) -> None:
    cog = commands.add_parser("cog", help="for authors of cogs").add_subparsers(
        dest="action", metavar="ACTION", required=True
    )
    making = cog.add_parser("new", help="write a cog to begin with, and its test")
    making.add_argument("name", metavar="NAME", help="of the cog, and of its command")
    listing = commands.add_parser("texts", help="list everything that the bot can say, for texts.toml in DATA_DIR")
    listing.add_argument("--update", metavar="LANGUAGE", help="bring the translations up to date instead, like de")
    listing.add_argument("path", nargs="?", type=Path, metavar="PATH", help="with --update: one cog's file or folder")
    checking = cog.add_parser("check", help="look a cog over as a reviewer would; exit 1 when something is wrong")
    checking.add_argument("path", type=Path, metavar="PATH", help="the cog's file or folder")


def _speed(typed: str) -> float:
    try:
        speed = float(typed)
    except ValueError:
        speed = -1
    if not 0 <= speed <= 1_000_000:
        raise argparse.ArgumentTypeError("a number from 0 (as fast as it goes) up, 1 is real time")
    return speed


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
        case "cog":
            return await _work_on_cogs(args, settings)
        case "texts":
            from pixel_bot.cli import texts

            if args.update is None:
                return texts.list_texts(settings)
            return texts.update_catalogues(settings, args.update, args.path)
        case "open" | "token":
            return await _let_in(args, settings)
        case "login" | "voices" | "check-config":
            return await _set_up(args, settings)
        case _:
            return await _run(args, settings)


async def _take_over(args: argparse.Namespace, settings: Settings) -> int:
    """Points of another bot."""
    if args.command == "compare":
        from pixel_bot.cli.compare import compare_points

        return await compare_points(settings, args.file, _said(args))

    from pixel_bot.cli.import_points import Wishes, import_points, undo_import

    if args.command == "undo":
        return await undo_import(settings, args.batch)
    wishes = Wishes(args.again, args.all_lines, _said(args))
    return await import_points(settings, Path(args.files[0]), dry_run=args.dry_run, wishes=wishes)


def _said(args: argparse.Namespace) -> Any:
    from pixel_bot.imports.files import Said

    return Said({"point": ".", "comma": ","}.get(args.decimal), args.points)


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
    await run(settings, replay)
    return 0


async def _let_in(args: argparse.Namespace, settings: Settings) -> int:
    """A link for a browser, or a token for a script; the bot may run."""
    from pixel_bot.cli import open as opening
    from pixel_bot.cli import token

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
