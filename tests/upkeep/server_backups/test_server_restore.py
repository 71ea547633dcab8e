"""A backup comes back to a server, or changes nothing."""

import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.cli import server_restore
from pixel_bot.cli.backup import restore_database
from pixel_bot.db.engine import Database
from pixel_bot.db.server.cluster import Cluster
from pixel_bot.errors import FolderNotWritable, RestoreRefused
from pixel_bot.settings import Settings
from pixel_bot.testing import settings_in, stage
from pixel_bot.upkeep.backup_folder import kept_in
from tests.harness import ready_python
from tests.harness.database import findings
from tests.harness.postgres import Databases
from tests.harness.seed import execute, query, url_of
from tests.upkeep.server_backups.settings import BALANCES, SCHEMAS, SINCE, THEN
from tests.upkeep.test_db_copy import everything

# Restore


async def test_a_backup_comes_back_and_the_bot_goes_on(
    there: Settings, backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await everything(there.database_url)
    assert query(there.database_url, BALANCES) == SINCE
    assert await restore_database(there, backup) == 0
    said = capsys.readouterr().out
    aside = next(kept.path for kept in kept_in(there.backup_dir, "sandbox") if kept.path != backup)
    assert f"Kept the database that was there as {aside}." in said
    assert "3 viewers, 5 transactions, verified." in said
    assert query(there.database_url, BALANCES) == THEN
    assert await everything(there.database_url) == await everything(url_of(backup))
    assert await everything(url_of(aside)) == before
    assert sorted(file.name for file in there.data_dir.iterdir() if file.suffix != ".key") == ["server.db.lock"]
    async with stage(there.data_dir, database_url=there.database_url) as chat:
        await chat.viewer("newcomer", 5)
        assert await chat.say("bob", "!points") != []
        assert await findings(chat) == []


async def test_an_empty_server_gets_what_a_file_has(databases: Databases, tmp_path: Path, backup: Path) -> None:
    fresh = settings_in(tmp_path / "new", database_url=databases.empty(tmp_path), backup_dir=tmp_path / "other")
    assert await restore_database(fresh, backup) == 0
    assert query(fresh.database_url, BALANCES) == THEN
    assert not fresh.backup_dir.exists()


async def test_a_backup_of_an_older_schema_is_upgraded_on_the_way(there: Settings, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript((SCHEMAS / "0005.sql").read_text(encoding="utf-8"))
    expected = query(old, BALANCES)
    assert await restore_database(there, old) == 0
    assert query(there.database_url, BALANCES) == expected
    async with stage(there.data_dir, database_url=there.database_url) as chat:
        assert await findings(chat) == []


async def test_not_while_a_bot_runs(there: Settings, backup: Path, tmp_path: Path) -> None:
    async with stage(tmp_path / "running", database_url=there.database_url):
        with pytest.raises(RestoreRefused, match=r"A bot is running on .* Stop it first\."):
            await restore_database(there, backup)
    assert query(there.database_url, BALANCES) == SINCE


async def test_nor_when_one_starts_meanwhile(there: Settings, backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([set[int](), {7}])

    async def living(self: object) -> set[int]:
        return next(looks)

    monkeypatch.setattr(Cluster, "live_processes", living)
    with pytest.raises(RestoreRefused, match="A bot is running"):
        await restore_database(there, backup)
    assert query(there.database_url, BALANCES) == SINCE


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-5_000])


def scribble(file: Path) -> None:
    file.write_text("hello")


REFUSED: dict[str, tuple[Callable[[Path], object] | str, str]] = {
    "cut short": (cut, "cut short"),
    "no database": (scribble, "no SQLite database"),
    "play money": ("UPDATE meta SET value = 'live' WHERE key = 'mode'", "is a sandbox one"),
    "a wrong ledger": ("UPDATE users SET points = 9 WHERE name = 'bob'", "ledger is not"),
    "newer": ("UPDATE alembic_version SET version_num = '9999'", "newer Pixel Bot"),
}


async def test_what_cannot_be_used_changes_nothing(there: Settings, backup: Path) -> None:
    good, before = backup.read_bytes(), await everything(there.database_url)
    for why, (spoil, said) in REFUSED.items():
        if isinstance(spoil, str):
            execute(backup, spoil)
        else:
            spoil(backup)
        with pytest.raises(RestoreRefused, match=said):
            await restore_database(there, backup)
        assert await everything(there.database_url) == before, why
        assert [file.name for file in there.backup_dir.iterdir()] == [backup.name], why
        backup.write_bytes(good)


async def test_what_cannot_be_kept_is_not_replaced(there: Settings, backup: Path, tmp_path: Path) -> None:
    (tmp_path / "no folder").write_text("")
    elsewhere = there.model_copy(update={"backup_dir": tmp_path / "no folder"})
    with pytest.raises(FolderNotWritable, match="BACKUP_DIR"):
        await restore_database(elsewhere, backup)
    assert query(there.database_url, BALANCES) == SINCE


async def test_no_older_backup_goes_for_the_one_that_is_kept_aside(there: Settings, backup: Path) -> None:
    assert await restore_database(there.model_copy(update={"backup_keep": 1}), backup) == 0
    assert backup.exists()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from pixel_bot.cli import server_restore
from pixel_bot.cli.backup import restore_database
from pixel_bot.settings import load_settings

real = server_restore.copy_rows

async def copy_rows(old, new):
    await real(old, new)
    os.kill(os.getpid(), signal.SIGKILL)

server_restore.copy_rows = copy_rows
asyncio.run(restore_database(load_settings(), Path(sys.argv[1])))
"""


async def test_killed_before_it_commits_it_changed_nothing(
    there: Settings, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("database_url", "data_dir", "backup_dir"):
        monkeypatch.setenv(name.upper(), str(getattr(there, name)))
    killed = await ready_python.start(sys.executable, "-c", KILLED, str(backup))
    assert await killed.wait() == -signal.SIGKILL
    assert query(there.database_url, BALANCES) == SINCE
    assert await restore_database(there, backup) == 0
    assert query(there.database_url, BALANCES) == THEN


async def test_a_lock_that_somebody_holds_is_a_sentence(
    there: Settings, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Database(there.database_url)
    try:
        async with other.engine.connect() as tool:
            await tool.execute(text("LOCK TABLE users IN ACCESS SHARE MODE"))

            async def impatient(new: server_restore.AsyncConnection) -> None:
                await new.execute(text("SET LOCAL lock_timeout = 50"))
                await empty(new)

            empty = server_restore._empty
            monkeypatch.setattr(server_restore, "_empty", impatient)
            with pytest.raises(RestoreRefused, match=r"did not take it: .*lock timeout"):
                await restore_database(there, backup)
    finally:
        await other.close()
    assert query(there.database_url, BALANCES) == SINCE
