"""Imports from the command line, and the SQLite file that they are made into."""

import os
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.cli.imports.import_points import import_points, undo_import
from pixel_bot.db.engine import Database
from pixel_bot.db.schema import HEAD
from pixel_bot.errors import DatabaseNotWritable
from pixel_bot.imports.errors import ImportRefused, UnknownBatch
from pixel_bot.imports.files import read_point_file
from pixel_bot.testing import settings_in
from tests.cli.bot_process import url
from tests.harness.process import run, run_as_typed
from tests.harness.seed import execute, query
from tests.imports.lists import written

pytestmark = pytest.mark.sqlite


def test_as_people_type_it(tmp_path: Path) -> None:
    """In a terminal that knows few letters."""
    file = written(tmp_path, "名前;\x1b[1mPünkte", "alice;5", "bob;6", name="ü\u200e.csv")
    planned = run_as_typed(tmp_path, "import", file.name, "--dry-run", PYTHONIOENCODING="ascii")
    assert (planned.returncode, planned.stderr) == (0, "")
    assert planned.stdout.startswith("\\xfc\\u200e.csv is from a list, by its columns: ")
    assert "\x1b" not in planned.stdout
    assert not (tmp_path / "data").exists()

    done = run(tmp_path, "import", file.name)
    assert (done.returncode, done.stderr) == (0, "")
    database = tmp_path / "data" / "pixel.db"
    assert query(database, "SELECT name, points FROM users") == [("alice", 5), ("bob", 6)]
    assert query(database, "SELECT value FROM meta WHERE key = 'mode'") == [("live",)]

    missing = run(tmp_path, "import", "missing.csv")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == "missing.csv was not imported. It cannot be opened: No such file or directory.\n"
    batch = read_point_file(file).batch
    assert run(tmp_path, "undo", batch).returncode == 0
    for typed in ([], ["a.csv", "b.csv"], ["commands", "a", "b"], ["a.csv", "--decimal", "dot"]):
        assert run(tmp_path, "import", *typed).returncode == 2

    both = written(tmp_path, "name;points", "alice;1,234", name="both.csv")
    asked = run(tmp_path, "import", both.name)
    assert (asked.returncode, "--decimal" in asked.stderr) == (1, True)
    assert run(tmp_path, "import", both.name, "--decimal", "comma", "--points", "points").returncode == 0
    assert query(database, "SELECT points FROM users WHERE name = 'alice'") == [(1,)]

    commands = tmp_path / "commands.json"
    commands.write_text('[{"command": "hug", "reply": "$(sender) hugs!"}]')
    looked = run(tmp_path, "import", "commands", commands.name, "--dry-run")
    assert (looked.returncode, looked.stderr) == (0, "")
    assert looked.stdout.startswith("commands.json is from StreamElements: 1 command.")


@pytest.mark.usefixtures("no_file_yet")
async def test_undo_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(UnknownBatch, match=r"^There is no import nonsense\."):
        await undo_import(settings_in(tmp_path), "nonsense")
    assert list(tmp_path.iterdir()) == []


async def test_a_dry_run_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = tmp_path / "kept.db"
    settings = settings_in(tmp_path, database_url=url(database))
    await import_points(settings, written(tmp_path, "alice,5"), dry_run=False)
    capsys.readouterr()
    before = database.read_bytes()
    file = written(tmp_path, "alice,6", "bob,6")
    assert await import_points(settings, file, dry_run=True) == 1
    assert "1 viewer new here, 1 known." in capsys.readouterr().out
    assert database.read_bytes() == before


async def test_an_older_database_is_upgraded_by_the_import_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "old.db"
    execute(database, "CREATE TABLE users (id BIGINT PRIMARY KEY, name TEXT UNIQUE NOT NULL, points BIGINT)")
    execute(database, "INSERT INTO users VALUES (1, 'alice', 70)")
    settings = settings_in(tmp_path, database_url=url(database))
    file = written(tmp_path, "alice,5")
    with pytest.raises(ImportRefused, match="db upgrade"):
        await import_points(settings, file, dry_run=True)
    assert query(database, "SELECT * FROM users") == [(1, "alice", 70)]
    assert await import_points(settings, file, dry_run=False) == 0
    assert "The database was upgraded, after a copy to " in capsys.readouterr().out
    assert query(database, "SELECT name, points FROM users") == [("alice", 75)]
    assert query(database, "SELECT version_num FROM alembic_version") == [(HEAD,)]


async def test_a_busy_database_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_in(tmp_path, database_url=url(tmp_path / "kept.db"))
    await import_points(settings, written(tmp_path, "alice,5"), dry_run=False)
    monkeypatch.setattr("pixel_bot.db.engine.PRAGMAS", ("busy_timeout = 20", "journal_mode = WAL"))
    other = Database(settings.database_url)
    try:
        async with other.write() as session:
            await session.execute(text("SELECT 1"))
            with pytest.raises(DatabaseNotWritable, match="another program is writing to it"):
                await import_points(settings, written(tmp_path, "bob,5"), dry_run=False)
    finally:
        await other.close()
    assert query(tmp_path / "kept.db", "SELECT name FROM users") == [("alice",)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names on this system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ImportRefused, match="It is no file"):
        read_point_file(tmp_path / "pipe.csv")
