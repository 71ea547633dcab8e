"""The folder of backups, files that somebody names, and backups that chat asks for."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.cli.backup import back_up_database
from pixel_bot.errors import BackupFailed, BackupUnderWay
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, Stage, settings_in, stage
from pixel_bot.upkeep.backup_file import back_up
from pixel_bot.upkeep.backup_folder import ReservedFile, kept_in
from tests.harness.seed import execute, url_of
from tests.upkeep.backups.filled import NOON, database_of, dump, names_in

pytestmark = pytest.mark.sqlite


# The folder


async def test_only_our_own_oldest_are_removed(kept: Services, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "backups"
    folder.mkdir()
    ours = [f"pixel_2025010{day}_030000{more}.db" for day in range(1, 9) for more in ("", "_2")]
    others = [
        "pixel_20250101_030000.db.bak",
        "pixel_20250101_030000_x.db",
        "pixel_20250101.db",
        "my pixel_20250101_030000.db",
        "pixel_20250101_030000.before-restore.db",
        "notes.txt",
        *(f"sandbox_2025010{day}_030000.db" for day in range(1, 5)),
    ]
    for name in (*ours, *others):
        (folder / name).touch()
    (folder / "pixel_20240101_030000.db").mkdir()
    (folder / "pixel_20240102_030000.db").symlink_to(folder / "notes.txt")
    await kept.backups.make()
    left = set(names_in(folder))
    assert left >= {*others, "pixel_20240101_030000.db", "pixel_20240102_030000.db"}
    assert [one.path.name for one in kept_in(folder, "pixel")] == [*sorted(ours)[-13:], "pixel_20260101_120000.db"]


async def test_play_money_has_names_of_its_own_and_pushes_out_no_real_points(
    tmp_path: Path, clock: SettableClock
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "pixel_20250101_030000.db").touch()
    settings = settings_in(tmp_path, database_url=url_of(tmp_path / "sandbox.db"), backup_keep=1)
    async with opened(settings, "sandbox", clock) as services:
        for _ in range(3):
            await services.backups.make()
            clock.advance(1)
    assert names_in(folder) == ["pixel_20250101_030000.db", "sandbox_20260101_120002.db"]


async def test_so_does_the_copy_before_an_upgrade(tmp_path: Path, kept: Services) -> None:
    file = database_of(kept)
    assert back_up(file, tmp_path / "b", NOON).name == "pixel_20260101_120000.db"
    execute(file, "UPDATE meta SET value = 'sandbox' WHERE key = 'mode'")
    assert back_up(file, tmp_path / "b", NOON).name == "sandbox_20260101_120000.db"


async def test_with_a_clock_that_went_back_the_new_one_stays(kept: Services, clock: SettableClock) -> None:
    folder = kept.settings.backup_dir
    folder.mkdir()
    for day in range(1, 20):
        (folder / f"pixel_203001{day:02}_030000.db").touch()
    made = await kept.backups.make()
    assert made.path.exists()
    assert len(names_in(folder)) == 14


async def test_what_a_killed_process_left_goes_and_what_is_being_written_stays(kept: Services) -> None:
    folder = kept.settings.backup_dir
    folder.mkdir()
    left, fresh = folder / "pixel_20260101_010000.db.part", folder / "pixel_20260101_115959.db.part"
    for part in (left, fresh, folder / "mine.part"):
        part.write_bytes(b"half")
    for part in (left, folder / "mine.part"):
        os.utime(part, (time.time() - 7_200, time.time() - 7_200))
    await kept.backups.make()
    assert names_in(folder) == ["mine.part", "pixel_20260101_115959.db.part", "pixel_20260101_120000.db"]


# A file that somebody names


async def test_a_named_file_is_never_overwritten(kept: Services, tmp_path: Path) -> None:
    made = await kept.backups.make_at(tmp_path / "new folder" / "copy #1?.db")
    assert dump(made.path) == dump(database_of(kept))
    before = made.path.read_bytes()
    for path in (made.path, database_of(kept)):
        with pytest.raises(BackupFailed, match="is there already"):
            await kept.backups.make_at(path)
    assert made.path.read_bytes() == before
    with pytest.raises(BackupFailed, match="belongs to SQLite itself"):
        await kept.backups.make_at(tmp_path / "pixel.db-wal")


async def test_a_named_folder_gets_a_file(kept: Services, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    made = await kept.backups.make_at(tmp_path / "stick")
    assert made.path == tmp_path / "stick" / "pixel_20260101_120000.db"


async def test_from_the_command_line(
    kept: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await back_up_database(kept.settings, None) == 0
    (copy,) = kept.settings.backup_dir.iterdir()
    assert f"to {copy} (0." in capsys.readouterr().out
    execute(database_of(kept), "UPDATE users SET points = 150 WHERE name = 'fan_3'")
    assert await back_up_database(kept.settings, tmp_path / "second.db") == 1
    said = capsys.readouterr().out
    assert "fan_3 has 150 points" in said
    assert "the copy is true to it" in said


async def test_from_the_command_line_without_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_in(tmp_path / "none", database_url=url_of(tmp_path / "none" / "pixel.db"))
    assert await back_up_database(settings, None) == 1
    assert "There is no database at" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


# In chat


@pytest.fixture
async def talk(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[Stage]:
    async with stage(tmp_path / "data", clock, database_url=url_of(tmp_path / "data" / "s.db")) as built:
        yield built


async def test_the_streamer_asks_for_one(talk: Stage, tmp_path: Path) -> None:
    (answer,) = await talk.say("pixel_street", "!backup", "broadcaster")
    (copy,) = (tmp_path / "data" / "backups").iterdir()
    assert copy.name == "sandbox_20260101_120000.db"
    size = f"{copy.stat().st_size / 1_000_000:.1f} MB"
    assert answer == f"Backup {copy.name} is made, {size}, and verified."


async def test_nobody_else_does(talk: Stage, tmp_path: Path) -> None:
    assert await talk.say("mila", "!backup", "moderator") == ["Only the streamer can do that."]
    assert not (tmp_path / "data" / "backups").exists()


async def test_a_failure_is_said_in_chat_and_in_the_log(
    talk: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data" / "backups").write_text("not a folder")
    (answer,) = await talk.say("pixel_street", "!backup", "broadcaster")
    assert answer == "The backup failed, and the older ones are all there. The log says why."
    assert f"The folder {tmp_path / 'data' / 'backups'} cannot be written" in caplog.text


async def test_one_at_a_time(kept: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    flush = ReservedFile.flush

    def hold(place: ReservedFile) -> None:
        begun.set()
        go_on.wait(10)
        flush(place)

    monkeypatch.setattr(ReservedFile, "flush", hold)
    first = asyncio.create_task(kept.backups.make())
    assert await asyncio.to_thread(begun.wait, 10)
    with pytest.raises(BackupUnderWay, match="is being made already"):
        await kept.backups.make_by_hand()
    go_on.set()
    await first
