"""The smallest durable commit on this disk, beside whatever is measured."""

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path


def bare_commits(folder: Path, stop: threading.Event, pause: float = 0.005) -> list[float]:
    """Seconds of a bare commit on the same disk, in the same minutes as the bot's own.

    One row, write-ahead log, ``synchronous = FULL``, one commit every ``pause`` seconds. Each counts from the moment at
    which it was due, as a message does: while the disk stalls, messages and commits wait alike.
    """
    seconds: list[float] = []
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, words TEXT)")
        due = time.perf_counter()
        while not stop.is_set():
            due += pause
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO rows (words) VALUES ('as many bytes as a row of the ledger may have')")
            connection.execute("COMMIT")
            seconds.append(time.perf_counter() - due)
    return seconds
