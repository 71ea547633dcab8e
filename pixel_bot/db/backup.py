"""A copy of a SQLite database that may be in use, made by SQLite's online backup and never by copying the file."""

import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from pixel_bot.errors import DatabaseRefused, FolderNotWritable


def backup_name(moment: datetime) -> str:
    """``pixel_YYYYmmdd_HHMMSS.db`` in local time."""
    return f"pixel_{moment.astimezone():%Y%m%d_%H%M%S}.db"


def back_up(source: Path, folder: Path, moment: datetime) -> Path:
    """Copy the database into the folder and verify the copy.

    Returns:
        The new file.

    Raises:
        FolderNotWritable: the folder cannot be made or written.
        DatabaseRefused: the copy does not pass SQLite's own check.
    """
    target = folder / backup_name(moment)
    partial = target.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with closing(sqlite3.connect(read_only(source), uri=True)) as old, closing(sqlite3.connect(partial)) as new:
            old.backup(new, pages=2_000)
            new.execute("PRAGMA journal_mode = DELETE")
            (verdict,) = new.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise DatabaseRefused(
                f"The backup of {source} is damaged ({verdict}). Check the disk; nothing was changed."
            )
        partial.replace(target)
    except (PermissionError, NotADirectoryError, FileExistsError, sqlite3.OperationalError) as exc:
        raise FolderNotWritable(folder, "BACKUP_DIR") from exc
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return target


def read_only(path: Path) -> str:
    """The address under which SQLite opens the file without changing it, or leaving anything beside it.

    Without a write-ahead log nobody writes into it in our own mode, so it may be taken for immutable.
    """
    wal = path.with_name(path.name + "-wal")
    how = "mode=ro" if wal.exists() and wal.stat().st_size else "immutable=1"
    return f"file:{quote(str(path.resolve().as_posix()))}?{how}"
