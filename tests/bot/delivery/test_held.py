"""What AutoMod holds: a paid answer waits for the mods' verdict, and is refunded only when it is really not said."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pixel_bot.model.outgoing import Outgoing
from pixel_bot.platforms.twitch import held_messages
from pixel_bot.run.live_app import LiveApp
from pixel_bot.sandbox.twitch.double import SandboxMessage
from pixel_bot.sandbox.twitch.users import BOT
from tests.harness.twitch_harness import Harness, house, in_haste, points, the_bot
from tests.harness.waiting import until
from tests.queue.test_promises_effects import cog_in

ANSWER = "Done for alice."


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Harness]:
    in_haste(monkeypatch)
    async with house(tmp_path) as built:
        built.world.moderators.discard(BOT.id)
        built.twitch.chat_settings.enforced = True
        built.twitch.chat_settings.held_words = {"done for"}
        yield built


@pytest.fixture
async def app(home: Harness, tmp_path: Path) -> AsyncGenerator[LiveApp]:
    async with home.signed_in(greeting="off", cogs_dir=cog_in(tmp_path)) as running:
        await home.say("alice", "hello")
        await home.ask("streamer", "!points add @alice 99", "broadcaster")
        yield running


async def buy(home: Harness) -> SandboxMessage:
    """Alice pays for an answer, which AutoMod holds. Returns it."""
    await home.say("alice", "!work well")
    await until(lambda: any(ANSWER in held.text for held in home.twitch.held))
    return next(held for held in home.twitch.held if ANSWER in held.text)


def said(home: Harness, words: str) -> int:
    return sum(words in line.text for line in home.lines)


@pytest.mark.parametrize("told", [True, False], ids=["Twitch says so", "it only comes back"])
async def test_one_that_a_mod_allows_is_paid_for(home: Harness, app: LiveApp, told: bool) -> None:
    held = await buy(home)
    assert await home.ask("bob", "!points"), "others are answered meanwhile"
    assert await points(app, "alice") == 90
    await home.twitch.decide(held, allowed=True, told=told)
    await home.said(lambda line: ANSWER in line.text)
    await the_bot(app).outbox.drained(10)
    assert await points(app, "alice") == 90
    assert said(home, "are back") == 0


async def test_one_that_a_mod_refuses_is_refunded_and_that_is_said(home: Harness, app: LiveApp) -> None:
    await home.twitch.decide(await buy(home), allowed=False)
    await home.said(lambda line: "Your 10 points are back" in line.text)
    assert await points(app, "alice") == 100
    assert said(home, ANSWER) == 0


async def test_one_that_nobody_decides_on_is_refunded_in_the_end(
    home: Harness, app: LiveApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_messages, "HELD_SECONDS", 0.5)
    await buy(home)
    await home.said(lambda line: "Your 10 points are back" in line.text)
    assert await points(app, "alice") == 100


async def test_a_free_answer_is_not_waited_for(home: Harness, app: LiveApp) -> None:
    assert await asyncio.wait_for(the_bot(app).outbox.put(Outgoing("Done for nothing.")), 5) is None


async def test_of_two_equal_ones_each_gets_its_own_verdict(home: Harness, app: LiveApp) -> None:
    outbox = the_bot(app).outbox
    both = [asyncio.create_task(outbox.put(Outgoing("Done for you.", paid=True))) for _ in range(2)]
    await until(lambda: len(home.twitch.held) == 2)
    first, second = home.twitch.held
    await home.twitch.decide(first, allowed=True)
    await home.twitch.decide(second, allowed=False)
    assert [await one for one in both] == [first.id, None]


async def test_one_whose_question_is_deleted_is_given_back_and_not_waited_for(
    home: Harness, app: LiveApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.bot.delivery.outbox.WITHDRAWN_SECONDS", 0.2)
    asked = await home.say("alice", "!work well")
    await until(lambda: any(ANSWER in held.text for held in home.twitch.held))
    await home.twitch.delete(asked)

    async def is_back() -> bool:
        return await points(app, "alice") == 100

    await until(is_back)
    assert said(home, ANSWER) == 0
