"""What an error of the disk means, and the connection that writes."""

import errno
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from pixel_bot.bot.error_replies import NO_DATABASE, SORRY, may_work_later, reply_for
from pixel_bot.db.engine import Database
from pixel_bot.db.write_outage import (
    AWAY,
    BROKEN,
    FULL,
    LOCKED,
    LOST,
    PROTECTED,
    READ_ONLY,
    UNREACHABLE,
    Problem,
    WriteOutage,
    problem_of,
)
from pixel_bot.services import Services
from tests.db.disk.awards import REFUSED, balances, file_of, mark, of_sqlite, person
from tests.harness.database import findings
from tests.harness.disk import BadDisk
from tests.harness.seed import query

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(sys.platform != "linux", reason="the disks of these tests are Linux's"),
]


GONE = "I cannot save anything right now: my database was moved away. Nothing was charged or changed."
PLACE = "my database is read-only"


class OfPostgres(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("cause", "problem"),
    [
        (of_sqlite(sqlite3.SQLITE_FULL), FULL),
        (of_sqlite(sqlite3.SQLITE_READONLY_ROLLBACK), READ_ONLY),
        (of_sqlite(sqlite3.SQLITE_READONLY_DBMOVED), LOST),
        (of_sqlite(sqlite3.SQLITE_READONLY_DIRECTORY), PROTECTED),
        (of_sqlite(sqlite3.SQLITE_BUSY), LOCKED),
        (of_sqlite(sqlite3.SQLITE_IOERR_FSYNC), BROKEN),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), UNREACHABLE),
        (of_sqlite(sqlite3.SQLITE_ERROR), None),
        (OfPostgres("53100"), FULL),
        (OfPostgres("25006"), READ_ONLY),
        (OfPostgres("55P03"), LOCKED),
        (OfPostgres("57P01"), AWAY),
        (OfPostgres("40P01"), None),
        (ConnectionRefusedError("nobody listens"), AWAY),
    ],
)
def test_an_error_means(cause: Exception, problem: Problem | None) -> None:
    assert problem_of(OperationalError("COMMIT", {}, cause)) == problem


def test_what_is_no_error_of_a_database_means_nothing() -> None:
    assert problem_of(ValueError("of something else")) is None


def test_a_full_disk_is_known_also_by_another_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite cannot make its index of the write-ahead log larger, and calls that an I/O error."""
    error = of_sqlite(sqlite3.SQLITE_IOERR_SHMSIZE)
    assert problem_of(error, tmp_path) == BROKEN
    usage = shutil.disk_usage(tmp_path)._replace(free=4096)

    def full(_: Path) -> Any:
        return usage

    monkeypatch.setattr(shutil, "disk_usage", full)
    assert problem_of(error, tmp_path) == FULL
    assert problem_of(of_sqlite(sqlite3.SQLITE_BUSY), tmp_path) == LOCKED


def test_a_command_is_answered_with_the_reason() -> None:
    def answer(cause: Exception) -> str | None:
        return reply_for(OperationalError("COMMIT", {}, cause), "!give @user N")

    assert answer(of_sqlite(sqlite3.SQLITE_FULL)) == REFUSED
    assert answer(of_sqlite(sqlite3.SQLITE_READONLY)) == REFUSED.replace("full", "read-only")
    assert answer(of_sqlite(sqlite3.SQLITE_IOERR)) == NO_DATABASE
    assert answer(of_sqlite(sqlite3.SQLITE_READONLY_DBMOVED)) == GONE
    assert answer(of_sqlite(sqlite3.SQLITE_READONLY_DIRECTORY)) == REFUSED.replace("the disk is full", PLACE)
    ours = (
        REFUSED,
        REFUSED.replace("full", "read-only"),
        REFUSED.replace("the disk is full", PLACE),
        GONE,
        NO_DATABASE,
    )
    assert all(map(may_work_later, ours))
    assert not any(map(may_work_later, (None, SORRY, "That is too much at once.")))


# The connection that writes


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
async def test_a_write_that_fails_leaves_nothing_and_the_next_one_works(
    services: Services, disk: BadDisk, code: int
) -> None:
    database = services.database
    for wrong in (code, 0, code, 0):
        disk.writing = wrong
        before = await balances(services)
        try:
            async with database.write() as session:
                known = await services.viewers.upsert(session, [person(f"user{i}") for i in range(len(before) + 3)])
                assert len(known) == len(before) + 3
        except OperationalError:
            assert wrong
            assert await balances(services) == before
        else:
            assert not wrong
            assert len(await balances(services)) == len(before) + 3
    assert query(file_of(services), "PRAGMA integrity_check") == [("ok",)]
    assert await findings(services) == []


async def test_a_connection_that_was_opened_read_only_is_opened_anew(services: Services, disk: BadDisk) -> None:
    database = Database(services.database.url)
    try:
        trouble = WriteOutage(database)
        await database.look_up("SELECT 1 FROM meta", {})
        disk.opening = errno.EROFS
        for _ in range(2):
            with pytest.raises(OperationalError, match="readonly"):
                await mark(database, "no")
        assert trouble.now == READ_ONLY
        disk.free()
        await mark(database, "yes")
        assert await database.look_up("SELECT value FROM meta WHERE key = 'test'", {}) == [("yes",)]
    finally:
        await database.close()
