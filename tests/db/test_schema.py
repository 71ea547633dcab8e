"""The schema: as the document says, migrated in order, and never forced on a file that is not ours."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine.reflection import Inspector

from pixel_bot.db.engine import BUSY_TIMEOUT_MS, Database
from pixel_bot.db.schema import HEAD, MIGRATIONS, revision
from pixel_bot.db.tables import Base
from pixel_bot.errors import DatabaseRefused, FolderNotWritable
from pixel_bot.upkeep.upgrade import Upgrade, upgrade
from tests.harness.seed import DDL, TABLES, execute, hand_made, query, url_of

pytestmark = pytest.mark.sqlite


@asynccontextmanager
async def opened(path: Path) -> AsyncGenerator[Database]:
    database = Database(url_of(path))
    try:
        yield database
    finally:
        await database.close()


async def upgraded(path: Path) -> Upgrade:
    async with opened(path) as database:
        return await upgrade(database, path.parent / "backups")


@pytest.fixture
async def fresh(tmp_path: Path) -> AsyncGenerator[Database]:
    async with opened(tmp_path / "pixel.db") as database:
        await upgrade(database, tmp_path / "backups")
        yield database


def file_of(database: Database) -> Path:
    assert database.path is not None
    return database.path


def alembic_config(**attributes: Any) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes.update(attributes)
    return config


def at_revision(path: Path, wanted: str) -> None:
    """A database as an older Pixel Bot left it."""
    engine = create_engine(f"sqlite:///{path.as_posix()}")
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection=connection), wanted)
    engine.dispose()


def columns(path: Path, table: str) -> dict[str, tuple[str, str | None, bool]]:
    """Type, default and whether it is the primary key, by column."""
    rows = query(path, f"PRAGMA table_info({table})")
    return {name: (kind, _plain_default(default), bool(key)) for _, name, kind, _, default, key in rows}


def _plain_default(default: str | None) -> str | None:
    bare = None if default is None else default.strip("'\"()")
    return {"TRUE": "1", "true": "1"}.get(bare or "", bare)


def indexes(path: Path, table: str) -> set[tuple[bool, tuple[str, ...]]]:
    """Uniqueness and columns of every index, those behind constraints too."""
    found: set[tuple[bool, tuple[str, ...]]] = set()
    for row in query(path, f"PRAGMA index_list({table})"):
        names = tuple(r[2] for r in query(path, f"PRAGMA index_info('{row[1]}')"))
        found.add((bool(row[2]), names))
    return found


@pytest.mark.parametrize("table", TABLES)
async def test_a_new_database_has_the_documents_columns(fresh: Database, tmp_path: Path, table: str) -> None:
    wanted = columns(hand_made(tmp_path / "document.db"), table)
    have = columns(file_of(fresh), table)
    assert {name: have.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("table", TABLES)
async def test_a_new_database_has_the_documents_indexes(fresh: Database, tmp_path: Path, table: str) -> None:
    assert indexes(file_of(fresh), table) >= indexes(hand_made(tmp_path / "document.db"), table)


@pytest.mark.parametrize("table", TABLES)
async def test_what_the_document_requires_is_required(fresh: Database, tmp_path: Path, table: str) -> None:
    sql = f"SELECT name FROM pragma_table_info('{table}') WHERE \"notnull\""
    assert set(query(file_of(fresh), sql)) >= set(query(hand_made(tmp_path / "document.db"), sql))


@pytest.mark.parametrize("table", TABLES)
async def test_no_added_column_stops_other_peoples_inserts(fresh: Database, tmp_path: Path, table: str) -> None:
    known = set(columns(hand_made(tmp_path / "document.db"), table))
    info = query(file_of(fresh), f"PRAGMA table_info({table})")
    assert [name for _, name, _, required, default, _ in info if name not in known and required and not default] == []


@pytest.mark.parametrize("table", ["transactions", "cooldowns"])
async def test_a_new_database_has_the_documents_foreign_keys(fresh: Database, table: str) -> None:
    keys = query(file_of(fresh), f"PRAGMA foreign_key_list({table})")
    assert ("users", "user_id", "id") in {(parent, child, column) for _, _, parent, child, column, *_ in keys}


async def test_a_user_without_points_or_level_gets_the_defaults(fresh: Database) -> None:
    execute(
        file_of(fresh),
        "INSERT INTO users (name) VALUES ('alice')",
        "INSERT INTO xp_records (user_name) VALUES ('alice')",
        "INSERT INTO queue_items (kind) VALUES ('tts')",
        "INSERT INTO redeems (key, display_name) VALUES ('tts', 'Text-to-Speech')",
    )
    assert query(file_of(fresh), "SELECT points FROM users") == [(0,)]
    assert query(file_of(fresh), "SELECT xp, level FROM xp_records") == [(0, 1)]
    assert query(file_of(fresh), "SELECT status FROM queue_items") == [("pending",)]
    assert query(file_of(fresh), "SELECT cost, enabled, cooldown_s FROM redeems") == [(0, 1, 0)]


def test_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


async def test_a_new_database_is_stamped(fresh: Database) -> None:
    assert await revision(fresh) == HEAD
    assert query(file_of(fresh), "SELECT version_num FROM alembic_version") == [(HEAD,)]


def _type_name(kind: object) -> str:
    """The models' times are text to SQLite's driver, and nothing else in them is a VARCHAR."""
    return str(kind).replace("VARCHAR", "TIMESTAMP")


def index_columns(inspector: Inspector, table: str) -> set[tuple[bool, tuple[str | None, ...]]]:
    found = {(bool(i["unique"]), tuple(i["column_names"])) for i in inspector.get_indexes(table)}
    return found | {(True, tuple(u["column_names"])) for u in inspector.get_unique_constraints(table)}


def test_models_and_migrations_agree(tmp_path: Path) -> None:
    at_revision(tmp_path / "migrated.db", "head")
    by_models = create_engine("sqlite://")
    Base.metadata.create_all(by_models)
    by_migrations = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    models, migrated = inspect(by_models), inspect(by_migrations)
    assert set(migrated.get_table_names()) - {"alembic_version"} == set(models.get_table_names())
    for table in models.get_table_names():
        wanted, have = (
            {c["name"]: (_type_name(c["type"]), c["nullable"]) for c in i.get_columns(table)}
            for i in (models, migrated)
        )
        assert have == wanted, table
        assert index_columns(migrated, table) == index_columns(models, table), table
    by_models.dispose()
    by_migrations.dispose()


async def test_a_new_database_needs_no_backup(tmp_path: Path) -> None:
    done = await upgraded(tmp_path / "pixel.db")
    assert (done.changed, done.backup) == (True, None)
    assert not (tmp_path / "backups").exists()


async def test_a_second_upgrade_has_nothing_to_do(tmp_path: Path) -> None:
    await upgraded(tmp_path / "pixel.db")
    before = (tmp_path / "pixel.db").read_bytes()
    assert await upgraded(tmp_path / "pixel.db") == Upgrade(changed=False)
    assert (tmp_path / "pixel.db").read_bytes() == before


async def test_the_folder_of_the_database_is_made(tmp_path: Path) -> None:
    await upgraded(tmp_path / "some" / "where" / "pixel.db")
    assert (tmp_path / "some" / "where" / "pixel.db").exists()


async def test_a_file_in_place_of_the_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(FolderNotWritable, match="DATA_DIR"):
        await upgraded(tmp_path / "data" / "pixel.db")


async def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "pixel.db").touch()
    assert (await upgraded(tmp_path / "pixel.db")).changed


async def test_two_processes_that_make_the_same_database_do_not_meet(tmp_path: Path) -> None:
    async with opened(tmp_path / "pixel.db") as one, opened(tmp_path / "pixel.db") as two:
        await asyncio.gather(upgrade(one, tmp_path / "backups"), upgrade(two, tmp_path / "backups"))
    assert query(tmp_path / "pixel.db", "SELECT version_num FROM alembic_version") == [(HEAD,)]


# An older database


@pytest.fixture
def older(tmp_path: Path) -> Path:
    path = tmp_path / "pixel.db"
    at_revision(path, "0001")
    execute(
        path,
        "INSERT INTO users (id, name, points, created_at) VALUES (7, 'alice', 30, '2025-01-01 10:00:00.000000')",
        "INSERT INTO transactions (user_id, amount, reason, balance_after) VALUES (7, 30, 'chat', 30)",
        "INSERT INTO xp_records (user_name, xp, level) VALUES ('alice', 150, 2)",
    )
    return path


async def test_an_older_database_keeps_its_rows(older: Path) -> None:
    done = await upgraded(older)
    assert done.changed
    assert query(older, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert query(older, "SELECT id, name, points, created_at, platform, platform_id FROM users") == [
        (7, "alice", 30, "2025-01-01 10:00:00.000000", "twitch", None)
    ]
    assert query(older, "SELECT user_id, amount, reason, balance_after, change_id FROM transactions") == [
        (7, 30, "chat", 30, None)
    ]
    assert query(older, "SELECT user_name, xp, level FROM xp_records") == [("alice", 150, 2)]


async def test_an_older_database_is_backed_up_first(older: Path) -> None:
    done = await upgraded(older)
    assert done.backup is not None
    assert done.backup.parent == older.parent / "backups"
    assert query(done.backup, "PRAGMA integrity_check") == [("ok",)]
    assert query(done.backup, "SELECT version_num FROM alembic_version") == [("0001",)]
    assert query(done.backup, "SELECT name, points FROM users") == [("alice", 30)]
    assert [p.name for p in done.backup.parent.iterdir()] == [done.backup.name]


async def test_without_room_for_the_backup_nothing_is_upgraded(older: Path) -> None:
    (older.parent / "backups").write_text("not a folder")
    before = query(older, "SELECT version_num FROM alembic_version")
    with pytest.raises(FolderNotWritable, match="BACKUP_DIR"):
        await upgraded(older)
    assert query(older, "SELECT version_num FROM alembic_version") == before


async def test_the_backup_has_what_is_still_in_the_write_ahead_log(older: Path) -> None:
    with closing(sqlite3.connect(older)) as other_tool:
        other_tool.execute("PRAGMA journal_mode = WAL")
        other_tool.execute("UPDATE users SET points = 31")
        other_tool.commit()
        done = await upgraded(older)
    assert done.backup is not None
    assert query(done.backup, "SELECT points FROM users") == [(31,)]


async def test_the_upgrade_waits_for_another_program_that_writes(older: Path) -> None:
    with closing(sqlite3.connect(older, isolation_level=None)) as other_tool:
        other_tool.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(upgraded(older))
        await asyncio.wait([task], timeout=0.2)
        other_tool.execute("COMMIT")
    assert (await task).changed


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


# Connections


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": BUSY_TIMEOUT_MS}


@pytest.mark.parametrize("factory", ["sessions", "readers"])
@pytest.mark.parametrize("pragma", PRAGMAS)
async def test_every_connection_is_set_up(fresh: Database, factory: str, pragma: str) -> None:
    make = fresh.sessions if factory == "sessions" else fresh.readers
    async with fresh.readers() as holds_the_first, make() as session:
        await holds_the_first.execute(text("SELECT 1"))
        assert (await session.execute(text(f"PRAGMA {pragma}"))).scalar_one() == PRAGMAS[pragma]


async def test_a_session_excludes_other_writers_from_its_first_read_on(fresh: Database) -> None:
    async with fresh.sessions() as session:
        await session.execute(text("SELECT 1"))
        with closing(sqlite3.connect(file_of(fresh), timeout=0)) as other:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            await session.rollback()
            other.execute("BEGIN IMMEDIATE")


async def test_a_second_writer_waits_and_sees_what_the_first_wrote(fresh: Database, tmp_path: Path) -> None:
    began = asyncio.Event()

    async def second(database: Database) -> int:
        async with database.write() as session:
            points = (await session.execute(text("SELECT points FROM users"))).scalar_one()
            began.set()
            await session.execute(text("UPDATE users SET points = :more"), {"more": points + 1})
            return points

    execute(file_of(fresh), "INSERT INTO users (name, points) VALUES ('alice', 1)")
    async with opened(tmp_path / "pixel.db") as other:
        async with fresh.write() as session:
            await session.execute(text("SELECT points FROM users"))
            task = asyncio.create_task(second(other))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(began.wait(), 0.2)
            await session.execute(text("UPDATE users SET points = 10"))
        assert await task == 10
    assert query(tmp_path / "pixel.db", "SELECT points FROM users") == [(11,)]


async def test_an_open_reader_does_not_block_a_writer(fresh: Database) -> None:
    execute(file_of(fresh), "INSERT INTO users (name) VALUES ('alice')")
    async with fresh.engine.connect() as reader:
        total = text("SELECT SUM(points) FROM users")
        assert (await reader.execute(total)).scalar_one() == 0
        async with asyncio.timeout(5):
            async with fresh.write() as session:
                await session.execute(text("UPDATE users SET points = 5"))
        assert (await reader.execute(total)).scalar_one() == 0, "its transaction is still open"
    async with fresh.readers() as session:
        assert (await session.execute(total)).scalar_one() == 5


async def test_a_reader_sees_only_what_is_committed(fresh: Database) -> None:
    async with fresh.readers() as reader, fresh.write() as session:
        await session.execute(text("INSERT INTO users (name) VALUES ('alice')"))
        assert (await reader.execute(text("SELECT COUNT(*) FROM users"))).scalar_one() == 0


async def test_a_write_that_raises_leaves_nothing_behind(fresh: Database) -> None:
    told: list[str] = []
    fresh.committed.add(lambda: told.append("committed"))
    with suppress(ZeroDivisionError):
        async with fresh.write() as session:
            await session.execute(text("INSERT INTO users (name) VALUES ('alice')"))
            raise ZeroDivisionError
    assert query(file_of(fresh), "SELECT COUNT(*) FROM users") == [(0,)]
    assert told == []


async def test_foreign_keys_are_enforced(fresh: Database) -> None:
    with pytest.raises(Exception, match="FOREIGN KEY"):
        async with fresh.write() as session:
            await session.execute(text("INSERT INTO transactions (user_id, amount) VALUES (99, 1)"))


async def test_closing_folds_the_log_into_the_file(tmp_path: Path) -> None:
    await upgraded(tmp_path / "pixel.db")
    assert [p.name for p in tmp_path.iterdir()] == ["pixel.db"]


def test_the_documents_sql_is_complete() -> None:
    assert DDL.count("CREATE TABLE") == 7
