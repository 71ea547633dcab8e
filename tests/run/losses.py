"""The ways in which a database is taken away from a running bot."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

Loss = Callable[[Path], None]
LOST = "so the bot has ended."
"""In the last sentence of a bot whose database is lost."""


def folder_deleted(database: Path) -> None:
    shutil.rmtree(database.parent)


def folder_made_anew(database: Path) -> None:
    shutil.rmtree(database.parent)
    database.parent.mkdir()


def replaced(database: Path) -> None:
    other = database.with_name("other.db")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE other (id INTEGER)")
    other.replace(database)


def moved_away(database: Path) -> None:
    database.rename(database.with_name("elsewhere.db"))


def log_deleted(database: Path) -> None:
    database.with_name(database.name + "-wal").unlink()


def memory_deleted(database: Path) -> None:
    database.with_name(database.name + "-shm").unlink()


LOSSES = (folder_deleted, folder_made_anew, replaced, moved_away, log_deleted, memory_deleted)


def copy_named_in(line: str) -> Path:
    """The copy that the last sentence of a bot names."""
    found = re.search(r'db restore "(.+?)"', line)
    assert found is not None, line
    return Path(found[1])
