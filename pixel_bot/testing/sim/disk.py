"""The disk of the bot's machine, which can be full, read-only or broken; another program may hold the database."""

import asyncio
import random
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any


class DiskFault(StrEnum):
    """What is wrong with it."""

    FULL = "full"
    READ_ONLY = "read-only"
    BROKEN = "broken"


_ERRORS = {
    DiskFault.FULL: ("database or disk is full", sqlite3.SQLITE_FULL),
    DiskFault.READ_ONLY: ("attempt to write a readonly database", sqlite3.SQLITE_READONLY),
    DiskFault.BROKEN: ("disk I/O error", sqlite3.SQLITE_IOERR),
}
_WRITES = ("INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER")
_COMMITS = {"commit", "_commit"}

LOCK_PAUSE = 0.05


class Disk:
    """Lets statements fail as SQLite does.

    Args:
        chance: draws which of them, where not all do.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.fault: DiskFault | None = None

    def check(self, function: Callable[[], Any]) -> None:
        """Called before each task of a connection.

        Raises:
            sqlite3.OperationalError: it fails.
        """
        if self.fault is None or not self._hits(self.fault, function):
            return
        call: Any = function
        if _name(function) in _COMMITS and self.fault is not DiskFault.READ_ONLY and self._chance.random() < 0.5:
            # SQLite may roll back by itself then, and may not.
            (call.args[0] if call.args else call.func.__self__).rollback()
        message, code = _ERRORS[self.fault]
        error = sqlite3.OperationalError(message)
        error.sqlite_errorcode = code
        raise error

    def _hits(self, fault: DiskFault, function: Callable[[], Any]) -> bool:
        name = _name(function)
        if name in _COMMITS:
            return True
        if name not in {"_execute", "_execute_many"}:
            return False
        statement: str = getattr(function, "args")[1].lstrip()[:6].upper()  # noqa: B009 - a partial's
        match fault:
            case DiskFault.FULL:
                return statement in _WRITES and self._chance.random() < 0.3
            case DiskFault.READ_ONLY:
                return statement in _WRITES
            case DiskFault.BROKEN:
                return (statement in _WRITES or statement == "SELECT") and self._chance.random() < 0.3

    @contextmanager
    def broken(self, fault: DiskFault) -> Generator[None]:
        """Something is wrong with it for the length of the block."""
        self.fault = fault
        try:
            yield
        finally:
            self.fault = None


def _name(function: Callable[[], Any]) -> str:
    return getattr(getattr(function, "func", None), "__name__", "")


async def locked(file: Path, seconds: float) -> None:
    """Another program writes to the database, in one transaction that takes so long."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as other:
        while not other.in_transaction:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                await asyncio.sleep(LOCK_PAUSE)
        await asyncio.sleep(seconds)
