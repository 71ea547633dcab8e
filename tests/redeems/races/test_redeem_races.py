"""Many at once: purchases, refunds and cogs that come and go; each item ends once."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from tests.harness.waiting import until
from tests.redeems.page_model import NearPage
from tests.redeems.races.scene import BY_HAND, Scene, hears, prizes, scene

pytestmark = pytest.mark.repeated

# The same command twice


async def test_eight_commands_in_one_moment_buy_one(show: Scene) -> None:
    for number in range(8):
        hears(show.chat, "alice", "!sound ding", f"m{number}")
    await show.bot.settled()
    assert await show.chat.points("alice") == 285
    assert sum("on cooldown" in line for line in show.chat.sent) == 7


async def test_one_command_that_arrives_eight_times_at_once_buys_one(show: Scene) -> None:
    await show.mod("!redeem cooldown sound 0")
    for _ in range(8):
        hears(show.chat, "alice", "!sound ding", "m1")
        show.bot.channels["twitch"]._seen.clear()
    await show.bot.settled()
    assert await show.chat.points("alice") == 285
    assert await show.scalar("SELECT COUNT(*) FROM queue_items") == 1


async def test_one_command_that_two_bots_hear_buys_one(tmp_path: Path) -> None:
    async with scene(tmp_path) as one, scene(tmp_path, NearPage("other", by_itself=False)) as two:
        await one.mod("!redeem cooldown sound 0")
        for number in range(5):
            for bot in (one, two):
                hears(bot.chat, "alice", "!tts hi" if number % 2 else "!sound ding", f"m{number}")
        await asyncio.gather(one.bot.settled(), two.bot.settled())
        counted = "SELECT COUNT(*) - COUNT(DISTINCT message_id) FROM queue_items"
        assert await one.scalar(counted) == 0
        assert await one.scalar("SELECT COUNT(*) FROM queue_items") >= 2


@pytest.mark.parametrize("command", ["!cancel", "!refund @alice", "!queue clear"])
async def test_what_gives_back_gives_back_once_for_many_at_once(show: Scene, command: str) -> None:
    show.page.lose(for_good=True)
    await show.buy("alice", "!sound ding")
    who, role = ("alice", "viewer") if command == "!cancel" else ("mila", "moderator")
    lines = [show.chat.say(who, command, cast(Any, role), wait=False) for _ in range(6)]
    await asyncio.gather(*lines)
    assert (await show.ended(), await show.chat.points("alice")) == (["failed"], 300)


# A command that comes again after a restart


@pytest.mark.parametrize("command", ["!cancel", "!refund @alice", "!queue clear"])
async def test_giving_back_comes_again_after_a_restart(tmp_path: Path, command: str) -> None:
    who, role = ("alice", "viewer") if command == "!cancel" else ("mila", "moderator")
    async with scene(tmp_path) as before:
        before.page.lose(for_good=True)
        await before.buy("alice", "!sound ding")
        assert await before.chat.say(who, command, cast(Any, role), message_id="m1") != []
    async with scene(tmp_path) as after:
        after.page.lose(for_good=True)
        await after.buy("alice", "!sound ding")
        assert await after.chat.say(who, command, cast(Any, role), message_id="m1") == []
        assert (await after.statuses(), await after.chat.points("alice")) == (["failed", "pending"], 285)


async def test_a_skip_that_comes_again_skips_nothing_else(tmp_path: Path) -> None:
    page = NearPage(by_itself=False)
    async with scene(tmp_path, page) as before:
        await before.playing("alice", "!tts one")
        await before.mod("!queue skip tts", "m1")
        assert await before.ended() == ["failed"]
        token = await before.playing("bob", "!tts two")
    async with scene(tmp_path, page) as after:
        await until(lambda: page.asked[-1]["id"] == token and len(page.asked) == 3)
        await after.mod("!queue skip tts", "m1")
        page.end(token)
        assert (await after.ended(), await after.chat.points("bob")) == (["failed", "done"], 275)


async def test_a_panic_that_comes_again_after_the_calm_stops_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path) as before:
        await before.mod("!panic", "m1")
        await before.mod("!calm", "m2")
    async with scene(tmp_path) as after:
        await after.mod("!panic", "m1")
        assert after.bot.dispatcher.paused == []


async def test_a_prize_that_is_handed_over_comes_again(tmp_path: Path) -> None:
    """Two prizes are owed, one was handed over: the second must stay on the list."""
    prizes(tmp_path, BY_HAND)
    async with scene(tmp_path, NearPage()) as before:
        for _ in range(2):
            await before.buy("alice", "!spin")
            await before.ended()
            before.chat.clock.advance(60)
        await before.mod("!wheel given @alice", "m1")
    async with scene(tmp_path) as after:
        await after.mod("!wheel given @alice", "m1")
        assert await after.scalar("SELECT COUNT(*) FROM draws WHERE owed") == 1


async def test_a_purchase_that_comes_again_is_not_answered_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as before:
        await before.buy("alice", "!sound ding", "m1")
    async with scene(tmp_path) as after:
        assert await after.chat.say("alice", "!sound ding", message_id="m1", wait=False) == []


# Cogs that come and go


async def test_a_cog_is_unloaded_while_its_sound_plays(show: Scene) -> None:
    token = await show.playing("alice", "!sound ding")
    await show.buy("bob", "!sound boing")
    await show.bot.cogs.unload("sounds")
    show.page.end(token)
    assert await show.ended() == ["done", "failed"]
    assert [await show.chat.points(login) for login in ("alice", "bob")] == [285, 300]


async def test_a_cog_is_unloaded_while_its_answer_is_thought_of(show: Scene) -> None:
    show.ai.may.clear()
    await show.buy("alice", "!pixel why?")
    await show.ai.asked.wait()
    await show.bot.cogs.unload("pixel")
    show.ai.may.set()
    assert (await show.ended(), await show.chat.points("alice")) == (["done"], 250)
    assert show.chat.sent[-1] == "AI: You asked: why?"


async def test_a_mod_stops_the_work_of_a_cog_that_is_gone(show: Scene) -> None:
    show.ai.may.clear()
    await show.buy("alice", "!pixel why?")
    await show.ai.asked.wait()
    await show.bot.cogs.unload("pixel")
    assert "Skipped pixel of alice." in await show.mod("!queue skip effect")
    assert (await show.ended(), await show.chat.points("alice")) == (["failed"], 300)


async def test_a_cog_is_unloaded_and_its_redeem_bought_in_one_moment(show: Scene) -> None:
    show.page.by_itself = True
    for number in range(6):
        work: list[Any] = [show.bot.cogs.unload("sounds"), show.chat.say("alice", "!sound ding", wait=False)]
        await asyncio.gather(*(work if number % 2 else reversed(work)))
        await show.ended()
        await show.bot.cogs.load("sounds")
        show.chat.clock.advance(60)
    assert set(await show.ended()) <= {"done", "failed"}
    assert await show.scalar("SELECT COUNT(*) FROM queue_items WHERE status = 'done'") == len(show.page.ended)
