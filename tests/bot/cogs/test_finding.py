"""Cogs are found by their place, under one name each; a folder cog has several modules, and is reloaded as a whole."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixel_bot.configuration.cog_files import BUILT_IN, cog_name, find_cogs, forget_installed
from pixel_bot.testing import stage
from tests.harness.process import run_as_typed

COG = """
from pixel_bot.plugin import Cog, command
{imports}

class {cls}(Cog):
    @command()
    async def {command}(self, ctx) -> None:
        await ctx.reply({answer})


async def setup(bot) -> None:
    await bot.add_component({cls}(bot))
"""


def write(path: Path, command: str = "hello", answer: str = '"Hello!"', imports: str = "", cls: str = "Hello") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(COG.format(cls=cls, command=command, answer=answer, imports=imports))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A folder of installed packages."""
    made = tmp_path / "site"
    made.mkdir()
    # Undone before what is installed is looked for anew, as other fixtures do in the end.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "path", [str(made), *sys.path])
        forget_installed()
        yield made
    forget_installed()
    for name in [name for name in sys.modules if name.startswith("lucky_pkg")]:
        del sys.modules[name]


def install(site: Path, name: str, value: str) -> None:
    """What an installer writes for a package with the cog ``name``."""
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: the-{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[pixel_bot.cogs]\n{name} = {value}\n")


def test_a_folder_with_the_name_cogs_hides_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "cogs").mkdir()
    (tmp_path / "cogs" / "__init__.py").write_text("raise RuntimeError('of another bot')\n")
    (tmp_path / "chat.csv").write_text("second,user,text\n0,alice,!points\n")
    words = ("sandbox", "--replay", "chat.csv", "--speed", "0", "--exit-when-done")
    done = run_as_typed(tmp_path, *words)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("Cogs: ")]
    ours = sorted(
        path.stem
        for path in (*BUILT_IN.iterdir(), *BUILT_IN.glob("games/*"))
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.name[0] != "_"
    )
    assert len(ours) > 10
    assert line.removeprefix("Cogs: ").split(", ") == ours
    assert "Commands answered: 1" in done.stdout


def test_a_folder_that_is_no_cog_groups_some(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write(folder / "games" / "dice.py")
    write(folder / "games" / "cards" / "__init__.py", cls="Cards")
    write(folder / "games" / "test_dice.py")
    write(folder / "tests" / "dice.py")
    (folder / "games" / "notes.py").write_text("print('no cog')\n")
    found = find_cogs(folder)
    mine = {name: cog.where for name, cog in found.cogs.items() if cog.path and cog.path.is_relative_to(folder)}
    assert mine == {"cards": "mine/games/cards", "dice": "mine/games/dice.py"}
    assert found.problems == []


async def test_a_folder_is_one_cog_and_is_reloaded_with_all_its_modules(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write(folder / "dice" / "__init__.py", answer="SIDES", imports="from .rules.sides import SIDES")
    (folder / "dice" / "rules").mkdir()
    (folder / "dice" / "rules" / "__init__.py").write_text("")
    sides = folder / "dice" / "rules" / "sides.py"
    sides.write_text('SIDES = "6"\n')
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert await chat.say("bob", "!hello") == ["6"]
        sides.write_text('SIDES = "8"\n')
        assert await chat.say("", "!cog reload dice", "broadcaster") == ["The cog dice runs in its new version."]
        assert await chat.say("bob", "!hello") == ["8"]
        sides.write_text("SIDES = 1 / 0\n")
        (answer,) = await chat.say("", "!cog reload dice", "broadcaster")
        assert answer.endswith("sides.py, line 1: ZeroDivisionError: division by zero. The old version goes on.")
        assert await chat.say("bob", "!hello") == ["8"]


async def test_two_cogs_with_one_name_are_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "mine"
    write(folder / "dice" / "__init__.py", command="roll")
    write(folder / "dice.py", command="throw")
    write(folder / "Points.py", command="mine", cls="Mine")
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert await chat.say("bob", "!roll") == ["Hello!"]
        assert await chat.say("bob", "!throw") == []
        assert await chat.say("bob", "!mine") == []
    assert (
        "Two cogs have the name dice: mine/dice and mine/dice.py. The first one counts. Rename the other."
        in caplog.text
    )
    assert "Two cogs have the name points: cogs/points.py and mine/Points.py." in caplog.text


async def test_what_cogs_off_names_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with stage(tmp_path, cogs_off="levels, wheell") as chat:
        assert await chat.say("bob", "!level") == []
        (answer,) = await chat.say("", "!cog load levels", "broadcaster")
        assert answer == "The cog levels is off, because COGS_OFF names it."
        assert await chat.say("bob", "!points") == ["You have 0 points."]
        names = [state.name for state in chat.bot.cogs.states()]
    assert "levels" not in names
    assert "COGS_OFF: there is no cog wheell." in caplog.text


async def test_a_place_that_cogs_off_names_lets_a_namesake_in(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path / "mine" / "levels.py", command="level", answer='"Mine."')
    async with stage(tmp_path, cogs_off="cogs/levels.py", cogs_dir=tmp_path / "mine") as chat:
        assert await chat.say("bob", "!level") == ["Mine."]
    assert "COGS_OFF" not in caplog.text


async def test_an_installed_package_is_a_cog(tmp_path: Path, site: Path) -> None:
    write(
        site / "lucky_pkg" / "__init__.py", command="lucky", answer="WORDS", imports="from lucky_pkg.words import WORDS"
    )
    words = site / "lucky_pkg" / "words.py"
    words.write_text('WORDS = "Seven."\n')
    install(site, "lucky_pkg", "lucky_pkg")
    async with stage(tmp_path) as chat:
        assert await chat.say("bob", "!lucky") == ["Seven."]
        words.write_text('WORDS = "Nine!."\n')
        await chat.say("", "!cog reload lucky_pkg", "broadcaster")
        assert await chat.say("bob", "!lucky") == ["Nine!."]
    assert "lucky_pkg" not in sys.modules


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("lucky", "lucky_pkg", "its entry point must have the name of its module, lucky_pkg."),
        ("random", "random", "a module of Python itself has that name."),
    ],
)
def test_an_entry_point_that_cannot_be_used_is_named(site: Path, name: str, value: str, problem: str) -> None:
    install(site, name, value)
    found = find_cogs(None)
    assert name not in found.cogs
    assert found.problems == [f"The cog {name} of the installed package the-{name} is left out: {problem}"]


def test_a_name_that_no_command_or_setting_could_carry_is_refused(tmp_path: Path) -> None:
    for name in ("my-game.py", "class.py", "_private.py", "notes.txt"):
        (tmp_path / name).write_text("")
    found = find_cogs(tmp_path)
    assert [problem.split(" is left out")[0].split("/")[1] for problem in found.problems] == ["class.py", "my-game.py"]


async def test_a_cog_named_like_a_module_of_python_hides_it_from_nobody(tmp_path: Path) -> None:
    write(tmp_path / "mine" / "random.py", answer="str(random.choice([4]))", imports="import random")
    async with stage(tmp_path, cogs_dir=tmp_path / "mine") as chat:
        assert await chat.say("bob", "!hello") == ["4"]
        assert sys.modules["random"] is random
        assert str(tmp_path / "mine") not in sys.path


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("pixel_cogs.fruits", "fruits"),
        ("pixel_cogs.fruits.rules", "fruits"),
        ("fruits.rules", "fruits"),
        ("fruits", "fruits"),
    ],
)
def test_the_name_of_a_cog_is_that_of_its_file_folder_or_package(module: str, name: str) -> None:
    assert cog_name(module) == name


async def test_a_cog_that_goes_leaves_no_module_behind(tmp_path: Path) -> None:
    write(tmp_path / "mine" / "dice" / "__init__.py", imports="from . import rules")
    (tmp_path / "mine" / "dice" / "rules.py").write_text("")
    async with stage(tmp_path, cogs_dir=tmp_path / "mine") as chat:
        assert "pixel_cogs.dice.rules" in sys.modules
        await chat.say("", "!cog unload dice", "broadcaster")
        assert [name for name in sys.modules if name.startswith("pixel_cogs.dice")] == []


async def test_a_setup_that_hangs_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("pixel_bot.bot.cogs.loader.SETUP_SECONDS", 0.05)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "stuck.py").write_text(
        "import asyncio\nasync def setup(bot):\n    await asyncio.Event().wait()\n"
    )
    async with stage(tmp_path, cogs_dir=tmp_path / "mine") as chat:
        assert await chat.say("bob", "!points") == ["You have 0 points."]
    assert "The cog stuck could not be loaded: its setup takes longer than" in caplog.text
