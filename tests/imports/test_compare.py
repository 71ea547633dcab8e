"""Another bot's points beside our own."""

from pathlib import Path

import pytest

from pixel_bot.cli.imports.compare import compare_points
from pixel_bot.cli.imports.import_points import import_points
from pixel_bot.clock import Clock
from pixel_bot.imports.errors import ImportRefused
from pixel_bot.run.running_bot import opened
from pixel_bot.testing import settings_in
from tests.imports.lists import spend, written

HEAD = "ID,Username,Coins"


async def test_both_are_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_in(tmp_path)
    file = written(tmp_path, HEAD, "40934651,Alice,1200", "59635827,bob,7")
    await import_points(settings, file, dry_run=False)
    capsys.readouterr()
    assert await compare_points(settings, file) == 0
    assert capsys.readouterr().out.splitlines() == [
        "points.csv is from Firebot: 2 viewers, 1,207 points in all.",
        "Of these, Pixel Bot has 1,207 points. 2 of 2 are equal.",
    ]


async def test_what_differs_is_listed_largest_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_in(tmp_path)
    ours = written(tmp_path, HEAD, "40934651,Alice,1200", "59635827,bob,7", "77777777,carol,50", "88888888,dave,9")
    await import_points(settings, ours, dry_run=False)
    async with opened(settings, "live", Clock()) as services:
        await spend(services, "bob", 5)
    capsys.readouterr()
    theirs = written(tmp_path, HEAD, "40934651,Alice,1000", "59635827,bob,7", "77777777,carol,50", "99999999,erin,300")
    assert await compare_points(settings, theirs) == 1
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "points.csv is from Firebot: 4 viewers, 1,357 points in all.",
        "Of these, Pixel Bot has 1,252 points. 1 of 4 are equal.",
        "1 viewer of the list is unknown here.",
        "1 viewer with 9 points is only here.",
        "The largest differences (the other bot, Pixel Bot, difference):",
        "erin 300 unknown -300",
        "alice 1,000 1,200 +200",
        "bob 7 2 -5",
    ]


@pytest.mark.usefixtures("no_file_yet")
async def test_without_a_database_it_says_what_to_do(tmp_path: Path) -> None:
    file = written(tmp_path, HEAD, "40934651,Alice,1200")
    with pytest.raises(ImportRefused, match="the bot has no database yet"):
        await compare_points(settings_in(tmp_path), file)
    assert not list(tmp_path.glob("**/*.db"))


async def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    await import_points(settings, written(tmp_path, HEAD, "40934651,Alice,1200"), dry_run=False)
    with pytest.raises(ImportRefused, match="was not compared"):
        await compare_points(settings, tmp_path / "nothing.csv")
