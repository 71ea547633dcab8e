"""Databases that are not upgraded."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pixel_bot.db.schema import HEAD
from pixel_bot.errors import DatabaseRefused
from tests.db.migrations.versions import columns, content, every_version, made, upgraded
from tests.harness.seed import execute

pytestmark = pytest.mark.sqlite


# What is refused


def files_of(folder: Path) -> dict[str, bytes]:
    """All files but ``-shm``: whoever reads a write-ahead log needs one, and nothing is kept in it."""
    files = (file for file in folder.rglob("*") if file.is_file() and not file.name.endswith("-shm"))
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


async def refused(path: Path) -> str:
    """Assert that the database is refused, and nothing is touched or left anywhere. Returns the sentence."""
    before = files_of(path.parent)
    with pytest.raises(DatabaseRefused) as caught:
        await upgraded(path)
    assert files_of(path.parent) == before
    return str(caught.value)


@pytest.mark.parametrize("newer", [f"{int(HEAD) + 1:04}", "9999"])
@every_version
async def test_a_newer_one_is_refused_whatever_is_in_it(path: Path, version: str, newer: str) -> None:
    made(path, version)
    execute(
        path,
        "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)",
        "DELETE FROM alembic_version",
        f"INSERT INTO alembic_version VALUES ('{newer}')",
    )
    said = await refused(path)
    assert f"belongs to a newer Pixel Bot (schema {newer}, this one knows {HEAD})" in said


async def test_a_newer_one_whose_bot_was_killed_is_refused(path: Path) -> None:
    """Its last words are still in the write-ahead log."""
    made(path, "0005")
    with closing(sqlite3.connect(path)) as running:
        running.execute("UPDATE alembic_version SET version_num = '9999'")
        running.commit()
        log = path.with_name(path.name + "-wal").read_bytes()
        file = path.read_bytes()
    path.write_bytes(file)
    path.with_name(path.name + "-wal").write_bytes(log)
    assert "belongs to a newer Pixel Bot" in await refused(path)


@pytest.mark.parametrize("unknown", ["0000", "0000x", "0003x", "3", "ae1027a6acf", "", "٠٠٠٤", "0002\n"])
async def test_a_schema_that_no_version_ever_had_is_refused(path: Path, unknown: str) -> None:
    made(path, "0005")
    execute(path, f"UPDATE alembic_version SET version_num = '{unknown}'")
    said = await refused(path)
    assert "which no Pixel Bot ever made" in said
    assert repr(unknown) in said


@pytest.mark.parametrize("stamps", [[], ["0003", "0005"]], ids=["none", "two"])
async def test_no_stamp_and_two_are_refused(path: Path, stamps: list[str]) -> None:
    made(path, "0005")
    execute(path, "DELETE FROM alembic_version", *(f"INSERT INTO alembic_version VALUES ('{s}')" for s in stamps))
    assert "which no Pixel Bot ever made" in await refused(path)


KILLED_TOOL = """
import os, signal, sqlite3, sys

tool = sqlite3.connect(sys.argv[1], isolation_level=None)
tool.execute("PRAGMA cache_size = 1")
tool.execute("BEGIN")
tool.execute("UPDATE users SET points = 1000000")
tool.execute("CREATE TABLE quotes (said TEXT)")
for number in range(200):
    tool.execute("INSERT INTO quotes VALUES (?)", ("x" * 4000,))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is not on this system")
async def test_what_another_tool_left_half_written_is_taken_back_first(path: Path) -> None:
    """Pages of its transaction are in the file already. Of its commit there was the first page, with the new size."""
    before = content(made(path, "document"), known := columns(path))
    subprocess.run([sys.executable, "-c", KILLED_TOOL, str(path)], check=False)
    assert path.with_name(path.name + "-journal").stat().st_size > 0
    with closing(path.open("r+b")) as file:
        file.seek(28)
        file.write((10_000).to_bytes(4, "big"))
    done = await upgraded(path)
    assert done.backup is not None
    assert content(done.backup, known) == before
    assert content(path, {"users": known["users"]}) == {"users": before["users"]}
