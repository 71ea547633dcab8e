"""A bot that is killed on the way of a redeem: what was paid is played once, or given back once and told."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from tests.cogs.pixel.ai_double import Turn, ai_double
from tests.harness.rounds import rounds
from tests.harness.studio.obs_double import PASSWORD, obs_double
from tests.harness.waiting import until
from tests.redeems.mortal_bot import FarPage, Harness
from tests.redeems.mortal_program import PRIZE, START

pytestmark = [
    pytest.mark.repeated,
    pytest.mark.sqlite,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system"),
    pytest.mark.asyncio(loop_scope="module"),
]


REDEEMS = ("!tts hello", "!spin", "!sound ding", "!pixel why?")


async def all_die(house: Harness, points: Sequence[str], numbers: Iterable[int], words: Sequence[str]) -> int:
    """A bot for each number, each with a fan of its own who redeems. Returns how many fans that took.

    The points take turns; with ``PIXEL_ROUNDS`` so many of them, or all, are taken for each number.
    """
    fans = 0
    for number in numbers:
        for turn in range(min(len(points), rounds(1))):
            point = points[(number + turn) % len(points)]
            if await house.starts(point, number):
                for line in words:
                    await house.say(f"fan{fans}", line)
                await house.dies_or_is_done(f"fan{fans}", len(words))
                fans += 1
    await house.starts()
    await house.settles()
    return fans


COMMITS = ("before-commit", "after-commit")
STEP = 3 if rounds(1) == 1 else 1
"""The simulator kills at every commit; here some of them show that a real process behaves as it supposes."""


async def test_killed_before_and_after_every_commit_on_the_way(house: Harness) -> None:
    """Each bot dies some steps later than the one before it; the first commits are those of the recovery."""
    assert await all_die(house, COMMITS, range(1, 14, STEP), REDEEMS) >= 2
    await house.is_right()
    assert house.rows("SELECT COUNT(DISTINCT redeem) FROM queue_items") == [(4,)]


async def test_killed_before_and_after_every_commit_of_a_failure(house: Harness) -> None:
    """The points go back once, and the buyer hears of it, whichever commit was the last."""
    house.page.trouble = "load"
    await all_die(house, COMMITS, range(2, 9, STEP), ("!tts hello", "!sound ding"))
    assert set(house.rows("SELECT status FROM queue_items")) == {("failed",)}
    await house.is_right()


async def test_killed_between_what_the_page_and_chat_hear_and_its_commit(house: Harness) -> None:
    await all_die(house, ("after-play", "after-finish", "after-answer"), (1, 2, 3), REDEEMS)
    await house.is_right()


@pytest.mark.parametrize("ends", ["while it is dead", "after the restart"])
@pytest.mark.parametrize("words", ["!tts a long story", "!sound fanfare", "!spin"])
async def test_killed_while_the_page_plays(house: Harness, words: str, ends: str) -> None:
    house.page.by_itself = False
    await house.starts()
    token = await house.playing("fan1", words)
    await house.kill()
    if ends == "while it is dead":
        house.page.end(token)
    await house.starts()
    if ends == "after the restart":
        await until(lambda: len(house.page.asked) == 2)
        house.page.end(token)
    await house.settles()
    assert house.rows("SELECT status, token FROM queue_items") == [("done", token)]
    await house.is_right()


async def test_killed_again_and_again_while_the_page_plays(house: Harness) -> None:
    house.page.by_itself = False
    await house.starts()
    token = await house.playing("fan1", "!tts a very long story")
    for number in range(4):
        await house.kill()
        await house.starts()
        await until(lambda number=number: len(house.page.asked) == number + 2)
    house.page.end(token)
    await house.settles()
    assert house.rows("SELECT status FROM queue_items") == [("done",)]
    await house.is_right()


async def test_killed_in_mid_spin_and_the_page_is_gone(house: Harness) -> None:
    """Nobody saw it land, but it had begun: the prize counts, is told, and the price stays."""
    house.page.by_itself = False
    await house.starts()
    token = await house.playing("fan1", "!spin")
    house.page.may_connect.clear()
    await house.kill()
    await house.starts()
    await house.settles()
    assert house.rows("SELECT status FROM queue_items") == [("done",)]
    assert house.rows("SELECT points FROM users WHERE name = 'fan1'") == [(START - 100 + PRIZE,)]
    assert house.told("fan1 won Win!") == 1
    house.page.may_connect.set()
    await house.page.connected.wait()
    house.page.end(token)
    await house.is_right()


async def test_killed_while_an_item_waits_for_a_page(house: Harness) -> None:
    """The page never comes: after the restart the wait ends with the points back, and with a word."""
    house.page.may_connect.clear()
    await house.starts()
    await until(lambda: not house.page.connected.is_set())
    await house.say("fan1", "!sound ding")
    await house.becomes("SELECT COUNT(*) FROM queue_items", 1)
    await house.kill()
    house.page.may_connect.set()
    await house.starts()
    await house.settles()
    assert house.rows("SELECT status FROM queue_items") == [("done",)]
    await house.is_right()


async def test_two_pages_after_a_kill_between_play_and_note(house: Harness) -> None:
    """The page that was told plays it; after the restart the other one, which is back first, must not."""
    other = FarPage(house.port, "other")
    other.may_connect.clear()
    looking = asyncio.create_task(other.run())
    try:
        await house.starts("after-play", 1)
        await house.page.connected.wait()
        other.may_connect.set()
        await other.connected.wait()
        house.page.may_connect.clear()
        await house.say("fan1", "!tts hello")
        await house.dies()
        await until(lambda: not house.page.connected.is_set() and not other.connected.is_set())
        told, untold = (house.page, other) if house.page.asked else (other, house.page)
        assert sum(told.ended.values()) == 1
        told.may_connect.clear()
        untold.may_connect.set()
        ((before,),) = house.rows("SELECT started_at FROM queue_items")
        await house.starts()
        await house.becomes(f"SELECT started_at > '{before}' FROM queue_items", 1)
        told.may_connect.set()
        await house.settles()
        assert sum((told.ended + untold.ended).values()) == 1
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


# Work on the server


async def test_killed_while_the_ai_thinks(house: Harness) -> None:
    """Nothing was said yet, so it is asked again, and answers once."""
    async with ai_double() as ai:
        house.settings = {"ai_base_url": ai.url}
        ai.will(Turn(hangs=True), Turn("Because."))
        await house.starts()
        message = await house.say("fan1", "!pixel why?")
        await until(lambda: len(ai.heard) == 1)
        await house.kill()
        await house.starts()
        await house.settles()
        assert [x.reply_id for x in house.lines if x.text.startswith("AI: Because")] == [message]
        assert house.rows("SELECT status FROM queue_items") == [("done",)]
        assert len(ai.heard) == 2
        await house.is_right()


async def test_killed_again_and_again_while_the_ai_thinks(house: Harness) -> None:
    async with ai_double() as ai:
        house.settings = {"ai_base_url": ai.url}
        ai.will(Turn(hangs=True))
        await house.starts()
        await house.say("fan1", "!pixel why?")
        for number in range(3):
            await until(lambda number=number: len(ai.heard) == number + 1)
            await house.kill()
            await house.starts()
        await house.settles()
        assert house.rows("SELECT status FROM queue_items") == [("failed",)]
        assert house.told("@fan1", "pixel", "50 points are back") == 1
        await house.is_right()


async def test_killed_when_the_answer_is_in_chat(house: Harness) -> None:
    """Said, but not committed: no second answer; here alone effect and refund may meet."""
    async with ai_double() as ai:
        house.settings = {"ai_base_url": ai.url}
        ai.will(Turn("Because."))
        await house.starts("after-answer", 2)
        await house.say("fan1", "!pixel why?")
        await house.dies()
        assert house.rows("SELECT status, begun_at IS NOT NULL FROM queue_items") == [("running", 1)]
        await house.starts()
        await house.settles()
        assert house.told("Because.") == 1
        assert house.told("@fan1", "pixel", "50 points are back") == 1
        await house.is_right()


async def test_killed_while_a_clip_is_saved(house: Harness, tmp_path: Path) -> None:
    """Whether OBS wrote it nobody knows: it is given back, and not saved twice."""
    clips = tmp_path / "clips"
    clips.mkdir()
    async with obs_double(clips) as obs:
        obs.reports = False
        house.settings = {"obs_port": obs.port, "obs_password": PASSWORD}
        await house.starts()
        await house.say("", "!redeem cost clip 10", "broadcaster")
        await house.becomes("SELECT cost FROM redeems WHERE key = 'clip'", 10)
        await house.say("fan1", "!clip")
        await obs.heard("SaveReplayBuffer")
        await house.kill()
        await house.starts()
        await house.settles()
        assert obs.asked.count("SaveReplayBuffer") == 1
        assert house.rows("SELECT status FROM queue_items") == [("failed",)]
        assert house.told("@fan1", "clip", "10 points are back") == 1
        await house.is_right()
