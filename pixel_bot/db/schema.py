"""Brings a database to the present schema: new, hand-made, older; never one that is newer or broken."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, NullPool, create_engine, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

from pixel_bot.db.backup import back_up
from pixel_bot.db.engine import Database, is_damaged
from pixel_bot.errors import DatabaseRefused, FolderNotWritable

HEAD = "0002"
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
    if database.path is not None:
        check_file(database.path)
        _look_before_touching(database.path)
    try:
        present = await revision(database)
        if present == HEAD:
            return Upgrade(changed=False)
        async with database.engine.connect() as connection:
            tables = await connection.run_sync(lambda c: inspect(c).get_table_names())
        backup = back_up(database.path, backup_dir, datetime.now(UTC)) if tables and database.path else None
        writer = database.engine.execution_options(begin="IMMEDIATE")
        async with writer.begin() as connection:
            report = await connection.run_sync(_migrate)
    except OperationalError as exc:
        if database.path is not None and "readonly" in str(exc):
            raise FolderNotWritable(database.path.parent, "DATA_DIR") from exc
        raise
    except DatabaseError as exc:
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


def _refuse_newer(present: str | None) -> None:
    if present is not None and present > HEAD:
        raise DatabaseRefused(
            f"This database belongs to a newer Pixel Bot (schema {present}, this one knows {HEAD}). "
            "Update Pixel Bot; the database was left untouched."
        )


def _look_before_touching(path: Path) -> None:
    """Whatever is refused is refused while the file is open for reading alone."""
    if not path.exists() or not path.stat().st_size:
        return
    engine = create_engine(f"sqlite:///file:{quote(path.as_posix())}?mode=ro&uri=true", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            if inspect(connection).has_table("alembic_version"):
                _refuse_newer(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
                return
            from pixel_bot.db.adopt import is_hand_made, refuse_what_cannot_be_adopted

            if is_hand_made(connection):
                refuse_what_cannot_be_adopted(connection)
    except DatabaseError as exc:
        if is_damaged(exc):
            raise damaged(path) from exc
        raise
    finally:
        engine.dispose()


def _migrate(connection: Connection) -> list[str]:
    from alembic import command
    from alembic.config import Config

    from pixel_bot.db.adopt import adopt, is_hand_made

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    report: list[str] = []
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
    wal = path.with_name(path.name + "-wal")
    if not (wal.exists() and wal.stat().st_size) and path.stat().st_size < _size_by_header(header):
        raise damaged(path)


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
