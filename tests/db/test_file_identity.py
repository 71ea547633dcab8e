"""The identity of an open database file, in one process."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pixel_bot.db.file_identity import SECOND_NAME, FileIdentity, FileState
from pixel_bot.db.write_outage import LOST, PROTECTED
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.errors import BackupFailed
from pixel_bot.run import database_watch
from pixel_bot.run.database_watch import DatabaseWatch, save
from pixel_bot.run.running_bot import health, opened
from pixel_bot.run.setup_page import SetUp
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from pixel_bot.upkeep.rescue import DatabaseLost, RescuedCopyWaits
from tests.db.disk.awards import START, mark, person
from tests.harness.database import rows
from tests.harness.waiting import until

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes and replaces no file that is open"),
]

LOSSES: dict[FileState, Callable[[Path], object]] = {
    FileState.GONE: lambda path: path.unlink(),
    FileState.REPLACED: lambda path: (path.with_name("other").write_bytes(b"x"), path.with_name("other").replace(path)),
    FileState.EMPTIED: lambda path: os.truncate(path, 0),
    FileState.LOG_GONE: lambda path: path.with_name(path.name + "-wal").unlink(),
}
KEPT = "SELECT value FROM meta WHERE key = 'test'"


def _no_folder(*_: object) -> Iterator[Path]:
    return iter(())


def _may_not(*_: object) -> bool:
    return False


def identity_of(services: Services) -> FileIdentity:
    assert services.database.identity is not None
    return services.database.identity


@pytest.fixture
async def kept(tmp_path: Path) -> Any:
    """A database in use, of which a test may take the file away."""
    with suppress(DatabaseLost):
        async with opened(settings_in(tmp_path / "data"), "sandbox", SettableClock()) as services:
            yield services


@pytest.mark.parametrize("state", LOSSES)
async def test_a_loss_is_seen_and_nothing_is_committed_or_opened_after_it(kept: Services, state: FileState) -> None:
    identity = identity_of(kept)
    assert identity.state() is FileState.SAME
    LOSSES[state](identity.path)
    assert identity.state() is state
    names = sorted(identity.path.parent.iterdir())
    for _ in range(2):
        with pytest.raises(OperationalError) as caught:
            await mark(kept.database, "no")
        error: Any = caught.value.orig
        assert error.sqlite_errorcode == sqlite3.SQLITE_READONLY_DBMOVED
    # More readers at once than connections are open: none of them may make a file, or look into another one.
    results = await asyncio.gather(*(rows(kept, KEPT) for _ in range(8)), return_exceptions=True)
    if state is not FileState.EMPTIED:
        assert all(result == [] or isinstance(result, OperationalError) for result in results)
    with pytest.raises(BackupFailed, match="while the bot runs"):
        await kept.backups.make()
    assert sorted(identity.path.parent.iterdir()) == names


async def test_another_log_beside_it_is_no_place_to_commit_to(kept: Services) -> None:
    path = identity_of(kept).path
    for ending in ("-wal", "-shm"):
        beside = path.with_name(path.name + ending)
        beside.with_name("other").write_bytes(b"")
        beside.with_name("other").replace(beside)
        assert identity_of(kept).state() is FileState.LOG_GONE


async def test_a_file_that_is_back_at_once_was_not_lost(kept: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    identity, aside = identity_of(kept), identity_of(kept).path.with_name("aside")
    identity.path.rename(aside)

    async def put_back(_: float) -> None:
        aside.rename(identity.path)

    monkeypatch.setattr(database_watch.asyncio, "sleep", put_back)
    await DatabaseWatch(kept, asyncio.get_running_loop().create_future(), _nobody_hears).look(identity)
    assert (identity.lost, identity.state()) == (None, FileState.SAME)
    await mark(kept.database, "yes")
    assert await rows(kept, KEPT) == [("yes",)]


async def _nobody_hears(_: str) -> None:
    """There is no chat."""


async def test_a_commit_that_falls_together_with_the_loss_counts_once_it_is_in_the_copy(
    kept: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look before the commit found all well, the one after it does not."""
    identity = identity_of(kept)
    looks = 0
    look = identity.state

    def state() -> FileState:
        nonlocal looks
        looks += 1
        if looks == 2:
            identity.path.unlink()
        return look()

    identity.is_watched = True
    monkeypatch.setattr(identity, "state", state)
    marking = asyncio.create_task(mark(kept.database, "promised"))
    async with asyncio.timeout(20):
        await identity.noticed.wait()
    assert not marking.done(), "it was promised before it was safe"
    lost = await save(kept, identity, FileState.GONE)
    async with asyncio.timeout(20):
        await marking
    assert lost.copy is not None
    assert await rows(lost.copy, KEPT) == [("promised",)]


async def test_our_log_is_not_left_to_the_database_that_is_there_now(kept: Services, tmp_path: Path) -> None:
    """SQLite would apply it to that one, and damage it."""
    identity = identity_of(kept)
    await mark(kept.database, "yes")
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE other (id INTEGER)")
    other.replace(identity.path)
    lost = await save(kept, identity, identity.state())
    assert lost.copy is not None
    assert await rows(lost.copy, KEPT) == [("yes",)]
    with closing(sqlite3.connect(identity.path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("other",)]


async def test_without_a_copy_it_does_not_count(kept: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = identity_of(kept)
    monkeypatch.setattr("pixel_bot.upkeep.rescue.folders", _no_folder)
    identity.path.unlink()
    lost = await save(kept, identity, FileState.GONE)
    assert (lost.copy, lost.exit_code, "Restore your newest backup" in str(lost)) == (None, 3, True)
    assert not await identity.outcome(1)


async def test_folders_that_cannot_take_the_copy_are_passed_over(
    kept: Services, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept.settings.backup_dir.write_text("not a folder")
    identity_of(kept).path.unlink()
    lost = await save(kept, identity_of(kept), FileState.GONE)
    assert lost.copy is not None
    assert lost.copy.parent == tmp_path
    assert "The copy cannot be saved in" in caplog.text


@pytest.mark.usefixtures("no_file_yet")
async def test_a_bot_that_is_stopped_before_anybody_looked_saves_a_copy_too(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data")
    lost = opened(settings, "sandbox", SettableClock())
    services = await lost.__aenter__()
    await mark(services.database, "yes")
    identity_of(services).path.unlink()
    with pytest.raises(DatabaseLost) as caught:
        await lost.__aexit__(None, None, None)
    assert caught.value.copy is not None
    assert await rows(caught.value.copy, KEPT) == [("yes",)]
    with pytest.raises(RescuedCopyWaits, match="db restore"):
        async with opened(settings, "sandbox", SettableClock()):
            pass
    caught.value.copy.rename(tmp_path / "kept.db")
    async with opened(settings, "sandbox", SettableClock()) as services:
        assert await rows(services, KEPT) == []


async def test_health_and_awards_know_of_it_at_once(kept: Services) -> None:
    kept.awards.start()
    identity_of(kept).path.unlink()
    assert await health(kept, list) == [str(LOST)]
    assert identity_of(kept).noticed.is_set()
    held = asyncio.create_task(kept.awards.event(EventAward("e1", "follow", person("alice"), 50, 10, START)))
    identity_of(kept).lost = FileState.GONE
    async with asyncio.timeout(20):
        await kept.awards.stop()
    with pytest.raises(OperationalError):
        await held


async def test_a_read_only_file_is_an_outage_and_no_loss(kept: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.db.file_identity.os.access", _may_not)
    assert await health(kept, list) == [str(PROTECTED)]
    with pytest.raises(OperationalError):
        await mark(kept.database, "no")
    monkeypatch.undo()
    await mark(kept.database, "yes")
    assert await rows(kept, KEPT) == [("yes",)]


async def test_a_refused_commit_leaves_no_transaction_open(kept: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.db.file_identity.os.access", _may_not)
    async with kept.database.sessions() as session:
        await session.execute(text("INSERT INTO meta (key, value) VALUES ('test', 'no')"))
        with pytest.raises(OperationalError):
            await session.commit()
    monkeypatch.undo()
    await mark(kept.database, "yes")
    assert await rows(kept, KEPT) == [("yes",)]


async def test_a_hard_link_that_is_made_meanwhile_is_told_once_in_the_log_and_on_the_page(
    kept: Services, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_watch, "LOOK_SECONDS", 0.01)
    identity, failed = identity_of(kept), asyncio.get_running_loop().create_future()
    link = identity.path.with_name("link.db")
    page = SetUp(kept, lambda: None, "", None, None)

    async def told() -> list[str]:
        return [step.words for step in (await page.state()).steps if step.key == "database"]

    async with database_watch.watched(kept, failed, _nobody_hears):
        for number in (1, 2):
            assert await told() == []
            link.hardlink_to(identity.path)
            await until(lambda: identity.has_second_name)
            (words,) = await told()
            assert "second name" in words
            assert "db backup" in words
            for _ in range(3):  # more looks, nothing new to tell
                identity.noticed.set()
                await until(lambda: not identity.noticed.is_set())
            assert [SECOND_NAME in record.getMessage() for record in caplog.records] == [True] * number
            link.unlink()
            await until(lambda: not identity.has_second_name)
    assert not failed.done()
