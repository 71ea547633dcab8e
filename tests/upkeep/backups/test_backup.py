"""A backup has everything and stands alone; one that fails leaves nothing."""

import asyncio
import errno
import os
import shutil
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.clock import Clock
from pixel_bot.errors import BackupFailed, DatabaseRefused, FolderNotWritable
from pixel_bot.security.cipher import load_cipher
from pixel_bot.services import Services
from pixel_bot.upkeep import backup_file as copying
from pixel_bot.upkeep.backup_file import make_backup, row_counts
from pixel_bot.upkeep.backup_folder import ReservedFile, names
from pixel_bot.upkeep.backups import Backups
from tests.harness.seed import execute, query, url_of
from tests.upkeep.backups.filled import NOON, database_of, dump, names_in

pytestmark = pytest.mark.sqlite


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
