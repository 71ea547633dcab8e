"""Upgrading a database of any version keeps its rows, and the commands do the same."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect

from pixel_bot.cli.database import check_database, upgrade_database
from pixel_bot.db.schema import HEAD
from pixel_bot.db.tables import Base, core_tables
from pixel_bot.testing import settings_in
from pixel_bot.upkeep.upgrade import Upgrade
from tests.db.migrations.versions import VERSIONS, columns, content, every_version, made, settings_for, upgraded
from tests.harness.seed import execute, query

pytestmark = pytest.mark.sqlite


# Rows stay in place


def test_there_is_one_for_each_release() -> None:
    older = [f"{number:04}" for number in range(1, int(HEAD))]
    assert (*older, "document") == VERSIONS


@every_version
def test_each_has_rows_in_every_table(path: Path, version: str) -> None:
    assert not [table for table, rows in content(path, columns(made(path, version))).items() if not rows]
    states = {state for (state,) in query(path, "SELECT status FROM queue_items")}
    assert states == {"pending", "running", "done", "failed"}


@every_version
async def test_every_row_is_in_place_and_in_the_copy_made_before(path: Path, version: str) -> None:
    known = columns(made(path, version))
    before = content(path, known)
    done = await upgraded(path)
    assert done.backup is not None
    assert (columns(done.backup), content(done.backup, known)) == (known, before)
    after = content(path, known)
    if version == "document":
        (explained,) = set(after["transactions"]) - set(before["transactions"])
        assert explained[1:5] == (4, 1_000, "adopted", 1_000)
        after["transactions"].remove(explained)
        # The same moment, in the form in which text order is time order.
        before["cooldowns"][2] = (3, 2, "wheel", "2026-01-01 12:10:00.000000")
    assert after == before
    assert query(path, "SELECT version_num FROM alembic_version") == [(HEAD,)]


@every_version
async def test_a_second_upgrade_changes_nothing(path: Path, version: str) -> None:
    await upgraded(made(path, version))
    before = path.read_bytes()
    assert await upgraded(path) == Upgrade(changed=False)
    assert path.read_bytes() == before
    assert len(list((path.parent / "backups").iterdir())) == 1


def shape(engine: Engine) -> dict[str, tuple[set[str], set[tuple[bool, tuple[str | None, ...]]]]]:
    """Columns and indexes of each table, those behind constraints too."""
    inspector = inspect(engine)
    found: dict[str, tuple[set[str], set[tuple[bool, tuple[str | None, ...]]]]] = {}
    for table in set(inspector.get_table_names()) - {"alembic_version"}:
        keys = {(bool(i["unique"]), tuple(i["column_names"])) for i in inspector.get_indexes(table)}
        keys |= {(True, tuple(u["column_names"])) for u in inspector.get_unique_constraints(table)}
        found[table] = {column["name"] for column in inspector.get_columns(table)}, keys
    return found


@every_version
async def test_models_and_database_agree_afterwards(path: Path, version: str) -> None:
    await upgraded(made(path, version))
    by_models, by_migrations = create_engine("sqlite://"), create_engine(f"sqlite:///{path.as_posix()}")
    Base.metadata.create_all(by_models, core_tables())  # others are models of cogs, which other tests have declared
    assert shape(by_migrations) == shape(by_models)
    by_models.dispose()
    by_migrations.dispose()


# The command line


@pytest.mark.parametrize("version", ["document", "0001", "0005"])
async def test_the_commands_do_the_same(path: Path, version: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_in(path.parent, **settings_for(made(path, version)))
    assert await check_database(settings) == 1
    assert "Run: python -m pixel_bot db upgrade" in capsys.readouterr().out
    assert await upgrade_database(settings) == 0
    assert f"is now at schema {HEAD}." in capsys.readouterr().out
    assert await check_database(settings) == 0
    assert await upgrade_database(settings) == 0
    assert f"is already at schema {HEAD}." in capsys.readouterr().out


async def test_display_names_are_found_after_the_upgrade(path: Path) -> None:
    execute(
        made(path, "0006"),
        "INSERT INTO users (name, points, platform, platform_id, display_name) VALUES "
        "('yukidaruma', 5, 'twitch', '7001', 'ゆきだるま'), ('zhenya', 6, 'twitch', '7002', 'ЖЕНЯ'), "
        "('mixed', 7, 'twitch', '7003', 'MiXeD'), ('jules@joystick', 8, 'joystick', 'jules', 'Jules'), "
        "('lost~9', 9, 'twitch', '7005', 'Lost')",
    )
    await upgraded(path)
    keys = query(path, "SELECT name, display_key FROM users WHERE points BETWEEN 5 AND 9 ORDER BY points")
    assert [key for name, key in keys if name in {"yukidaruma", "zhenya"}] == ["ゆきだるま", "женя"]
    assert [key for name, key in keys if name in {"mixed", "jules@joystick", "lost~9"}] == [None] * 3
    plan = query(path, "EXPLAIN QUERY PLAN SELECT id FROM users WHERE display_key = 'x'")
    assert "ix_users_display_key" in str(plan)
