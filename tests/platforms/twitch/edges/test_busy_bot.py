"""A bot that is busy, hangs, or cannot see the stream."""

import asyncio
from pathlib import Path

import pytest

from pixel_bot.platforms.twitch.channel_state import ChannelState
from pixel_bot.platforms.twitch.eventsub import session as eventsub_session
from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from pixel_bot.testing import SettableClock
from tests.harness.twitch_harness import (
    CHEERS,
    Harness,
    listening,
    points,
    the_bot,
)
from tests.harness.waiting import until


async def test_a_cog_that_hangs_does_not_make_the_bot_deaf(
    home: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("pixel_bot.bot.cogs.workers.MOST_WAITING", 20)
    monkeypatch.setattr("pixel_bot.bot.cogs.workers.MOST_WORKERS", 20)
    monkeypatch.setattr("pixel_bot.bot.channel.MAX_COMMANDS", 20)
    (tmp_path / "cogs").mkdir()
    (tmp_path / "cogs" / "hang.py").write_text(HANG, encoding="utf-8")
    async with home.signed_in(cogs_dir=tmp_path / "cogs", greeting="off") as app:
        for n in range(50):
            await home.say(f"viewer{n}", "hello")
        assert await home.ask("alice", "!points") == "You have 0 points."
        assert "The cog hang does not keep up" in caplog.text
        the_bot(app).runtime.bus.stop("hang")


HANG = '''
"""A cog that waits for what never comes."""

import asyncio

from pixel_bot.plugin import ChatMessage, Cog, PixelBot, on


class Hang(Cog):
    """Hangs."""

    @on(ChatMessage)
    async def on_message(self, _) -> None:
        await asyncio.Event().wait()


async def setup(bot: PixelBot) -> None:
    await bot.add_component(Hang(bot))
'''


async def test_a_busy_bot_does_not_take_twitch_for_silent(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        eventsub_session, "GRACE_SECONDS", -9.0
    )  # one second without a word, and the connection counts as dead
    monkeypatch.setattr(eventsub_session, "BUFFER_AFTER_SECONDS", 0.1)
    async with home.signed_in(greeting="off") as app:
        bot, gate = the_bot(app), asyncio.Event()
        monkeypatch.setattr(type(bot.notifications), "is_congested", property(lambda _: not gate.is_set()))
        monkeypatch.setattr(bot.notifications, "wait_for_capacity", gate.wait)
        used = home.session(CHEERS)
        for n in range(25):
            await home.cheer("alice", 10, f"cheer-{n}")
            await asyncio.sleep(0.1)
        assert home.session(CHEERS) is used
        gate.set()
        await bot.notifications.received(25)
        assert await points(app, "alice") == 250


def channel_of(app: LiveApp) -> ChannelState:
    """What keeps the stream's state."""
    assert app.running_bot is not None
    assert app.running_bot._twitch is not None
    return app.running_bot._twitch._channel


async def test_one_empty_list_of_streams_does_not_end_the_stream(home: Harness) -> None:
    home.twitch.live = True
    async with home.signed_in(greeting="off") as app:
        await until(lambda: app.services.stream.is_live)
        asked = home.twitch.requests.times("streams")
        home.twitch.faults.add("streams", body={"data": [], "pagination": {}}, times=2)
        channel_of(app).check_soon()
        await home.twitch.request_count("streams", count=asked + 1)
        await asyncio.sleep(0.1)
        assert app.services.stream.is_live
        channel_of(app).check_soon()
        await until(lambda: not app.services.stream.is_live)


async def test_an_account_that_is_away_says_since_when(home: Harness) -> None:
    clock = SettableClock()
    async with home.signed_in(clock, greeting="off") as app:
        await app.platform.accounts.end_sign_in("bot")
        await until(lambda: any("is down for" in problem for problem in app.platform.problems()))
        clock.advance(3_600)
        assert "down for 1h" in app.platform.problems()[0]
        await home.sign_in(app, "bot", BOT)
        await listening(app)


async def test_who_forgets_an_account_asks_for_nobodys_stream(home: Harness) -> None:
    async with home.signed_in(greeting="off") as app:
        await home.answer(app, "forget", "broadcaster", "")
        channel_of(app).check_soon()
        asked = home.twitch.requests.times("streams")
        await home.twitch.request_count("streams", count=asked + 1)
        streams = [asked.query for asked in home.twitch.requests if asked.path == "streams"]
        assert all(query.get("user_id") == [STREAMER.id] for query in streams), streams
