"""PhantomBot's database, which is read and never touched. The people are invented."""

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from pixel_bot.imports.errors import ImportRefused
from pixel_bot.imports.files import read_point_file
from tests.imports.files import paid, why

POINTS = {"anna_lo": "1200", "bertram": "800", "cilla99": "0", "odd name": "5", "dora": "-3"}


def made(file: Path, tables: Mapping[str, Mapping[str, str]], pragma: str = "") -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None)
    if pragma:
        connection.execute(pragma)
    for table, rows in tables.items():
        connection.execute(f"CREATE TABLE {table} (section string, variable string, value string)")
        connection.executemany(f"INSERT INTO {table} VALUES ('', ?, ?)", rows.items())
    return connection


def seen(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_its_points_are_read(tmp_path: Path) -> None:
    file = tmp_path / "phantom #1?.db"
    tables = {"phantombot_points": POINTS, "phantombot_time": {"anna_lo": "3600"}}
    with closing(made(file, tables)) as connection:
        connection.execute("INSERT INTO phantombot_points VALUES ('a section', 'erik', '9')")
    before = seen(tmp_path)
    found = read_point_file(file)
    assert (found.source, found.columns, found.unit) == ("PhantomBot", "username, points, twitchid", "Row")
    assert (paid(found), found.empty) == ({"anna_lo": 1_200, "bertram": 800}, 1)
    assert why(found) == {4: '"odd name" is no Twitch login', 5: 'dora: "-3" is below zero'}
    assert seen(tmp_path) == before


def test_ids_are_taken_where_it_has_them(tmp_path: Path) -> None:
    file = tmp_path / "phantombot.db"
    made(file, {"phantombot_points": POINTS, "phantombot_logintoid": {"anna_lo": "40934651"}}).close()
    assert {p.login: p.platform_id for p in read_point_file(file).people} == {"anna_lo": "40934651", "bertram": ""}


def test_what_lies_in_its_log_counts_and_stays_there(tmp_path: Path) -> None:
    file = tmp_path / "phantombot.db"
    with closing(made(file, {"phantombot_points": {"anna_lo": "5"}}, "PRAGMA journal_mode = WAL")) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("INSERT INTO phantombot_points VALUES ('', 'bertram', '6')")
        before = seen(tmp_path)
        assert "phantombot.db-wal" in before
        assert paid(read_point_file(file)) == {"anna_lo": 5, "bertram": 6}
        assert seen(tmp_path) == before


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    made(file, {"settings": {"a": "b"}}).close()
    with pytest.raises(ImportRefused, match="a database, but not PhantomBot's"):
        read_point_file(file)
    file.write_bytes(file.read_bytes()[:4096])
    with pytest.raises(ImportRefused, match="a database"):
        read_point_file(file)
