"""A restored backup takes the place of the database, which is kept; the lock."""

import asyncio
import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pixel_bot.cli.backup import restore_database
from pixel_bot.db.lock import only_one
from pixel_bot.errors import FolderNotWritable, SecondInstance
from pixel_bot.settings import Settings, load_settings
from tests.harness.seed import hand_made, query
from tests.upkeep.restore.databases import BALANCES, SINCE, THEN, aside_of, grant, in_use, is_right

pytestmark = pytest.mark.sqlite


# In place


async def test_the_backup_takes_its_place_and_the_old_one_is_kept(
    backup: Path, present: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    old, source = present.read_bytes(), backup.read_bytes()
    assert await restore_database(settings, backup) == 0
    assert query(present, BALANCES) == THEN
    assert aside_of(present).read_bytes() == old
    assert backup.read_bytes() == source
    said = capsys.readouterr().out
    assert f"Kept the database that was there as {aside_of(present)}." in said
    assert f"Restored {backup} to {present}: 2 viewers, 1 transaction, 0.4 MB, verified." in said
    assert sorted(p.name for p in present.parent.iterdir()) == ["pixel.db", "pixel.db.lock", aside_of(present).name]
    async with in_use(present) as services:
        assert (await services.viewers.find("alice")).points == 100


@pytest.mark.parametrize("lost", ["disk", "file", "empty"])
async def test_a_lost_disk_is_no_obstacle(
    backup: Path, tmp_path: Path, settings: Settings, lost: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "data" / "pixel.db"
    if lost != "disk":
        target.parent.mkdir()
    if lost == "empty":
        target.touch()
    assert await restore_database(settings, backup) == 0
    assert query(target, BALANCES) == THEN
    assert await is_right(target)
    assert ("Kept the database" in capsys.readouterr().out) is (lost == "empty")


async def test_a_second_restore_keeps_both_that_were_there(backup: Path, present: Path, settings: Settings) -> None:
    for _ in range(2):
        await restore_database(settings, backup)
    assert sorted(query(p, BALANCES) for p in present.parent.glob("*.before-restore.db")) == sorted([THEN, SINCE])


async def test_what_only_the_log_of_a_killed_bot_had_is_kept_too(
    backup: Path, present: Path, settings: Settings, tmp_path: Path
) -> None:
    async with in_use(present) as services:
        await grant(services, "carl", 7)
        left = {ending: Path(f"{present}{ending}").read_bytes() for ending in ("", "-wal")}
    for ending, content in left.items():
        Path(f"{present}{ending}").write_bytes(content)
    await restore_database(settings, backup)
    assert query(present, BALANCES) == THEN
    assert query(aside_of(present), BALANCES) == [*SINCE, ("carl", 7)]


async def test_a_log_without_its_database_never_gets_into_the_new_one(
    backup: Path, present: Path, settings: Settings
) -> None:
    async with in_use(present) as services:
        await grant(services, "carl", 7)
        log = Path(f"{present}-wal").read_bytes()
    present.unlink()
    Path(f"{present}-wal").write_bytes(log)
    await restore_database(settings, backup)
    assert query(present, BALANCES) == THEN
    assert [p.read_bytes() for p in present.parent.glob("*.before-restore.db-wal")] == [log]


@pytest.mark.parametrize("content", [b"not a database at all" * 400, None], ids=["other bytes", "broken pages"])
async def test_a_damaged_database_is_kept_aside_as_it_is(
    backup: Path, present: Path, settings: Settings, content: bytes | None
) -> None:
    if content is None:
        whole = present.read_bytes()
        content = whole[:4_096] + b"\xff" * (len(whole) - 4_096)
    present.write_bytes(content)
    Path(f"{present}-wal").write_bytes(b"\x37\x7f\x06\x82" + b"\x00" * 500)
    await restore_database(settings, backup)
    assert query(present, BALANCES) == THEN
    assert await is_right(present)
    assert aside_of(present).read_bytes() == content


async def test_an_older_schema_is_restored_and_upgraded_by_the_next_start(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    old = hand_made(
        tmp_path / "by hand.db",
        users=[{"id": 1, "name": "alice", "points": 70}],
        transactions=[{"user_id": 1, "amount": 20, "reason": "chat", "balance_after": 20}],
    )
    assert await restore_database(settings, old) == 0
    assert "It has an older schema. The next start upgrades it" in capsys.readouterr().out
    target = tmp_path / "data" / "pixel.db"
    assert query(target, "SELECT name FROM sqlite_master WHERE name = 'alembic_version'") == []
    async with in_use(target) as services:
        assert (await services.viewers.find("alice")).points == 70


async def test_a_link_stays_a_link(backup: Path, present: Path, settings: Settings, tmp_path: Path) -> None:
    real = tmp_path / "other disk.db"
    present.rename(real)
    present.symlink_to(real)
    await restore_database(settings, backup)
    assert present.is_symlink()
    assert query(real, BALANCES) == THEN


async def test_each_mode_goes_to_its_own_file(tmp_path: Path, backup: Path) -> None:
    (tmp_path / "play").mkdir()
    async with in_use(tmp_path / "play" / "s.db", "sandbox") as services:
        await grant(services, "alice", 5)
        made = await services.backups.make()
    folder = tmp_path / "data"
    settings = load_settings(data_dir=folder)
    assert await restore_database(settings, made.path) == 0
    assert [p.name for p in folder.glob("*.db")] == ["sandbox.db"]
    assert await restore_database(settings, backup) == 0
    assert sorted(p.name for p in folder.glob("*.db")) == ["pixel.db", "sandbox.db"]


# The lock


def test_one_file_has_one_lock_by_whatever_name(present: Path, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(present)
    with only_one(present), pytest.raises(SecondInstance), only_one(tmp_path / "link.db"):
        pass


@pytest.mark.skipif(os.name == "nt", reason="locks are others there")
def test_a_disk_without_locks_is_not_taken_for_another_bot(present: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("pixel_bot.db.lock._lock", refuse)
    with pytest.raises(FolderNotWritable, match="point DATA_DIR to another folder"), only_one(present):
        pass


def test_the_names_of_kept_databases_are_of_their_moment(present: Path, backup: Path, settings: Settings) -> None:
    before = datetime.now(UTC).astimezone().replace(microsecond=0)
    asyncio.run(restore_database(settings, backup))
    written = aside_of(present).name.removeprefix("pixel_").removesuffix(".before-restore.db")
    assert before <= datetime.strptime(written, "%Y%m%d_%H%M%S").astimezone() <= datetime.now(UTC)
