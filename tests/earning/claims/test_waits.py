"""What waits for a second event, and what becomes of it when the bot ends in between."""

import asyncio
from pathlib import Path

import pytest

from pixel_bot.bot import sub_waits
from pixel_bot.sandbox.twitch import frames
from pixel_bot.testing import SettableClock, Stage, stage
from tests.earning.claims.test_subs_in_chat import ALICE, SHARE, SUBSCRIBE, alerts, ledger, resub_notice


async def hears(chat: Stage, kind: str, event: frames.Json) -> None:
    """An event arrives; nobody waits for what comes of it."""
    waiting = asyncio.create_task(chat.hear(kind, event, wait=False))
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_shared_month_waits_for_the_notice_that_knows_whether_it_was_a_gift(
    chat: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sub_waits, "NOTICE_SECONDS", 30.0)
    chat.bot.events.waits.are_heard = lambda: True
    await hears(chat, *SHARE)
    await chat.hear(*resub_notice(ALICE, 5, gift=True))
    assert (await ledger(chat), alerts(chat)) == ([], [])


async def test_without_the_notice_it_is_paid_all_the_same(chat: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sub_waits, "NOTICE_SECONDS", 0.01)
    chat.bot.events.waits.are_heard = lambda: True
    await chat.hear(*SHARE)
    assert await ledger(chat) == [("alice", "sub", 200)]


async def test_what_is_known_from_another_event_waits_for_nothing(chat: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sub_waits, "NOTICE_SECONDS", 3_600.0)
    chat.bot.events.waits.are_heard = lambda: True
    await chat.hear(*SUBSCRIBE, wait=False)
    await chat.hear(*SHARE)
    assert (await ledger(chat), alerts(chat)) == ([("alice", "sub", 200)], ["Alice subscribed for 5 months"])


async def test_a_sub_that_was_paid_just_before_a_crash_is_announced_after_it(
    tmp_path: Path, clock: SettableClock
) -> None:
    async with stage(tmp_path, clock) as first:
        await first.hear(*SUBSCRIBE, wait=False)
        assert (await ledger(first), alerts(first)) == ([("alice", "sub", 200)], [])
    for expected in (["Alice subscribed"], []):
        async with stage(tmp_path, clock) as later:
            await later.bot.events.announce_missed(later.bot.channels["twitch"])
            assert alerts(later) == expected
            assert await ledger(later) == [("alice", "sub", 200)]


async def test_what_was_paid_long_ago_is_not_announced(tmp_path: Path, clock: SettableClock) -> None:
    async with stage(tmp_path, clock) as first:
        await first.hear(*SUBSCRIBE, wait=False)
    clock.advance(601)
    async with stage(tmp_path, clock) as later:
        await later.bot.events.announce_missed(later.bot.channels["twitch"])
        assert alerts(later) == []
