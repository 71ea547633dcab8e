"""Free space in a SQLite file, and returning it to the disk with VACUUM."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from pixel_bot.db.engine import BUSY_TIMEOUT_MS
from pixel_bot.db.file_identity import existing

WORTH_IT = 4
"""VACUUM is worth it when one part in so many of the file is free."""

BRIEF_BYTES = 256_000_000
"""The largest database that is vacuumed beside a running bot: it takes seconds, in which nobody else can write."""


@dataclass(frozen=True, slots=True)
class FreeSpace:
    """How large a file is and how much of it is free, in bytes."""

    size: int
    free: int

    @property
    def used(self) -> int:
        """The size after VACUUM."""
        return self.size - self.free

    @property
    def is_brief(self) -> bool:
        """True when VACUUM is short enough to run beside a bot."""
        return self.used <= BRIEF_BYTES

    @property
    def is_worth_it(self) -> bool:
        """True when a quarter of the file is free."""
        return self.free > 0 and self.free * WORTH_IT >= self.size


def free_space_in(path: Path) -> FreeSpace:
    """Read the sizes of a database, also while it is in use."""
    with closing(_open(path)) as connection:
        page, pages, free = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_size", "page_count", "freelist_count")
        )
    return FreeSpace(page * pages, page * free)


def release_space(path: Path) -> int:
    """VACUUM: rewrite the database without its free space. Readers go on meanwhile, writers wait.

    Returns:
        The bytes by which it got smaller.

    Raises:
        sqlite3.OperationalError: somebody else wrote all the time, or the disk has no space for a second copy.
    """
    before = free_space_in(path).size
    with closing(_open(path)) as connection:
        connection.execute("VACUUM")
        with suppress(sqlite3.OperationalError):  # while somebody reads, the file gets shorter a little later
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return before - free_space_in(path).size


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(existing(path), uri=True, timeout=BUSY_TIMEOUT_MS / 1_000, isolation_level=None)
