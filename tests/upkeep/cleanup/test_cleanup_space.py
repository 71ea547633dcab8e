"""Room that is given back, and the clean-up from the command line."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.cli.backup import clean_up_database
from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.lock import only_one
from pixel_bot.db.models import stamp
from pixel_bot.model.stream_state import Broadcast
from pixel_bot.run.housekeeping import Housekeeping
from pixel_bot.services import Services
from pixel_bot.testing import settings_in
from pixel_bot.upkeep import disk_space
from pixel_bot.upkeep.cleanup import Cleaned, Cleanup
from pixel_bot.upkeep.disk_space import free_space_in, release_space
from tests.harness.pattern import fresh
from tests.harness.seed import execute, query, url_of
from tests.upkeep.cleanup.former import ALICE, DAY

# Room


def grow_and_empty(path: Path, share: float) -> None:
    """Put in a table of 2 MB, and remove that share of it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE ballast (id INTEGER PRIMARY KEY, content BLOB)")
        connection.executemany("INSERT INTO ballast (content) VALUES (?)", [(b"x" * 20_000,)] * 100)
        connection.execute("DELETE FROM ballast WHERE id <= ?", (round(share * 100),))


async def test_room_goes_back_when_a_quarter_of_the_file_is_free(in_file: Services) -> None:
    path = in_file.database.path
    assert path is not None
    grow_and_empty(path, 0.1)
    assert not free_space_in(path).is_worth_it
    execute(path, "DELETE FROM ballast WHERE id <= 60")
    before = free_space_in(path)
    assert before.is_worth_it
    assert release_space(path) == pytest.approx(before.free, rel=0.1)
    assert free_space_in(path).free == 0
    assert path.stat().st_size == free_space_in(path).size
    assert query(path, "SELECT COUNT(*) FROM ballast") == [(40,)]
    assert (await in_file.viewers.meet(ALICE)).points == 0, "the bot goes on over the new file"


@pytest.mark.parametrize(("live", "most", "gives"), [(False, 10**9, True), (True, 10**9, False), (False, 1, False)])
async def test_the_bot_gives_room_back_where_nobody_notices(
    in_file: Services, monkeypatch: pytest.MonkeyPatch, live: bool, most: int, gives: bool
) -> None:
    path = in_file.database.path
    assert path is not None
    grow_and_empty(path, 0.6)
    if live:
        in_file.stream.went_live(Broadcast("s", in_file.clock.now()))
    monkeypatch.setattr("pixel_bot.upkeep.disk_space.BRIEF_BYTES", most)
    await Housekeeping(in_file).clean_up()
    assert free_space_in(path).is_worth_it is not gives


async def test_a_database_that_is_away_is_a_line_in_the_log(
    in_file: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = in_file.database.path
    assert path is not None
    grow_and_empty(path, 0.6)
    monkeypatch.setattr(disk_space, "BUSY_TIMEOUT_MS", 50)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with in_file.database.readers() as session:
            await session.execute(text("SELECT 1"))
        await asyncio.to_thread(lambda: None)
        care = Housekeeping(in_file)
        monkeypatch.setattr(care._cleanup, "run", nothing_to_do)
        await care.clean_up()
        other.execute("ROLLBACK")
    assert "could not be given back: database is locked" in caplog.text


async def nothing_to_do() -> Cleaned:
    return Cleaned(0, 0, 0)


# The command line


async def test_from_the_command_line(in_file: Services, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside a bot at work, by the real clock."""
    path = in_file.database.path
    assert path is not None
    grow_and_empty(path, 0.6)
    week_ago = stamp(datetime.now(UTC) - 8 * DAY)
    execute(
        path,
        f"INSERT INTO events VALUES ('m1', 'chat', 1, 1, '{week_ago}'), ('m2', 'tip', 1, 1, '{week_ago}')",
        *(
            f"INSERT INTO queue_items (kind, status, finished_at) VALUES ('tts', 'done', '{week_ago}')"
            for _ in range(3)
        ),
    )
    assert await clean_up_database(in_file.settings) == 0
    said = capsys.readouterr().out
    assert f"{path}: removed 0 expired cooldowns, 2 old queue items and 1 old event id." in said
    assert "MB back to the disk." in said
    assert free_space_in(path).free == 0
    assert await clean_up_database(in_file.settings) == 0
    assert "MB back to the disk." not in capsys.readouterr().out


async def test_a_large_one_waits_until_the_bot_is_stopped(
    in_file: Services, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = in_file.database.path
    assert path is not None
    grow_and_empty(path, 0.6)
    monkeypatch.setattr("pixel_bot.upkeep.disk_space.BRIEF_BYTES", 1)
    with only_one(path):
        assert await clean_up_database(in_file.settings) == 0
    assert "MB of it are free. Stop the bot and run this again" in capsys.readouterr().out
    assert await clean_up_database(in_file.settings) == 0
    assert "MB back to the disk." in capsys.readouterr().out


async def test_without_a_database_there_is_nothing_to_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_in(tmp_path, database_url=url_of(tmp_path / "none" / "pixel.db"))
    assert await clean_up_database(settings) == 1
    assert "There is no database at" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


async def test_an_older_schema_is_upgraded_first(in_file: Services, capsys: pytest.CaptureFixture[str]) -> None:
    path = in_file.database.path
    assert path is not None
    execute(path, "UPDATE alembic_version SET version_num = '0005'")
    assert await clean_up_database(in_file.settings) == 1
    assert "has an older schema. Run: python -m pixel_bot db upgrade" in capsys.readouterr().out


async def test_cleaning_needs_no_bot(tmp_path: Path) -> None:
    """Only a database and the time."""
    path = tmp_path / "pixel.db"
    fresh(path)
    execute(path, "INSERT INTO events (id, kind, points, xp, created_at) VALUES ('m1', 'chat', 1, 1, '2020-01-01')")
    database = Database(url_of(path))
    try:
        assert await Cleanup(database, Clock()).run() == Cleaned(cooldowns=0, items=0, events=1)
    finally:
        await database.close()
    assert query(path, "SELECT id FROM events") == []
