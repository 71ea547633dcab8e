"""A mod and the end of an effect at the same moment."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pixel_bot.model.outcome import Effect, Run
from pixel_bot.queue.effects import Job, effect
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.shop import Order
from tests.harness.waiting import until
from tests.redeems.page_model import NearPage
from tests.redeems.races.scene import SECONDS, WIN, Scene, prizes, scene

pytestmark = pytest.mark.repeated

# A mod and the end of an effect


@pytest.mark.parametrize("first", ["finish", "mod"])
@pytest.mark.parametrize("command", ["!queue skip tts", "!refund @alice"])
async def test_a_mod_against_the_finish(show: Scene, command: str, first: str) -> None:
    """Both in one step of the loop: what the mod hears is what happens to the points."""
    token = await show.playing("alice", "!tts hello")
    (attempt,) = show.bot.dispatcher.attempts
    real = attempt.stop

    def meet(reason: str) -> bool:
        if first == "finish":
            show.page.end(token)
        stopped = real(reason)
        if first == "mod":
            show.page.end(token)
        return stopped

    attempt.stop = meet
    told = " ".join(await show.mod(command))
    ended, balance = await show.ended(), await show.chat.points("alice")
    assert (ended, balance) in ((["done"], 275), (["failed"], 300))
    if first == "finish":
        assert ended == ["done"]
    if command.startswith("!refund"):
        assert ("25 points back" in told) == (balance == 300)


async def test_refund_of_a_turning_wheel_promises_nothing(tmp_path: Path) -> None:
    prizes(tmp_path, WIN)
    async with scene(tmp_path) as show:
        token = await show.playing("alice", "!spin")
        told = " ".join(await show.mod("!refund @alice"))
        if token in show.page.playing:
            show.page.end(token)
        await show.ended()
        assert await show.chat.points("alice") == 270, "the prize counts"
        assert "points back" not in told


async def test_refund_of_a_landed_wheel_never_leaves_both_prize_and_price(tmp_path: Path) -> None:
    prizes(tmp_path, WIN)
    async with scene(tmp_path, NearPage()) as show:
        await show.buy("alice", "!spin")
        await show.ended()
        await show.mod("!refund @alice")
        assert await show.chat.points("alice") in {270, 300}


async def test_refunds_and_the_finish_in_one_moment(show: Scene) -> None:
    for _ in range(6):
        token = await show.playing("alice", "!sound ding")
        before = await show.chat.points("alice")
        work: list[Any] = [show.mod("!refund @alice"), show.mod("!queue skip effect"), show.mod("!refund @alice")]
        jobs = [asyncio.create_task(one) for one in work]
        await asyncio.sleep(0)
        show.page.end(token)
        await asyncio.gather(*jobs)
        await show.ended()
        assert await show.chat.points("alice") in {before, before + 15}
        show.chat.clock.advance(60)


async def test_a_skip_after_the_answer_was_said_gives_nothing_back(tmp_path: Path, show: Scene) -> None:
    """The answer is what was paid for; whatever its method still does afterwards."""
    said, may = asyncio.Event(), asyncio.Event()

    class Slow:
        @effect("slow")
        async def work(self, job: Job) -> Effect | None:
            await job.say("Here is your answer.")
            said.set()
            await may.wait()
            return None

    offer = Offer("slow", "Slow", cost=50)
    await show.bot.redeems.offer([offer])
    show.bot.dispatcher.effects.add(Slow())
    alice = await show.chat.viewer("alice")
    await show.bot.shop.buy(Order(offer, alice, Run("slow")))
    async with asyncio.timeout(SECONDS):
        await said.wait()
    await show.mod("!queue skip effect")
    may.set()
    await show.ended()
    assert await show.chat.points("alice") == 250


async def test_skip_while_the_answer_is_on_its_way_to_chat(show: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, may = asyncio.Event(), asyncio.Event()
    real = show.bot.outbox._send

    async def slow(message: Any) -> str:
        if message.text.startswith("AI: You asked"):
            reached.set()
            await may.wait()
        return await real(message)

    monkeypatch.setattr(show.bot.outbox, "_send", slow)
    await show.buy("alice", "!pixel why?")
    await reached.wait()
    (attempt,) = show.bot.dispatcher.attempts
    skip = asyncio.create_task(show.mod("!queue skip effect"))
    await until(attempt._stop.done)
    may.set()
    await skip
    await show.ended()
    said = any(line.startswith("AI: You asked") for line in show.chat.sent)
    assert await show.chat.points("alice") == (250 if said else 300)


async def test_a_landing_that_comes_after_its_end_credits_nothing_more(tmp_path: Path) -> None:
    """Another process would have given it back while it turned here: it counts, once, and the books stay open."""
    prizes(tmp_path, WIN)
    async with scene(tmp_path) as show:
        token = await show.playing("alice", "!spin")
        await show.bot.services.refunds.fail(reason="It was given back elsewhere.")
        show.page.playing[token] = True
        show.page.end(token)
        assert (await show.ended(), await show.chat.points("alice")) == (["done"], 270)
        assert await show.scalar("SELECT COUNT(*) FROM queue_items WHERE note LIKE '%won%'") == 1
        assert await show.scalar("SELECT COUNT(*) FROM transactions WHERE reason = 'wheel'") == 1
        await show.mod("!points add @alice 1")
        assert await show.chat.points("alice") == 271
