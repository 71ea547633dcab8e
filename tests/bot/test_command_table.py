"""All commands by name: several prefixes, commands that are off, commands that a cog makes while the bot runs."""

from pathlib import Path
from typing import Any

import pytest

from pixel_bot.plugin import CommandRule, Context, Outcome, ShowOverlay, command, redeem
from pixel_bot.sandbox.twitch.users import BOT
from pixel_bot.testing import Stage, settings_in, stage
from tests.cog_data.cogs_of import cog_with, cogs_in
from tests.harness.database import findings

WAVE = """
@redeem(cost=5)
async def wave(self, ctx: Context) -> Outcome:
    \"\"\"Wave.\"\"\"
    return Outcome("The cog waves.", ShowOverlay("x"))
"""


async def test_commands_begin_with_any_of_several_prefixes(tmp_path: Path) -> None:
    async with stage(tmp_path, command_prefix="! ? px!") as chat:
        for words in ("!points", "?points", "px!points", "？points", f"@{BOT.login} ?points", "\x01ACTION ?points\x01"):
            assert await chat.say("alice", words) == ["You have 0 points."], words
        assert await chat.say("alice", "~points") == []
        assert "!help" in (await chat.say("alice", "?help"))[0]


@pytest.mark.parametrize(("written", "all_of_them"), [("!", ("!",)), ("! ?", ("!", "?")), (" ?  ! ? ", ("?", "!"))])
def test_the_first_prefix_is_shown(tmp_path: Path, written: str, all_of_them: tuple[str, ...]) -> None:
    settings = settings_in(tmp_path, command_prefix=written)
    assert (settings.command_prefix, settings.command_prefixes) == (all_of_them[0], all_of_them)


async def test_commands_of_the_setting_are_off(tmp_path: Path) -> None:
    async with stage(tmp_path, commands_off="give, !top,points  add") as chat:
        for words in ("!give @bob 1", "!top", "!leaderboard"):
            assert await chat.say("alice", words) == [], words
        await chat.say("mod", "!points add @mod 5", "moderator")
        assert await chat.points("mod") == 0
        assert await chat.say("alice", "!points") == ["You have 0 points."]
        listed = " ".join([*await chat.say("alice", "!help"), *await chat.say("alice", "!help 2")])
        assert "!points" in listed
        assert "!give" not in listed


def made(name: str, says: str) -> Any:
    async def say(_: object, ctx: Context) -> None:
        """Says it."""
        await ctx.reply(says)

    return command(name)(say)


async def test_a_cog_makes_a_command_while_the_bot_runs(chat: Stage) -> None:
    (cog,) = chat.bot.cogs.components_of("points")
    await chat.bot.put_command(cog, made("hello", "one"))
    assert await chat.say("alice", "!hello") == ["one"]
    await chat.bot.put_command(cog, made("hello", "two"))
    assert await chat.say("alice", "!HELLO!") == ["two"]
    with pytest.raises(ValueError, match="exists already"):
        await chat.bot.put_command(cog, made("rank", "mine"))
    await chat.bot.take_command("hello")
    assert await chat.say("alice", "!hello") == []


async def test_made_commands_go_with_their_cog(chat: Stage) -> None:
    (cog,) = chat.bot.cogs.components_of("fair")
    await chat.bot.put_command(cog, made("hello", "one"))
    await chat.say("pixel_street", "!cog unload fair", "broadcaster")
    assert await chat.say("alice", "!hello") == []


async def test_a_cog_that_is_loaded_later_has_its_names_back(tmp_path: Path) -> None:
    """Also where the made command is a redeem, whose offer would be in the way."""
    folder = cogs_in(tmp_path, wave=cog_with(WAVE, "Wave"))
    async with stage(tmp_path, cogs_dir=folder, cogs_off="wave") as chat:
        (cog,) = chat.bot.cogs.components_of("points")

        async def mine(_: object, ctx: Context) -> Outcome:
            """Mine."""
            return Outcome("Mine.", ShowOverlay("x"))

        await chat.bot.put_command(cog, redeem("wave", cost=5)(mine))
        await chat.viewer("alice", points=20)
        assert await chat.say("alice", "!wave") == ["Mine. 15 points left."]
        object.__setattr__(chat.bot.settings, "cogs_off", "")
        await chat.bot.cogs.load("wave")
        assert await chat.say("alice", "!wave") == ["The cog waves. 10 points left."]
        assert await findings(chat) == []


async def test_rules_are_those_of_the_command_under_each_of_its_names(chat: Stage) -> None:
    chat.bot.command_table.set_rules({"points": CommandRule(who="mods")}, {"p": "points", "x": "nothing"})
    for words in ("!points", "!balance", "!p"):
        assert await chat.say("alice", words) == ["Only mods can do that."], words
    assert await chat.say("alice", "!x") == []
    chat.bot.command_table.set_rules({}, {})
    assert await chat.say("alice", "!p") == []
    assert await chat.say("alice", "!points") == ["You have 0 points."]
