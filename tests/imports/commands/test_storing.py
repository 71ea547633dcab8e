"""Commands are stored once, in one transaction, and taken back in one."""

import json
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pixel_bot.cli.imports.import_commands import built_in_names, import_commands
from pixel_bot.cli.imports.import_points import undo_import
from pixel_bot.clock import Clock
from pixel_bot.imports.commands.batches import CommandImports
from pixel_bot.imports.commands.files import commands_in
from pixel_bot.imports.commands.store import CogTables, Everything, Stored
from pixel_bot.imports.errors import ImportRefused, UnknownBatch
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.settings import Settings
from pixel_bot.testing import settings_in
from tests.harness.database import rows
from tests.imports.commands import exports
from tests.imports.commands.tables import make_tables

COMMANDS = "SELECT name, text, cost FROM cog_commands_custom_command ORDER BY name"
OPTIONS = "SELECT name, is_on, who, cooldown, everyone, reply FROM cog_commands_options ORDER BY name"
OTHER_NAMES = "SELECT name, command FROM cog_commands_other_name ORDER BY name"
BUILT_IN = {"points", "so"}


class FakeStore:
    """Keeps names in memory, and fails when it is told."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.fails = False

    async def names(self, session: AsyncSession) -> Collection[str]:
        return list(self.kept)

    async def add(self, session: AsyncSession, everything: Everything, now: datetime) -> Stored:
        if self.fails:
            raise ImportRefused("The database cannot hold commands.")
        self.kept |= {one.command.name: one.command.text for one in everything.commands}
        return Stored(dict(self.kept), [], {}, {}, {})

    async def remove(self, session: AsyncSession, stored: Stored) -> int:
        gone = [name for name in stored.commands if self.kept.pop(name, None) is not None]
        return len(gone)


def imports(services: Services, store: Any = None) -> CommandImports:
    return CommandImports(services.database, services.clock, store or CogTables(), BUILT_IN)


async def test_everything_lands_in_the_cogs_tables(services: Services) -> None:
    await make_tables(services.database)
    outcome = await imports(services).store(commands_in(exports.NIGHTBOT), "nightbot.json")
    assert (outcome.standing, len(outcome.review.stored)) == (None, 8)
    texts = {name: said for name, said, _ in await rows(services, COMMANDS)}
    assert list(texts) == ["bighug", "boss", "cat", "hug", "specs", "sum", "wx"]
    assert texts["sum"] == "$(eval 1+1)"
    assert await rows(services, OTHER_NAMES) == [("pc", "specs")]
    options = {row[0]: tuple(row[1:]) for row in await rows(services, OPTIONS)}
    assert options["hug"] == (True, "everyone", 0, 5, None)
    assert options["sum"] == (False, "everyone", 0, 5, None)
    assert options["specs"] == (True, "mods", 0, 30, None)
    assert await rows(services, "SELECT * FROM cog_counters_counter") == [("hug", 41)]
    assert await rows(services, "SELECT actor, summary, batch FROM changes") == [
        ("import", "import 8 commands of Nightbot from nightbot.json", outcome.batch)
    ]


async def test_prices_replies_timers_quotes_and_counters(services: Services) -> None:
    await make_tables(services.database)
    whole = {
        "commands": exports.STREAMELEMENTS,
        "timers": [exports.STREAMELEMENTS_TIMER],
        "quotes": [{"quote": "Oops", "game": "Chess", "created_at": "2024-05-01T10:00:00Z"}, "Again", "Oops"],
        "counters": {"deaths": 12},
    }
    await imports(services).store(commands_in(whole), "se.json")
    assert ("tree", "${random.pick 'oak' 'birch'} for ${user.points_rank}", 50) in await rows(services, COMMANDS)
    assert await rows(services, OTHER_NAMES) == [("dc", "discord"), ("server", "discord")]
    timers = "SELECT name, text, minutes, lines, is_on, lines_then, turns FROM cog_timers_timer"
    assert await rows(services, timers) == [("rules", "Be kind.", 5, 7, True, 0, 0)]
    quotes = await rows(services, "SELECT number, text, game FROM cog_quotes_quote ORDER BY number")
    assert quotes == [(1, "Oops", "Chess"), (2, "Again", "")]
    assert await rows(services, "SELECT * FROM cog_counters_counter") == [("deaths", 12)]


async def test_what_is_there_stays_as_it_is(services: Services) -> None:
    await make_tables(services.database)
    async with services.database.write() as session:
        for statement in (
            "INSERT INTO cog_counters_counter VALUES ('hug', 3)",
            "INSERT INTO cog_commands_options VALUES ('specs', FALSE, 'vip', 1, 1, NULL)",
            "INSERT INTO cog_commands_other_name VALUES ('cat', 'points')",
        ):
            await session.execute(text(statement))
    outcome = await imports(services).store(commands_in(exports.NIGHTBOT), "a")
    assert "cat" not in {one.command.name for one in outcome.review.stored}
    assert await rows(services, "SELECT value FROM cog_counters_counter") == [(3,)]
    assert (await rows(services, f"{OPTIONS} LIMIT 5"))[3] == ("specs", True, "mods", 0, 30, None)


async def test_undo_takes_back_what_nobody_has_changed(services: Services) -> None:
    await make_tables(services.database)
    whole = {
        "commands": exports.NIGHTBOT["commands"],
        "timers": exports.NIGHTBOT_TIMERS["timers"],
        "quotes": ["One", "Two"],
    }
    outcome = await imports(services).store(commands_in(whole), "a")
    async with services.database.write() as session:
        for statement in (
            "UPDATE cog_commands_custom_command SET text = 'mine' WHERE name = 'hug'",
            "INSERT INTO cog_commands_custom_command SELECT 'own', text, cost, made_at "
            "FROM cog_commands_custom_command WHERE name = 'cat'",
            "UPDATE cog_timers_timer SET text = 'mine' WHERE name = 'water'",
            "UPDATE cog_quotes_quote SET text = 'mine' WHERE text = 'Two'",
            "UPDATE cog_counters_counter SET value = value + 1",
        ):
            await session.execute(text(statement))
    assert await imports(services).undo(outcome.batch) == (6, 7)
    assert [name for name, *_ in await rows(services, COMMANDS)] == ["hug", "own"]
    assert [name for name, *_ in await rows(services, OPTIONS)] == ["hug"]
    assert await rows(services, OTHER_NAMES) == []
    assert await rows(services, "SELECT name FROM cog_timers_timer") == [("water",)]
    assert await rows(services, "SELECT text FROM cog_quotes_quote") == [("mine",)]
    assert await rows(services, "SELECT value FROM cog_counters_counter") == [(42,)]
    assert await imports(services).undo(outcome.batch) is None
    assert await rows(services, "SELECT COUNT(*) FROM changes WHERE undone_at IS NULL") == [(0,)]


async def test_a_file_is_stored_once(services: Services) -> None:
    store = FakeStore()
    work = imports(services, store)
    file = commands_in(exports.FOSSABOT)
    assert (await work.preview(file)).standing is None
    first = await work.store(file, "a")
    assert (await work.preview(file)).standing == (again := await work.store(file, "b")).standing
    assert again.standing is not None
    assert again.stored is None
    assert await work.undo(first.batch) == (4, 4)
    assert (await work.store(file, "c")).standing is None


async def test_a_store_that_refuses_leaves_nothing(services: Services) -> None:
    store = FakeStore()
    store.fails = True
    with pytest.raises(ImportRefused):
        await imports(services, store).store(commands_in(exports.FOSSABOT), "a")
    assert await rows(services, "SELECT * FROM changes") == []
    async with services.database.write() as session:
        await session.execute(text("DROP TABLE IF EXISTS cog_commands_custom_command"))
    with pytest.raises(ImportRefused, match=r"no tables for commands yet\. Start the bot once"):
        await imports(services).store(commands_in(exports.FOSSABOT), "a")
    assert await rows(services, "SELECT * FROM changes") == []


async def test_five_hundred_commands_at_once(services: Services) -> None:
    await make_tables(services.database)
    commands = [exports.streamelements(f"cmd{i}", f"${{user}} {i}", aliases=[f"alias{i}"]) for i in range(500)]
    outcome = await imports(services).store(commands_in(commands), "many.json")
    assert (outcome.review.as_they_are, len(await rows(services, OTHER_NAMES))) == (500, 500)
    assert await imports(services).undo(outcome.batch) == (500, 500)
    assert (await rows(services, COMMANDS), await rows(services, OPTIONS), await rows(services, OTHER_NAMES)) == (
        [],
        [],
        [],
    )


# From the command line


@pytest.fixture
def live(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def exported(folder: Path, document: Any) -> Path:
    file = folder / "nightbot.json"
    file.write_text(json.dumps(document))
    return file


async def test_the_whole_way(live: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = exported(tmp_path, exports.NIGHTBOT)
    assert await import_commands(live, file, dry_run=True) == 1
    planned = capsys.readouterr().out.splitlines()
    batch = planned[-1].split()[-1].rstrip(".")
    report = [
        "nightbot.json is from Nightbot: 9 commands.",
        "4 commands will run as they are.",
        "1 command changed:",
        "  !boss: who may use it (a new level) is not known here: you alone may.",
        "3 commands off, and can be changed in chat:",
        "  !sum: it has $(eval), which never runs here.",
        "  !wx: nobody here can tell $(weather).",
        "  !bighug: it calls !hug with words of its own, and no command here calls another.",
        "1 command left out:",
        "  !points: Pixel Bot has a command of that name.",
        "These servers wait until you allow each in chat, like !cmd allow cats.example.com: cats.example.com.",
    ]
    assert planned == [*report, f"This was a dry run: nothing was changed. It would be batch {batch}."]

    async with opened(live, "live", Clock()) as services:
        await make_tables(services.database)
    assert await import_commands(live, file, dry_run=False) == 1
    assert capsys.readouterr().out.splitlines() == [
        *report,
        f"Done. This is batch {batch}. To take it back: python -m pixel_bot undo {batch}",
        "If the bot is running, it knows them within ten seconds.",
    ]
    for dry_run in (True, False):
        assert await import_commands(live, file, dry_run=dry_run) == 1
        assert "This file was already imported on 20" in capsys.readouterr().out
    assert await undo_import(live, batch.upper()) == 0
    assert capsys.readouterr().out == f"Import {batch} was taken back: 7 commands.\n"
    with pytest.raises(UnknownBatch):
        await undo_import(live, "000000000000")
    assert await import_commands(live, exported(tmp_path, exports.FOSSABOT), dry_run=False) == 0


async def test_a_dry_run_of_many_fits_on_a_screen(
    live: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ["$(eval 1)", "$(urlfetch https://s{i}.example.com)", "fine"]
    commands = [exports.streamelements(f"c{i}", texts[i % 3].replace("{i}", str(i))) for i in range(300)]
    commands += [exports.streamelements(f"odd name {i}", "x") for i in range(9)]
    file = exported(tmp_path, commands)
    assert await import_commands(live, file, dry_run=True) == 0
    said = capsys.readouterr().out
    assert len(said.splitlines()) < 24
    assert "  ... and 94 more; --verbose names all." in said
    assert "s16.example.com and 94 more." in said
    assert await import_commands(live, file, dry_run=True, all_lines=True) == 0
    assert capsys.readouterr().out.count("which never runs here") == 100


async def test_a_file_of_something_else_is_refused(live: Settings, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"^nightbot\.json was not imported\. I see no commands"):
        await import_commands(live, exported(tmp_path, {"a": 1}), dry_run=True)


def test_the_bots_own_names_are_known(live: Settings) -> None:
    names = built_in_names(live)
    assert {"points", "points add", "give", "top", "help", "queue"} <= names
    assert "hug" not in names
