"""A folder for cogs that a test writes."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

WriteCog = Callable[..., Path]


@pytest.fixture
def cog(tmp_path: Path) -> WriteCog:
    """Writes a cog of that name, whose class has this body; returns the folder. ``before`` stands above the class."""

    def write(body: str, name: str = "mine", before: str = "") -> Path:
        folder = tmp_path / "my_cogs"
        folder.mkdir(exist_ok=True)
        methods = textwrap.indent(textwrap.dedent(body), "    ")
        source = (
            "from dataclasses import dataclass\nfrom datetime import UTC\n"
            "from pixel_bot.plugin import *\n"
            f"{textwrap.dedent(before)}\n"
            f"class {name.title()}(Cog):\n{methods}\n"
            f"async def setup(bot):\n    await bot.add_component({name.title()}(bot))\n"
        )
        (folder / f"{name}.py").write_text(source)
        return folder

    return write
