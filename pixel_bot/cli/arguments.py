"""What may stand on the command line."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixel_bot.imports.files import Said

MOST_DAYS = 36_500
MOST_CROWD = 12


def parser() -> argparse.ArgumentParser:
    """The parser of the command line, with everything that may be typed."""
    made = argparse.ArgumentParser(
        prog="python -m pixel_bot",
        description="The chat bot for Twitch and Joystick.tv that streamers trust with their community's economy.",
        epilog="Without a command the bot runs: on the platforms whose client id is set, else on the sandbox.",
    )
    made.add_argument("--version", action="store_true", help="show the version, and end")
    made.add_argument("--verbose", action="store_true", help="with --version: also the licences of what it uses")
    commands = made.add_subparsers(dest="command", metavar="COMMAND")

    _add_sandbox(commands)
    commands.add_parser("login", help="sign in to Twitch with a code, on a machine without a browser")

    voices = commands.add_parser("voices", help="voices for TTS_ENGINE=piper").add_subparsers(
        dest="action", metavar="ACTION", required=True
    )
    voices.add_parser("list", help="which voices there are")
    voices.add_parser("download", help="fetch a voice").add_argument("name", metavar="NAME")

    _add_database(commands)
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
    return made


def _add_sandbox(commands: Any) -> None:
    sandbox = commands.add_parser("sandbox", help="run on the sandbox, whatever credentials are set")
    sandbox.add_argument("--replay", type=Path, metavar="FILE", help="play a chat log: CSV second,user,text")
    sandbox.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="1 is real time, 0 as fast as it goes")
    sandbox.add_argument("--exit-when-done", action="store_true", help="end when the log has been played")
    sandbox.add_argument(
        "--crowd",
        type=_crowd,
        default=0,
        metavar="N",
        help=f"N viewers who play along by themselves, up to {MOST_CROWD}",
    )


def _add_database(commands: Any) -> None:
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


def _add_points_and_people(commands: Any) -> None:
    add_import(commands)
    comparing = commands.add_parser("compare", help="set another bot's points beside the ones here; changes nothing")
    comparing.add_argument("file", type=Path, metavar="FILE", help="its export, as import reads it")
    add_reading(comparing)
    undo = commands.add_parser("undo", help="take an import back")
    undo.add_argument("batch", metavar="BATCH", help="as import printed it")
    forgetting = commands.add_parser("forget", help="forget a person: the name goes, the ledger stays exact")
    forgetting.add_argument("name", metavar="NAME")
    exporting = commands.add_parser("export", help="print everything that is kept of a person, as JSON")
    exporting.add_argument("name", metavar="NAME")
    economy = commands.add_parser("economy", help="where points come from and go to; changes nothing")
    economy.add_argument("--days", type=_days, default=30, metavar="N", help="so many days back; 30 if left out")
    economy.add_argument(
        "--what-if",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="and with another setting, like POINTS_CHAT_AMOUNT=5 or REDEEM_COST_TTS=50; may be given again",
    )
    fair = commands.add_parser("fair", help="print a draw as JSON, to verify it; exit 1 when it is wrong")
    fair.add_argument("number", type=int, metavar="ID", help="as chat was told it")


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


def add_import(commands: Any) -> None:
    """Add ``import [commands] FILE`` and its options."""
    importing = commands.add_parser(
        "import",
        help="take over points or commands of another bot, from its files",
        usage="%(prog)s [commands] FILE [--dry-run] [--again] [--verbose] [--decimal MARK] [--points COLUMN] "
        "[--xp] [--xp-per-hour N]",
    )
    importing.add_argument("files", nargs="+", metavar="FILE", help="with points; or the word commands, and a file")
    importing.add_argument("--dry-run", action="store_true", help="only show what would change")
    importing.add_argument("--again", action="store_true", help="also pay people who got points by another import")
    importing.add_argument("--verbose", action="store_true", dest="all_lines", help="name every line that is left out")
    add_reading(importing)
    importing.add_argument("--xp", action="store_true", help="also take over its column of XP")
    importing.add_argument(
        "--xp-per-hour", type=_whole, default=0, metavar="N", help="or give N XP for each hour of its viewers"
    )


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add what may be said of a file that can be read in two ways."""
    parser.add_argument(
        "--decimal", choices=("point", "comma"), help="what fractions of points begin with in this file"
    )
    parser.add_argument("--points", default="", metavar="COLUMN", help="the column with the points, if several may be")


def are_files_right(args: argparse.Namespace) -> bool:
    """Whether there is one file, or the word ``commands`` and one."""
    return len(args.files) == 1 or (len(args.files) == 2 and args.files[0] == "commands")


def said_of(args: argparse.Namespace) -> "Said":
    """What is said of the file."""
    from pixel_bot.imports.files import Said

    mark = "." if args.decimal == "point" else "," if args.decimal else None
    return Said(mark, args.points, getattr(args, "xp", False), getattr(args, "xp_per_hour", 0))


def _crowd(typed: str) -> int:
    size = _whole(typed)
    if not 1 <= size <= MOST_CROWD:
        raise argparse.ArgumentTypeError(f"a number of viewers from 1 to {MOST_CROWD}")
    return size


def _days(typed: str) -> int:
    days = _whole(typed)
    if not 1 <= days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"a number of days from 1 to {MOST_DAYS:,}")
    return days


def _whole(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) < 7):
        raise argparse.ArgumentTypeError("a whole number from 0 up")
    return int(typed)
