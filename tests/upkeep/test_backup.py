"""Backups: what is in them, what is left of one that fails, and which are kept."""

import asyncio
import errno
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.cli.backup import back_up_database
from pixel_bot.clock import Clock
from pixel_bot.db.meta import remember
from pixel_bot.errors import BackupFailed, BackupUnderWay, DatabaseRefused, FolderNotWritable
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.security.cipher import load_cipher
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, Stage, settings_in, stage
from pixel_bot.upkeep import backup_file as copying
from pixel_bot.upkeep.backup_file import back_up, make_backup, row_counts
from pixel_bot.upkeep.backup_folder import ReservedFile, kept_in, names
from pixel_bot.upkeep.backups import Backups
from tests.harness.seed import execute, query, url_of
from tests.harness.zones import in_zone

pytestmark = pytest.mark.sqlite

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_utc() -> Generator[None]:
    """Names of backups are in local time."""
    with in_zone("UTC"):
        yield


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with some people in it, at rest. Only to be copied."""
    file = tmp_path_factory.mktemp("filled") / "pixel.db"
    asyncio.run(fill(file))
    return file


async def fill(file: Path) -> None:
    settings = settings_in(file.parent, database_url=url_of(file))
    async with opened(settings, "live", SettableClock()) as services:
        streamer = await services.viewers.meet(Person("1", "pixel_street", "Pixel_Street"))
        for number in range(10):
            viewer = await services.viewers.meet(Person(f"9{number}", f"fan_{number}", f"Fan_{number}"))
            await services.economy.add(streamer, viewer, 100)


@pytest.fixture
async def kept(tmp_path: Path, filled: Path, clock: SettableClock) -> AsyncGenerator[Services]:
    """That database, in use."""
    file = tmp_path / "data" / "pixel.db"
    file.parent.mkdir()
    shutil.copy(filled, file)
    async with opened(settings_in(file.parent, database_url=url_of(file)), "live", clock) as services:
        async with services.database.write() as session:  # the write-ahead log has something in it, as in real life
            await remember(session, "seen", "yes")
        yield services


def database_of(services: Services) -> Path:
    assert services.database.path is not None
    return services.database.path


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


# A copy


async def test_a_backup_has_everything_and_stands_alone(kept: Services, tmp_path: Path) -> None:
    made = await kept.backups.make()
    assert names_in(tmp_path / "data" / "backups") == ["pixel_20260101_120000.db"]
    assert made.findings == ()
    assert made.size == made.path.stat().st_size
    assert made.path.read_bytes()[18:20] == b"\x01\x01", "no write-ahead log, so that one file has it all"
    assert dump(made.path) == dump(database_of(kept))
    assert names_in(tmp_path / "data" / "backups") == ["pixel_20260101_120000.db"]


async def test_what_is_written_meanwhile_neither_gets_in_nor_holds_it_up(
    kept: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a held moment SQLite would begin anew at each of these commits, and never end."""
    path = database_of(kept)
    before = query(path, "SELECT COUNT(*) FROM meta")
    pages = query(path, "PRAGMA page_count")[0][0]
    steps = 0
    flush = ReservedFile.flush

    def commit_meanwhile(place: ReservedFile) -> None:
        nonlocal steps
        steps += 1
        assert steps <= pages, "it began anew"
        execute(path, f"INSERT INTO meta VALUES ('step {steps}', 'x')")
        flush(place)

    monkeypatch.setattr(copying, "STEP_PAGES", 2)
    monkeypatch.setattr(ReservedFile, "flush", commit_meanwhile)
    made = await asyncio.to_thread(make_backup, path, tmp_path, [tmp_path / "copy.db"])
    assert query(made.path, "SELECT COUNT(*) FROM meta") == before
    assert 10 < steps <= pages // 2 + 3
    assert query(path, "SELECT COUNT(*) FROM meta WHERE key LIKE 'step %'") == [(steps,)]


async def test_the_source_is_left_as_it_was(tmp_path: Path, filled: Path) -> None:
    file = Path(shutil.copy(filled, tmp_path))
    before, beside = file.read_bytes(), names_in(tmp_path)
    copy = make_backup(file, tmp_path / "b", [tmp_path / "b" / "copy.db"])
    assert (file.read_bytes(), names_in(tmp_path)) == (before, sorted([*beside, "b"]))
    assert names_in(copy.path.parent) == ["copy.db"]


async def test_what_only_the_log_of_a_killed_bot_has_is_in_it(tmp_path: Path, kept: Services) -> None:
    """The files as they lie there after a kill."""
    left = tmp_path / "left"
    left.mkdir()
    for ending in ("", "-wal"):
        (left / f"pixel.db{ending}").write_bytes(database_of(kept).with_name(f"pixel.db{ending}").read_bytes())
    assert (left / "pixel.db-wal").stat().st_size
    made = make_backup(left / "pixel.db", tmp_path, [tmp_path / "copy.db"])
    assert dump(made.path) == dump(database_of(kept))


def test_many_at_the_same_moment_never_overwrite_each_other(tmp_path: Path) -> None:
    file = tmp_path / "pixel.db"
    execute(file, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO users VALUES (1, 'alice')")
    folder = tmp_path / "backups"

    def copy(_: int) -> Path:
        return make_backup(file, folder, names(folder, NOON)).path

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(copy, range(12)))
    assert sorted(path.name for path in made) == names_in(folder)
    assert len(set(made)) == 12
    assert {"pixel_20260101_120000.db", "pixel_20260101_120000_2.db"} <= set(names_in(folder))


# One that fails


async def test_a_copy_that_lacks_rows_is_removed(
    kept: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[dict[str, int]] = []

    def one_row_less(connection: sqlite3.Connection) -> dict[str, int]:
        counts = row_counts(connection)
        counted.append(counts)
        return counts if len(counted) == 1 else counts | {"transactions": counts["transactions"] - 1}

    monkeypatch.setattr(copying, "row_counts", one_row_less)
    with pytest.raises(DatabaseRefused, match="lacks rows of transactions"):
        await kept.backups.make()
    assert names_in(tmp_path / "data" / "backups") == []


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOSPC, BackupFailed, "the disk of .*backups is full"),
        (errno.EROFS, FolderNotWritable, "BACKUP_DIR"),
        (errno.EIO, BackupFailed, "Input/output error"),
    ],
)
async def test_a_disk_that_fails_leaves_nothing_and_says_so(
    kept: Services,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[Exception],
    words: str,
) -> None:
    def fail(_: ReservedFile) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(ReservedFile, "flush", fail)
    with pytest.raises(kind, match=words):
        await kept.backups.make()
    assert names_in(tmp_path / "data" / "backups") == []


async def test_a_damaged_database_is_no_backup(tmp_path: Path, filled: Path) -> None:
    file = Path(shutil.copy(filled, tmp_path))
    content = bytearray(file.read_bytes())
    content[4_096 * 3 : 4_096 * 4] = b"\xff" * 4_096
    file.write_bytes(content)
    with pytest.raises(DatabaseRefused, match="damaged"):
        await Backups(url_of(file), tmp_path / "backups", 3, Clock(), "live").make()
    assert names_in(tmp_path / "backups") == []


async def test_one_that_is_cancelled_stops_and_leaves_nothing(
    kept: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    flush = ReservedFile.flush

    def begin(place: ReservedFile) -> None:
        begun.set()
        flush(place)
        time.sleep(0.001)

    monkeypatch.setattr(copying, "STEP_PAGES", 1)
    monkeypatch.setattr(ReservedFile, "flush", begin)
    work = asyncio.create_task(kept.backups.make())
    assert await asyncio.to_thread(begun.wait, 10)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert names_in(tmp_path / "data" / "backups") == []
    monkeypatch.undo()
    assert (await kept.backups.make()).findings == ()


async def test_a_ledger_that_is_not_right_is_copied_and_removes_no_older_one(kept: Services, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "backups"
    folder.mkdir()
    for day in range(1, 20):
        (folder / f"pixel_202501{day:02}_030000.db").touch()
    execute(database_of(kept), "UPDATE users SET points = 150 WHERE name = 'fan_3'")
    made = await kept.backups.make()
    assert made.findings == ("fan_3 has 150 points, but the transactions add up to 100.",)
    assert query(made.path, "SELECT points FROM users WHERE name = 'fan_3'") == [(150,)]
    assert len(names_in(folder)) == 20
    execute(database_of(kept), "UPDATE users SET points = 100 WHERE name = 'fan_3'")
    assert (await kept.backups.make()).findings == ()
    assert len(names_in(folder)) == 14


async def test_a_new_curve_in_the_settings_is_no_finding(tmp_path: Path, kept: Services) -> None:
    async with kept.database.write() as session:
        await session.execute(text("INSERT INTO xp_records (user_name, xp, level) VALUES ('fan_1', 150, 2)"))
        await session.execute(text("INSERT INTO xp_records (user_name, xp, level) VALUES ('fan_2', 150, 3)"))
    other = Backups(url_of(database_of(kept)), tmp_path, 3, kept.clock, "live")
    assert (await other.make()).findings == ("fan_2 has 150 XP, which is level 2, but level 3 is kept.",)


async def test_the_key_is_not_in_it(tmp_path: Path, kept: Services) -> None:
    cipher = load_cipher(kept.settings)
    secret = "oauth-token-that-is-secret"
    async with kept.database.write() as session:
        await session.execute(
            text(
                "INSERT INTO accounts (role, user_id, login, display_name, tokens, updated_at) "
                "VALUES ('bot', '1', 'pixelbot', 'PixelBot', :tokens, '2026-01-01 00:00:00.000000')"
            ),
            {"tokens": cipher.seal(secret)},
        )
    content = (await kept.backups.make()).path.read_bytes()
    assert b"pixelbot" in content
    assert secret.encode() not in content
    assert (tmp_path / "data" / "secret.key").read_bytes().strip() not in content


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
