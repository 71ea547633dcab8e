"""Roles that cogs give, with ``@role``."""

from pathlib import Path

import pytest

from pixel_bot.plugin import role
from pixel_bot.testing import stage
from tests.bot.cogs.conftest import WriteCog

CLUB = """
@command()
@only("regular")
async def club(self, ctx):
    await ctx.reply("Welcome.")
"""
GIVES = """
@role("regular")
async def is_regular(self, viewer):
    if viewer.name == "bad":
        raise OSError("Away.")
    return viewer.name == "ray"
"""


async def test_one_cog_that_says_yes_is_enough(tmp_path: Path, cog: WriteCog, caplog: pytest.LogCaptureFixture) -> None:
    cog(CLUB, "club")
    cog(GIVES, "gives")
    async with stage(tmp_path, cogs_dir=cog(GIVES.replace("ray", "ann"), "more")) as chat:
        for who in ("ray", "ann"):
            assert await chat.say(who, "!club") == ["Welcome."]
        for who in ("bob", "bad"):
            assert await chat.say(who, "!club") == ["Only regulars can do that."]
        assert any("failed in the role regular" in line for line in caplog.messages), "and the log says why"
        await chat.say("", "!cog unload gives", "broadcaster")
        assert await chat.say("ray", "!club") == ["Only regulars can do that."]
        assert await chat.say("ann", "!club") == ["Welcome."]


def test_what_can_be_no_role_is_refused() -> None:
    with pytest.raises(ValueError, match="takes regular, and not 'boss'"):
        role("boss")  # pyright: ignore[reportArgumentType]

    def at_once(_: object) -> bool:
        return True

    with pytest.raises(TypeError, match="must be an async method"):
        role("regular")(at_once)
