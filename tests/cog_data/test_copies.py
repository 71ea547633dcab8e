"""Tables of cogs are in every copy and backup, row for row, also while their cog is not loaded."""

from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.cli.backup import back_up_database, restore_database
from pixel_bot.cli.copy import copy_database
from pixel_bot.cli.person import forget_person
from pixel_bot.cog_data.file_tables import other_tables
from pixel_bot.cog_data.models import forget_models
from pixel_bot.db.engine import Database
from pixel_bot.db.models import UtcDateTime
from pixel_bot.db.tables import core_tables
from pixel_bot.errors import DatabaseRefused
from pixel_bot.model.people import Person, Viewer
from pixel_bot.testing import Stage, settings_in, stage
from tests.cog_data.cogs_of import cog_with, cogs_in
from tests.harness.database import findings, rows
from tests.harness.postgres import Databases
from tests.harness.seed import execute, url_of

MODELS = """
from datetime import UTC, date, datetime
from typing import Any
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text

class Machine(CogModel):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True, server_default="one")
    is_on: Mapped[bool] = mapped_column(server_default=text("TRUE"))
    odds: Mapped[float]
    picture: Mapped[bytes | None]
    made_at: Mapped[datetime]
    day: Mapped[date]
    rules: Mapped[dict[str, Any]]

class Stake(CogModel):
    __table_args__ = (
        UniqueConstraint("machine", "token", name="uq_stake_token"),
        Index("ix_stake_open", "viewer", sqlite_where=text("points > 0"), postgresql_where=text("points > 0")),
        CheckConstraint("points >= 0", name="ck_stake_points"),
    )
    viewer: Mapped[ViewerId] = mapped_column(primary_key=True)
    machine: Mapped[int] = mapped_column(ForeignKey("cog_slots_machine.id"), primary_key=True)
    points: Mapped[int] = mapped_column(server_default=text("0"))
    token: Mapped[str | None]
"""
SLOTS = cog_with(
    """
    tables = [Machine, Stake]

    @command()
    async def play(self, ctx: Context) -> None:
        \"\"\"Stake 5 points.\"\"\"
        async with self.bot.transaction(ctx, "slots") as tx:
            points = await tx.debit(ctx.viewer, 5)
            machine = Machine(odds=0.25, made_at=datetime(2026, 1, 2, 3, 4, 5, 6, UTC), day=date(2026, 1, 2),
                              rules={"a": [1, None]}, picture=b"\\x00\\xff", name=ctx.viewer.name)
            tx.session.add(machine)
            await tx.session.flush()
            tx.session.add(Stake(viewer=ctx.viewer.id, machine=machine.id, points=points, token="t"))
            await tx.draw({"a": 1, "b": 2})
            await tx.limit(ctx.viewer, "play", 3)
        await ctx.reply("Played.")
    """,
    before=MODELS,
)
TABLES = {"cog_slots_machine", "cog_slots_stake"}


async def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    database = Database(url)
    try:
        async with database.engine.connect() as connection:
            others = await connection.run_sync(other_tables)
            return {
                table.name: sorted((tuple(row) for row in await connection.execute(table.select())), key=repr)
                for table in [*core_tables(), *others]
            }
    finally:
        await database.close()


async def played(folder: Path, url: str) -> None:
    async with stage(folder, database_url=url, cogs_dir=cogs_in(folder, slots=SLOTS)) as chat:
        for name in ("alice", "bob"):
            await chat.viewer(name, 100)
            assert await chat.say(name, "!play") == ["Played."]
    forget_models("slots")


async def test_to_postgresql_and_back_row_for_row(
    databases: Databases, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there, back = url_of(tmp_path / "pixel.db"), databases.empty(tmp_path), url_of(tmp_path / "back.db")
    await played(tmp_path, here)
    execute(tmp_path / "pixel.db", "CREATE TABLE old_cog (word TEXT, n INTEGER)", "INSERT INTO old_cog VALUES ('x', 7)")
    settings = settings_in(tmp_path)
    assert await copy_database(settings, here, there) == 0
    assert "everything is right" in capsys.readouterr().out
    assert await copy_database(settings, there, back) == 0
    original = await everything(here)
    assert original.keys() > TABLES | {"old_cog"}
    assert len(original["cog_slots_stake"]) == 2
    assert original == await everything(there) == await everything(back)
    # The cog goes on there: its keys, its numbers and its conditions are as they were.
    async with stage(tmp_path / "new", database_url=there, cogs_dir=tmp_path / "cogs") as chat:
        await chat.viewer("carol", 100)
        assert await chat.say("carol", "!play") == ["Played."]
        assert await rows(chat, "SELECT id FROM cog_slots_machine ORDER BY id") == [(1,), (2,), (3,)]
        assert await findings(chat) == []
    async with stage(tmp_path / "newer", database_url=back, cogs_dir=tmp_path / "cogs") as chat:
        assert await chat.say("bob", "!play") != ["Played."]  # the name of a machine is unique in the copy, too
        assert await rows(chat, "SELECT COUNT(*) FROM cog_slots_stake") == [(2,)]
    databases.drop_all()


async def test_a_table_that_cannot_be_copied_is_named(databases: Databases, tmp_path: Path) -> None:
    there, back = databases.empty(tmp_path), url_of(tmp_path / "back.db")
    await played(tmp_path, url_of(tmp_path / "pixel.db"))
    assert await copy_database(settings_in(tmp_path), str(tmp_path / "pixel.db"), there) == 0
    database = Database(there)
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE places (id BIGINT PRIMARY KEY, at POINT)"))
    await database.close()
    with pytest.raises(DatabaseRefused, match="The column at of the table places"):
        await copy_database(settings_in(tmp_path), there, back)
    databases.drop_all()


@pytest.mark.parametrize("on_server", [False, True])
async def test_backup_and_restore_row_for_row(databases: Databases, tmp_path: Path, on_server: bool) -> None:
    url = databases.empty(tmp_path) if on_server else url_of(tmp_path / "pixel.db")
    await played(tmp_path, url)
    settings = settings_in(tmp_path, database_url=url)
    before = await everything(url)
    file = tmp_path / "kept.db"
    assert await back_up_database(settings, file) == 0
    async with stage(tmp_path, database_url=url, cogs_dir=tmp_path / "cogs") as chat:
        await chat.viewer("carol", 100)
        assert await chat.say("carol", "!play") == ["Played."]
    forget_models("slots")
    assert await restore_database(settings, file) == 0
    assert await everything(url) == before
    databases.drop_all()


async def test_a_missing_table_of_a_cog_is_a_finding(tmp_path: Path) -> None:
    url = url_of(tmp_path / "pixel.db")
    await played(tmp_path, url)
    execute(tmp_path / "pixel.db", "DROP TABLE cog_slots_stake")
    assert await findings(tmp_path / "pixel.db") == [
        "The table cog_slots_stake of the cog slots is missing. Restore a backup that has it."
    ]


async def test_on_both_kinds_of_database_the_same_is_followed_parted_and_forgotten(
    databases: Databases, tmp_path: Path
) -> None:
    here, there = url_of(tmp_path / "pixel.db"), databases.empty(tmp_path)
    await played(tmp_path, here)
    assert await copy_database(settings_in(tmp_path), here, there) == 0
    for url in (here, there):
        folder = tmp_path / ("server" if url == there else "file")
        async with stage(folder, database_url=url) as chat:  # the cog is not loaded
            joystick = await chat.services.viewers.meet(Person("alice", "alice", "Alice", "joystick"))
            bob, alice = [await chat.services.viewers.find(name) for name in ("bob", "alice")]
            async with chat.services.transactions.open("k", "slots", "test") as tx:
                await tx.session.execute(text("UPDATE cog_slots_stake SET viewer = :v"), {"v": joystick.id})
            await linked(chat, alice, joystick)
            assert set(await rows(chat, "SELECT viewer FROM cog_slots_stake")) == {(alice.id,)}
            await chat.services.links.unlink(bob, alice)
            assert set(await rows(chat, "SELECT viewer FROM cog_slots_stake")) == {(joystick.id,)}
            await linked(chat, alice, joystick)
            settings = chat.services.settings
        assert await forget_person(settings, "alice") == 0
        forget_models("slots")
    assert await without_times(here) == await without_times(there)
    assert "alice" not in repr(await without_times(there)).lower()
    databases.drop_all()


async def linked(chat: Stage, alice: Viewer, joystick: Viewer) -> None:
    code = (await chat.services.links.ask(alice, public=False)).code
    await chat.services.links.give(joystick, code)
    chat.clock.advance(60)


async def without_times(url: str) -> dict[str, list[dict[str, object]]]:
    """Everything but when it happened."""
    database = Database(url)
    try:
        async with database.engine.connect() as connection:
            tables = [*core_tables(), *await connection.run_sync(other_tables)]
            found: dict[str, list[dict[str, object]]] = {}
            for table in tables:
                times = {c.name for c in table.columns if isinstance(c.type, UtcDateTime) and c.name != "made_at"}
                times |= {"id"} if table.name == "followed_rows" else set()  # a server never gives out one twice
                listed = (await connection.execute(table.select())).mappings().all()
                plain = [{k: v for k, v in row.items() if k not in times} for row in listed]
                found[table.name] = sorted(plain, key=repr)
            return found
    finally:
        await database.close()
