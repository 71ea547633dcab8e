"""Restoring: what is put in place, what is kept aside, what is refused, and kills on the way."""

import asyncio
import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pixel_bot.cli.backup import restore_database
from pixel_bot.db.lock import only_one
from pixel_bot.db.meta import Mode
from pixel_bot.db.schema import HEAD
from pixel_bot.errors import FolderNotWritable, RestoreRefused, SecondInstance
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.settings import Settings, load_settings
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.database import findings
from tests.harness.seed import execute, hand_made, query, url_of

pytestmark = pytest.mark.sqlite

BALANCES = "SELECT name, points FROM users WHERE points > 0 ORDER BY name"
THEN, SINCE = [("alice", 100)], [("alice", 100), ("bob", 50)]
"""Balances when the backup was made, and those of the database that is there now."""


async def grant(services: Services, login: str, points: int) -> None:
    streamer = await services.viewers.meet(Person("1", "pixel_street", "Pixel_Street"))
    viewer = await services.viewers.meet(Person(f"id-{login}", login, login))
    await services.economy.add(streamer, viewer, points)


@asynccontextmanager
async def in_use(file: Path, mode: Mode = "live") -> AsyncGenerator[Services]:
    settings = settings_in(file.parent, database_url=url_of(file))
    async with opened(settings, mode, SettableClock()) as services:
        yield services


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A backup, and the database as it went on. Only to be copied."""
    folder = tmp_path_factory.mktemp("made")

    async def make() -> None:
        async with in_use(folder / "pixel.db") as services:
            await grant(services, "alice", 100)
            await services.backups.make_at(folder / "backup.db")
            await grant(services, "bob", 50)

    asyncio.run(make())
    return folder / "backup.db", folder / "pixel.db"


@pytest.fixture
def backup(tmp_path: Path, made: tuple[Path, Path]) -> Path:
    (tmp_path / "stick").mkdir()
    return Path(shutil.copy(made[0], tmp_path / "stick" / "pixel_20260101_030000.db"))


@pytest.fixture
def present(tmp_path: Path, made: tuple[Path, Path]) -> Path:
    (tmp_path / "data").mkdir()
    return Path(shutil.copy(made[1], tmp_path / "data" / "pixel.db"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path / "data", database_url=url_of(tmp_path / "data" / "pixel.db"))


def snapshot(folder: Path) -> dict[str, bytes]:
    """All files but the lock, which belongs to nobody's data."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def aside_of(present: Path) -> Path:
    (aside,) = present.parent.glob("pixel_*.before-restore.db")
    return aside


async def is_right(file: Path) -> bool:
    return not await findings(file)


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
    assert f"Restored {backup} to {present}: 2 viewers, 1 transaction, 0.2 MB, verified." in said
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


# Refused


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9_000])


def break_pages(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4_096 * 3 : 4_096 * 5] = b"\xff" * 8_192
    file.write_bytes(content)


def foreign(file: Path) -> None:
    file.unlink()
    execute(file, "CREATE TABLE people (id INTEGER PRIMARY KEY, users TEXT)")


def remove(file: Path) -> None:
    file.unlink()


def folder_instead(file: Path) -> None:
    file.unlink()
    file.mkdir()


HARM: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (remove, "There is no such file."),
    "folder": (folder_instead, "It is no file."),
    "empty": (lambda file: file.write_bytes(b""), "It is empty."),
    "text": (lambda file: file.write_text("name,points\nalice,5\n"), "no SQLite database at all."),
    "header alone": (lambda file: file.write_bytes(b"SQLite format 3\0"), "no SQLite database at all."),
    "cut short": (cut, "It is cut short"),
    "cut to a page": (lambda file: file.write_bytes(file.read_bytes()[:4_096]), "It is cut short"),
    "broken pages": (break_pages, "damaged"),
    "foreign": (foreign, "It is a database, but none of Pixel Bot."),
    "newer": (
        lambda file: execute(file, "UPDATE alembic_version SET version_num = '9999'"),
        rf"It belongs to a newer Pixel Bot \(schema 9999, this one knows {HEAD}\). Update Pixel Bot first.",
    ),
    "unknown": (lambda file: execute(file, "UPDATE alembic_version SET version_num = 'ab12'"), "no Pixel Bot ever"),
    "play money": (
        lambda file: execute(file, "UPDATE meta SET value = 'sandbox' WHERE key = 'mode'"),
        r"It is a sandbox database, and .* is a live one",
    ),
    "points from nowhere": (
        lambda file: execute(file, "UPDATE users SET points = 5000 WHERE name = 'alice'"),
        "alice has 5,000 points, but the transactions add up to 100",
    ),
}


@pytest.mark.parametrize(("harm", "why"), HARM.values(), ids=HARM.keys())
async def test_what_is_no_good_backup_is_refused_and_nothing_changes(
    backup: Path, present: Path, settings: Settings, tmp_path: Path, harm: Callable[[Path], object], why: str
) -> None:
    harm(backup)
    before = snapshot(tmp_path)
    with pytest.raises(RestoreRefused, match=why) as refused:
        await restore_database(settings, backup)
    assert str(refused.value).startswith(f"{backup} was not restored. ")
    assert str(refused.value).endswith(" Nothing was changed.")
    assert snapshot(tmp_path) == before


async def test_the_database_itself_is_no_backup(present: Path, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(present)
    before = snapshot(tmp_path)
    for file in (present, tmp_path / "link.db"):
        with pytest.raises(RestoreRefused, match="It is the database in use itself"):
            await restore_database(settings, file)
    assert snapshot(tmp_path) == before


async def test_not_while_a_bot_runs(backup: Path, present: Path, settings: Settings, tmp_path: Path) -> None:
    before = snapshot(tmp_path)
    with only_one(present), pytest.raises(RestoreRefused, match=r"A bot is running on .*pixel\.db\. Stop it first\."):
        await restore_database(settings, backup)
    assert snapshot(tmp_path) == before


async def test_not_while_another_program_writes(backup: Path, present: Path, settings: Settings) -> None:
    with closing(sqlite3.connect(present, isolation_level=None)) as tool:
        tool.execute("INSERT INTO meta VALUES ('a', 'b')")
        tool.execute("BEGIN IMMEDIATE")
        tool.execute("INSERT INTO meta VALUES ('c', 'd')")
        with pytest.raises(RestoreRefused, match=r"(Another program has|cannot be written)"):
            await restore_database(settings, backup)
        tool.execute("ROLLBACK")
    assert query(present, BALANCES) == SINCE


async def test_a_folder_that_cannot_be_made_is_a_sentence(backup: Path, tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(FolderNotWritable, match="DATA_DIR"):
        await restore_database(settings, backup)


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


# Killed


MORTAL = """
import asyncio, os, signal, sys
from pathlib import Path
from pixel_bot.cli import backup
from pixel_bot.testing import settings_in


def deadly(function, when, number):
    def call(*arguments, **named):
        nonlocal number
        number -= 1
        if number == 0 and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **named)
        if number == 0 and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return call


for line in sys.stdin:
    folder, backup, when, name, number = line.rstrip("\\n").split("|")
    child = os.fork()
    if child == 0:
        owner = Path if name == "replace" else os
        setattr(owner, name, deadly(getattr(owner, name), when, int(number)))
        url = f"sqlite+aiosqlite:///{(Path(folder) / 'pixel.db').as_posix()}"
        asyncio.run(backup.restore_database(settings_in(Path(folder), database_url=url), Path(backup)))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


@pytest.fixture(scope="module")
def mortal() -> Generator[Callable[..., int]]:
    """Restores in a process that kills itself at a point. Returns how it ended."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", MORTAL], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def restore(*words: object) -> int:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("|".join(map(str, words)) + "\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield restore
        process.stdin.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system")
@pytest.mark.parametrize(
    ("when", "name", "number"),
    [
        ("before", "fsync", 2),
        ("before", "replace", 1),
        ("before", "link", 1),
        ("after", "link", 1),
        ("before", "replace", 2),
        ("after", "replace", 2),
    ],
    ids=["copying", "verified", "before the second name", "after it", "before the rename", "after it all"],
)
async def test_whatever_kills_it_one_of_the_two_is_there_and_the_next_run_finishes(
    mortal: Callable[..., int],
    backup: Path,
    present: Path,
    settings: Settings,
    when: str,
    name: str,
    number: int,
) -> None:
    ended = await asyncio.to_thread(mortal, present.parent, backup, when, name, number)
    assert ended == -signal.SIGKILL
    assert query(present, BALANCES) == (THEN if (when, name) == ("after", "replace") else SINCE)
    assert await is_right(present)
    assert await restore_database(settings, backup) == 0
    assert query(present, BALANCES) == THEN
    assert await is_right(present)
    assert SINCE in [query(p, BALANCES) for p in present.parent.glob("*.before-restore.db")]
    assert [p.name for p in present.parent.iterdir() if ".restored" in p.name or p.name.endswith(".part")] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system")
async def test_a_kill_loses_nothing_that_was_still_in_the_log(
    mortal: Callable[..., int], backup: Path, present: Path
) -> None:
    async with in_use(present) as services:
        await grant(services, "carl", 7)
        left = {ending: Path(f"{present}{ending}").read_bytes() for ending in ("", "-wal")}
    for ending, content in left.items():
        Path(f"{present}{ending}").write_bytes(content)
    ended = await asyncio.to_thread(mortal, present.parent, backup, "before", "replace", 2)
    assert ended == -signal.SIGKILL
    assert query(present, BALANCES) == [*SINCE, ("carl", 7)]


def test_the_names_of_kept_databases_are_of_their_moment(present: Path, backup: Path, settings: Settings) -> None:
    before = datetime.now(UTC).astimezone().replace(microsecond=0)
    asyncio.run(restore_database(settings, backup))
    written = aside_of(present).name.removeprefix("pixel_").removesuffix(".before-restore.db")
    assert before <= datetime.strptime(written, "%Y%m%d_%H%M%S").astimezone() <= datetime.now(UTC)
