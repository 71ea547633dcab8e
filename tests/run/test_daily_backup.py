"""The backup that the bot makes by itself: one a day, at its time or soon after a start."""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixel_bot.run.housekeeping import Housekeeping, last_time
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from pixel_bot.upkeep.backup_folder import kept_in
from tests.harness.pattern import fresh
from tests.harness.seed import url_of
from tests.harness.zones import in_zone

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def _in_utc() -> Generator[None]:
    """Names of backups are in local time."""
    with in_zone("UTC"):
        yield


@pytest.fixture
async def kept(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[Services]:
    """A database in use."""
    folder = tmp_path / "data"
    fresh(folder / "pixel.db")
    async with opened(settings_in(folder, database_url=url_of(folder / "pixel.db")), "live", clock) as services:
        yield services


def at(clock: SettableClock, moment: str) -> None:
    clock.set(datetime.fromisoformat(moment).replace(tzinfo=UTC))


async def test_one_a_day_at_its_time(kept: Services, clock: SettableClock) -> None:
    care = Housekeeping(kept)
    assert await care.back_up_if_due(), "there is none yet"
    made: list[str] = []
    at(clock, "2026-01-02 00:00")
    while clock.now() < datetime(2026, 1, 5, tzinfo=UTC):
        if await care.back_up_if_due():
            made.append(f"{clock.now():%d %H:%M}")
        clock.advance(600)
    assert made == ["02 03:00", "03 03:00", "04 03:00"]


@pytest.mark.parametrize(
    ("newest", "now", "due"),
    [
        ("20260101_030000", "2026-01-01 20:00", False),
        ("20251231_200000", "2026-01-01 20:00", True),
        ("20260101_100000", "2026-01-02 02:59", False),
        ("20260101_100000", "2026-01-02 03:00", True),
        ("20990101_030000", "2026-01-01 20:00", True),
        ("20260101_050000", "2026-01-01 04:00", False),
        ("20269999_999999", "2026-01-01 20:00", True),
    ],
    ids=[
        "made tonight",
        "off at night",
        "by hand in the morning",
        "and the next night",
        "made while the clock was wrong",
        "the clock was set back",
        "no date",
    ],
)
async def test_after_a_start_it_is_made_when_none_was_since_its_time(
    kept: Services, clock: SettableClock, newest: str, now: str, due: bool
) -> None:
    kept.settings.backup_dir.mkdir()
    (kept.settings.backup_dir / f"pixel_{newest}.db").touch()
    at(clock, now)
    assert await Housekeeping(kept).back_up_if_due() is due


async def test_one_that_fails_is_tried_again_in_an_hour(
    kept: Services, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    kept.settings.backup_dir.write_text("not a folder")
    care = Housekeeping(kept)
    for _ in range(3):
        assert not await care.back_up_if_due()
        clock.advance(60)
    assert caplog.text.count("The daily backup failed") == 1
    kept.settings.backup_dir.unlink()
    assert not await care.back_up_if_due()
    clock.advance(3_600)
    assert await care.back_up_if_due()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system cannot change its time zone")
@pytest.mark.parametrize(
    ("first", "written", "expected"),
    [
        # In Berlin the clock jumps from 02:00 to 03:00 on 29 March, and from 03:00 back to 02:00 on 25 October 2026.
        ("2026-03-27 12:00", "02:30", ["03-28 01:30", "03-29 01:30", "03-30 00:30"]),
        ("2026-03-27 12:00", "03:00", ["03-28 02:00", "03-29 01:00", "03-30 01:00"]),
        ("2026-10-23 12:00", "02:30", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
    ],
)
def test_daylight_saving_changes_nothing_about_one_a_day(first: str, written: str, expected: list[str]) -> None:
    now = datetime.fromisoformat(first).replace(tzinfo=UTC)
    with in_zone("Europe/Berlin"):
        seen = [last_time(now + timedelta(minutes=10 * step), written) for step in range(6 * 24 * 3)]
    assert seen == sorted(seen)
    moments = sorted({f"{moment.astimezone(UTC):%m-%d %H:%M}" for moment in seen if moment > now})
    # Of a time that the clock skips, systems say an hour more or less.
    assert [moment.replace("03-29 00:30", "03-29 01:30") for moment in moments] == expected


async def test_the_running_bot_looks_after_it(kept: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.run.housekeeping.CHECK_SECONDS", 0.01)
    care = Housekeeping(kept)
    care.begin()
    try:
        async with asyncio.timeout(20):
            while not kept.settings.backup_dir.exists() or not kept_in(kept.settings.backup_dir, "pixel"):
                await asyncio.sleep(0.01)
    finally:
        await care.end()
    assert sorted(path.name for path in kept.settings.backup_dir.iterdir()) == ["pixel_20260101_120000.db"]


async def test_off_means_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_in(tmp_path, database_url=url_of(tmp_path / "pixel.db"), backup_time="off")
    async with opened(settings, "live", SettableClock()) as services:
        care = Housekeeping(services)
        care.begin()
        assert "backup" not in {task.get_name() for task in care._tasks}
        await care.end()
