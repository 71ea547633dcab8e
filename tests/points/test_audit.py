"""The audit log: what mods and the streamer do in chat, with before and after, in the transaction of the change."""

from pathlib import Path

import pytest

from pixel_bot.db.json_type import read_json
from pixel_bot.errors import NotEnoughPoints
from pixel_bot.model.people import Viewer
from pixel_bot.points.audit import Act, begin_act
from pixel_bot.services import Services
from pixel_bot.testing import Stage, stage
from tests.harness.database import rows

ROWS = "SELECT actor, via, area, action, target, before_json, after_json, change_id IS NOT NULL FROM audit ORDER BY id"


async def log_of(chat: Stage) -> list[tuple[object, ...]]:
    return [(*row[:5], *map(read_json, row[5:7]), bool(row[7])) for row in await rows(chat, ROWS)]


async def test_a_mods_change_is_logged_with_what_it_changed(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", points=10)
        await chat.say("mila", "!points add @alice 5 quiz", "moderator")
        await chat.say("mila", "!xp add @alice 7", "moderator")
        await chat.say("pixel_street", "!undo", "broadcaster")
        assert await log_of(chat) == [
            ("mila", "chat", "admin", "!points add", "alice", {"points": 10}, {"points": 15}, True),
            ("mila", "chat", "admin", "!xp add", "alice", {"xp": 0}, {"xp": 7}, True),
            ("pixel_street", "chat", "admin", "!undo", "+7 XP for alice", None, None, False),
        ]


async def test_what_changes_no_points_is_logged_as_it_was_typed(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.say("mila", "!queue pause tts", "moderator")
        assert await log_of(chat) == [("mila", "chat", "queue", "!queue pause", "!queue pause tts", None, None, False)]


async def test_what_was_refused_and_what_viewers_do_is_not_logged(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", points=10)
        await chat.say("alice", "!points add @alice 5")
        await chat.say("alice", "!give @mila 5")
        await chat.say("mila", "!points remove @alice 5000", "moderator")
        await chat.say("mila", "!points add @alice nonsense", "moderator")
        assert await log_of(chat) == []


async def test_a_change_that_was_rolled_back_is_not_logged(services: Services, alice: Viewer) -> None:
    begin_act(Act("mila", "chat", "points", "add", services.clock.now()))
    with pytest.raises(NotEnoughPoints):
        await services.economy.take(alice, alice, 1_000_000)
    assert await rows(services, "SELECT * FROM audit") == []
    await services.economy.add(alice, alice, 5)
    await services.economy.add(alice, alice, 5)
    assert len(await rows(services, "SELECT * FROM audit")) == 1, "one act, however many changes it makes"


async def test_a_command_that_says_who_may_use_it_is_logged_too(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    source = "from pixel_bot.plugin import Cog, command\n\n\nclass Door(Cog):\n"
    for name, who in (("shut", "mods"), ("lock", "streamer"), ("knock", "everyone")):
        source += f"    @command(who={who!r})\n    async def {name}(self, ctx):\n        await ctx.reply('Done.')\n\n"
    (folder / "door.py").write_text(source + "\nasync def setup(bot):\n    await bot.add_component(Door(bot))\n")
    async with stage(tmp_path, cogs_dir=folder) as chat:
        for typed in ("!shut", "!lock", "!knock"):
            assert await chat.say("pixel_street", typed, "broadcaster") == ["Done."]
        await chat.say("alice", "!shut")
        assert [row[3] for row in await log_of(chat)] == ["!shut", "!lock"]
