"""Redemptions that mods, viewers, Twitch or time decide: played, given back, or reported later."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from pixel_bot.bot.redemptions import RedemptionHandler
from pixel_bot.concurrency.retry import Backoff
from pixel_bot.platforms.twitch.events.redemptions import ADDED, UPDATED
from pixel_bot.platforms.twitch.helix import HelixError, NotSignedIn
from pixel_bot.platforms.twitch.redemptions import Redemptions
from pixel_bot.sandbox.twitch.users import STREAMER, sandbox_user
from pixel_bot.testing import stage
from tests.harness.waiting import until
from tests.redeems.channel_points import Channel, channel_in
from tests.redeems.near_twitch import REDEMPTIONS, NearTwitch, When

# What mods do


@pytest.mark.parametrize("command", ["!queue skip", "!queue clear", "!refund @alice"])
async def test_what_a_mod_gives_back_is_cancelled(channel: Channel, command: str) -> None:
    reward = await channel.offer()
    await channel.chat.say("pixel_street", "!queue pause", "broadcaster")
    event = channel.redeem("alice", reward, "ding")
    await channel.waits(1)
    await channel.chat.say("pixel_street", command, "broadcaster")
    await channel.becomes(event, "CANCELED")
    assert await channel.rows("SELECT * FROM transactions") == []
    assert channel.chat.overlay.played == []


async def test_a_viewer_cancels_their_own(channel: Channel) -> None:
    reward = await channel.offer()
    await channel.chat.say("pixel_street", "!queue pause", "broadcaster")
    event = channel.redeem("alice", reward, "ding")
    await channel.waits(1)
    await channel.chat.say("alice", "!cancel")
    await channel.becomes(event, "CANCELED")


async def test_what_has_played_cannot_be_given_back_but_what_was_paid_before_can(channel: Channel) -> None:
    await channel.chat.viewer("alice", points=100)
    await channel.chat.say("alice", "!sound ding")
    channel.chat.clock.advance(10)
    event = channel.redeem("alice", await channel.offer(), "ding")
    await channel.becomes(event, "FULFILLED")
    (answer,) = await channel.chat.say("pixel_street", "!refund @alice", "broadcaster")
    assert "15 points" in answer
    (answer,) = await channel.chat.say("pixel_street", "!refund @alice", "broadcaster")
    assert "no redeem" in answer
    assert await channel.chat.points("alice") == 100
    assert channel.twitch.status(event) == "FULFILLED"


async def test_what_is_rejected_on_twitch_while_it_waits_does_not_run(channel: Channel) -> None:
    reward = await channel.offer()
    await channel.chat.say("pixel_street", "!queue pause", "broadcaster")
    event = channel.redeem("alice", reward, "ding")
    await channel.waits(1)
    channel.reject(event)
    await channel.becomes(event, "CANCELED")
    await channel.said("@Alice sound: A mod rejected it. Your channel points are back.")
    await channel.chat.say("pixel_street", "!queue resume", "broadcaster")
    assert channel.chat.overlay.played == []
    assert channel.twitch.count("PATCH") == 0


async def test_what_is_rejected_on_twitch_while_it_plays_stops(channel: Channel) -> None:
    channel.chat.overlay.plays = False
    event = channel.redeem("alice", await channel.offer(), "ding")
    await channel.chat.overlay.asked(1)
    channel.chat.overlay.started()
    channel.reject(event)
    await channel.said("@Alice sound: A mod rejected it. Your channel points are back.")
    assert set(channel.chat.overlay.stopped) == {channel.chat.overlay.played[0]["id"]}
    await channel.becomes(event, "CANCELED")
    assert channel.twitch.count("PATCH") == 0


async def test_what_is_rejected_before_it_was_heard_never_runs(channel: Channel) -> None:
    event = channel.twitch.redeem(sandbox_user("alice"), await channel.offer(), "ding")
    channel.reject(event)
    await channel.becomes(event, "CANCELED")
    channel.hear(ADDED, event)
    other = channel.redeem("bob", await channel.offer("tts"), "hello")
    await channel.becomes(other, "FULFILLED")
    assert [m["what"] for m in channel.chat.overlay.played] == ["speak"]


async def test_what_a_mod_marks_as_done_on_twitch_still_plays(channel: Channel) -> None:
    reward = await channel.offer()
    await channel.chat.say("pixel_street", "!queue pause", "broadcaster")
    event = channel.redeem("alice", reward, "ding")
    await channel.waits(1)
    channel.twitch.settle(event["id"], "FULFILLED")
    channel.hear(UPDATED, event | {"status": "fulfilled"})
    await channel.becomes(event, "FULFILLED")
    await channel.chat.say("pixel_street", "!queue resume", "broadcaster")
    await channel.chat.overlay.asked(1)
    assert channel.twitch.count("PATCH") == 0


async def test_our_own_decision_comes_back_as_news_and_changes_nothing(channel: Channel) -> None:
    event = channel.redeem("alice", await channel.offer(), "ding")
    await channel.becomes(event, "FULFILLED")
    channel.hear(UPDATED, event | {"status": "fulfilled"})
    other = channel.redeem("bob", await channel.offer("tts"), "hello")
    await channel.becomes(other, "FULFILLED")
    assert await channel.rows("SELECT status FROM queue_items") == [("done",)] * 2


async def test_what_was_rejected_while_nobody_could_tell_us_does_not_run(tmp_path: Path, twitch: NearTwitch) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        reward = await channel.offer()
        await channel.chat.say("pixel_street", "!queue pause", "broadcaster")
        event = channel.redeem("alice", reward, "ding")
        await channel.waits(1)
        channel.reject(event, told=False)
        channel.redemptions.catch_up()
        await channel.becomes(event, "CANCELED")
        await channel.said("@Alice sound: A mod rejected it.")
        assert twitch.count("PATCH") == 0


# The bot was away


async def test_what_came_while_away_runs_when_it_is_young_and_is_cancelled_when_it_is_old(
    tmp_path: Path, twitch: NearTwitch
) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        reward = await channel.offer()
    old = [twitch.redeem(sandbox_user(f"old{i}"), reward, "ding", ago=601 + i) for i in range(7)]
    older_one = twitch.redeem(sandbox_user("anna"), reward, "ding", ago=500)
    young_one = twitch.redeem(sandbox_user("bob"), reward, "ding", ago=30)
    async with channel_in(tmp_path, twitch) as channel:
        for event in old:
            await channel.becomes(event, "CANCELED")
        for event in (older_one, young_one):
            await channel.becomes(event, "FULFILLED")
        late = [line for line in channel.chat.sent if "too late" in line]
        assert late == [
            "While I was away, 7 redemptions came too late: @old6, @old5, @old4, @old3, @old2 and 2 more. "
            "Your channel points are back."
        ]
        assert await channel.rows("SELECT redemption FROM queue_items ORDER BY redemption") == [
            (older_one["id"],),
            (young_one["id"],),
        ]
        channel.redemptions.catch_up()
        other = channel.redeem("carol", reward, "ding")
        await channel.becomes(other, "FULFILLED")
    assert set(twitch.decided.values()) == {1}


async def test_a_reward_that_was_deleted_by_hand_does_not_stop_the_others(tmp_path: Path, twitch: NearTwitch) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        gone, there = await channel.offer("sound"), await channel.offer("tts")
        await channel.rewards.switch_off("sound")
    del twitch.rewards[gone]
    event = twitch.redeem(sandbox_user("alice"), there, "hello", ago=5)
    async with channel_in(tmp_path, twitch) as channel:
        await channel.becomes(event, "FULFILLED")


async def test_rows_of_twitch_that_cannot_be_read_are_left_out(tmp_path: Path, twitch: NearTwitch) -> None:
    async with channel_in(tmp_path, twitch) as channel:
        reward = await channel.offer()
    odd = twitch.redeem(sandbox_user("mallory"), reward, "ding", ago=5)
    twitch.redemptions[odd["id"]]["user_login"] = None
    event = twitch.redeem(sandbox_user("alice"), reward, "ding", ago=5)
    async with channel_in(tmp_path, twitch) as channel:
        await channel.becomes(event, "FULFILLED")


# Twitch is away


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("status", [0, 429, 500, 503])
async def test_a_report_that_did_not_get_through_is_tried_again(channel: Channel, status: int, when: When) -> None:
    reward = await channel.offer()
    channel.twitch.fail("PATCH", REDEMPTIONS, HelixError(status, "not now"), times=2, when=when)
    event = channel.redeem("alice", reward, "ding")
    await channel.becomes(event, "FULFILLED")
    assert channel.twitch.decided == {event["id"]: 1}


async def test_a_report_waits_for_the_sign_in(tmp_path: Path, twitch: NearTwitch) -> None:
    async with stage(tmp_path, twitch.clock) as chat:
        channel = Channel(chat, twitch)
        channel.redemptions = Redemptions(
            twitch,
            channel.channel_points,
            chat.clock,
            STREAMER.id,
            RedemptionHandler(chat.bot, channel.channel_points),
            Backoff(calm=0.0, first=3_600.0, longest=3_600.0),
        )
        channel.start()
        reward = await channel.offer()
        twitch.fail("PATCH", REDEMPTIONS, NotSignedIn("broadcaster"))
        event = channel.redeem("alice", reward, "ding")
        await until(lambda: not twitch.faults)
        assert twitch.status(event) == "UNFULFILLED"
        channel.redemptions.catch_up()
        await channel.becomes(event, "FULFILLED")
        await channel.stop()


async def test_what_twitch_forbids_does_not_hold_up_the_others(channel: Channel) -> None:
    reward = await channel.offer()
    channel.twitch.fail("PATCH", REDEMPTIONS, HelixError(403, "another client id"), times=1)
    events = [channel.redeem(name, reward, "ding") for name in ("alice", "bob")]
    for event in events:
        await channel.becomes(event, "FULFILLED")


async def test_a_database_that_is_away_decides_nothing_and_it_runs_later(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    reward = await channel.offer()
    shop, buy, failed = channel.bot.shop, channel.bot.shop.buy, asyncio.Event()

    async def away(order: Any) -> Any:
        if failed.is_set():
            return await buy(order)
        failed.set()
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr(shop, "buy", away)
    event = channel.redeem("alice", reward, "ding")
    await channel.becomes(event, "FULFILLED")
    assert failed.is_set()
    assert channel.chat.sent == ["@Alice Playing ding!"]


async def test_a_flood_of_commits_asks_nothing_while_no_redemption_is_open(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = channel.redeem("alice", await channel.offer(), "ding")
    await channel.becomes(event, "FULFILLED")
    await until(lambda: not channel.redemptions._any_open)
    looks = 0
    real = channel.channel_points.open

    async def counted() -> Any:
        nonlocal looks
        looks += 1
        return await real()

    monkeypatch.setattr(channel.channel_points, "open", counted)
    for number in range(20):
        await channel.chat.viewer(f"new{number}")
    await channel.chat.settled()
    assert looks == 0


async def test_who_is_ignored_has_the_channel_points_back(channel: Channel) -> None:
    reward = await channel.offer()
    await channel.bot.ignoring.ignore("alice", "twitch")
    event = channel.redeem("alice", reward, "ding")
    await channel.becomes(event, "CANCELED")
    await channel.said(
        "@Alice You do not play along here, so Play sound effect is not for you. Your channel points are back."
    )
    await channel.bot.ignoring.unignore("alice", "twitch")
    await channel.becomes(channel.redeem("alice", reward, "ding"), "FULFILLED")
