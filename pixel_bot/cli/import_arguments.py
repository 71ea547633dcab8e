"""The arguments of ``import`` and ``compare``."""

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixel_bot.imports.files import Said


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


def _whole(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) < 7):
        raise argparse.ArgumentTypeError("a whole number from 0 up")
    return int(typed)
