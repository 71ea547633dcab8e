"""The prize wheel: its file, its draws, its stock, and what a spin that is cut off comes to."""

import asyncio
from pathlib import Path

import pytest

from pixel_bot.db.json_type import read_json
from pixel_bot.plugin import pick
from pixel_bot.queue.limits import Limits
from pixel_bot.redeems.queue_items import load
from pixel_bot.testing import Stage, stage
from tests.cogs.wheel.wheel_files import HAND, POINTS, cog_module, write
from tests.harness.database import findings, rows
from tests.harness.waiting import until


async def clean(chat: Stage) -> None:
    assert await findings(chat.bot) == []


async def test_points_are_credited_with_the_landing(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, POINTS)
    await chat.viewer("alice", points=100)
    assert await chat.say("alice", "!spin") == [
        "The wheel is yours! 0 points left.",
        "alice won Win! (+70 points)",
    ]
    assert await chat.points("alice") == 70
    assert await rows(chat, "SELECT amount, reason, note FROM transactions WHERE reason = 'wheel'") == [
        (70, "wheel", "Win")
    ]
    await clean(chat)


async def test_the_page_is_told_which_slice_was_drawn(chat: Stage) -> None:
    await chat.viewer("alice", points=100)
    await chat.say("alice", "!spin")
    ((odds, prize, seed),) = await rows(chat, "SELECT odds_json, prize, seed FROM draws")
    shown = chat.overlay.played[0]["data"]
    assert shown["slices"][shown["winner"]]["name"] == prize
    assert [[s["name"], s["weight"]] for s in shown["slices"]] == read_json(odds)
    assert pick(seed, read_json(odds)) == shown["winner"]


async def test_xp_and_levels(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, [{"name": "Wisdom", "weight": 1, "grant_xp": 100}])
    await chat.viewer("alice", points=100)
    assert (await chat.say("alice", "!spin"))[-1] == "alice won Wisdom! (+100 XP)"
    assert await chat.say("alice", "!level") == ["You are level 2 with 100 XP; 248 XP to level 3."]


async def test_an_effect_follows_at_no_cost(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, [{"name": "Show", "weight": 1, "effect": "show:{user} rules!"}])
    await chat.viewer("alice", points=100)
    await chat.say("alice", "!spin")
    assert [m["what"] for m in chat.overlay.played] == ["art", "show"]
    assert chat.overlay.played[1]["text"] == "alice rules!"
    assert await chat.points("alice") == 0


async def test_a_prize_by_hand_stays_on_a_list(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, HAND)
    await chat.viewer("alice", points=100)
    assert (await chat.say("alice", "!spin"))[-1] == "alice won Pick the next game! A mod hands it over."
    assert await chat.say("mila", "!wheel owed", "moderator") == ["Still to hand over: alice: Pick the next game"]
    assert await chat.say("mila", "!wheel given @alice", "moderator") == ["alice got Pick the next game."]
    assert await chat.say("mila", "!wheel given @alice", "moderator") == ["Nothing is owed to alice."]
    assert await rows(chat, "SELECT given_by FROM draws") == [("mila",)]


async def test_stock_runs_out(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, [{"name": "Rare", "weight": 1, "grant_points": 1, "stock": 1}])
    await chat.viewer("alice", points=300)
    assert await chat.say("alice", "!wheel odds") == ["The wheel: Rare 100.0% (1 left)"]
    await chat.say("alice", "!spin")
    chat.clock.advance(60)
    assert await chat.say("alice", "!spin") == ["All prizes of the wheel are gone. Nothing was charged."]
    assert await chat.points("alice") == 201


async def test_a_spin_that_never_began_gives_everything_back(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, [{"name": "Rare", "weight": 1, "grant_points": 1, "stock": 1}])
    await chat.viewer("alice", points=100)
    chat.overlay.close()
    await chat.say("alice", "!spin")
    assert await chat.say("alice", "!wheel last") == ["Draw 1 of alice is still to land. Its seed is told after that."]
    await chat.say("mila", "!queue skip wheel", "moderator")
    assert await chat.points("alice") == 100
    assert await chat.say("alice", "!wheel odds") == ["The wheel: Rare 100.0% (1 left)"]
    assert await chat.say("alice", "!wheel last") == ["Nobody has spun the wheel yet."]
    await clean(chat)


async def begun(chat: Stage, login: str = "alice") -> str:
    """A spin that the page has begun. Returns its id."""
    await chat.viewer(login, points=100)
    chat.overlay.plays = False
    async with asyncio.timeout(10):
        await asyncio.gather(chat.say(login, "!spin", wait=False), chat.overlay.asked(1))
    chat.overlay.started(0.5)
    await saved(chat, "SELECT COUNT(*) FROM queue_items WHERE begun_at IS NOT NULL")
    return chat.overlay.played[0]["id"]


async def saved(chat: Stage, query: str) -> None:
    """Wait until the query counts one."""

    async def is_one() -> bool:
        return (await rows(chat, query))[0][0] == 1

    changed = asyncio.Event()
    chat.services.database.committed.add(changed.set)
    try:
        await until(is_one, changed=changed)
    finally:
        chat.services.database.committed.discard(changed.set)


@pytest.mark.parametrize("how", ["skip", "fail", "panic"])
async def test_a_spin_that_has_begun_is_never_given_back(tmp_path: Path, chat: Stage, how: str) -> None:
    write(tmp_path, POINTS)
    await begun(chat)
    if how == "fail":
        chat.overlay.failed()
        await chat.settled()
    else:
        await chat.say("mila", "!panic" if how == "panic" else "!queue skip wheel", "moderator")
    assert chat.sent[-1] == "alice won Win! (+70 points)" or "alice won Win! (+70 points)" in chat.sent
    assert await chat.points("alice") == 70
    await clean(chat)


async def test_a_page_that_closes_in_mid_spin_leaves_the_prize_and_not_the_price(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, POINTS)
    await begun(chat)
    chat.overlay.close()
    assert await chat.passes(29) == []
    assert await chat.passes(1) == ["alice won Win! (+70 points)"]
    assert await chat.points("alice") == 70
    await clean(chat)


async def test_a_page_that_comes_back_in_time_spins_the_same_again(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, POINTS)
    token = await begun(chat)
    chat.overlay.close()
    await chat.passes(5)
    chat.overlay.plays = True
    await chat.overlay.open()
    await chat.settled()
    assert [m["id"] for m in chat.overlay.played] == [token, token]
    assert await chat.points("alice") == 70


async def test_without_a_landing_in_time_the_result_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, POINTS)
    async with stage(tmp_path, limits=Limits(margin=0.2)) as chat:
        monkeypatch.setattr(cog_module(chat), "SECONDS", 1.0)
        await begun(chat)
        await chat.settled()
        assert chat.sent[-1] == "alice won Win! (+70 points)"
        assert set(chat.overlay.stopped) == {chat.overlay.played[0]["id"]}
        assert await chat.points("alice") == 70


async def test_a_page_that_never_begins_gives_everything_back(tmp_path: Path) -> None:
    write(tmp_path, POINTS)
    async with stage(tmp_path, limits=Limits(margin=0.2)) as chat:
        await chat.viewer("alice", points=100)
        chat.overlay.plays = False
        told = await chat.say("alice", "!spin")
        assert told[-1] == "@alice spin: The overlay did not play it in time. Your 100 points are back."
        assert await chat.points("alice") == 100


async def test_a_restart_in_mid_spin_asks_the_page_again(tmp_path: Path) -> None:
    write(tmp_path, POINTS)
    async with stage(tmp_path) as chat:
        token = await begun(chat)
    async with stage(tmp_path) as again:
        await again.settled()
        assert [m["id"] for m in again.overlay.played] == [token]
        assert await again.points("alice") == 70
        assert again.sent == ["alice won Win! (+70 points)"]
        await clean(again)


async def test_a_spin_that_ended_before_is_credited_once(tmp_path: Path, chat: Stage) -> None:
    write(tmp_path, POINTS)
    await chat.viewer("alice", points=100)
    await chat.say("alice", "!spin")
    async with chat.bot.readers() as session:
        (item,) = await load(session)
    for _ in range(2):
        await chat.bot.dispatcher.lane_workers[1]._result_writer.finish(item)
    await chat.settled()
    assert await chat.points("alice") == 70
    assert chat.sent.count("alice won Win! (+70 points)") == 1
    await clean(chat)
