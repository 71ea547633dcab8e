"""What is no good backup is refused, and nothing changes."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pixel_bot.cli.backup import restore_database
from pixel_bot.db.lock import only_one
from pixel_bot.db.schema import HEAD
from pixel_bot.errors import FolderNotWritable, RestoreRefused
from pixel_bot.settings import Settings
from tests.harness.seed import execute, query
from tests.upkeep.restore.databases import BALANCES, SINCE, snapshot

pytestmark = pytest.mark.sqlite


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
