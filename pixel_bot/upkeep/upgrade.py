"""Brings a database to the present schema: new, hand-made, older; never one that is newer or broken."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import NullPool, create_engine, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

from pixel_bot.db.engine import BUSY_TIMEOUT_MS, Database, is_damaged
from pixel_bot.db.schema import HEAD, check_file, damaged, has_file, migrate, refuse_unknown, revision
from pixel_bot.errors import DatabaseRefused, FolderNotWritable
from pixel_bot.security.private_files import make_file, tighten
from pixel_bot.upkeep.backup_file import back_up, beside, read_only


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
            await asyncio.to_thread(_keep_private, database.path)
            is_ready = _is_ready(database.path)
            if not is_ready and _needs_backup(database.path):
                backup = back_up(database.path, backup_dir, datetime.now(UTC))
            await asyncio.to_thread(_switch_to_wal, database.path)
            if is_ready:
                return Upgrade(changed=False)
        present = await revision(database)
        if present == HEAD:
            return Upgrade(changed=False)
        if present is not None:
            refuse_unknown(present)
        writer = database.engine.execution_options(begin="IMMEDIATE")
        async with writer.begin() as connection:
            report = await connection.run_sync(migrate)
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


def _keep_private(path: Path) -> None:
    """A new file is for its owner alone; SQLite gives its logs the same rights. Older ones may be more open."""
    with suppress(OSError):  # what is wrong with the folder is told by whoever needs it
        make_file(path)
    tighten(beside(path, ending) for ending in ("", "-wal", "-shm", "-journal", ".lock"))


def _is_ready(path: Path) -> bool:
    """True for a file with the present schema, as nearly every start finds it; anything else needs a closer look."""
    if not has_file(path, "") or has_file(path, "-journal"):
        return False
    with closing(sqlite3.connect(read_only(path), uri=True)) as connection, suppress(sqlite3.OperationalError):
        return connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
    return False


def _needs_backup(path: Path) -> bool:
    """Look at the file while it is open for reading alone; whatever is refused, is refused here.

    Returns:
        True when there is something in it that an upgrade will change.
    """
    if not path.exists() or not path.stat().st_size:
        return False
    if has_file(path, "-journal"):
        # Somebody was killed while writing in SQLite's older way: only a connection that may write takes it back.
        with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1_000)) as connection:
            connection.execute("SELECT COUNT(*) FROM sqlite_master")
    engine = create_engine(f"sqlite:///{read_only(path)}&uri=true", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            if inspect(connection).has_table("alembic_version"):
                stamps = connection.execute(text("SELECT version_num FROM alembic_version")).scalars()
                present = ", ".join(str(stamp) for stamp in stamps)
                refuse_unknown(present)
                return present != HEAD
            from pixel_bot.db.adopt import is_hand_made, refuse_what_cannot_be_adopted

            if is_hand_made(connection):
                refuse_what_cannot_be_adopted(connection)
            return bool(inspect(connection).get_table_names())
    finally:
        engine.dispose()


WRITTEN_BY_WAL = b"\2\2"
"""Bytes 18 and 19 of a file that is in this mode already (https://www.sqlite.org/fileformat2.html, 1.3.3)."""


def _switch_to_wal(path: Path) -> None:
    """SQLite refuses this at once while another program writes, instead of waiting as it does elsewhere."""
    with suppress(OSError), path.open("rb") as file:
        if file.read(20)[18:] == WRITTEN_BY_WAL:
            return
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
