"""Writes a cog to begin with, and its test."""

import keyword
import os
from dataclasses import dataclass
from pathlib import Path

from pixel_bot.cog_tools.names import class_names, command_names, trees_in
from pixel_bot.configuration.cog_files import BUILT_IN, find_cogs
from pixel_bot.errors import StartError

MAX_NAME = 30
"""Characters. The names of the cog's tables begin with it, and PostgreSQL keeps 63."""

IMPORTED = {"Cog", "Context", "PixelBot"}

COG = '''"""!{name}: says hello."""

from pixel_bot.plugin import Cog, Context, PixelBot, command


class {title}(Cog):
    """Says hello."""

    @command("{name}")
    async def answer(self, ctx: Context) -> None:
        """Say hello."""
        await ctx.reply(f"Hello {{ctx.viewer}}!")


async def setup(bot: PixelBot) -> None:
    await bot.add_component({title}(bot))
'''

TEST = '''"""!{name}, as chat sees it."""

from pathlib import Path

import pytest

from pixel_bot.testing import stage

COGS = Path(__file__).resolve().parents[1]


@pytest.mark.asyncio
async def test_{name}_says_hello(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_dir=COGS) as chat:
        assert await chat.say("alice", "!{name}") == ["Hello alice!"]
'''


@dataclass(frozen=True, slots=True)
class NewCog:
    """What was written: the cog and its test."""

    cog: Path
    test: Path


def write_cog(name: str, folder: Path) -> NewCog:
    """Write the cog ``NAME.py`` into a folder of cogs, and ``tests/test_NAME.py`` below it.

    Args:
        name: of the cog, and of its command.
        folder: made if it is not there.

    Raises:
        StartError: the name cannot be used, or something of that name is there. Nothing was written then.
    """
    _check_name(name)
    made = NewCog(folder / f"{name}.py", folder / "tests" / f"test_{name}.py")
    beside = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    for there in beside:
        if there.casefold() in {name, f"{name}.py"}:
            raise StartError(f"{folder / there} is there already. Choose another name; nothing was written.")
    if made.test.exists():
        raise StartError(f"{made.test} is there already. Choose another name; nothing was written.")
    values = {"name": name, "title": _title(name)}
    try:
        made.test.parent.mkdir(parents=True, exist_ok=True)
        for path, text in ((made.cog, COG), (made.test, TEST)):
            with path.open("x", encoding="utf-8") as file:
                file.write(text.format(**values))
    except OSError as exc:
        raise StartError(f"{exc.filename or folder} cannot be written: {exc.strerror or exc}.") from exc
    return made


def shown(path: Path) -> str:
    """A path as one types it here."""
    here = Path.cwd()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)


def _check_name(name: str) -> None:
    if not (name.isascii() and name.isidentifier() and name == name.lower() and name[0].isalpha()):
        raise StartError(
            f"{name[:40]!r} cannot be the name of a cog: small letters, digits and _, and it begins with a letter."
        )
    if len(name) > MAX_NAME:
        raise StartError(f"The name of a cog takes up to {MAX_NAME} characters; this one has {len(name)}.")
    if keyword.iskeyword(name):
        raise StartError(f"{name} is a word of Python itself. Choose another name.")
    if name == "tests":
        raise StartError("tests is the folder that the tests of cogs lie in. Choose another name.")
    if name in find_cogs(None, installed=False).cogs:
        raise StartError(f"There is a cog {name} already, which comes along with the bot. Choose another name.")
    if name in {word for tree in trees_in(BUILT_IN) for word in command_names(tree)}:
        raise StartError(f"There is a command !{name} already, which comes along with the bot. Choose another name.")


def _title(name: str) -> str:
    """The name of the class: ``DailyWin`` for ``daily_win``. Every class in the bot has its own."""
    title = "".join(word.capitalize() for word in name.split("_"))
    taken = IMPORTED | {word for tree in trees_in(BUILT_IN) for word in class_names(tree)}
    return f"{title}Cog" if title in taken else title
