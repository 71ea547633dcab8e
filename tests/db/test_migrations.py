"""Each schema that was ever released, as its version left it with rows in every table, becomes the present one.

``schemas/`` holds them: ``document.sql`` is made by hand from the schema document, ``0001.sql`` is the same with our
stamp, and the others are what that version's own bot wrote: it lived in chat, and was copied while an effect ran.
"""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect

from pixel_bot.cli.database import check_database, upgrade_database
from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.schema import HEAD, Upgrade, upgrade
from pixel_bot.db.tables import Base
from pixel_bot.errors import DatabaseRefused
from pixel_bot.model.people import Person
from pixel_bot.platforms.joystick.installation_store import InstallationStore
from pixel_bot.platforms.twitch.token_store import TokenStore
from pixel_bot.run.running_bot import opened
from pixel_bot.security.cipher import load_cipher
from pixel_bot.testing import SettableClock, Stage, settings_in, stage
from tests.harness.database import findings
from tests.harness.paths import ROOT
from tests.harness.seed import execute, query, url_of

pytestmark = pytest.mark.sqlite

SCHEMAS = ROOT / "tests/harness/schemas"
VERSIONS = tuple(sorted(file.stem for file in SCHEMAS.glob("*.sql")))
LIVED = tuple(version for version in VERSIONS if version not in ("document", "0001"))
WITH_REDEEMS = tuple(version for version in LIVED if version >= "0003")
PASSPHRASE = "a passphrase of the fixtures"
COPIED = datetime(2026, 1, 1, 12, 5, 7, tzinfo=UTC)
"""A moment after the last thing that happened in any of them."""

Rows = dict[str, list[tuple[Any, ...]]]
every_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the bot looks for its database on the sandbox."""
    return tmp_path / "sandbox.db"


def made(path: Path, version: str) -> Path:
    """A database as that version left it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((SCHEMAS / f"{version}.sql").read_text(encoding="utf-8"))
        if version != "document":
            connection.execute("PRAGMA journal_mode = WAL")
    return path


async def upgraded(path: Path) -> Upgrade:
    database = Database(url_of(path))
    try:
        return await upgrade(database, path.parent / "backups")
    finally:
        await database.close()


def columns(path: Path) -> dict[str, list[str]]:
    """The columns of each table; Alembic's own left out."""
    tables = [name for (name,) in query(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        table: [row[1] for row in query(path, f"PRAGMA table_info({table})")]
        for table in tables
        if table != "alembic_version"
    }


def content(path: Path, known: dict[str, list[str]]) -> Rows:
    """All rows, in these columns."""
    listed = {table: ", ".join(f'"{name}"' for name in names) for table, names in known.items()}
    return {table: sorted(query(path, f"SELECT {listed[table]} FROM {table}"), key=repr) for table in known}


def settings_for(path: Path) -> dict[str, Any]:
    return {"database_url": url_of(path), "pixel_secret_key": PASSPHRASE}


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
    Base.metadata.create_all(by_models)
    assert shape(by_migrations) == shape(by_models)
    by_models.dispose()
    by_migrations.dispose()


# The bot goes on with them


@every_version
async def test_the_ledger_is_right_and_goes_on(path: Path, version: str) -> None:
    async with opened(
        settings_in(path.parent, database_url=url_of(made(path, version))), "sandbox", Clock()
    ) as services:
        assert await findings(services) == []
        alice, bob = await services.viewers.find("alice"), await services.viewers.find("bob")
        before = alice.points + bob.points
        assert alice.points == query(path, "SELECT points FROM users WHERE name = 'alice'")[0][0] > 0
        assert (await services.levels.standing(alice)).level > 1
        given = await services.economy.give(alice, bob, 100)
        assert given.giver_balance + given.receiver_balance == before
        (newest,) = await services.economy.history(alice, 1)
        assert newest.amount == -100
        newcomer = await services.viewers.meet(Person("77", "zoe", "Zoe"))
        assert newcomer.points == 0
        assert bob.name in {place.name for place in await services.leaderboard.by_points()}
        assert await findings(services) == []


@pytest.mark.parametrize("version", ["document", "0002", "0005"])
async def test_chat_answers(path: Path, version: str) -> None:
    made(path, version)
    async with stage(path.parent, SettableClock(COPIED), **settings_for(path)) as chat:
        await chat.settled()
        points = await chat.points("alice")
        (answer,) = await chat.say("Alice", "!points")
        assert f"{points:,} point" in answer
        (history,) = await chat.say("Alice", "!history")
        assert history.startswith("Alice, newest first: ")
        assert history.endswith(f"{points:,} points now.")
        assert await findings(chat.services) == []


@pytest.mark.parametrize("version", ["0002", "0005"])
async def test_what_was_worked_once_gives_nothing_again(path: Path, version: str) -> None:
    async with stage(made(path, version).parent, SettableClock(COPIED), **settings_for(path)) as chat:
        await chat.settled()
        before = query(path, "SELECT COUNT(*) FROM transactions")
        assert await chat.say("Alice", "!give @bob 25", message_id="message-15") == []
        assert await chat.say("bob", "hello 0", message_id="message-2") == []
        assert query(path, "SELECT COUNT(*) FROM transactions") == before


@pytest.mark.parametrize("version", LIVED)
async def test_the_last_change_by_a_mod_can_still_be_undone(path: Path, version: str) -> None:
    async with opened(
        settings_in(path.parent, database_url=url_of(made(path, version))), "sandbox", Clock()
    ) as services:
        mod = await services.viewers.find("pixel_street")
        if version >= "0005":
            assert (await services.economy.undo(mod)).summary == "link alice@joystick to alice"
        assert (await services.economy.undo(mod)).summary == "+120 XP for Alice"
        alice = await services.viewers.find("alice")
        assert (await services.levels.standing(alice)).level == 1
        assert await findings(services) == []


async def ended(chat: Stage) -> None:
    """Wait until no item waits or runs."""
    while query(path_of(chat), "SELECT 1 FROM queue_items WHERE status IN ('pending', 'running')"):
        await chat.passes(1)


def path_of(chat: Stage) -> Path:
    path = chat.services.database.path
    assert path is not None
    return path


@pytest.mark.parametrize("version", WITH_REDEEMS)
async def test_items_go_on(path: Path, version: str) -> None:
    """One was running, one had failed and was not told, and the lanes of two or three more were paused."""
    made(path, version)
    waiting = query(path, "SELECT token FROM queue_items WHERE status IN ('pending', 'running') ORDER BY id")
    points = dict(query(path, "SELECT name, points FROM users WHERE name IN ('alice', 'bob')"))
    async with stage(path.parent, SettableClock(COPIED), **settings_for(path)) as chat:
        await chat.settled()
        assert query(path, "SELECT status FROM queue_items WHERE status = 'running'") == []
        assert any("@bob" in line and "12 points are back" in line for line in chat.sent), chat.sent
        await chat.say("pixel_street", "!queue resume", "broadcaster")
        await ended(chat)
        assert {(message["id"],) for message in chat.overlay.played} == set(waiting)
        assert query(path, "SELECT COUNT(*) FROM queue_items WHERE status = 'failed'") == [(1,)]
        assert await chat.points("alice") == points["alice"], "what ran is paid, and nothing comes back"
        won = query(path, "SELECT prize FROM draws WHERE id = 2 AND landed_at IS NOT NULL")
        assert await chat.points("bob") == points["bob"] + (5 if won == [("Five points",)] else 0)
        assert await findings(chat.services) == []


@pytest.mark.parametrize("version", ["document", "0001", "0002"])
async def test_items_of_before_there_were_redeems_end_without_moving_a_point(path: Path, version: str) -> None:
    made(path, version)
    async with stage(path.parent, SettableClock(COPIED), **settings_for(path)) as chat:
        await chat.settled()
        assert query(path, "SELECT COUNT(*) FROM queue_items WHERE status IN ('pending', 'running')") == [(0,)]
        assert query(path, "SELECT COUNT(*) FROM transactions WHERE reason LIKE 'refund%'") == [(0,)]
        assert await findings(chat.services) == []


@pytest.mark.parametrize("version", WITH_REDEEMS)
async def test_prices_blocks_and_voices_are_kept(path: Path, version: str) -> None:
    made(path, version)
    async with stage(path.parent, SettableClock(COPIED), **settings_for(path)) as chat:
        await chat.settled()  # what that version left to tell is told
        carol, bob = await chat.services.viewers.find("carol"), await chat.services.viewers.find("bob")
        await chat.services.economy.add(bob, carol, 50)
        (refused,) = await chat.say("carol", "!tts hello")
        assert "A mod has blocked you from Text-to-Speech." in refused
        assert query(path, "SELECT cost FROM redeems WHERE key = 'sound'") == [(12,)]
        assert await chat.services.viewers.voice_of(bob) == "en-us"


@pytest.mark.parametrize("version", ["0004", "0005"])
async def test_who_is_signed_in_stays_so(path: Path, version: str) -> None:
    settings = settings_in(path.parent, **settings_for(made(path, version)))
    async with opened(settings, "sandbox", Clock()) as services:
        token_store = TokenStore(services.database, services.clock, load_cipher(settings))
        bot, broadcaster = sorted(await token_store.load(), key=lambda account: account.role)
        assert bot.tokens is not None
        assert (bot.login, bot.tokens.access, bot.tokens.refresh) == (
            "pixelbot",
            "access-of-the-bot",
            "refresh-of-the-bot",
        )
        assert (broadcaster.login, broadcaster.tokens) == ("pixel_street", None)
        (still_open,) = await services.channel_points.open()
        assert (still_open.ref.redemption, still_open.result) == ("redemption-1", None)


@every_version
async def test_the_installation_on_the_other_platform_stays(path: Path, version: str) -> None:
    settings = settings_in(path.parent, **settings_for(made(path, version)))
    async with opened(settings, "sandbox", Clock()) as services:
        (install,) = await InstallationStore(services.database, services.clock, load_cipher(settings)).load()
        assert install.grant is not None
        assert (install.channel_id, install.problem) == ("chan-1", "")
        assert (install.grant.access, install.grant.refresh) == ("plain-access", "plain-refresh")


async def test_linked_accounts_stay_linked(path: Path) -> None:
    settings = settings_in(path.parent, **settings_for(made(path, "0005")))
    async with opened(settings, "sandbox", Clock()) as services:
        far = await services.viewers.find("alice@joystick")
        near = await services.viewers.find("alice")
        assert far == near
        parted = await services.links.unlink(near, near)
        assert (parted.points, parted.missing, parted.merged.name) == (1, 0, "alice@joystick")
        assert await findings(services) == []


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
