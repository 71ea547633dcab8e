"""Who may use a command, when, how often, and what a cog can ask and say."""

from pathlib import Path

import pytest

from pixel_bot.bot.guards import only
from pixel_bot.sandbox.twitch.users import Role
from pixel_bot.testing import stage
from tests.bot.cogs.conftest import WriteCog


@pytest.mark.parametrize("mark", ['@command()\n@only("sub", "vip")', '@command(who=("sub", "vip"))'])
async def test_only_those_with_a_role_may(tmp_path: Path, cog: WriteCog, mark: str) -> None:
    body = f"{mark}\nasync def club(self, ctx):\n    await ctx.reply(','.join(sorted(ctx.roles)))\n"
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        roles: dict[Role, str] = {"subscriber": "sub", "vip": "vip", "broadcaster": "mod,streamer"}
        for role, said in roles.items():
            assert await chat.say(f"a_{role}", "!club", role) == [said]
        others: tuple[Role, ...] = ("viewer", "moderator")
        for role in others:
            assert await chat.say(f"a_{role}", "!club", role) == ["Only subs and VIPs can do that."]


async def test_who_takes_the_names_of_audiences(tmp_path: Path, cog: WriteCog) -> None:
    body = (
        "@command(who='mods')\nasync def one(self, ctx):\n    '''One.'''\n    await ctx.reply('mods')\n"
        "@command(who='streamer')\nasync def two(self, ctx):\n    '''Two.'''\n    await ctx.reply('streamer')\n"
    )
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        assert await chat.say("mila", "!one", "moderator") == ["mods"]
        assert await chat.say("mila", "!two", "moderator") == ["Only the streamer can do that."]
        assert await chat.say("", "!two", "broadcaster") == ["streamer"]
        assert (await chat.say("bob", "!help one"))[0].endswith(" For mods.")


def test_a_role_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="and not 'boss'"):
        only("boss")  # pyright: ignore[reportArgumentType]


async def test_a_command_rests_for_who_used_it_and_for_everybody(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    @command(cooldown=60, everyone=10)
    async def roll(self, ctx, number: int):
        if number > 6:
            raise ChatError("Too high.")
        await ctx.reply("ok")
    """
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        assert await chat.say("alice", "!roll 9") == ["Too high."]
        assert await chat.say("alice", "!roll 1") == ["ok"]
        assert await chat.say("bob", "!roll 1") == ["!roll is resting for everyone: 10s left."]
        assert await chat.say("mila", "!roll 1", "moderator") == ["ok"]
        await chat.passes(10)
        assert await chat.say("bob", "!roll 1") == ["ok"]
        assert await chat.say("alice", "!roll 1") == ["You are on cooldown for !roll: 50s left."]
        await chat.passes(50)
        assert await chat.say("alice", "!roll 1") == ["ok"]


async def test_a_command_for_the_stream_works_only_then(tmp_path: Path, cog: WriteCog) -> None:
    body = '@command(live_only=True)\nasync def wave(self, ctx):\n    await ctx.reply("hi")\n'
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        assert await chat.say("alice", "!wave") == ["That works only while the stream is on."]
        await chat.goes_live("joystick")
        assert await chat.say("alice", "!wave") == ["hi"]


RESET = """
@command(aliases=["wipe"])
async def reset(self, ctx):
    await ctx.reply("Done." if await ctx.confirm("Delete all?") else "Kept.")
"""
ASKED = "Delete all? Type yes or no within 30s."


async def test_a_command_waits_for_a_yes(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(RESET)) as chat:
        assert await chat.say("alice", "!wipe") == [ASKED]
        assert await chat.say("bob", "yes") == []
        assert await chat.say("alice", "what?") == []
        assert await chat.say("alice", "Yes!") == ["Done."]
        assert await chat.say("alice", "yes") == []
        assert await chat.say("alice", "!reset") == [ASKED]
        assert await chat.say("alice", "!no") == ["Kept."]
        assert await chat.say_there("Ally", "!reset") == [f"@Ally {ASKED}"]
        assert await chat.say_there("Ally", "yes") == ["@Ally Done."]


async def test_no_answer_is_a_no(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(RESET)) as chat:
        await chat.say("alice", "!reset")
        assert await chat.passes(29) == []
        assert await chat.passes(1) == ["Kept."]
        await chat.say("alice", "!reset")
        assert sorted(await chat.say("alice", "!reset")) == [ASKED, "Kept."]


async def test_announce_speaks_where_it_is_told(tmp_path: Path, cog: WriteCog) -> None:
    async with stage(tmp_path, cogs_dir=cog(RESET)) as chat:
        assert await chat.bot.announce("Hello!")
        assert chat.sent == ["Hello!", "Hello!"]
        assert await chat.bot.announce("Only here.", "joystick")
        assert chat.sent[2:] == ["Only here."]
        del chat.bot.channels["joystick"]
        assert not await chat.bot.announce("Nowhere.", "joystick")
