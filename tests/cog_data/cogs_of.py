"""Cogs of the tests' own, as an author writes them: files in a folder."""

from pathlib import Path
from textwrap import dedent, indent

HEAD = """
    import asyncio

    from sqlalchemy import select
    from sqlalchemy.orm import Mapped, mapped_column

    from pixel_bot.plugin import *


"""
FOOT = """

    async def setup(bot):
        await bot.add_component({name}(bot))
"""


def cogs_in(folder: Path, **cogs: str) -> Path:
    """A folder with cogs in it. Each is the source of a class of the file's name, with what stands before it."""
    made = folder / "cogs"
    made.mkdir(exist_ok=True)
    for name, source in cogs.items():
        text = dedent(HEAD).lstrip() + dedent(source).strip() + "\n" + dedent(FOOT.format(name=name.title()))
        (made / f"{name}.py").write_text(text, encoding="utf-8")
    return made


def cog_with(body: str, name: str = "Slots", before: str = "") -> str:
    """The source of a cog with these methods."""
    return f"{dedent(before)}\nclass {name}(Cog):\n" + indent(dedent(body), "    ")
