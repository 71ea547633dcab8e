"""PhantomBot's database: the tables ``phantombot_points`` and ``phantombot_time``, read and never written.

Each table has the columns ``section``, ``variable`` and ``value``, all of them text: the login, and the points or the
seconds in chat. Newer ones also have ``phantombot_logintoid`` with Twitch's ids.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from pixel_bot.imports.errors import ImportRefused
from pixel_bot.imports.table import Row, Table, kept_rows

HEADER = ("username", "points", "seconds", "twitchid")
MAGIC = b"SQLite format 3\0"


def read_phantombot(path: Path) -> Table:
    """The points of ``phantombot.db``.

    Raises:
        ImportRefused: it is another program's database, or damaged.
    """
    try:
        with _opened(path) as connection:
            tables = {str(name).lower() for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            if "phantombot_points" not in tables:
                raise ImportRefused("It is a database, but not PhantomBot's: it has no table phantombot_points.")
            rows = list(_rows(connection, tables))
    except sqlite3.Error as exc:
        raise ImportRefused(f"It is a database that cannot be read: {exc}.") from exc
    return Table(kept_rows(rows), HEADER, "PhantomBot", "Row")


def _rows(connection: sqlite3.Connection, tables: set[str]) -> Iterator[Row]:
    def joined(table: str) -> tuple[str, str]:
        if table not in tables:
            return "NULL", ""
        return (
            f"{table}.value",
            f"LEFT JOIN {table} ON {table}.variable = p.variable AND COALESCE({table}.section, '') = ''",
        )

    seconds, with_time = joined("phantombot_time")
    ids, with_ids = joined("phantombot_logintoid")
    query = (
        f"SELECT p.rowid, p.variable, p.value, {seconds}, {ids} FROM phantombot_points p {with_time} {with_ids} "
        "WHERE COALESCE(p.section, '') = '' ORDER BY p.rowid"
    )
    for number, *cells in connection.execute(query):
        yield Row(int(number), ["" if cell is None else str(cell) for cell in cells])


@contextmanager
def _opened(path: Path) -> Generator[sqlite3.Connection]:
    """The database, so that nothing beside it is made or changed.

    What PhantomBot has not moved into the file yet lies in the write-ahead log beside it; then both are copied, because
    SQLite would write into the folder to read it.
    """
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() or not log.stat().st_size:
        with closing(
            sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True)
        ) as connection:
            yield connection
        return
    with tempfile.TemporaryDirectory(prefix="pixel-import-") as folder:
        copy = Path(folder) / "copy.db"
        shutil.copyfile(path, copy)
        shutil.copyfile(log, copy.with_name("copy.db-wal"))
        with closing(sqlite3.connect(copy)) as connection:
            yield connection
