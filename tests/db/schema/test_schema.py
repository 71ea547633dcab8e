"""A new database has the document's schema; models and migrations agree."""

import asyncio
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine.reflection import Inspector

from pixel_bot.db.engine import Database
from pixel_bot.db.schema import HEAD, revision
from pixel_bot.db.tables import Base, core_tables
from pixel_bot.errors import FolderNotWritable
from pixel_bot.upkeep.upgrade import Upgrade, upgrade
from tests.db.schema.revisions import alembic_config, at_revision, columns, file_of, indexes, opened, upgraded
from tests.harness.seed import DDL, TABLES, execute, hand_made, query

pytestmark = pytest.mark.sqlite


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
    Base.metadata.create_all(by_models, core_tables())
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


def test_the_documents_sql_is_complete() -> None:
    assert DDL.count("CREATE TABLE") == 7
