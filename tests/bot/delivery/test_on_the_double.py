"""The whole bot on the double of Twitch, as no mod of its channel, with Twitch's rules enforced."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.model.chat_rules import SendRules
from pixel_bot.sandbox.twitch.users import BOT
from tests.harness.twitch_harness import Harness, house, in_haste, the_bot
from tests.harness.waiting import until


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Harness]:
    in_haste(monkeypatch)
    async with house(tmp_path) as built:
        built.world.moderators.discard(BOT.id)
        built.twitch.chat_settings.enforced = True
        yield built


async def test_five_who_ask_at_once_are_all_answered(home: Harness) -> None:
    async with home.signed_in(greeting="off"):
        answers = await asyncio.gather(*(home.ask(f"viewer{i}", "!points") for i in range(5)))
        assert [answer.rstrip(" \U000e0000") for answer in answers] == ["You have 0 points."] * 5
        codes = [r.body for r in home.twitch.requests if r.path == "chat/messages"]
        assert len(codes) == 5, "nothing was dropped"


async def test_a_reply_to_a_message_that_is_gone_is_said_by_name(home: Harness) -> None:
    async with home.signed_in(greeting="off"):
        await home.ask("bob", "!points")  # the next answer has to wait for its turn
        line = await home.say("alice", "!level")
        await home.twitch.delete(line)
        said = await home.said(lambda said: said.text.startswith("@alice You are level"))
        assert said.reply_id is None


async def test_the_modes_of_chat_are_asked_for_and_heard_of(home: Harness) -> None:
    home.twitch.chat_settings.slow_seconds = 30
    async with home.signed_in(greeting="off") as app:
        outbox = the_bot(app).outbox
        await until(lambda: outbox.rules == SendRules(gap=30.1))
        home.twitch.chat_settings.slow_seconds = 0
        await home.twitch.tell_chat_settings()
        await until(lambda: outbox.rules == SendRules(gap=1.1))
        home.world.vips.add(BOT.id)
        await the_bot(app).say("hello")
        await until(lambda: outbox.rules == SendRules(20))


async def test_a_mode_that_shuts_the_bot_out_is_explained(home: Harness, caplog: pytest.LogCaptureFixture) -> None:
    async with home.signed_in(greeting="off") as app:
        home.twitch.chat_settings.subscribers_only = True
        await home.twitch.tell_chat_settings()
        await until(lambda: "Chat is in subscriber-only mode" in caplog.text)
        assert not await the_bot(app).say("hello")
        assert "chat is in subscriber-only mode" in caplog.text


async def test_the_badge_comes_back_after_a_refusal(home: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.platforms.twitch.sender.FIRST_APP_PAUSE", 0.0)
    async with home.signed_in(greeting="off") as app:
        home.twitch.faults.add("chat/messages", method="POST", status=403, times=1)
        assert await the_bot(app).say("one")
        assert await the_bot(app).say("two")
    who = [r.who for r in home.twitch.requests if r.path == "chat/messages"]
    assert who == ["", BOT.login, ""]
