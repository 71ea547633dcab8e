"""A bot that is killed around a mod's yes: what got one is said once, and what got none never."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing

import pytest

from pixel_bot.queue.approvals import LIMIT
from tests.harness.rounds import rounds
from tests.harness.waiting import until
from tests.redeems.mortal_bot import Harness
from tests.redeems.mortal_program import START

pytestmark = [
    pytest.mark.repeated,
    pytest.mark.sqlite,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are not on this system"),
    pytest.mark.asyncio(loop_scope="module"),
]

COMMITS = ("before-commit", "after-commit")
STEP = 3 if rounds(1) == 1 else 1
"""The simulator kills at every commit; here some of them show that a real process behaves as it supposes."""

ITEM = "SELECT i.token, i.status, i.approval FROM queue_items i JOIN users u ON u.id = i.user_id WHERE u.name = '{}'"


@pytest.fixture
def strict(house: Harness) -> Harness:
    """A place where every text waits for a yes."""
    house.settings["tts_approve"] = "all"
    return house


async def waits(house: Harness, fan: str) -> str:
    """A text of a fan that waits, and of which the mods know. Returns its id."""
    await house.say(fan, "!tts hello there")
    await until(lambda: house.told("for a yes", fan) == 1)
    ((token, status, approval),) = house.rows(ITEM.format(fan))
    assert (status, approval) == ("pending", "waiting")
    await house.becomes("SELECT COUNT(*) FROM queue_items WHERE approval_asked_at IS NULL", 0)
    return token


def points(house: Harness, fan: str) -> int:
    ((balance,),) = house.rows(f"SELECT points FROM users WHERE name = '{fan}'")
    return balance


async def test_killed_while_it_waits_it_still_waits_and_is_said_after_the_yes(strict: Harness) -> None:
    await strict.starts()
    token = await waits(strict, "fan1")
    for _ in range(2):
        await strict.kill()
        await strict.starts()
        await strict.page.connected.wait()
    # Something that needs no yes goes all the way, so what waits had its chance to be played.
    await strict.say("fan2", "!sound ding")
    await strict.becomes("SELECT COUNT(*) FROM queue_items WHERE redeem = 'sound' AND status = 'done'", 1)
    assert token not in {message["id"] for message in strict.page.asked}
    assert strict.rows(ITEM.format("fan1")) == [(token, "pending", "waiting")]
    await strict.say("mia", "!yes", "moderator")
    await strict.settles()
    assert strict.page.ended[token] == 1
    assert strict.rows(ITEM.format("fan1")) == [(token, "done", "given")]
    await strict.is_right()


@pytest.mark.parametrize("how", ["no", "time"])
async def test_killed_while_it_waits_it_is_given_back_once(strict: Harness, how: str) -> None:
    await strict.starts()
    token = await waits(strict, "fan1")
    await strict.kill()
    if how == "time":
        with closing(sqlite3.connect(strict.folder / "sandbox.db")) as file, file:
            file.execute(
                f"UPDATE queue_items SET created_at = datetime(created_at, '-{LIMIT.total_seconds()} seconds')"
            )
    await strict.starts()
    if how == "no":
        await strict.say("mia", "!no", "moderator")
    await strict.settles()
    for _ in range(2):
        await strict.kill()
        await strict.starts()
    assert points(strict, "fan1") == START
    assert strict.rows(ITEM.format("fan1"))[0][:2] == (token, "failed")
    assert strict.page.asked == []
    assert strict.told("fan1", "25 points are back") == 1
    await strict.is_right()


@pytest.mark.parametrize("by_itself", [True, False], ids=["the page plays at once", "the page is slow"])
async def test_killed_right_after_the_yes_was_answered_it_is_said_once(strict: Harness, by_itself: bool) -> None:
    strict.page.by_itself = by_itself
    await strict.starts()
    token = await waits(strict, "fan1")
    await strict.say("mia", "!yes", "moderator")
    await until(lambda: strict.told("Yes to #1 of fan1.") == 1)
    await strict.kill()
    strict.page.by_itself = True
    if token in strict.page.playing:
        strict.page.end(token)
    await strict.starts()
    await strict.settles()
    assert strict.page.ended[token] == 1
    assert strict.rows(ITEM.format("fan1")) == [(token, "done", "given")]
    assert points(strict, "fan1") == START - 25
    await strict.is_right()


async def lives_once(house: Harness, fan: str, point: str, number: int, answers: Sequence[str]) -> None:
    """A bot that dies at a commit, somewhere between the purchase and the end of what the mods' answer begins."""
    if not await house.starts(point, number):
        return
    await house.say(fan, "!tts hello there")
    await until(lambda: not alive(house) or house.told("for a yes", fan) >= 1)
    for answer in answers:
        await house.say("mia", answer.format(fan), "moderator")
    await house.dies_or_is_done(fan, 1)


def alive(house: Harness) -> bool:
    """Whether the bot has not yet killed itself."""
    try:
        os.kill(house.pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("answer", ["yes", "no"])
async def test_killed_before_and_after_every_commit_of_an_answer(strict: Harness, answer: str) -> None:
    numbers = range(2, 10, STEP)
    for number in numbers:
        for turn in range(min(2, rounds(1))):
            fan = f"fan{number + turn * len(numbers)}"
            await lives_once(strict, fan, COMMITS[(number + turn) % 2], number, [f"!{answer} @{{}}"])
    granted = {token for (token,) in strict.rows("SELECT token FROM queue_items WHERE approved_at IS NOT NULL")}
    assert {message["id"] for message in strict.page.asked} <= granted
    await strict.starts()
    unanswered = [
        row[0] for row in strict.rows("SELECT id FROM queue_items WHERE approval = 'waiting' AND status = 'pending'")
    ]
    for number in unanswered:
        await strict.say("mia", f"!no {number}", "moderator")
    await strict.settles()
    ended = {
        token: (status, strict.page.ended[token])
        for token, status in strict.rows("SELECT token, status FROM queue_items")
    }
    assert ended == {token: ("done", 1) if token in granted else ("failed", 0) for token in ended}
    assert bool(granted) is (answer == "yes")
    assert len(ended) >= 2
    await strict.is_right()
