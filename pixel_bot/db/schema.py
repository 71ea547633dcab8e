"""Brings a database to the present schema: new, hand-made, older; never one that is newer or broken."""

import asyncio
import re
import sqlite3
import struct
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

from pixel_bot.db.engine import BUSY_TIMEOUT_MS, Database, is_damaged
from pixel_bot.errors import DatabaseRefused, FolderNotWritable
from pixel_bot.upkeep.backup_file import back_up, read_only

HEAD = "0006"
"""The newest migration. A constant, so that a start with nothing to do needs not import Alembic."""

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Upgrade:
    """What an upgrade did. ``changed`` is False when there was nothing to do; ``backup`` is the copy made before."""

    changed: bool
    report: tuple[str, ...] = ()
    backup: Path | None = None


async def upgrade(database: Database, backup_dir: Path) -> Upgrade:
    """Create, adopt or upgrade the database, after a backup of what is there, in one transaction.

    Raises:
        DatabaseRefused: the file is damaged, foreign or of a newer version. It is left untouched.
        FolderNotWritable: the folder of the database or of the backups cannot be written.
    """
    backup: Path | None = None
    try:
        if database.path is not None:
            check_file(database.path)
            if _needs_backup(database.path):
                backup = back_up(database.path, backup_dir, datetime.now(UTC))
            await asyncio.to_thread(_switch_to_wal, database.path)
        present = await revision(database)
        if present == HEAD:
            return Upgrade(changed=False)
        if present is not None:
            _refuse_unknown(present)
        writer = database.engine.execution_options(begin="IMMEDIATE")
        async with writer.begin() as connection:
            report = await connection.run_sync(_migrate)
    except (OperationalError, sqlite3.OperationalError) as exc:
        if database.path is not None and ("readonly" in str(exc) or "unable to open" in str(exc)):
            raise FolderNotWritable(database.path.parent, "DATA_DIR") from exc
        if database.is_shared and isinstance(exc, OperationalError):
            raise DatabaseRefused(
                f"{database.name} cannot be used: {exc.orig}. Check DATABASE_URL, and that PostgreSQL runs there."
            ) from exc
        raise
    except (DatabaseError, sqlite3.DatabaseError) as exc:
        if is_damaged(exc):
            raise damaged(database.path) from exc
        raise
    return Upgrade(changed=True, report=tuple(report), backup=backup)


async def revision(database: Database) -> str | None:
    """The schema that the database has; None for an empty or a hand-made one."""
    async with database.engine.connect() as connection:
        if not await connection.run_sync(lambda c: inspect(c).has_table("alembic_version")):
            return None
        return (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()


def _refuse_unknown(present: str) -> None:
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


def _needs_backup(path: Path) -> bool:
    """Look at the file while it is open for reading alone; whatever is refused, is refused here.

    Returns:
        True when there is something in it that an upgrade will change.
    """
    if not path.exists() or not path.stat().st_size:
        return False
    if _has(path, "-journal"):
        # Somebody was killed while writing in SQLite's older way: only a connection that may write takes it back.
        with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1_000)) as connection:
            connection.execute("SELECT COUNT(*) FROM sqlite_master")
    engine = create_engine(f"sqlite:///{read_only(path)}&uri=true", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            if inspect(connection).has_table("alembic_version"):
                stamps = connection.execute(text("SELECT version_num FROM alembic_version")).scalars()
                present = ", ".join(str(stamp) for stamp in stamps)
                _refuse_unknown(present)
                return present != HEAD
            from pixel_bot.db.adopt import is_hand_made, refuse_what_cannot_be_adopted

            if is_hand_made(connection):
                refuse_what_cannot_be_adopted(connection)
            return bool(inspect(connection).get_table_names())
    finally:
        engine.dispose()


def _switch_to_wal(path: Path) -> None:
    """SQLite refuses this at once while another program writes, instead of waiting as it does elsewhere."""
    with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1_000, isolation_level=None)) as connection:
        for _ in range(5):
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as exc:
                if "locked" not in str(exc):
                    raise
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("COMMIT")
            else:
                return


def _migrate(connection: Connection) -> list[str]:
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
        path.parent.mkdir(parents=True, exist_ok=True)
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
    unfinished = _has(path, "-wal") or _has(path, "-journal")
    if not unfinished and path.stat().st_size < _size_by_header(header):
        raise damaged(path)


def _has(path: Path, ending: str) -> bool:
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
