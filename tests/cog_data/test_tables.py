"""Tables of cogs: made when the cog is loaded, upgraded by it after a backup, and never another cog's."""

import importlib.util
import warnings
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Numeric
from sqlalchemy.orm import Mapped, mapped_column

from pixel_bot.cog_data.models import CogModel, forget_models, models_of
from pixel_bot.testing import Stage, stage
from tests.cog_data.cogs_of import cog_with, cogs_in
from tests.harness.database import findings, rows

JACKPOT = """
class Jackpot(CogModel):
    id: Mapped[int] = mapped_column(primary_key=True)
    points: Mapped[int]
"""
PLAY = """
tables = [Jackpot]

@command()
async def feed(self, ctx: Context) -> None:
    \"\"\"Put a point into the jackpot.\"\"\"
    async with self.bot.transaction(ctx, "slots") as tx:
        staked = await tx.debit(ctx.viewer, 1)
        jackpot = await tx.session.get(Jackpot, 1)
        if jackpot is None:
            tx.session.add(Jackpot(id=1, points=staked))
        else:
            jackpot.points += staked
    async with self.bot.readers() as session:
        points = (await session.execute(select(Jackpot.points))).scalar_one()
    await ctx.reply(f"{points} in the jackpot.")
"""
SLOTS = cog_with(PLAY, before=JACKPOT)
WITH_SEED = cog_with(
    PLAY.replace("tables = [Jackpot]", "tables = [Jackpot]\nversion = 2")
    + """
async def migrate(self, session, old):
    from sqlalchemy import text
    assert old == 1
    await session.execute(text("ALTER TABLE cog_slots_jackpot ADD COLUMN seed TEXT DEFAULT 'none' NOT NULL"))
""",
    before=JACKPOT + "    seed: Mapped[str] = mapped_column(server_default='none', index=True)\n",
)


async def reloaded(chat: Stage, folder: Path, source: str) -> list[str]:
    cogs_in(folder, slots=source)
    cache_from_source = importlib.util.cache_from_source(str(folder / "cogs/slots.py"))
    Path(cache_from_source).unlink(missing_ok=True)  # a source of the same length, written in the same second
    return await chat.say("pixel_street", "!cog reload slots", "broadcaster")


async def test_a_cog_keeps_rows_of_its_own_together_with_points(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cogs_in(tmp_path, slots=SLOTS)) as chat:
        await chat.viewer("alice", 10)
        assert await chat.say("alice", "!feed") == ["1 in the jackpot."]
        assert await chat.say("alice", "!feed") == ["2 in the jackpot."]
    async with stage(tmp_path, cogs_dir=tmp_path / "cogs") as chat:  # it is there after a restart
        assert await chat.say("alice", "!feed") == ["3 in the jackpot."]
        assert await rows(chat, "SELECT * FROM cog_slots_jackpot") == [(1, 3)]
        assert await rows(chat, "SELECT name, version, tables FROM installed_cogs WHERE name IN ('slots', 'a_b')") == [
            ("slots", 1, "cog_slots_jackpot")
        ]
        assert await findings(chat) == []


async def test_tables_survive_reloads_without_a_warning(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        async with stage(tmp_path, cogs_dir=cogs_in(tmp_path, slots=SLOTS)) as chat:
            await chat.viewer("alice", 10)
            for points in (1, 2, 3):
                assert await chat.say("alice", "!feed") == [f"{points} in the jackpot."]
                assert await reloaded(chat, tmp_path, SLOTS) == ["The cog slots runs in its new version."]


async def test_a_new_version_is_migrated_after_a_backup(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cogs_in(tmp_path, slots=SLOTS)) as chat:
        await chat.viewer("alice", 10)
        await chat.say("alice", "!feed")
        assert await reloaded(chat, tmp_path, WITH_SEED) == ["The cog slots runs in its new version."]
        assert len(list((tmp_path / "backups").glob("*.db"))) == 1
        assert await rows(chat, "SELECT * FROM cog_slots_jackpot") == [(1, 1, "none")]
        assert await chat.say("alice", "!feed") == ["2 in the jackpot."]
        (answer,) = await reloaded(chat, tmp_path, SLOTS)
        assert "The tables of slots are of version 2, and this file of it knows version 1" in answer
        assert await chat.say("alice", "!feed") == ["3 in the jackpot."]  # the old version goes on


async def test_a_changed_model_without_a_version_is_refused_and_the_old_one_goes_on(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cogs_in(tmp_path, slots=SLOTS)) as chat:
        await chat.viewer("alice", 10)
        await chat.say("alice", "!feed")
        (answer,) = await reloaded(chat, tmp_path, WITH_SEED.replace("version = 2", "version = 1"))
        assert "has no column seed. Raise the cog's `version` to 2" in answer
        assert await chat.say("alice", "!feed") == ["2 in the jackpot."]
        assert await reloaded(chat, tmp_path, WITH_SEED) == ["The cog slots runs in its new version."]


async def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=cogs_in(tmp_path, slots=SLOTS)) as chat:
        await chat.viewer("alice", 10)
        await chat.say("alice", "!feed")
        (answer,) = await reloaded(chat, tmp_path, WITH_SEED.replace("NOT NULL", "NOT NULL WRONG"))
        assert "could not be loaded" in answer
        assert await rows(chat, "SELECT version FROM installed_cogs WHERE name IN ('slots', 'a_b')") == [(1,)]
        assert await chat.say("alice", "!feed") == ["2 in the jackpot."]


async def test_tables_of_two_cogs_do_not_collide(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    other = cog_with("tables = [BJackpot]", "A", JACKPOT.replace("Jackpot", "BJackpot"))
    folder = cogs_in(tmp_path, a_b=cog_with("tables = [Jackpot]", "A_B", JACKPOT))
    async with stage(tmp_path, cogs_dir=folder) as chat:
        cogs_in(tmp_path, a=other)
        (answer,) = await chat.say("pixel_street", "!cog load a", "broadcaster")
        assert "The table cog_a_b_jackpot is declared already, by the cog a_b" in answer
    (folder / "a_b.py").unlink()
    forget_models("a_b")
    async with stage(tmp_path, cogs_dir=folder) as chat:  # not loaded: its tables are its own all the same
        assert "The table cog_a_b_jackpot belongs to the cog a_b" in caplog.text
        assert await rows(chat, "SELECT name FROM installed_cogs WHERE name IN ('slots', 'a_b')") == [("a_b",)]


@pytest.mark.parametrize(("kind", "sentence"), [(Numeric(10, 2), "has the type Numeric"), (None, "which is too long")])
def test_what_cannot_be_a_table_is_refused_at_once(kind: Any, sentence: str) -> None:
    name = "Price" if kind is not None else "P" * 60
    columns = {"id": mapped_column(primary_key=True), "price": mapped_column(kind)}
    with pytest.raises(TypeError, match=sentence):
        type(name, (CogModel,), {**columns, "__module__": "cogs.shop", "__annotations__": {"id": Mapped[int]}})
    assert models_of("shop") == []


async def test_what_a_cog_of_the_streamers_folder_keeps_has_the_cogs_name(tmp_path: Path) -> None:
    source = """
        class Jackpot(CogModel):
            id: Mapped[int] = mapped_column(primary_key=True)

        class Slots(Cog):
            @command()
            async def slots(self, ctx):
                async with self.bot.transaction(ctx, "slots") as tx:
                    await tx.limit(ctx.viewer, "slots", 3, per="day")
    """
    async with stage(tmp_path, cogs_dir=cogs_in(tmp_path, slots=source)) as chat:
        assert await chat.say("alice", "!slots") == []
        tables = await rows(chat, "SELECT name, tables FROM installed_cogs WHERE name IN ('slots', 'a_b')")
        assert tables == [("slots", "cog_slots_jackpot")]
        assert await rows(chat, "SELECT cog FROM limit_uses") == [("slots",)]
