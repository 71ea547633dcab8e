"""``cog new``: what it writes works as it stands, and nothing is overwritten."""

import subprocess
import sys
from pathlib import Path

import pytest

from pixel_bot.cli.command_line import main
from pixel_bot.cog_tools.names import command_names, trees_in
from pixel_bot.cog_tools.new import write_cog
from pixel_bot.configuration.cog_files import BUILT_IN
from pixel_bot.errors import StartError
from pixel_bot.testing import Stage, stage
from tests.harness.paths import ROOT
from tests.harness.ready_python import ready

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COGS_DIR", raising=False)


def test_its_test_passes_as_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cog", "new", "daily_win"]) == 0
    said = capsys.readouterr().out
    cog, test = tmp_path / "my_cogs" / "daily_win.py", tmp_path / "my_cogs" / "tests" / "test_daily_win.py"
    assert "Add the line COGS_DIR=my_cogs to .env" in said
    assert f"python -m pytest {test.relative_to(tmp_path)}" in said
    assert "class DailyWin(Cog):" in cog.read_text(encoding="utf-8")
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)]
    with ready():
        ended = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr


def test_what_it_writes_is_as_our_own_code(tmp_path: Path) -> None:
    made = write_cog("daily_win", tmp_path)
    line = [sys.executable, "-m", "ruff", "check", "--isolated", "--line-length=120", str(made.cog), str(made.test)]
    assert subprocess.run(line, cwd=ROOT, check=False, capture_output=True).returncode == 0
    line[3:5] = ["format", "--check", "--isolated"]
    assert subprocess.run(line, cwd=ROOT, check=False, capture_output=True).returncode == 0


def test_it_writes_into_the_folder_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COGS_DIR", str(tmp_path / "of_mine"))
    (tmp_path / "of_mine").mkdir()
    assert main(["cog", "new", "hug"]) == 0
    said = capsys.readouterr().out
    assert (tmp_path / "of_mine" / "hug.py").is_file()
    assert "COGS_DIR names that folder already" in said
    assert "Add the line" not in said


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Slots", "small letters"),
        ("two words", "small letters"),
        ("../slots", "small letters"),
        ("_slots", "begins with a letter"),
        ("é", "small letters"),
        ("", "small letters"),
        ("a" * 31, "up to 30 characters"),
        ("class", "a word of Python"),
        ("tests", "the folder that the tests"),
        ("wheel", "There is a cog wheel already"),
        ("give", "There is a command !give already"),
        ("balance", "There is a command !balance already"),
    ],
)
def test_a_name_that_could_not_work_is_refused(name: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(StartError, match=why):
        write_cog(name, tmp_path / "cogs")
    assert not (tmp_path / "cogs").exists()


@pytest.mark.parametrize("there", ["hug.py", "hug/__init__.py", "Hug.py", "tests/test_hug.py"])
def test_nothing_is_overwritten(there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "my_cogs" / there
    mine.parent.mkdir(parents=True)
    mine.write_text("mine", encoding="utf-8")
    assert main(["cog", "new", "hug"]) == 1
    assert "is there already. Choose another name; nothing was written." in capsys.readouterr().err
    assert [path for path in (tmp_path / "my_cogs").rglob("*.py") if path.is_file()] == [mine]
    assert mine.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["cog", "context", "pixel_bot", "levels_", "plugin"])
async def test_names_that_our_own_classes_have_work(name: str, tmp_path: Path) -> None:
    write_cog(name, tmp_path / "cogs")
    async with stage(tmp_path, cogs_dir=tmp_path / "cogs") as chat:
        assert await chat.say("alice", f"!{name}") == ["Hello alice!"]


async def test_the_names_in_the_sources_are_those_of_the_commands(chat: Stage) -> None:
    read = {name for tree in trees_in(BUILT_IN) for name in command_names(tree)}
    assert set(chat.bot.commands_by_name) - read == set()
