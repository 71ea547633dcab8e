"""A backup of a server's database is a file with every row."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pixel_bot.cli.backup import back_up_database
from pixel_bot.errors import BackupFailed, DatabaseRefused
from pixel_bot.run.housekeeping import Housekeeping
from pixel_bot.settings import Settings
from pixel_bot.testing import SettableClock, settings_in, stage
from pixel_bot.upkeep import copy
from tests.harness.postgres import Databases
from tests.harness.seed import execute, query, url_of
from tests.upkeep.server_backups.settings import only
from tests.upkeep.test_db_copy import everything

# Backup


async def test_a_backup_is_a_file_with_every_row(there: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    async with stage(there.data_dir, database_url=there.database_url) as chat:
        await chat.viewer("alice", 100)
        await chat.say("alice", "!sound ding")
        await chat.settled()
        assert await back_up_database(there, None) == 0
    said = capsys.readouterr().out
    assert f"on this machine to {only(there)} (" in said
    assert "the copy is verified" in said
    assert query(only(there), "PRAGMA journal_mode") == [("delete",)]
    assert await everything(url_of(only(there))) == await everything(there.database_url)
    assert [file.name for file in there.backup_dir.iterdir()] == [only(there).name]


async def test_it_is_of_one_moment(there: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Points that move while it is made are in it on one side or the other, never on both or on none."""
    monkeypatch.setattr(copy, "CHUNK", 1)
    async with stage(tmp_path / "one", database_url=there.database_url) as chat:
        await chat.viewer("alice", 100)
        await chat.viewer("bob", 100)
        made = asyncio.create_task(chat.services.backups.make_at(tmp_path / "copy.db"))
        moves = 0
        while not made.done():
            giver, receiver = ("alice", "bob") if moves % 2 else ("bob", "alice")
            await chat.services.economy.give(
                await chat.services.viewers.find(giver), await chat.services.viewers.find(receiver), 1
            )
            moves += 1
    backup = await made
    assert moves > 1
    assert backup.findings == ()
    assert query(backup.path, "SELECT SUM(points) FROM users") == [(200,)]


async def test_the_ledger_in_it_is_looked_at(there: Settings, backup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    execute(there.database_url, "UPDATE users SET points = 1000 WHERE name = 'zoe'")
    assert await back_up_database(there, None) == 1
    said = capsys.readouterr().out
    assert "zoe has 1,000 points, but the transactions add up to 7." in said
    assert "the copy is true to it" in said
    assert backup.exists()


async def test_a_broken_off_one_leaves_nothing(
    there: Settings, backup: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(copy, "CHUNK", 1)
    async with stage(tmp_path / "one", database_url=there.database_url) as chat:
        task = asyncio.create_task(chat.services.backups.make_at(tmp_path / "copies" / "copy.db"))
        while not list(tmp_path.glob("copies/*")):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled()
    assert list(tmp_path.glob("copies/*")) == []


async def test_chat_makes_one(there: Settings) -> None:
    async with stage(there.data_dir, database_url=there.database_url, backup_dir=there.backup_dir) as chat:
        (answer,) = await chat.say("pixel_street", "!backup", "broadcaster")
    assert only(there).name in answer
    assert "verified" in answer


async def test_of_several_processes_one_makes_the_daily_one(there: Settings, tmp_path: Path) -> None:
    clock = SettableClock(datetime(2026, 1, 1, 12, tzinfo=UTC))
    url = there.database_url
    async with (
        stage(tmp_path / "one", clock, page="one", database_url=url) as one,
        stage(tmp_path / "two", clock, page="two", database_url=url) as two,
    ):
        first, second = Housekeeping(one.services), Housekeeping(two.services)
        assert [await first.back_up_if_due(), await second.back_up_if_due()] == [True, False]
        clock.advance(24 * 3_600)
        assert [await second.back_up_if_due(), await first.back_up_if_due()] == [False, True]


async def test_a_server_that_is_away_is_a_sentence(tmp_path: Path, databases: Databases) -> None:
    gone = databases.of(tmp_path, "gone").rpartition("/")[0] + "/nothing_there"
    settings = settings_in(tmp_path, database_url=gone, backup_dir=tmp_path / "stick")
    with pytest.raises(DatabaseRefused, match=r"nothing_there on .* cannot be read"):
        await back_up_database(settings, None)
    assert not (tmp_path / "stick").exists()


async def test_a_database_without_our_tables_is_not_backed_up(tmp_path: Path, databases: Databases) -> None:
    settings = settings_in(tmp_path, database_url=databases.empty(tmp_path), backup_dir=tmp_path / "stick")
    with pytest.raises(BackupFailed, match="has another schema"):
        await back_up_database(settings, None)
    assert list((tmp_path / "stick").iterdir()) == []
    databases.drop_all()
