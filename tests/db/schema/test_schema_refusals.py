"""Files that are refused."""

import random
from contextlib import suppress
from pathlib import Path

import pytest

from pixel_bot.db.schema import HEAD
from pixel_bot.errors import DatabaseRefused
from tests.db.schema.revisions import at_revision, upgraded
from tests.harness.seed import execute, query

pytestmark = pytest.mark.sqlite


# Files that are refused


async def refused(path: Path) -> str:
    """Assert that the file is refused, is the same as before, and has nothing beside it. Returns the sentence."""
    before = path.read_bytes()
    with pytest.raises(DatabaseRefused) as caught:
        await upgraded(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir() if p.is_file()] == [path.name]
    return str(caught.value)


@pytest.mark.parametrize("size", [1, 99, 100, 4096, 50_000])
async def test_random_bytes_are_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "pixel.db"
    path.write_bytes(random.Random(size).randbytes(size))
    assert "pixel.db is damaged" in await refused(path)


@pytest.mark.parametrize("content", ["hello\n", "x" * 5_000, "SQLite format 3", "SQLite format 3\0"])
async def test_a_text_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "pixel.db"
    path.write_text(content)
    assert "pixel.db is damaged" in await refused(path)


@pytest.mark.parametrize("size", [50, 100, 1_000, 4_096, 5_000, 40_960, -1])
async def test_a_truncated_database_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "pixel.db"
    await upgraded(path)
    path.write_bytes(path.read_bytes()[:size])
    assert "pixel.db is damaged" in await refused(path)


async def test_a_database_whose_first_page_is_overwritten_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pixel.db"
    await upgraded(path)
    content = path.read_bytes()
    path.write_bytes(content[:100] + random.Random(1).randbytes(3_996) + content[4_096:])
    assert "pixel.db is damaged" in await refused(path)


def break_page(path: Path, page: int) -> None:
    content = path.read_bytes()
    start = (page - 1) * 4_096
    path.write_bytes(content[:start] + b"\xff" * 4_096 + content[start + 4_096 :])


@pytest.mark.parametrize("page", [2, 4, 9])
async def test_an_older_database_with_a_broken_page_is_refused(older: Path, page: int) -> None:
    break_page(older, page)
    with pytest.raises(DatabaseRefused, match="damaged"):
        await upgraded(older)


async def test_the_copy_of_a_broken_database_is_removed(older: Path) -> None:
    break_page(older, 4)
    with suppress(DatabaseRefused):
        await upgraded(older)
    assert list((older.parent / "backups").glob("*")) == []


async def test_a_broken_database_without_a_write_ahead_log_is_left_as_it_is(older: Path) -> None:
    break_page(older, 4)
    await refused(older)


async def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pixel.db"
    await upgraded(path)
    execute(path, "UPDATE alembic_version SET version_num = '9999'")
    assert await refused(path) == (
        f"This database belongs to a newer Pixel Bot (schema 9999, this one knows {HEAD}). "
        "Update Pixel Bot; the database was left untouched."
    )


async def test_a_newer_database_without_a_write_ahead_log_is_left_as_it_is(tmp_path: Path) -> None:
    """As a restored backup is."""
    path = tmp_path / "pixel.db"
    at_revision(path, "head")
    execute(path, "PRAGMA journal_mode = DELETE", "UPDATE alembic_version SET version_num = '9999'")
    assert "belongs to a newer Pixel Bot" in await refused(path)


async def test_an_upgrade_that_fails_leaves_the_older_schema(older: Path) -> None:
    """Half of the newest migration is there already, by hand: its table stands in the way."""
    execute(older, "CREATE TABLE events (id INTEGER PRIMARY KEY, party TEXT)", "INSERT INTO events VALUES (1, 'x')")
    before = query(older, "SELECT type, name, sql FROM sqlite_master ORDER BY name")
    with suppress(Exception):
        await upgraded(older)
    assert query(older, "SELECT type, name, sql FROM sqlite_master ORDER BY name") == before
    assert query(older, "SELECT * FROM events") == [(1, "x")]
