"""A second bot on the same database says so and ends; one that was killed leaves nothing in the way."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pixel_bot.db.lock import only_one
from pixel_bot.errors import SecondInstance
from pixel_bot.testing import live

pytestmark = pytest.mark.sqlite

HOLDER = """
import sys, time
from pathlib import Path
from pixel_bot.db.lock import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_goes_with_its_block(tmp_path: Path) -> None:
    for _ in range(2):
        with only_one(tmp_path / "pixel.db"), pytest.raises(SecondInstance), only_one(tmp_path / "pixel.db"):
            pass


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "pixel.db"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(SecondInstance), only_one(path):
            pass
        holder.kill()
    with only_one(path):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes no file that is open")
def test_neither_a_hard_link_nor_a_deleted_lock_file_lets_a_second_one_in(tmp_path: Path) -> None:
    path, link = tmp_path / "pixel.db", tmp_path / "other" / "pixel.db"
    link.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE kept (id INTEGER)")
    with only_one(path):
        link.hardlink_to(path)
        with pytest.raises(SecondInstance), only_one(link):
            pass
        path.with_name("pixel.db.lock").unlink()
        with pytest.raises(SecondInstance), only_one(path):
            pass
        # Readers and writers that ask for no such lock are not in the way, and it not in theirs.
        with closing(sqlite3.connect(path, timeout=0)) as connection, connection:
            connection.execute("INSERT INTO kept VALUES (1)")
    with only_one(link):
        pass


def test_a_file_that_was_made_for_the_lock_alone_does_not_stay(tmp_path: Path) -> None:
    path = tmp_path / "pixel.db"
    with only_one(path, create=False):
        assert not path.exists()
    with only_one(path):
        assert path.stat().st_size == 0
    assert not path.exists()


def test_a_database_without_a_file_needs_none() -> None:
    with only_one(None), only_one(None):
        pass


async def test_a_second_bot_says_so(tmp_path: Path) -> None:
    async with live(tmp_path):
        with pytest.raises(SecondInstance, match=r"Another Pixel Bot runs on .*sandbox\.db already"):
            async with live(tmp_path):
                pass
    assert (tmp_path / "sandbox.db").exists()
