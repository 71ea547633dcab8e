"""Twitch and Joystick.tv at once: whichever comes first, each answers, and neither waits for the other."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.run.live_app import LiveApp, live
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from pixel_bot.testing import settings_in, there
from pixel_bot.upkeep.check import check
from tests.harness import joystick_harness, twitch_harness
from tests.harness.joystick_harness import platform, the_bot, until


class Houses:
    """Both doubles, and a bot that is on both."""

    def __init__(self, twitch: twitch_harness.Harness, joystick: joystick_harness.Harness) -> None:
        self.twitch = twitch
        self.joystick = joystick

    @asynccontextmanager
    async def bot(self, **settings: Any) -> AsyncGenerator[LiveApp]:
        """A bot with the credentials of both, signed in nowhere."""
        both = self.twitch.settings() | self.joystick.settings(greeting="off", **settings)
        async with live(settings_in(self.twitch.folder, **both)) as app:
            platform(app).connection.timeouts = joystick_harness.QUICK
            yield app
            if app.failed.done():
                app.failed.result()
            if app.running_bot is not None:
                await app.running_bot.bot.settled()
            async with app.services.database.readers() as session:
                assert await check(session, app.services.levels.curve.level_of) == []

    async def sign_in(self, app: LiveApp) -> None:
        """Both accounts of Twitch."""
        for account, who in (("bot", BOT), ("broadcaster", STREAMER)):
            await self.twitch.sign_in(app, account, who)
        await until(lambda: app.running_bot is not None and app.running_bot.is_on_twitch)
        await twitch_harness.listening(app)

    async def install(self, app: LiveApp) -> None:
        """The bot in the channel on Joystick.tv."""
        await self.joystick.install(app)
        await until(lambda: app.running_bot is not None and app.running_bot.is_on_joystick)
        await self.joystick.listening(app)


@pytest.fixture
async def houses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Houses]:
    twitch_harness.in_haste(monkeypatch)
    joystick_harness.in_haste(monkeypatch)
    async with twitch_harness.house(tmp_path) as twitch, joystick_harness.house(tmp_path) as joystick:
        yield Houses(twitch, joystick)


@pytest.mark.parametrize("first", ["twitch", "joystick"])
async def test_each_answers_as_soon_as_it_is_there(houses: Houses, first: str) -> None:
    async with houses.bot() as app:
        status, _ = await houses.twitch.get(app, "/healthz")
        assert status == 503
        if first == "twitch":
            await houses.sign_in(app)
            assert await houses.twitch.ask("alice", "!points") == "You have 0 points."
            await houses.install(app)
        else:
            await houses.install(app)
            assert await houses.joystick.ask("Jules", "!points") == "@Jules You have 0 points."
            await houses.sign_in(app)
        assert await houses.twitch.ask("bob", "!level") == "You are level 1 with 0 XP; 100 XP to level 2."
        assert await houses.joystick.ask("Jo", "!points") == "@Jo You have 0 points."
        status, text = await houses.twitch.get(app, "/healthz")
        assert status == 200, text
        answer = await houses.twitch.ask("mila", "!status", "moderator")
        assert " on Twitch, 2 sockets connected and Joystick.tv, connected · " in answer


async def test_a_restart_finds_both_again(houses: Houses) -> None:
    async with houses.bot() as app:
        await houses.sign_in(app)
        await houses.install(app)
    async with houses.bot() as app:
        await until(
            lambda: app.running_bot is not None and app.running_bot.is_on_twitch and app.running_bot.is_on_joystick
        )
        await twitch_harness.listening(app)
        await houses.joystick.listening(app)
        assert await houses.twitch.ask("alice", "!points") == "You have 0 points."
        assert await houses.joystick.ask("Jules", "!points") == "@Jules You have 0 points."


async def test_one_person_on_both(houses: Houses) -> None:
    async with houses.bot() as app:
        await houses.sign_in(app)
        await houses.install(app)
        await houses.twitch.cheer("alice", 100, "cheer-1")
        await houses.joystick.joystick.tip("Jules", 50)
        await houses.joystick.joystick.say("Jules", "!link")
        whisper = await houses.joystick.said(lambda said: said.whisper_to == "jules")
        code = re.search(r"!link (\w+)", whisper.text)
        assert code is not None
        answer = await houses.twitch.ask("alice", f"!link {code[1]}")
        assert answer == (
            "alice on Twitch and Jules on Joystick.tv are one now, with 150 points. "
            "Not you? A mod can take it apart with !unlink."
        )
        assert await houses.joystick.ask("Jules", "!points") == "@Jules You have 150 points."
        assert await houses.twitch.ask("alice", "!points") == "You have 150 points."
        answer = await houses.twitch.ask("mila", "!undo", "moderator")
        assert "150" not in answer
        assert await houses.joystick.ask("Jules", "!points") == "@Jules You have 50 points."
        assert await houses.twitch.ask("alice", "!points") == "You have 100 points."


async def test_a_code_that_all_can_read_joins_nobody_else(houses: Houses) -> None:
    async with houses.bot() as app:
        await houses.sign_in(app)
        await houses.install(app)
        await houses.twitch.cheer("alice", 100, "cheer-1")
        answer = await houses.twitch.ask("alice", "!link")
        code = re.search(r"!link (\w+) on Joystick", answer)
        assert code is not None
        await houses.joystick.ask("Thief", f"!link {code[1]}")
        assert await houses.joystick.ask("Thief", "!points") == "@Thief You have 0 points."
        assert "yes" not in (await houses.twitch.ask("alice", "!link no")).lower()
        assert await houses.twitch.ask("alice", "!points") == "You have 100 points."


async def test_a_platform_that_is_away_delays_nobody_on_the_other(houses: Houses) -> None:
    async with houses.bot() as app:
        await houses.sign_in(app)
        await houses.install(app)
        await houses.joystick.leave()
        await until(lambda: platform(app).connection.down_since)
        for _ in range(3):
            await the_bot(app).channels["joystick"].say_free("nobody hears this")
        assert await houses.twitch.ask("alice", "!points") == "You have 0 points."
        await houses.joystick.return_()
        await houses.joystick.listening(app)
        await houses.twitch.leave()
        assert await houses.joystick.ask("Jules", "!points") == "@Jules You have 0 points."
        await houses.twitch.return_()


async def test_a_flood_of_commands_on_one_delays_nobody_on_the_other(houses: Houses) -> None:
    async with houses.bot() as app:
        await houses.sign_in(app)
        await houses.install(app)
        flood = [houses.joystick.joystick.say(f"fan{n}", "!points") for n in range(300)]
        await asyncio.gather(*flood)
        assert await houses.twitch.ask("alice", "!points") == "You have 0 points."
        assert platform(app).problems() == []


async def test_the_set_up_page_has_both(houses: Houses) -> None:
    async with houses.bot() as app:
        _, text = await houses.twitch.get(app, "/setup")
        assert 'href="/oauth?account=bot"' in text
        assert 'href="/joystick/oauth"' in text
        assert "3 steps to go" in text or "4 steps to go" in text
        assert (await app.services.viewers.meet(there("Jules"))).points == 0


async def test_twitch_alone_says_how_to_get_the_other(houses: Houses) -> None:
    async with houses.twitch.bot() as app:
        _, text = await houses.twitch.get(app, "/setup")
        assert "JOYSTICK_CLIENT_ID" in text
        status, _ = await houses.twitch.get(app, "/joystick/oauth")
        assert status == 404


async def test_joystick_alone_says_how_to_get_the_other(houses: Houses) -> None:
    async with houses.joystick.installed() as app:
        _, text = await houses.joystick.get(app, "/setup")
        assert "TWITCH_CLIENT_ID" in text
        assert "dev.twitch.tv" not in text
