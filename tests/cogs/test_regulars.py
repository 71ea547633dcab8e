"""Regulars: who is one, and what they may."""

import importlib
from pathlib import Path

from sqlalchemy import text

from pixel_bot.testing import Stage, stage
from tests.bot.cogs.conftest import WriteCog, cog
from tests.cogs.commands.scene import mod
from tests.cogs.loaded import cog_class

__all__ = ["cog"]


async def test_mods_say_who_is_a_regular(chat: Stage) -> None:
    for name in ("ray", "Ann"):
        await chat.viewer(name)
    (refused,) = await chat.say("ray", "!regular add @ray")
    assert "mods" in refused
    assert await mod(chat, "!regular list") == ["There are no regulars yet."]
    assert await mod(chat, "!regular add @ray") == ["ray is a regular now."]
    assert await mod(chat, "!regular add @ray") == ["ray is a regular already."]
    assert await mod(chat, "!regular add @ann") == ["Ann is a regular now."]
    assert await mod(chat, "!regular list") == ["Regulars: Ann · ray"]
    assert await mod(chat, "!regular remove @ray") == ["ray is no regular any more."]
    assert await mod(chat, "!regular remove @ray") == ["ray is no regular."]


async def test_a_message_that_comes_twice_makes_nobody_a_regular_again(chat: Stage) -> None:
    await chat.viewer("ray")
    await chat.say("mia", "!regular add @ray", "moderator", message_id="once")
    await mod(chat, "!regular remove @ray")
    assert await chat.say("mia", "!regular add @ray", "moderator", message_id="once") == []
    assert await mod(chat, "!regular list") == ["There are no regulars yet."]


async def test_a_command_of_a_cog_is_for_regulars(tmp_path: Path, cog: WriteCog) -> None:
    body = """
    @command()
    @only("regular", "vip")
    async def club(self, ctx):
        await ctx.reply("Welcome.")

    @command(who="regular")
    async def room(self, ctx):
        await ctx.reply("Welcome, too.")
    """
    async with stage(tmp_path, cogs_dir=cog(body)) as chat:
        await chat.viewer("ray")
        await mod(chat, "!regular add @ray")
        assert await chat.say("ray", "!club") == ["Welcome."]
        assert await chat.say("ray", "!room") == ["Welcome, too."]
        assert await chat.say("val", "!club", "vip") == ["Welcome."]
        assert await chat.say("val", "!room", "vip") == ["Only regulars can do that."]
        assert await chat.say("bob", "!club") == ["Only regulars and VIPs can do that."]
        assert await chat.say("", "!room", "broadcaster") == ["Welcome, too."]


async def test_they_are_linked_and_forgotten(chat: Stage) -> None:
    for name in ("ray", "ray2", "ann"):
        await chat.viewer(name)
        await mod(chat, f"!regular add @{name}")
    regulars = cog_class(chat.bot, "Regulars")
    ids = [(await chat.viewer(name)).id for name in ("ray", "ray2")]
    async with chat.bot.write() as session:
        await regulars.merge(session, *ids)
        await regulars.forget(await chat.viewer("ann"), session)
    assert await mod(chat, "!regular list") == ["Regulars: ray2"]


async def test_regulars_of_an_earlier_version_stay_regulars(tmp_path: Path) -> None:
    async with stage(tmp_path, cogs_off="regulars") as chat:
        ray = await chat.viewer("ray")
        async with chat.bot.write() as session:
            await session.execute(text("CREATE TABLE cog_commands_regular (viewer BIGINT PRIMARY KEY)"))
            await session.execute(text("INSERT INTO cog_commands_regular VALUES (:id)"), {"id": ray.id})
        await mod(chat, "!cmd add hug hi")
        await mod(chat, "!cmd option hug who regular")
        assert await chat.say("ray", "!hug") == ["Only regulars and VIPs can do that."]
    async with stage(tmp_path) as chat:
        assert await mod(chat, "!regular list") == ["Regulars: ray"]
        assert await chat.say("ray", "!hug") == ["hi"]
        await mod(chat, "!regular remove @ray")
    async with stage(tmp_path) as chat:
        assert await mod(chat, "!regular list") == ["There are no regulars yet."]


async def test_in_german(tmp_path: Path) -> None:
    importlib.import_module("cogs.regulars")
    async with stage(tmp_path, bot_language="de") as chat:
        await chat.viewer("ray")
        assert await mod(chat, "!regular add @ray") == ["ray ist jetzt Stammgast."]
