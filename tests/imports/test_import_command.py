"""Imports from the command line."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pixel_bot.cli.imports import import_points as import_cli
from pixel_bot.cli.imports.import_points import Wishes, import_points, undo_import
from pixel_bot.cli.progress import progress_of
from pixel_bot.clock import Clock
from pixel_bot.imports import batches, delimited
from pixel_bot.imports.batches import Imports
from pixel_bot.imports.errors import BatchUndone, ImportRefused
from pixel_bot.imports.files import read_point_file
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.settings import Settings
from pixel_bot.testing import settings_in
from tests.harness.database import findings, rows
from tests.imports.lists import Row, balances, listed, spend, written


async def live(settings: Settings, sql: str) -> list[Row]:
    async with opened(settings, "live", Clock()) as services:
        assert await findings(services) == []
        return await rows(services, sql)


async def test_the_whole_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_in(tmp_path)
    file = written(
        tmp_path, "ID,Username,Coins", "40934651,Alice,1200", "59635827,bob,7", "77777777,carol,x", "88888888,d,0"
    )
    assert await import_points(settings, file, dry_run=True) == 1
    planned = capsys.readouterr().out.splitlines()
    batch = planned[-1].split()[-1].rstrip(".")
    report = [
        "points.csv is from Firebot, by its columns: Username, Coins, ID.",
        "2 viewers, 1,207 points in all.",
        "First: alice 1,200, bob 7.",
        "Most: alice 1,200, bob 7.",
        "1 viewer with 0 points: nothing to import.",
        "1 line skipped (25.0% of the list):",
        '  Line 4: carol: "x" is no number that I can read.',
        "To pay those as well, put them, corrected, into a file of their own: this one pays only once.",
        "2 viewers new here, 0 known.",
    ]
    assert planned == [*report, f"This was a dry run: nothing was changed. It would be batch {batch}."]
    assert await live(settings, "SELECT * FROM users") == []

    assert await import_points(settings, file, dry_run=False) == 1
    assert capsys.readouterr().out.splitlines() == [
        *report,
        f"Done. This is batch {batch}. To take it back: python -m pixel_bot undo {batch}",
    ]
    assert await live(settings, "SELECT name, points FROM users ORDER BY id") == [("alice", 1_200), ("bob", 7)]

    for dry_run in (True, False):
        assert await import_points(settings, file.rename(tmp_path / f"{dry_run}.csv"), dry_run=dry_run) == 1
        said = capsys.readouterr().out
        assert "0 viewers new here, 2 known." in said
        assert f"as batch {batch}; nothing was changed. To take it back: python -m pixel_bot undo {batch}" in said
        assert "Done" not in said
        assert ("It would be refused." in said) == dry_run
        file = tmp_path / f"{dry_run}.csv"

    assert await undo_import(settings, f" {batch.upper()} ") == 0
    assert capsys.readouterr().out == f"Import {batch} was taken back: 1,207 points from 2 viewers.\n"
    assert await live(settings, "SELECT name, points FROM users ORDER BY id") == [("alice", 0), ("bob", 0)]
    with pytest.raises(BatchUndone):
        await undo_import(settings, batch)


async def test_whoever_was_paid_by_another_import_is_paid_again_only_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_in(tmp_path)
    first = written(tmp_path, "name,points", *(f"fan{i},{i}" for i in range(1, 390)))
    assert await import_points(settings, first, dry_run=False) == 0
    batch = read_point_file(first).batch
    entries = [{"username": f"Fan{i}", "points": i if i < 380 else i + 1} for i in range(1, 501)]
    whole = tmp_path / "all.json"
    whole.write_text(json.dumps({"users": entries}))
    capsys.readouterr()
    for dry_run in (True, False):
        assert await import_points(settings, whole, dry_run=dry_run) == 1
        said = capsys.readouterr().out
        assert f"389 of them got points by import {batch} on 20" in said
        assert "already, 379 of them the very same points." in said
        assert f"take the older one back first: python -m pixel_bot undo {batch}" in said
    assert await live(settings, "SELECT SUM(points) FROM users") == [(389 * 390 // 2,)]

    again = Wishes(again=True)
    assert await import_points(settings, whole, dry_run=True, wishes=again) == 0
    assert await import_points(settings, first, dry_run=False, wishes=again) == 0
    said = capsys.readouterr().out
    assert "It is paid once more." in said
    once_more = said.split()[-1]
    assert once_more not in (batch, read_point_file(whole).batch)
    assert await live(settings, "SELECT SUM(points) FROM users") == [(389 * 390,)]
    assert await undo_import(settings, once_more) == 0
    assert await undo_import(settings, batch) == 0
    assert await import_points(settings, whole, dry_run=False) == 0


@pytest.mark.parametrize(("lines", "code"), [(19, 0), (18, 1)])
async def test_many_lines_left_out_are_an_exit_code(tmp_path: Path, lines: int, code: int) -> None:
    """One of twenty is few: more than 5% are many."""
    settings = settings_in(tmp_path)
    rows = ["alice,5", "Alice,5", *(f"fan{i},{i % 3}" for i in range(lines - 1)), "odd name,5", "Total,99999"]
    file = written(tmp_path, "name,points", *rows)
    assert await import_points(settings, file, dry_run=True) == code
    assert await import_points(settings, file, dry_run=False) == code
    assert tuple(await live(settings, "SELECT name, points FROM users WHERE name = 'alice'")) == (("alice", 5),)


async def test_a_page_of_a_longer_list_is_an_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "page.json"
    file.write_text(json.dumps({"_total": 3_000, "users": [{"username": "anna_lo", "points": 5}]}))
    assert await import_points(settings_in(tmp_path), file, dry_run=True) == 1
    assert "The file says that there are 2,999 more viewers: it holds one page of the list." in capsys.readouterr().out


async def test_an_import_in_between_is_not_overlooked(services: Services, tmp_path: Path) -> None:
    imports = Imports(services.database, services.clock)
    mine, other = listed(tmp_path, "alice,5", "bob,6"), listed(tmp_path, "alice,5")
    seen = (await imports.preview(mine)).last
    assert await imports.pay(other, "other") is None
    with pytest.raises(ImportRefused, match="at this moment"):
        await imports.pay(mine, "mine", last=seen)
    assert await imports.pay(mine, "mine", last=(await imports.preview(mine)).last) is None


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
    assert await import_points(settings_in(tmp_path), file, dry_run=True) == 1
    said = capsys.readouterr().out
    assert "1,000 lines skipped (99.9% of the list):" in said
    assert said.count("is no Twitch login") == 10
    assert "  ... and 990 more; --verbose names all." in said
    assert len(said.splitlines()) < 24
    await import_points(settings_in(tmp_path), file, dry_run=True, wishes=Wishes(all_lines=True))
    assert capsys.readouterr().out.count("is no Twitch login") == 1_000


@pytest.mark.sqlite
async def test_long_work_says_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_cli, "LONG_FILE", 100)
    monkeypatch.setattr(import_cli, "LONG_LIST", 100)
    monkeypatch.setattr(delimited, "TELL_EVERY", 500)
    monkeypatch.setattr(batches, "CHUNK", 250)
    file = written(tmp_path, "name,points", *(f"fan{i:06},{i}" for i in range(1_000, 4_000)))
    assert await import_points(settings_in(tmp_path), file, dry_run=False) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("Reading", "Paying"))]
    assert [line.split(":")[0] for line in told] == ["Reading"] * 4 + ["Paying"] * 3
    assert told[-1] == "Paying: 75%"

    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with progress_of("Reading", is_long=True) as progress:
        progress(0.5)
    assert "Reading" in capsys.readouterr().out


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
