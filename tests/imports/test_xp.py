"""XP of another bot comes along where the streamer says so, and goes with an undo."""

from pathlib import Path

import pytest

from pixel_bot.cli.imports.import_points import Wishes, import_points, undo_import
from pixel_bot.clock import Clock
from pixel_bot.imports.batches import Imports
from pixel_bot.imports.errors import ImportRefused
from pixel_bot.imports.files import PointFile, Said, read_point_file
from pixel_bot.model.people import Person
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import settings_in
from tests.harness.database import findings, rows
from tests.imports.files import why
from tests.imports.lists import written

XP = "SELECT user_name, xp, level FROM xp_records ORDER BY user_name"


def with_xp(folder: Path, *lines: str, said: Said | None = None) -> PointFile:
    return read_point_file(written(folder, *lines), said or Said(xp=True))


def test_xp_is_taken_only_when_it_is_said(tmp_path: Path) -> None:
    lines = ["name,points,xp", "alice,5,1212", "bob,0,100", "carol,7,", "dave,1,x"]
    plain, full = read_point_file(written(tmp_path, *lines)), with_xp(tmp_path, *lines)
    assert (plain.xp, [person.login for person in plain.people]) == (0, ["alice", "carol", "dave"])
    assert [(person.login, person.points, person.xp) for person in full.people] == [
        ("alice", 5, 1_212),
        ("bob", 0, 100),
        ("carol", 7, 0),
    ]
    assert why(full) == {5: 'dave: its XP "x" is no number that I can read'}
    assert plain.batch != full.batch


@pytest.mark.parametrize(
    ("head", "time", "xp"),
    [
        ("Hours", "2.5", 25),
        ("Stunden", "2,5", 25),
        ("WatchTimeMinutes", "90", 15),
        ("Seconds", "5400", 15),
        ("Hours", "", 0),
    ],
)
def test_hours_become_xp(tmp_path: Path, head: str, time: str, xp: int) -> None:
    found = with_xp(tmp_path, f"Username;Points;{head}", f"alice;5;{time}", said=Said(xp_per_hour=10))
    assert [person.xp for person in found.people] == [xp]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="no column called XP"):
        with_xp(tmp_path, "name,points", "alice,5")
    with pytest.raises(ImportRefused, match="No column in it holds the time"):
        with_xp(tmp_path, "name,points", "alice,5", said=Said(xp_per_hour=10))
    found = with_xp(tmp_path, "name,points,hours", "alice,5,1.234", said=Said(xp_per_hour=10))
    assert why(found) == {2: 'alice: its time "1.234" is no number that I can read'}


async def test_levels_follow_and_pay_nothing_and_undo_takes_it_back(services: Services, tmp_path: Path) -> None:
    await services.viewers.meet(Person("1", "alice", "Alice"))
    paying = Imports(services.database, services.clock, services.levels)
    file = with_xp(tmp_path, "name,points,xp", "alice,5,1212", "bob,0,100", "carol,7,")
    assert await paying.pay(file, "a") is None
    assert await rows(services, XP) == [("alice", 1_212, 5), ("bob", 100, 2)]
    assert await rows(services, "SELECT COUNT(*) FROM transactions") == [(2,)]
    assert await findings(services) == []

    alice = await services.viewers.find("alice")
    async with services.database.write() as session:
        await services.levels.change(session, alice, -1_000)
    await paying.undo(file.batch)
    assert await rows(services, XP) == [("alice", 0, 1), ("bob", 0, 1)]
    assert await findings(services) == []
    assert await paying.pay(file, "a") is None
    assert await rows(services, XP) == [("alice", 1_212, 5), ("bob", 100, 2)]


async def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_in(tmp_path)
    file = written(tmp_path, "name,points,xp", "alice,5,1212")
    assert await import_points(settings, file, dry_run=False, wishes=Wishes(said=Said(xp=True))) == 0
    said = capsys.readouterr().out
    assert "1,212 XP in all. Levels follow it, and pay nothing." in said
    assert await undo_import(settings, said.split()[-1]) == 0
    async with opened(settings, "live", Clock()) as services:
        assert await rows(services, XP) == [("alice", 0, 1)]
        assert await findings(services) == []
