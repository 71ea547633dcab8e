"""Cogs of somebody else, and crowds."""

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from pixel_bot.bot.command_runner import CommandRunner
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import live
from tests.bot.sockets.frames import ALICE, NOW, fire, points, speak, wrong

# Others in the house, and crowds


async def test_a_cog_of_somebody_else_hears_every_message(tmp_path: Path) -> None:
    folder = tmp_path / "cogs"
    folder.mkdir()
    (folder / "ears.py").write_text(
        "from pixel_bot.plugin import ChatMessage, Cog, on\n"
        "class Listens(Cog):\n"
        "    @on(ChatMessage)\n"
        "    async def heard(self, message):\n"
        "        self.bot.heard_by_cog.append((message.viewer.login, message.text))\n"
        "async def setup(bot):\n"
        "    bot.heard_by_cog = []\n"
        "    await bot.add_component(Listens(bot))\n"
    )
    async with live(tmp_path, cogs_dir=folder) as show:
        await show.say("alice", "hello")
        await show.say("alice", "hello")
        await show.ask("bob", "!points")
        await show.say("carol", "!unknown")
        await speak(show, "gast", "hi from elsewhere", "g", source_broadcaster_user_id="4711")
        await show.settled()
        heard = sorted(cast(Any, show.bot).heard_by_cog)
    assert heard == [
        ("alice", "hello"),
        ("alice", "hello"),
        ("bob", "!points"),
        ("carol", "!unknown"),
        ("gast", "hi from elsewhere"),
    ]


async def test_a_cog_whose_listener_fails_stops_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "cogs"
    folder.mkdir()
    (folder / "broken.py").write_text(
        "from pixel_bot.plugin import ChatMessage, Cheer, Cog, on\n"
        "class Broken(Cog):\n"
        "    @on(ChatMessage)\n"
        "    async def heard(self, message):\n"
        "        raise RuntimeError\n"
        "    @on(Cheer)\n"
        "    async def cheered(self, cheer):\n"
        "        raise RuntimeError\n"
        "async def setup(bot):\n"
        "    await bot.add_component(Broken(bot))\n"
    )
    async with live(tmp_path, cogs_dir=folder) as show:
        await fire(show, "channel.bits.use", frames.bits_use(ALICE, 5), "one")
        await show.say("alice", "hello")
        await show.settled()
        assert await show.ask("alice", "!points") == "You have 6 points."


async def test_a_flood_is_awarded_to_the_last_line_and_stays_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.earning.awards.MAX_WAITING", 500)
    monkeypatch.setattr("pixel_bot.earning.awards.MAX_BATCH", 200)
    async with live(tmp_path, points_chat_cooldown_seconds=0, xp_chat_cooldown_seconds=0) as show:
        waiting = 0
        people = [sandbox_user(f"fan_{i}") for i in range(100)]
        for i in range(5_000):
            await show.twitch.say(people[i % 100], f"line {i}", at=NOW + timedelta(milliseconds=i))
            waiting = max(waiting, len(show.bot.awards._messages))
        await show.settled()
        assert [await points(show, who.login) for who in people] == [50] * 100
        assert show.bot.awards.totals.points == 5_000
        assert 0 < waiting <= 500
        assert await wrong(show) == []


async def test_a_flood_of_commands_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.bot.channel.MAX_COMMANDS", 50)
    async with live(tmp_path) as show:
        under_way = most = 0
        run = CommandRunner._run

        async def count(runner: CommandRunner, context: Any, message_id: str) -> None:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await run(runner, context, message_id)
            under_way -= 1

        monkeypatch.setattr(CommandRunner, "_run", count)
        answers = await show.ask_all([(f"fan_{i % 20}", "!points") for i in range(400)])
        assert answers == ["You have 0 points."] * 400
        assert 10 < most <= 60
