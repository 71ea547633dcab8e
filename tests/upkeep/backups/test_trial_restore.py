"""The weekly trial restore, and the word about backups on the disk of the points."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.db.meta import recall
from pixel_bot.model.stream_state import Broadcast
from pixel_bot.run.housekeeping import Housekeeping
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock
from pixel_bot.upkeep.backups import SAME_DISK
from pixel_bot.upkeep.trial_restore import KEY, PREFIX, Trial, TrialRestore, read_trial
from tests.upkeep.backups.filled import NOON, database_of

pytestmark = pytest.mark.sqlite


async def test_it_is_made_each_week_and_remembered(kept: Services, clock: SettableClock) -> None:
    care = Housekeeping(kept)
    assert not await care.try_restore_if_due(), "there is no backup to try"
    backup = await kept.backups.make()
    days: list[int] = []
    for day in range(16):
        if await care.try_restore_if_due():
            days.append(day)
        clock.advance(86_400)
    assert days == [0, 7, 14]
    async with kept.database.readers() as session:
        trial = read_trial(await recall(session, KEY))
    assert trial == Trial(NOON + timedelta(days=14), backup.path.name, "")
    assert list(database_of(kept).parent.glob(f"{PREFIX}*")) == []


async def test_a_restart_does_not_forget_it(kept: Services, clock: SettableClock) -> None:
    await kept.backups.make()
    assert await Housekeeping(kept).try_restore_if_due()
    again = TrialRestore(kept.database, kept.settings.backup_dir, clock, kept.mode)
    assert not await again.is_due()
    clock.advance(7 * 86_400)
    assert await again.is_due()


async def test_it_waits_for_the_end_of_the_stream_for_a_day(kept: Services, clock: SettableClock) -> None:
    await kept.backups.make()
    care = Housekeeping(kept)
    assert await care.try_restore_if_due()
    clock.advance(7 * 86_400)
    kept.stream.went_live(Broadcast("1", clock.now()))
    assert not await care.try_restore_if_due()
    clock.advance(86_400)
    assert await care.try_restore_if_due()


async def test_a_damaged_backup_is_told_until_one_can_be_restored(
    kept: Services, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    backup = await kept.backups.make()
    os.truncate(backup.path, backup.size // 2)
    left = database_of(kept).parent / f"{PREFIX}of-a-killed-bot"
    left.mkdir()
    care = Housekeeping(kept)
    assert await care.try_restore_if_due()
    assert not await care.try_restore_if_due(), "the next try is in an hour"
    assert caplog.text.count("The trial restore of the backup") == 1
    assert not left.exists()
    last = kept.trial_restore.last
    assert last is not None
    assert "was not restored" in last.problem
    assert read_trial(last.written()) == last
    clock.advance(3_600)
    better = await kept.backups.make()
    assert await care.try_restore_if_due()
    assert kept.trial_restore.last == Trial(clock.now(), better.path.name, "")


async def test_backups_on_the_disk_of_the_points_are_worth_a_word(
    kept: Services, clock: SettableClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert kept.backups.on_same_disk(), "also before the folder is made"
    care = Housekeeping(kept)
    for _ in range(2):
        await care.back_up_if_due()
        clock.advance(86_400)
    assert caplog.text.count(SAME_DISK) == 2
    folder, stat = kept.settings.backup_dir, Path.stat

    def elsewhere(path: Path, **options: Any) -> os.stat_result:
        found = stat(path, **options)
        return os.stat_result([*found[:2], found.st_dev + 1, *found[3:]]) if path == folder.absolute() else found

    monkeypatch.setattr(Path, "stat", elsewhere)
    assert not kept.backups.on_same_disk()


@pytest.mark.parametrize("written", [None, "", "soon ok pixel.db", "2026-01-01"])
def test_other_words_are_no_trial(written: str | None) -> None:
    trial = read_trial(written)
    assert trial is None or trial.name == ""
