"""Facts of a backup file, read without changing it: whether it is one of ours, its schema, its mode."""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pixel_bot.db.adopt import SEED_TABLES
from pixel_bot.db.meta import Mode
from pixel_bot.db.schema import HEAD, check_file
from pixel_bot.errors import DatabaseRefused, RestoreRefused
from pixel_bot.upkeep.backup_file import mode_in, open_to_read


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """``schema`` is None for one that was made by hand, ``mode`` for one that no bot has opened yet."""

    schema: str | None
    mode: Mode | None
    viewers: int
    transactions: int


def facts_of(file: Path) -> BackupFacts:
    """Read the facts of a file that is said to be a backup.

    Raises:
        RestoreRefused: it is missing, cut short, no database, not ours, or of a newer version.
    """
    _refuse_other_files(file)
    try:
        with closing(open_to_read(file)) as connection:
            connection.execute("BEGIN")
            return _read(connection, file)
    except sqlite3.DatabaseError as exc:
        raise RestoreRefused(file, f"It cannot be read as a database ({exc}).") from exc


def _refuse_other_files(file: Path) -> None:
    try:
        if not file.exists():
            raise RestoreRefused(file, "There is no such file.")
        if not file.is_file():
            raise RestoreRefused(file, "It is no file.")
        if not file.stat().st_size:
            raise RestoreRefused(file, "It is empty.")
        with file.open("rb") as opened:
            opened.read(1)
        check_file(file)
    except OSError as exc:
        raise RestoreRefused(file, f"It cannot be read ({exc.strerror}).") from exc
    except DatabaseRefused as exc:
        raise RestoreRefused(file, "It is cut short, damaged, or no SQLite database at all.") from exc


def _read(connection: sqlite3.Connection, file: Path) -> BackupFacts:
    tables = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables.intersection({"alembic_version", *SEED_TABLES}) or "users" not in tables:
        raise RestoreRefused(file, "It is a database, but none of Pixel Bot.")
    schema = _schema(connection, file) if "alembic_version" in tables else None
    return BackupFacts(
        schema,
        mode_in(connection),
        _rows(connection, "users"),
        _rows(connection, "transactions") if "transactions" in tables else 0,
    )


def _schema(connection: sqlite3.Connection, file: Path) -> str:
    stamps = [str(stamp) for (stamp,) in connection.execute("SELECT version_num FROM alembic_version LIMIT 2")]
    schema = ", ".join(stamps)
    if not re.fullmatch(r"[0-9]{4}", schema) or schema == "0000":
        raise RestoreRefused(file, f"It says that its schema is {schema[:40]!r}, which no Pixel Bot ever made.")
    if schema > HEAD:
        why = f"It belongs to a newer Pixel Bot (schema {schema}, this one knows {HEAD}). Update Pixel Bot first."
        raise RestoreRefused(file, why)
    return schema


def _rows(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])
