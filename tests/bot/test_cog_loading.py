"""Cogs are found, loaded and managed; a broken one stops nobody else."""

import logging
import random
from pathlib import Path

import pytest

from pixel_bot.testing import Stage, stage

GOOD = '''
from pixel_bot.plugin import Cog, Context, PixelBot, command


class {name}(Cog):
    @command()
    async def {command}(self, ctx: Context) -> None:
        """Say it."""
        await ctx.reply("{answer}")


async def setup(bot: PixelBot) -> None:
    await bot.add_component({name}(bot))
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "my cogs"
    made.mkdir()
    return made


def write(folder: Path, file: str, name: str = "Hello", command: str = "hello", answer: str = "Hello!") -> None:
    (folder / f"{file}.py").write_text(GOOD.format(name=name, command=command, answer=answer))


async def test_bots_one_after_the_other_share_the_built_in_cogs_and_bots_side_by_side_do_not(tmp_path: Path) -> None:
    """Of the tests' own: each command belongs to one bot at a time."""

    def give(chat: Stage) -> object:
        return chat.bot.commands_by_name["give"]

    async with stage(tmp_path / "first") as first, stage(tmp_path / "second") as second:
        assert give(first) is not give(second)
        used = {id(give(first)), id(give(second))}
        await second.viewer("bob", 7)
        assert await first.say("bob", "!points") == ["You have 0 points."]
        assert await second.say("bob", "!points") == ["You have 7 points."]
    async with stage(tmp_path / "third") as third:
        assert id(give(third)) in used


async def test_a_cog_of_ones_own_is_loaded(tmp_path: Path, folder: Path) -> None:
    write(folder, "hello")
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert await chat.say("bob", "!hello") == ["Hello!"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def broken(:\n", "line 1: invalid syntax"),
        ("import nothing_of_this_name\n", "line 1: ModuleNotFoundError"),
        ("x = 1\n", "it has no `async def setup(bot)`"),
        ("def setup(bot): ...\n", "TypeError"),
        ("async def setup(bot):\n    raise ValueError('no')\n", "line 2: ValueError: no"),
        ("raise SystemExit(3)\n", "line 1: SystemExit: 3"),
    ],
)
async def test_a_broken_cog_is_reported_and_the_rest_runs(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture, source: str, reason: str
) -> None:
    (folder / "broken.py").write_text(source)
    write(folder, "hello")
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert await chat.say("bob", "!hello") == ["Hello!"]
        assert await chat.say("bob", "!points") == ["You have 0 points."]
        await chat.passes(180)
        assert f"broken (broken for 3m: {reason}" in (await chat.say("", "!cog list", "broadcaster"))[0]
        assert "cog broken (broken for 3m: " in (await chat.say("", "!status", "broadcaster"))[0]
    assert f"The cog broken could not be loaded: {reason}" in caplog.text


async def test_a_cog_with_the_name_of_a_standard_module_replaces_nothing(tmp_path: Path, folder: Path) -> None:
    write(folder, "random", answer="Not random.")
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert await chat.say("bob", "!hello") == ["Not random."]
        assert random.choice([4]) == 4


async def test_a_cog_cannot_take_the_name_of_a_built_in_one(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder, "points")
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert await chat.say("bob", "!hello") == []
        assert await chat.say("bob", "!points") == ["You have 0 points."]
    assert "Two cogs have the name points: cogs/points.py and my cogs/points.py. The first one counts." in caplog.text


async def test_a_command_that_exists_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder, "copycat", name="Copycat", command="give")
    async with stage(tmp_path, cogs_dir=folder) as chat:
        assert (await chat.say("bob", "!help give"))[0].startswith("Type !give @user N")
    assert "!give exists already, in another cog" in caplog.text


async def test_a_missing_folder_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with stage(tmp_path, cogs_dir=tmp_path / "nowhere") as chat:
        assert await chat.say("bob", "!points") == ["You have 0 points."]
    assert "COGS_DIR: there is no folder" in caplog.text


async def test_the_streamer_unloads_and_loads(chat: Stage) -> None:
    assert await chat.say("", "!cog unload points", "broadcaster") == ["The cog points is off."]
    assert await chat.say("bob", "!points") == []
    assert "points (off)" in (await chat.say("", "!cog list", "broadcaster"))[0]
    assert await chat.say("", "!cog load points", "broadcaster") == ["The cog points runs."]
    assert await chat.say("bob", "!points") == ["You have 0 points."]


async def test_reload_takes_the_new_version_and_keeps_the_old_when_it_is_broken(tmp_path: Path, folder: Path) -> None:
    write(folder, "hello")
    async with stage(tmp_path, cogs_dir=folder) as chat:
        write(folder, "hello", answer="Hello there, how are you?")
        assert await chat.say("", "!cog reload hello", "broadcaster") == ["The cog hello runs in its new version."]
        assert await chat.say("bob", "!hello") == ["Hello there, how are you?"]
        (folder / "hello.py").write_text("def broken(:\n")
        (answer,) = await chat.say("", "!cog reload hello", "broadcaster")
        assert answer == "The cog hello could not be loaded: line 1: invalid syntax. The old version goes on."
        assert await chat.say("bob", "!hello") == ["Hello there, how are you?"]


@pytest.mark.parametrize("name", ["nothing", "../points", "os.path", "points.x"])
async def test_a_cog_that_does_not_exist(chat: Stage, name: str) -> None:
    assert await chat.say("", f"!cog load {name}", "broadcaster") == [f"There is no cog {name}."]


async def test_a_listener_hears_every_message(tmp_path: Path, folder: Path) -> None:
    (folder / "ears.py").write_text(
        "from pixel_bot.plugin import ChatMessage, Cog, Follow, on\n"
        "class Listens(Cog):\n"
        "    @on(ChatMessage)\n"
        "    async def heard(self, message):\n"
        "        self.bot.heard_by_cog.append(message.text)\n"
        "    @on(Follow)\n"
        "    async def followed(self, follow):\n"
        "        self.bot.heard_by_cog.append(follow)\n"
        "async def setup(bot):\n"
        "    bot.heard_by_cog = []\n"
        "    await bot.add_component(Listens(bot))\n"
    )
    async with stage(tmp_path, cogs_dir=folder) as chat:
        await chat.say("bob", "hello")
        await chat.say("bob", "!points")
        await chat.say("bob", "!unknown")
        assert getattr(chat.bot, "heard_by_cog") == ["hello", "!points", "!unknown"]  # noqa: B009 - set by the cog


async def test_an_unforeseen_error_is_apologised_for_and_logged(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = GOOD.format(name="Boom", command="boom", answer="x").replace("await ctx.reply", "raise KeyError")
    (folder / "boom.py").write_text(source)
    with caplog.at_level(logging.ERROR):
        async with stage(tmp_path, cogs_dir=folder) as chat:
            assert await chat.say("bob", "!boom") == [
                "Sorry, something went wrong on my side. The streamer's log says what."
            ]
    assert "KeyError" in caplog.text
