"""Points of another bot: paid once for each list, to the right people, and taken back as far as they are there."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pixel_bot.accounts.merge import Linked
from pixel_bot.cli.import_points import import_points, undo_import
from pixel_bot.clock import Clock
from pixel_bot.db.engine import Database
from pixel_bot.db.schema import HEAD
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.errors import BatchUndone, DatabaseNotWritable, ImportRefused, NothingToUndo, UnknownBatch
from pixel_bot.imports import batches
from pixel_bot.imports.batches import Imports
from pixel_bot.imports.files import PointFile, read_point_file
from pixel_bot.model.people import Person, Viewer
from pixel_bot.points import mod_changes
from pixel_bot.points.ledger import MAX_BALANCE, Entry, post
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.settings import Settings
from pixel_bot.testing import settings_in, there
from pixel_bot.upkeep.check import check
from tests.cli.test_cli import bot, url
from tests.harness.seed import execute, query

MOD = Viewer(0, "mod", "Mod", 0)
Row = tuple[Any, ...]


@pytest.fixture
def paying(services: Services) -> Imports:
    return Imports(services.database, services.clock)


def listed(folder: Path, *lines: str) -> PointFile:
    return read_point_file(written(folder, *lines))


def written(folder: Path, *lines: str, name: str = "points.csv") -> Path:
    file = folder / name
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


async def rows(services: Services, sql: str) -> list[Row]:
    async with services.database.readers() as session:
        return [tuple(row) for row in await session.execute(text(sql))]


async def balances(services: Services) -> dict[str, int]:
    return {row[0]: row[1] for row in await rows(services, "SELECT name, points FROM users")}


async def findings(services: Services) -> list[str]:
    async with services.database.readers() as session:
        return await check(session, services.levels.curve.level_of)


async def spend(services: Services, name: str, amount: int) -> None:
    viewer = await services.viewers.find(name)
    async with services.database.write() as session:
        await post(session, [Entry(viewer.id, -amount, "redeem:tts", services.clock.now())])


# Paying


async def test_points_are_added_as_rows_of_the_ledger(services: Services, paying: Imports, tmp_path: Path) -> None:
    alice = await services.viewers.meet(Person("40934651", "alice", "Alice"))
    await services.economy.add(MOD, alice, 100)
    file = listed(tmp_path, "Name,Points", "ALICE,5", "Bob,6", "carol,0")
    outlook = await paying.preview(file)
    assert (outlook.new, outlook.standing, outlook.others) == (1, None, [])
    assert await paying.pay(file, "old bot.csv") is None
    assert await balances(services) == {"alice": 105, "bob": 6}
    ledger = await services.economy.history(alice, 1)
    assert [(r.amount, r.reason, r.balance_after, r.note) for r in ledger] == [(5, "import", 105, "old bot.csv")]
    new = "SELECT platform, platform_id, display_name FROM users WHERE name = 'bob'"
    assert await rows(services, new) == [("twitch", None, "Bob")]
    assert await rows(services, "SELECT actor, summary, batch FROM changes WHERE batch IS NOT NULL") == [
        ("import", "import 11 points for 2 viewers from old bot.csv", file.batch)
    ]
    assert await rows(services, "SELECT COUNT(*) FROM xp_records") == [(0,)]
    assert await findings(services) == []


async def test_a_list_pays_once(services: Services, paying: Imports, tmp_path: Path) -> None:
    first = listed(tmp_path, "alice,5", "bob,6")
    assert await paying.pay(first, "a") is None
    again = listed(tmp_path, "who;how many", "Bob;6", "@alice;5.0")
    standing = (await paying.preview(again)).standing
    assert standing is not None
    assert (standing.name, standing.made) == (first.batch, services.clock.now())
    assert await paying.pay(again, "b") == standing
    assert await balances(services) == {"alice": 5, "bob": 6}


async def test_another_list_of_the_same_people_is_told(services: Services, paying: Imports, tmp_path: Path) -> None:
    first, second = listed(tmp_path, "alice,5", "bob,6"), listed(tmp_path, "alice,5", "bob,7", "carol,1")
    await paying.pay(first, "a")
    await paying.pay(listed(tmp_path, "dave,5"), "other people")
    await paying.pay(listed(tmp_path, "alice,9"), "taken back")
    await paying.undo(listed(tmp_path, "alice,9").batch)
    outlook = await paying.preview(second)
    assert (outlook.new, outlook.standing) == (1, None)
    assert [(batch.name, people) for batch, people in outlook.others] == [(first.batch, 2)]
    await paying.pay(second, "b")
    assert await balances(services) == {"alice": 10, "bob": 13, "carol": 1, "dave": 5}


async def test_many_people_are_paid_in_steps(
    services: Services, paying: Imports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "CHUNK", 3)
    monkeypatch.setattr(mod_changes, "CHUNK", 3)
    for i in range(0, 20, 3):
        await services.viewers.meet(Person(f"id{i}", f"fan{i}", f"Fan{i}"))
    file = listed(tmp_path, *(f"fan{i},{i + 1}" for i in range(20)))
    assert (await paying.preview(file)).new == 13
    await paying.pay(file, "a")
    assert await balances(services) == {f"fan{i}": i + 1 for i in range(20)}
    back = await paying.undo(file.batch)
    assert (back.people, back.points, back.missing) == (20, 210, 0)
    assert set((await balances(services)).values()) == {0}
    assert await findings(services) == []


async def test_nobody_rises_above_what_a_balance_can_hold(services: Services, paying: Imports, tmp_path: Path) -> None:
    alice = await services.viewers.meet(Person("1", "alice", "Alice"))
    async with services.database.write() as session:
        await post(session, [Entry(alice.id, MAX_BALANCE - 4, "test", services.clock.now())])
    with pytest.raises(ImportRefused, match=r"more than one balance can hold\. Nothing was changed\.$"):
        await paying.pay(listed(tmp_path, "bob,6", "alice,5"), "a")
    assert await balances(services) == {"alice": MAX_BALANCE - 4}
    assert await paying.pay(listed(tmp_path, "bob,6", "alice,4"), "a") is None


# The right people


async def test_a_twitch_id_keeps_the_points_over_a_rename(services: Services, paying: Imports, tmp_path: Path) -> None:
    await paying.pay(listed(tmp_path, "bob,1", "carol,2"), "without ids")
    file = listed(tmp_path, "ID,Username,Coins", "40934651,Alice,5", "59635827,Bob,6")
    await paying.pay(file, "a")
    found = await rows(services, "SELECT name, platform_id FROM users ORDER BY name")
    assert found == [("alice", "40934651"), ("bob", "59635827"), ("carol", None)]
    alicia = await services.viewers.meet(Person("40934651", "alicia", "Alicia"))
    bobby = await services.viewers.meet(Person("59635827", "bobby", "Bobby"))
    carol = await services.viewers.meet(Person("7", "carol", "Carol"))
    assert (alicia.points, bobby.points, carol.points) == (5, 7, 2)
    assert await balances(services) == {"alicia": 5, "bobby": 7, "carol": 2}


async def test_a_twitch_id_goes_before_a_name(services: Services, paying: Imports, tmp_path: Path) -> None:
    await services.viewers.meet(Person("40934651", "alicia", "Alicia"))
    await services.viewers.meet(Person("77777777", "alice", "Alice"))
    await paying.pay(listed(tmp_path, "ID,Username,Coins", "40934651,alice,5"), "a")
    assert await balances(services) == {"alicia": 5, "alice": 0}


async def test_a_login_that_somebody_else_has_now_is_not_theirs_to_inherit(
    services: Services, paying: Imports, tmp_path: Path
) -> None:
    await services.viewers.meet(Person("77777777", "alice", "Alice"))
    file = listed(tmp_path, "ID,Username,Coins", "40934651,alice,5", "59635827,名前,6")
    assert (await paying.preview(file)).new == 2
    await paying.pay(file, "a")
    assert (await services.viewers.find("alice")).points == 0
    assert (await services.viewers.meet(Person("40934651", "alicia", "Alicia"))).points == 5
    assert (await services.viewers.meet(Person("59635827", "namae", "名前"))).points == 6
    assert await balances(services) == {"alice": 0, "alicia": 5, "namae": 6}
    assert await findings(services) == []


async def test_who_is_linked_has_the_points_in_one_account(services: Services, paying: Imports, tmp_path: Path) -> None:
    here, ally = await services.viewers.meet(Person("1", "alice", "Alice")), await services.viewers.meet(there("Ally"))
    asked = await services.links.ask(ally, public=False)
    assert isinstance(await services.links.give(here, asked.code), Linked)
    file = listed(tmp_path, "alice,5")
    await paying.pay(file, "a")
    assert await balances(services) == {"alice": 5, "ally@joystick": 0}
    assert (await paying.undo(file.batch)).points == 5
    assert await findings(services) == []


# Taking back


async def test_undo_takes_back_what_is_there(services: Services, paying: Imports, tmp_path: Path) -> None:
    file = listed(tmp_path, "alice,50", "bob,60", "carol,70")
    await paying.pay(file, "a")
    await spend(services, "bob", 20)
    await spend(services, "carol", 70)
    back = await paying.undo(file.batch)
    assert (back.people, back.points, back.missing) == (2, 90, 90)
    assert await balances(services) == {"alice": 0, "bob": 0, "carol": 0}
    ledger = (
        "SELECT u.name, t.amount, t.note FROM transactions t JOIN users u ON u.id = t.user_id WHERE reason = 'undo'"
    )
    note = f"import {file.batch}"
    assert await rows(services, f"{ledger} ORDER BY u.name") == [("alice", -50, note), ("bob", -40, note)]
    assert await findings(services) == []


async def test_undo_works_once_and_then_the_list_may_come_again(
    services: Services, paying: Imports, tmp_path: Path
) -> None:
    file = listed(tmp_path, "alice,50")
    with pytest.raises(UnknownBatch, match=f"There is no import {file.batch}"):
        await paying.undo(file.batch)
    for _ in range(2):
        assert await paying.pay(file, "a") is None
        assert await paying.pay(file, "a") is not None
        assert await balances(services) == {"alice": 50}
        assert (await paying.undo(file.batch)).points == 50
        with pytest.raises(BatchUndone, match=f"^Import {file.batch} was taken back already, on 20"):
            await paying.undo(file.batch)
        assert await balances(services) == {"alice": 0}
    assert await findings(services) == []


async def test_an_import_is_not_a_mods_to_undo(services: Services, paying: Imports, tmp_path: Path) -> None:
    await paying.pay(listed(tmp_path, "alice,50"), "a")
    with pytest.raises(NothingToUndo):
        await services.economy.undo(MOD)
    assert await balances(services) == {"alice": 50}


async def test_undo_gives_nothing_to_who_is_below_zero(services: Services, paying: Imports, tmp_path: Path) -> None:
    """A database that was made by hand may hold debts: taking back 100 must not pay them off."""
    alice = await services.viewers.meet(Person("1", "alice", "Alice"))
    await services.economy.add(MOD, alice, 100)
    file = listed(tmp_path, "alice,10")
    await paying.pay(file, "a")
    async with services.database.write() as session:
        await session.execute(text("UPDATE users SET points = -50"))
    assert (await paying.undo(file.batch)).missing == 10
    assert (await services.economy.undo(MOD)).missing == 100
    assert await balances(services) == {"alice": -50}


async def test_what_went_into_another_account_is_taken_back_there(services: Services) -> None:
    here, ally = await services.viewers.meet(Person("1", "alice", "Alice")), await services.viewers.meet(there("Ally"))
    await services.economy.add(MOD, ally, 100)
    asked = await services.links.ask(ally, public=False)
    assert isinstance(await services.links.give(here, asked.code), Linked)
    ((change,),) = await rows(services, "SELECT MIN(id) FROM changes")
    async with services.database.write() as session:
        back = await mod_changes.reverse(session, change, services.clock.now(), "mod")
    assert (back.points, back.missing) == (100, 0)
    assert await balances(services) == {"alice": 0, "ally@joystick": 0}
    assert await findings(services) == []


# At the same time


async def test_two_who_import_the_same_list_at_once_pay_once(services: Services, tmp_path: Path) -> None:
    file = listed(tmp_path, *(f"fan{i},{i + 1}" for i in range(300)))
    other = Database(services.database.url)
    try:
        both = [Imports(services.database, services.clock), Imports(other, services.clock)]
        done = await asyncio.gather(*(one.pay(file, "a") for one in both))
    finally:
        await other.close()
    assert done.count(None) == 1
    assert await balances(services) == {f"fan{i}": i + 1 for i in range(300)}


async def test_it_may_run_while_the_bot_pays(services: Services, tmp_path: Path) -> None:
    people = [Person(f"5000000{i}", f"fan{i}", f"Fan{i}") for i in range(40)]
    file = listed(tmp_path, "ID,Username,Coins", *(f"{p.platform_id},{p.login},7" for p in people))
    other = Database(services.database.url)

    async def cheer(person: Person, number: int) -> None:
        award = EventAward(f"{person.login}-{number}", "cheer", person, 1, 0, services.clock.now())
        assert await services.awards.event(award)

    try:
        batch = Imports(other, services.clock)
        await asyncio.gather(batch.pay(file, "a"), *(cheer(p, n) for n in range(5) for p in people))
        assert await balances(services) == {p.login: 12 for p in people}
        await asyncio.gather(batch.undo(file.batch), *(cheer(p, n) for n in range(5, 10) for p in people))
    finally:
        await other.close()
    assert await balances(services) == {p.login: 10 for p in people}
    assert await findings(services) == []


# The command line


async def live(settings: Settings, sql: str) -> list[Row]:
    async with opened(settings, "live", Clock()) as services:
        assert await findings(services) == []
        return await rows(services, sql)


async def test_the_whole_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_in(tmp_path)
    file = written(
        tmp_path, "ID,Username,Coins", "40934651,Alice,1200", "59635827,bob,7", "77777777,carol,x", "88888888,d,0"
    )
    assert await import_points(settings, file, dry_run=True) == 0
    planned = capsys.readouterr().out.splitlines()
    batch = planned[-1].split()[-1].rstrip(".")
    report = [
        "points.csv is from Firebot, by its columns: Username, Coins, ID.",
        "2 viewers, 1,207 points in all.",
        "First: alice 1,200, bob 7.",
        "Most: alice 1,200, bob 7.",
        "1 viewer with 0 points: nothing to import.",
        "1 line skipped:",
        '  Line 4: carol: "x" is no number that I can read.',
        "To pay those as well, put them, corrected, into a file of their own: this one pays only once.",
        "2 viewers new here, 0 known.",
    ]
    assert planned == [*report, f"This was a dry run: nothing was changed. It would be batch {batch}."]
    assert await live(settings, "SELECT * FROM users") == []

    assert await import_points(settings, file, dry_run=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        *report,
        f"Done. This is batch {batch}. To take it back: python -m pixel_bot undo {batch}",
    ]
    assert await live(settings, "SELECT name, points FROM users ORDER BY id") == [("alice", 1_200), ("bob", 7)]

    for dry_run in (True, False):
        assert await import_points(settings, file.rename(tmp_path / f"{dry_run}.csv"), dry_run=dry_run) == 0
        said = capsys.readouterr().out
        assert "0 viewers new here, 2 known." in said
        assert f"as batch {batch}; nothing was changed. To take it back: python -m pixel_bot undo {batch}" in said
        assert "Done" not in said
        file = tmp_path / f"{dry_run}.csv"

    newer = written(tmp_path, "alice,1300", "erin,5")
    assert await import_points(settings, newer, dry_run=True) == 0
    assert f"Careful: 1 of them got points by import {batch} on 20" in capsys.readouterr().out

    assert await undo_import(settings, f" {batch.upper()} ") == 0
    assert capsys.readouterr().out == f"Import {batch} was taken back: 1,207 points from 2 viewers.\n"
    assert await live(settings, "SELECT name, points FROM users ORDER BY id") == [("alice", 0), ("bob", 0)]
    with pytest.raises(BatchUndone):
        await undo_import(settings, batch)


async def test_points_that_were_spent_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_in(tmp_path)
    file = written(tmp_path, "alice,50")
    await import_points(settings, file, dry_run=False)
    async with opened(settings, "live", Clock()) as services:
        await spend(services, "alice", 20)
    await undo_import(settings, read_point_file(file).batch)
    assert "30 points from 1 viewer.\n20 points had been spent and cannot be taken back.\n" in capsys.readouterr().out


async def test_a_long_list_of_odd_lines_is_shortened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, "name,points", "alice,5", *(f"odd {i},1" for i in range(1_000)))
    await import_points(settings_in(tmp_path), file, dry_run=True)
    said = capsys.readouterr().out
    assert "1,000 lines skipped:" in said
    assert said.count("is no Twitch login") == 20
    assert "  ... and 980 more." in said


async def test_play_money_and_real_points_never_meet(tmp_path: Path) -> None:
    async with opened(settings_in(tmp_path), "sandbox", Clock()) as services:
        url = services.database.url
    settings = settings_in(tmp_path, database_url=url)
    file = written(tmp_path, "alice,5")
    for dry_run in (True, False):
        with pytest.raises(ImportRefused, match="play money"):
            await import_points(settings, file, dry_run=dry_run)
    with pytest.raises(ImportRefused, match="play money"):
        await undo_import(settings, read_point_file(file).batch)
    async with opened(settings_in(tmp_path), "sandbox", Clock()) as services:
        assert await balances(services) == {}


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["alice,0", "bob,0"], r"^points\.csv was not imported: nobody in it would get points\.$"),
        (["alice,x,y"], r"^points\.csv was not imported\. I see no list in it"),
    ],
)
async def test_a_file_that_pays_nobody_makes_no_database(tmp_path: Path, lines: Sequence[str], sentence: str) -> None:
    with pytest.raises(ImportRefused, match=sentence):
        await import_points(settings_in(tmp_path), written(tmp_path, *lines), dry_run=False)
    assert [found.name for found in tmp_path.iterdir()] == ["points.csv"]


# Around a SQLite file


@pytest.mark.sqlite
def test_as_people_type_it(tmp_path: Path) -> None:
    """In a terminal that knows few letters."""
    file = written(tmp_path, "名前;\x1b[1mPünkte", "alice;5", "bob;6", name="ü\u200e.csv")
    planned = bot(tmp_path, "import", file.name, "--dry-run", PYTHONIOENCODING="ascii")
    assert (planned.returncode, planned.stderr) == (0, "")
    assert planned.stdout.startswith("\\xfc\\u200e.csv is from a list, by its columns: ")
    assert "\x1b" not in planned.stdout
    assert not (tmp_path / "data").exists()

    done = bot(tmp_path, "import", file.name)
    assert (done.returncode, done.stderr) == (0, "")
    database = tmp_path / "data" / "pixel.db"
    assert query(database, "SELECT name, points FROM users") == [("alice", 5), ("bob", 6)]
    assert query(database, "SELECT value FROM meta WHERE key = 'mode'") == [("live",)]

    missing = bot(tmp_path, "import", "missing.csv")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == "missing.csv was not imported. It cannot be opened: No such file or directory.\n"
    batch = read_point_file(file).batch
    assert bot(tmp_path, "undo", batch).returncode == 0


@pytest.mark.sqlite
@pytest.mark.usefixtures("no_file_yet")
async def test_undo_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(UnknownBatch, match=r"^There is no import nonsense\."):
        await undo_import(settings_in(tmp_path), "nonsense")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sqlite
async def test_a_dry_run_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = tmp_path / "kept.db"
    settings = settings_in(tmp_path, database_url=url(database))
    await import_points(settings, written(tmp_path, "alice,5"), dry_run=False)
    capsys.readouterr()
    before = database.read_bytes()
    file = written(tmp_path, "alice,6", "bob,6")
    assert await import_points(settings, file, dry_run=True) == 0
    assert "1 viewer new here, 1 known." in capsys.readouterr().out
    assert database.read_bytes() == before


@pytest.mark.sqlite
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


@pytest.mark.sqlite
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
