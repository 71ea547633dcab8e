"""``cog check``: every kind of bad cog is named with its place, and good ones are let be."""

import logging
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from pixel_bot.cli.command_line import main
from pixel_bot.cog_tools import check
from pixel_bot.cog_tools.new import write_cog
from pixel_bot.errors import StartError
from tests.cog_tools.bad_cogs import BAD, HELLO, bad
from tests.harness.paths import ROOT

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def _as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.chdir(tmp_path)
    # Some would be enough for each; the whole list is for authors.
    monkeypatch.setattr("pixel_bot.cog_tools.trying.RANDOM_TRIES", 1)
    # What keeps the loop for half a second is found; then there is nothing to wait for.
    monkeypatch.setattr("pixel_bot.cog_tools.watching.STUCK_SECONDS", 0.8)
    handlers = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = handlers


def cog_in(folder: Path, source: str, name: str = "naughty") -> Path:
    """A file with that source."""
    path = folder / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", BAD)
async def test_each_kind_of_mistake_is_named_with_its_place(name: str, tmp_path: Path) -> None:
    cog = BAD[name]
    path = cog_in(tmp_path, cog.source)
    found = await check.check_cog(path)
    assert {one.kind for one in found} == {cog.kind}, "\n".join(map(str, found))
    named = [one for one in found if cog.words in one.words and one.file == path]
    assert len(named) == 1, "\n".join(map(str, found))
    if cog.line:
        assert named[0].line == cog.line
        assert str(named[0]).startswith(f"{path}:{cog.line}: ")


def test_there_are_more_than_twelve_kinds() -> None:
    assert len(BAD) >= 12


async def test_a_cog_as_cog_new_writes_it_is_in_order(tmp_path: Path) -> None:
    assert await check.check_cog(write_cog("greeter", tmp_path).cog) == []


def test_the_command_line_says_each_in_one_line_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cog = BAD["no_docstring"]
    path = cog_in(tmp_path, cog.source)
    assert main(["cog", "check", str(path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{path}:{cog.line}: The command !bad has no docstring, so !help says nothing of it.",
        "1 finding.",
    ]
    path.write_text(bad("", "", HELLO).source, encoding="utf-8")
    assert main(["cog", "check", str(path)]) == 0
    assert capsys.readouterr().out == "Nothing is wrong with it.\n"


async def test_it_touches_nothing_here(tmp_path: Path) -> None:
    path = cog_in(tmp_path, bad("", "", HELLO).source)
    assert await check.check_cog(path) == []
    assert list(tmp_path.iterdir()) == [path]
    assert [name for name in sys.modules if name.startswith("pixel_cogs.naughty")] == []


async def test_there_is_no_network_and_that_is_no_mistake_of_the_cog(tmp_path: Path) -> None:
    body = """
        @command()
        async def bad(self, ctx):
            \"\"\"Ask somebody.\"\"\"
            reader, writer = await asyncio.open_connection("192.0.2.1", 9)
    """
    path = cog_in(tmp_path, bad("", "", body).source)
    assert await check.check_cog(path) == []


async def test_a_folder_is_a_cog_and_its_tests_are_no_part_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "naughty"
    (folder / "tests").mkdir(parents=True)
    cog_in(folder, "from .words import HELLO\n" + bad("", "", HELLO).source, "__init__")
    cog_in(folder, "import pixel_bot.testing\nHELLO = 1\n", "words")
    cog_in(folder / "tests", "import pixel_bot.testing\n", "test_words")
    (found,) = await check.check_cog(folder)
    assert (found.kind, found.file, found.line) == ("import", folder / "words.py", 1)


async def test_the_settings_of_the_cog_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = '\n\nclass Settings(CogSettings):\n    """Settings."""\n\n    key: str\n    """Its key."""\n'
    path = cog_in(tmp_path, bad("", "", f"settings = Settings\n\n{HELLO}", before=before).source)
    (found,) = await check.check_cog(path)
    assert "NAUGHTY_KEY: must be set" in found.words
    monkeypatch.setenv("NAUGHTY_KEY", "secret")
    assert await check.check_cog(path) == []


async def test_a_name_that_comes_along_is_refused(tmp_path: Path) -> None:
    (found,) = await check.check_cog(cog_in(tmp_path, bad("", "", HELLO).source, "wheel"))
    assert "A cog wheel comes along with the bot" in found.words


@pytest.mark.parametrize(("path", "why"), [("nothing.py", "no file or folder"), ("", "is no cog"), ("a-b.py", "name")])
async def test_what_is_no_cog_is_said(path: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "a-b.py").touch()
    with pytest.raises(StartError, match=why):
        await check.check_cog(tmp_path / path)


def test_the_page_names_what_is_looked_at() -> None:
    assert "python -m pixel_bot cog check" in (ROOT / "docs" / "cogs.md").read_text(encoding="utf-8")
