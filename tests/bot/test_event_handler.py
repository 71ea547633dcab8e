"""Of what happens in the channel everybody hears once, after it was paid."""

import asyncio
import json
from pathlib import Path

import pytest

from pixel_bot.bot import sub_waits
from pixel_bot.bot.event_handler import ChannelEventHandler
from pixel_bot.model.channel_events import ChannelEvent, Entrance, Follow, Sub
from pixel_bot.model.people import Person
from pixel_bot.sandbox.twitch import frames
from pixel_bot.testing import SettableClock, Stage, stage, there
from pixel_bot.testing.stage import person_of
from tests.cogs.loaded import thanks_said
from tests.earning.claims.test_subs_in_chat import ALICE, BOB, SHARE, SUBSCRIBE, alerts, ledger, resub_notice

LONG = 60.0
"""Seconds after which a wait would end by itself."""


async def test_cogs_hear_an_event_once_when_it_is_paid(chat: Stage) -> None:
    heard: list[ChannelEvent] = []
    handler = ChannelEventHandler(chat.services, heard.append, chat.bot.text_filter)
    follow = Follow("f1", person_of(ALICE), chat.clock.now())
    for _ in range(2):
        handler.start(follow, chat.bot.channels["twitch"])
        await chat.bot.settled()
    assert heard == [follow]
    assert await ledger(chat) == [("alice", "follow", 50)]


async def test_who_comes_in_is_heard_by_cogs_and_not_written_to_the_log(
    chat: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[ChannelEvent] = []
    handler = ChannelEventHandler(chat.services, heard.append, chat.bot.text_filter)
    with caplog.at_level("INFO", "pixel_bot.bot.event_handler"):
        handler.start(Entrance("joystick:e1", there("Ally"), chat.clock.now()), chat.joystick)
        await chat.bot.settled()
    assert ([type(event) for event in heard], caplog.messages) == ([Entrance], [])


async def test_a_share_waits_for_the_notice_that_knows_whether_it_was_a_gift(
    chat: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sub_waits, "NOTICE_SECONDS", LONG)
    chat.bot.events.waits.are_heard = lambda: True
    async with asyncio.timeout(10):
        await asyncio.gather(chat.hear(*SHARE), chat.hear(*resub_notice(ALICE, 5, gift=True)))
    assert await ledger(chat) == []
    assert alerts(chat) == []


async def test_only_a_share_of_which_nothing_is_known_waits(chat: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[Person | None] = []

    async def until_notice(person: Person | None) -> None:
        waiting.append(person)

    monkeypatch.setattr(chat.bot.events.waits, "until_notice", until_notice)
    await chat.hear(*SUBSCRIBE)
    await chat.hear(*SHARE)
    assert waiting == []
    await chat.hear("channel.subscription.message", frames.resub(BOB, 3))
    assert waiting == [person_of(BOB)]


async def test_what_was_paid_before_a_crash_is_announced_after_it_once(tmp_path: Path, clock: SettableClock) -> None:
    async with stage(tmp_path, clock) as first:
        await first.hear(*SUBSCRIBE, wait=False)
        assert alerts(first) == []
    async with stage(tmp_path, clock) as second:
        for _ in range(2):
            await second.bot.events.announce_missed(second.bot.channels["twitch"])
        await thanks_said(second.bot)
        assert alerts(second) == ["Alice subscribed"]
        assert second.sent == ["Thank you for the sub, Alice!"]
        assert await ledger(second) == [("alice", "sub", 200)]


async def test_an_alert_goes_to_another_process_where_this_one_has_no_page(
    chat: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, ...]] = []

    def publish(*message: str) -> None:
        told.append(message)

    monkeypatch.setattr(chat.services.cluster, "publish", publish)
    await chat.hear("channel.follow", frames.follow(ALICE, chat.clock.now()))
    assert (alerts(chat), [topic for topic, *_ in told if topic == "alert"]) == (["Alice followed"], [])
    chat.overlay.close()
    await chat.hear("channel.follow", frames.follow(BOB, chat.clock.now()))
    assert [json.loads(body[0]) for topic, *body in told if topic == "alert"] == [["follow", "Bob", "Bob followed"]]


async def test_a_sub_that_was_given_makes_no_alert(chat: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    async def alert(kind: str, *_: str) -> None:
        shown.append(kind)

    monkeypatch.setattr(chat.bot.overlay, "alert", alert)
    heard: list[ChannelEvent] = []
    handler = ChannelEventHandler(chat.services, heard.append, chat.bot.text_filter)
    gift = Sub("s1", person_of(ALICE), chat.clock.now(), gifted=True)
    handler.start(gift, chat.bot.channels["twitch"])
    await chat.bot.settled()
    assert (heard, shown) == ([gift], [])
