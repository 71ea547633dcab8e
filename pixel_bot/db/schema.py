"""The schema: its newest revision, which one a database has, and the migrations that lead there."""

import re
import struct
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from pixel_bot.db.engine import Database
from pixel_bot.errors import DatabaseRefused, FolderNotWritable
from pixel_bot.security.private_files import make_folder

HEAD = "0011"
"""The newest migration. A constant, so that a start with nothing to do needs not import Alembic."""

MIGRATIONS = Path(__file__).parent / "migrations"


async def revision(database: Database) -> str | None:
    """The schema that the database has; None for an empty or a hand-made one."""
    async with database.engine.connect() as connection:
        if not await connection.run_sync(lambda c: inspect(c).has_table("alembic_version")):
            return None
        return (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()


def refuse_unknown(present: str) -> None:
    """A schema has four digits, and those up to ours were all ours."""
    if not re.fullmatch(r"[0-9]{4}", present) or present == "0000":
        raise DatabaseRefused(
            f"This database says that its schema is {present[:40]!r}, which no Pixel Bot ever made. "
            "It was left untouched. Put a backup in its place, or set another DATA_DIR."
        )
    if present > HEAD:
        raise DatabaseRefused(
            f"This database belongs to a newer Pixel Bot (schema {present}, this one knows {HEAD}). "
            "Update Pixel Bot; the database was left untouched."
        )


def migrate(connection: Connection) -> list[str]:
    from alembic import command
    from alembic.config import Config

    from pixel_bot.db.adopt import adopt, is_hand_made

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    report: list[str] = []
    if is_hand_made(connection) and connection.dialect.name != "sqlite":
        raise DatabaseRefused("There are tables of the bot's names already. Point DATABASE_URL to an empty database.")
    if is_hand_made(connection):
        report = adopt(connection)
        command.stamp(config, "0001")
    command.upgrade(config, "head")
    return report


def check_file(path: Path) -> None:
    """Look at the file before SQLite does, which would take a short one for an empty one."""
    try:
        make_folder(path.parent)
        if path.exists() and path.stat().st_size:
            with path.open("rb") as file:
                header = file.read(100)
        else:
            probe = path.parent / f".{path.name}.probe"
            probe.touch()
            probe.unlink()
            return
    except (PermissionError, NotADirectoryError, FileExistsError, IsADirectoryError, OSError) as exc:
        raise FolderNotWritable(path.parent, "DATA_DIR") from exc
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        raise damaged(path)
    unfinished = has_file(path, "-wal") or has_file(path, "-journal")
    if not unfinished and path.stat().st_size < _size_by_header(header):
        raise damaged(path)


def has_file(path: Path, ending: str) -> bool:
    beside = path.with_name(path.name + ending)
    return beside.exists() and beside.stat().st_size > 0


def _size_by_header(header: bytes) -> int:
    """The size that the header promises, 0 where it makes no promise (https://sqlite.org/fileformat2.html, 1.3.7)."""
    (page_size,) = struct.unpack(">H", header[16:18])
    changes, pages = struct.unpack(">II", header[24:32])
    (valid_for,) = struct.unpack(">I", header[92:96])
    return (65_536 if page_size == 1 else page_size) * pages if changes == valid_for else 0


def damaged(path: Path | None) -> DatabaseRefused:
    """The error for a file that is broken or no database."""
    return DatabaseRefused(
        f"{path} is damaged, or no SQLite database. I left it untouched. "
        "Move it away and start again, or put a backup in its place."
    )
