"""An older database is upgraded, and keeps its rows."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pixel_bot.db.schema import HEAD
from pixel_bot.errors import FolderNotWritable
from tests.db.schema.revisions import upgraded
from tests.harness.seed import query

pytestmark = pytest.mark.sqlite


async def test_an_older_database_keeps_its_rows(older: Path) -> None:
    done = await upgraded(older)
    assert done.changed
    assert query(older, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert query(older, "SELECT id, name, points, created_at, platform, platform_id FROM users") == [
        (7, "alice", 30, "2025-01-01 10:00:00.000000", "twitch", None)
    ]
    assert query(older, "SELECT user_id, amount, reason, balance_after, change_id FROM transactions") == [
        (7, 30, "chat", 30, None)
    ]
    assert query(older, "SELECT user_name, xp, level FROM xp_records") == [("alice", 150, 2)]


async def test_an_older_database_is_backed_up_first(older: Path) -> None:
    done = await upgraded(older)
    assert done.backup is not None
    assert done.backup.parent == older.parent / "backups"
    assert query(done.backup, "PRAGMA integrity_check") == [("ok",)]
    assert query(done.backup, "SELECT version_num FROM alembic_version") == [("0001",)]
    assert query(done.backup, "SELECT name, points FROM users") == [("alice", 30)]
    assert [p.name for p in done.backup.parent.iterdir()] == [done.backup.name]


async def test_without_room_for_the_backup_nothing_is_upgraded(older: Path) -> None:
    (older.parent / "backups").write_text("not a folder")
    before = query(older, "SELECT version_num FROM alembic_version")
    with pytest.raises(FolderNotWritable, match="BACKUP_DIR"):
        await upgraded(older)
    assert query(older, "SELECT version_num FROM alembic_version") == before


async def test_the_backup_has_what_is_still_in_the_write_ahead_log(older: Path) -> None:
    with closing(sqlite3.connect(older)) as other_tool:
        other_tool.execute("PRAGMA journal_mode = WAL")
        other_tool.execute("UPDATE users SET points = 31")
        other_tool.commit()
        done = await upgraded(older)
    assert done.backup is not None
    assert query(done.backup, "SELECT points FROM users") == [(31,)]


async def test_the_upgrade_waits_for_another_program_that_writes(older: Path) -> None:
    with closing(sqlite3.connect(older, isolation_level=None)) as other_tool:
        other_tool.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(upgraded(older))
        await asyncio.wait([task], timeout=0.2)
        other_tool.execute("COMMIT")
    assert (await task).changed
