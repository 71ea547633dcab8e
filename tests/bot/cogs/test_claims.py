"""Methods with ``@claims``: a command that several cogs have a use for goes to the one that wants it just now."""

from pathlib import Path

import pytest

from pixel_bot.plugin import claims
from pixel_bot.testing import stage
from tests.bot.cogs.conftest import WriteCog

OWNS = """
@command(aliases=["queue enlist"], everyone=60)
async def enlist(self, ctx):
    await ctx.reply("You stand in line.")
@claims("enlist")
async def wants(self, ctx):
    return Claim("!queue enlist (line)") if ctx.viewer.name in ("lin", "both") else None
"""
ASKS = """
@claims("enlist")
async def wants(self, ctx):
    \"\"\"Enlist in the army.\"\"\"
    if ctx.viewer.name == "bad":
        raise OSError("Away.")
    async def run():
        await ctx.reply("You are a soldier.")
    return Claim("!fight (army)", run) if ctx.viewer.name in ("sol", "both") else None
"""


async def test_it_goes_to_the_one_that_wants_it(
    tmp_path: Path, cog: WriteCog, caplog: pytest.LogCaptureFixture
) -> None:
    cog(OWNS, "owns")
    async with stage(tmp_path, cogs_dir=cog(ASKS, "asks")) as chat:
        assert await chat.say("sol", "!enlist") == ["You are a soldier."]
        assert await chat.say("sol", "!ENLIST?") == ["You are a soldier."]
        assert await chat.say("sol", "!queue enlist") == ["You stand in line."]
        chat.clock.advance(61)
        assert await chat.say("lin", "!enlist") == ["You stand in line."]
        (asked,) = await chat.say("both", "!enlist")
        assert set(asked.removeprefix("Which one do you mean? ").split(" · ")) == {
            "!fight (army)",
            "!queue enlist (line)",
        }
        chat.clock.advance(61)
        assert await chat.say("bad", "!enlist") == ["You stand in line."]
        assert any("The cog asks failed" in line for line in caplog.messages), "and the log says why"


async def test_where_no_cog_has_the_command_the_claim_alone_makes_it_one(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(ASKS, "asks")) as chat:
        assert await chat.say("sol", "!enlist") == ["You are a soldier."]
        assert await chat.say("bob", "!enlist") == []
        assert "Enlist in the army." in (await chat.say("bob", "!help enlist"))[0]
        await chat.say("", "!cog unload asks", "broadcaster")
        assert "enlist" not in chat.bot.known_commands


def test_a_method_that_cannot_wait_is_refused() -> None:
    def at_once(_: object) -> None:
        return None

    with pytest.raises(TypeError, match="must be an async method"):
        claims("join")(at_once)
