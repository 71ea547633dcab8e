"""Two things in one moment, in both orders: nobody pays for nothing, is paid twice, or is told a lie."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pixel_bot.backends.build import Backends, build_backends
from pixel_bot.backends.tts.speech import Speech
from pixel_bot.errors import OnCooldown, SecondInstance
from pixel_bot.model.outcome import Effect, PlaySound, Run
from pixel_bot.model.people import Person, Platform, Viewer
from pixel_bot.overlay import overlay as bus
from pixel_bot.points.ledger import MAX_BALANCE, Entry, post
from pixel_bot.queue.dispatcher import Dispatcher
from pixel_bot.queue.effects import Job, effect
from pixel_bot.queue.lane_worker import LaneWorker
from pixel_bot.queue.limits import Limits
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.catalogue import Offer
from pixel_bot.redeems.shop import Order
from pixel_bot.run.running_bot import opened
from pixel_bot.sandbox.twitch import frames
from pixel_bot.sandbox.twitch.users import STREAMER, sandbox_user
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, Stage, live, settings_in, stage
from tests.harness.database import findings, rows
from tests.harness.page_model import NearPage
from tests.harness.seed import execute
from tests.harness.waiting import until

SECONDS = 10.0
WIN = [{"name": "Win", "weight": 1, "grant_points": 70}]
BY_HAND = [{"name": "A hug", "weight": 1}]


# A chat whose page, voice and AI do what the test wants


class Gate:
    """A voice, or an AI, that is asked and then waits until it may answer."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.asked = asyncio.Event()
        self.may = asyncio.Event()
        if is_open:
            self.may.set()

    async def speak(self, text: str, voice: str = "") -> Speech:
        await self._pass()
        return Speech(b"RIFF", 1.0)

    async def answer(self, asker: str, question: str) -> str:
        await self._pass()
        return f"You asked: {question}"

    async def voices(self) -> Sequence[str]:
        return ["robot"]

    async def close(self) -> None:
        """Nothing is held."""

    async def _pass(self) -> None:
        self.asked.set()
        await self.may.wait()


class Scene:
    """A chat with a page that remembers. ``voice`` and ``ai`` are gates."""

    def __init__(self, chat: Stage, page: NearPage, voice: Gate, ai: Gate) -> None:
        self.chat, self.page, self.voice, self.ai = chat, page, voice, ai
        self.bot = chat.bot

    async def mod(self, line: str, message_id: str = "") -> list[str]:
        """A mod types a command. Returns all that the bot said until it had answered."""
        return await self.chat.say("mila", line, "moderator", message_id=message_id, wait=False)

    async def buy(self, login: str, line: str, message_id: str = "") -> None:
        """Somebody with points types a command; whatever it starts goes on."""
        await self.chat.say(login, line, message_id=message_id, wait=False)

    async def asked(self, count: int = 1) -> str:
        """Wait until the page was asked to play so many times. Returns the id of the last."""
        await until(lambda: len(self.page.asked) >= count)
        return self.page.asked[-1]["id"]

    async def playing(self, login: str, line: str) -> str:
        """A redeem that the page has begun. Returns its id, when that is durable."""
        count = len(self.page.asked) + 1
        await self.buy(login, line)
        token = await self.asked(count)
        self.page.begin(token)
        query = "SELECT COUNT(*) FROM queue_items WHERE page IS NOT NULL AND (kind <> 'wheel' OR begun_at IS NOT NULL)"
        await self.becomes(f"{query} AND token = '{token}'", 1)
        return token

    async def becomes(self, query: str, value: object) -> None:
        """Wait until the database says so."""
        changed = asyncio.Event()
        self.bot.services.database.committed.add(changed.set)
        try:
            async with asyncio.timeout(SECONDS):
                while await self.scalar(query) != value:
                    await changed.wait()
                    changed.clear()
        finally:
            self.bot.services.database.committed.discard(changed.set)

    async def scalar(self, query: str) -> Any:
        async with self.bot.readers() as session:
            return (await session.execute(text(query))).scalar()

    async def statuses(self) -> list[str]:
        async with self.bot.readers() as session:
            return list((await session.execute(text("SELECT status FROM queue_items ORDER BY id"))).scalars())

    async def ended(self) -> list[str]:
        """The statuses, when all is done that could be."""
        async with asyncio.timeout(SECONDS):
            await self.chat.settled()
        return await self.statuses()

    async def stays_right(self) -> None:
        """The books balance; each item was given back or not, as its status says; no prize beside its price."""
        assert await findings(self.bot) == []
        async with self.bot.readers() as session:
            wrong = await session.execute(
                text("SELECT id FROM queue_items WHERE (status = 'failed') AND refunded_at IS NULL")
            )
            assert wrong.all() == []
            both = "SELECT id FROM draws WHERE landed_at IS NOT NULL AND cancelled_at IS NOT NULL"
            assert (await session.execute(text(both))).all() == []
            paid = await session.execute(
                text(
                    "SELECT (SELECT COUNT(*) FROM transactions WHERE reason LIKE 'redeem:%'), "
                    "(SELECT COUNT(*) FROM queue_items WHERE cost > 0), "
                    "(SELECT COUNT(*) FROM transactions WHERE reason LIKE 'refund:%'), "
                    "(SELECT COUNT(*) FROM queue_items WHERE cost > 0 AND refunded_at IS NOT NULL)"
                )
            )
            bought, items_, given, refunded = paid.one()
        assert (bought, given) == (items_, refunded)
        assert all(count == 1 for count in self.page.ended.values())


@asynccontextmanager
async def scene(
    folder: Path, page: NearPage | None = None, limits: Limits | None = None, **settings: Any
) -> AsyncGenerator[Scene]:
    """A chat; alice, bob and carol have 300 points each, unless they had been here before."""
    voice, ai = Gate(), Gate()
    built = build_backends(settings_in(folder), "sandbox", _free)
    backends: Backends = replace(built, speech=voice, ai=ai)
    page = page or NearPage(by_itself=False)
    async with stage(folder, backends=backends, limits=limits or Limits(grace=1.0), **settings) as chat:
        chat.overlay.close()
        one = Scene(chat, page, voice, ai)
        await page.connect(chat.bot.overlay)
        for login in ("alice", "bob", "carol"):
            if (await chat.viewer(login)).points == 0:
                await chat.viewer(login, points=300)
        try:
            yield one
            await one.stays_right()
        finally:
            voice.may.set()
            ai.may.set()
            page.lose()


async def _free() -> None:
    """No AI is counted."""


@pytest.fixture(autouse=True)
def _pages_return_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "RETURN_SECONDS", 0.2)


@pytest.fixture
async def show(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with scene(tmp_path) as built:
        yield built


def prizes(folder: Path, wheel: list[dict[str, Any]]) -> None:
    (folder / "prizes.json").write_text(json.dumps(wheel), encoding="utf-8")


def hears(chat: Stage, login: str, line: str, message_id: str) -> None:
    """A chat message arrives; nobody waits for what comes of it."""
    payload = frames.chat_message(sandbox_user(login, name=login), line, message_id)
    chat.bot.on_notification(notification(chat, "channel.chat.message", payload, message_id))


def notification(chat: Stage, kind: str, event: frames.Json, message_id: str) -> frames.Json:
    subscription: frames.Json = {"id": "1", "type": kind, "version": "1", "condition": {}, "status": "enabled"}
    return frames.notification(subscription, event, message_id, chat.clock.now())


async def deleted(chat: Stage, message_id: str) -> list[str]:
    event = {"message_id": message_id, "target_user_id": sandbox_user("alice").id}
    return await chat.hear("channel.chat.message_delete", event, wait=False)


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


# Cancel and claim


def gate_of(track: LaneWorker, monkeypatch: pytest.MonkeyPatch, step: str) -> tuple[asyncio.Event, asyncio.Event]:
    """Stops a track before a step of its. Returns what tells that it stands there, and what lets it go on."""
    reached, may = asyncio.Event(), asyncio.Event()
    real = getattr(track, step)

    async def hold(*args: Any) -> Any:
        found = await real() if step == "_head" else None
        reached.set()
        await may.wait()
        return found if step == "_head" else await real(*args)

    monkeypatch.setattr(track, step, hold)
    return reached, may


def track_of(show: Scene, name: str) -> LaneWorker:
    (track,) = [t for t in show.bot.dispatcher.lane_workers if t.name == name]
    return track


async def test_cancelled_before_it_is_claimed(show: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, may = gate_of(track_of(show, "sound"), monkeypatch, "_claim")
    await show.buy("alice", "!sound ding")
    await reached.wait()
    assert "15 points back" in (await show.chat.say("alice", "!cancel", wait=False))[-1]
    may.set()
    assert (await show.ended(), await show.chat.points("alice")) == (["failed"], 300)
    assert show.page.asked == []


async def test_claimed_before_it_is_cancelled(show: Scene) -> None:
    await show.buy("alice", "!sound ding")
    token = await show.asked()
    assert "nothing waiting" in (await show.chat.say("alice", "!cancel", wait=False))[-1]
    show.page.begin(token)
    show.page.end(token)
    assert (await show.ended(), await show.chat.points("alice")) == (["done"], 285)


async def test_cancel_and_claim_in_one_moment(show: Scene) -> None:
    """Whoever comes first: played or given back, never both. Pausing and resuming makes the moments meet."""
    show.page.by_itself = True
    for number in range(12):
        await show.bot.queue.pause("effect")
        await show.buy("alice", "!sound ding")
        work = [show.bot.queue.resume("effect"), show.chat.say("alice", "!cancel", wait=False)]
        await asyncio.gather(*(work if number % 2 else reversed(work)))
        await show.ended()
        show.chat.clock.advance(60)
    done = await show.scalar("SELECT COUNT(*) FROM queue_items WHERE status = 'done'")
    assert done == len(show.page.ended)
    assert await show.chat.points("alice") == 300 - 15 * done


# A lane that is paused in the very moment


@pytest.mark.parametrize("step", ["_head", "_claim"])
async def test_panic_while_the_next_is_being_looked_at(show: Scene, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Nothing begins once a mod has heard that everything is stopped."""
    reached, may = gate_of(track_of(show, "sound"), monkeypatch, step)
    await show.buy("alice", "!sound ding")
    await reached.wait()
    assert "Everything is stopped" in (await show.mod("!panic"))[-1]
    may.set()
    await until(lambda: bool(show.page.asked) or track_of(show, "sound").is_idle)
    assert show.page.asked == []


async def test_panic_while_speech_is_being_made(show: Scene) -> None:
    show.voice.may.clear()
    await show.buy("alice", "!tts something rude")
    await show.voice.asked.wait()
    assert "Everything is stopped" in (await show.mod("!panic"))[0]
    show.voice.may.set()
    await until(lambda: bool(show.page.asked) or track_of(show, "tts").is_idle)
    assert show.page.asked == []


async def test_skip_while_speech_is_being_made(show: Scene) -> None:
    """It is the one that is on, and not the one behind it."""
    show.voice.may.clear()
    await show.buy("alice", "!tts one")
    await show.voice.asked.wait()
    await show.buy("bob", "!tts two")
    assert "Skipped tts of alice." in await show.mod("!queue skip tts")
    show.voice.may.set()
    token = await show.asked()
    assert show.page.asked[0]["text"] == "two"
    show.page.begin(token)
    show.page.end(token)
    assert await show.ended() == ["failed", "done"]
    assert await show.chat.points("alice") == 300


# A message that is deleted


async def test_deleted_while_speech_is_being_made(show: Scene) -> None:
    show.voice.may.clear()
    await show.buy("alice", "!tts something rude", "m1")
    await show.voice.asked.wait()
    await deleted(show.chat, "m1")
    show.voice.may.set()
    await until(lambda: bool(show.page.asked) or track_of(show, "tts").is_idle)
    assert show.page.asked == []
    assert (await show.ended(), await show.chat.points("alice")) == (["failed"], 300)


@pytest.mark.parametrize("step", ["_head", "_claim"])
async def test_deleted_while_it_is_being_claimed(show: Scene, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    reached, may = gate_of(track_of(show, "tts"), monkeypatch, step)
    await show.buy("alice", "!tts something rude", "m1")
    await reached.wait()
    await deleted(show.chat, "m1")
    may.set()
    assert (await show.ended(), await show.chat.points("alice")) == (["failed"], 300)
    assert show.page.asked == []


async def test_deleted_before_it_is_bought(show: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The word of a mod overtakes the purchase."""
    reached, may = asyncio.Event(), asyncio.Event()
    real = show.bot.shop.buy

    async def slow(order: Order) -> Any:
        reached.set()
        await may.wait()
        return await real(order)

    monkeypatch.setattr(show.bot.shop, "buy", slow)
    hears(show.chat, "alice", "!tts something rude", "m1")
    await reached.wait()
    event = {"message_id": "m1", "target_user_id": sandbox_user("alice").id}
    show.bot.on_notification(notification(show.chat, "channel.chat.message_delete", event, "m2"))
    await show.bot.channels["twitch"].tasks.idle()
    may.set()
    await show.bot.settled()
    await until(lambda: bool(show.page.asked) or track_of(show, "tts").is_idle)
    assert show.page.asked == []
    assert await show.chat.points("alice") == 300


async def test_deleted_while_it_is_read_out(show: Scene) -> None:
    await show.buy("alice", "!tts something rude", "m1")
    token = await show.asked()
    show.page.begin(token)
    await deleted(show.chat, "m1")
    assert (await show.ended(), await show.chat.points("alice")) == (["failed"], 300)
    assert show.page.playing == {}


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
        if message.text.startswith("You asked"):
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
    said = any(line.startswith("You asked") for line in show.chat.sent)
    assert await show.chat.points("alice") == (250 if said else 300)


async def test_a_landing_that_comes_after_the_refund_credits_nothing(tmp_path: Path) -> None:
    """Another process gave it back while it turned here: no prize, no word, and the books stay open for the next."""
    prizes(tmp_path, WIN)
    async with scene(tmp_path) as show:
        token = await show.playing("alice", "!spin")
        await show.bot.services.refunds.fail(reason="It was given back elsewhere.")
        show.page.playing[token] = True
        show.page.end(token)
        assert (await show.ended(), await show.chat.points("alice")) == (["failed"], 300)
        assert not any("won" in line for line in show.chat.sent)
        assert await show.scalar("SELECT COUNT(*) FROM events WHERE id LIKE 'prize:%'") == 0
        await show.mod("!points add @alice 1")
        assert await show.chat.points("alice") == 301


# What is cut off


async def test_what_was_heard_already_cannot_be_cancelled(show: Scene) -> None:
    """The connection is lost for long, the page plays on to the end: the points stay spent."""
    token = await show.playing("alice", "!tts a long story")
    show.page.lose()
    await show.becomes("SELECT status FROM queue_items", "pending")
    show.page.end(token)
    await show.chat.say("alice", "!cancel", wait=False)
    await show.page.connect(show.bot.overlay)
    assert (await show.ended(), await show.chat.points("alice")) == (["done"], 275)


async def test_what_was_heard_already_cannot_be_cancelled_after_a_restart(tmp_path: Path) -> None:
    page = NearPage(by_itself=False)
    async with scene(tmp_path, page) as before:
        token = await before.playing("alice", "!tts a long story")
        await before.mod("!queue pause")
    page.end(token)
    async with scene(tmp_path, page) as after:
        await after.chat.say("alice", "!cancel", wait=False)
        await after.mod("!queue resume")
        assert (await after.ended(), await after.chat.points("alice")) == (["done"], 275)


async def test_orderly_restarts_give_nothing_back_that_plays_on(tmp_path: Path) -> None:
    page = NearPage(by_itself=False)
    async with scene(tmp_path, page) as first:
        token = await first.playing("alice", "!tts a very long story")
    for number in range(4):
        async with scene(tmp_path, page) as again:
            await again.asked(number + 2)
    async with scene(tmp_path, page) as last:
        await last.asked(6)
        page.look(visible=False)
        page.look(visible=True)
        await last.asked(7)
        page.begin(token)
        page.end(token)
        assert (await last.ended(), await last.chat.points("alice")) == (["done"], 275)


async def test_a_wheel_that_begins_at_the_last_attempt_counts(tmp_path: Path) -> None:
    """Twice it was cut off before it turned; the third time after it. Once started it is never given back."""
    prizes(tmp_path, WIN)
    async with scene(tmp_path) as show:
        await show.buy("alice", "!spin")
        for number in range(2):
            token = await show.asked(number + 1)
            show.page.fail(token, "hidden")
        token = await show.asked(3)
        show.page.begin(token)
        await show.becomes("SELECT COUNT(*) FROM queue_items WHERE begun_at IS NOT NULL", 1)
        show.page.look(visible=False)
        await show.becomes("SELECT status IN ('done', 'failed', 'pending') FROM queue_items", 1)
        show.chat.clock.advance(31)
        show.bot.dispatcher.wake()
        assert (await show.ended(), await show.chat.points("alice")) == (["done"], 270)


async def test_what_is_given_back_at_last_is_off_the_page(show: Scene) -> None:
    """An old word of the page makes the bot give up; then the page must not go on."""
    await show.buy("alice", "!sound ding")
    for number in range(2):
        token = await show.asked(number + 1)
        show.page.begin(token)
        show.page.fail(token, "hidden")
    token = await show.asked(3)
    show.page.begin(token)
    assert show.page._overlay is not None
    assert show.page._screen is not None
    show.page._overlay.ack(token, bus.Ack("failed", reason="hidden"), show.page._screen)
    assert (await show.ended(), await show.chat.points("alice")) == (["failed"], 300)
    assert show.page.playing == {}


@pytest.mark.parametrize("step", ["give_to", "begin"])
async def test_a_database_that_is_away_for_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Either it plays and is paid, or it is given back and off the page."""
    prizes(tmp_path, WIN)
    real = getattr(queue_items, step)
    failures = iter([True])

    async def away(*args: Any) -> None:
        if next(failures, False):
            raise OperationalError("UPDATE", {}, RuntimeError("database is locked"))
        await real(*args)

    monkeypatch.setattr(queue_items, step, away)
    async with scene(tmp_path) as show:
        await show.buy("alice", "!spin")
        token = await show.asked()
        if token in show.page.playing:
            show.page.begin(token)
        await until(lambda: next(iter(failures), None) is None)
        await show.becomes("SELECT COUNT(*) FROM queue_items WHERE status = 'failed' OR begun_at IS NOT NULL", 1)
        await asyncio.sleep(0)
        if token in show.page.playing:
            show.page.end(token)
            assert (await show.ended(), await show.chat.points("alice")) == (["done"], 270)
        else:
            assert (await show.ended(), await show.chat.points("alice")) == (["failed"], 300)


async def test_a_lane_outlives_an_item_that_cannot_be_settled(tmp_path: Path) -> None:
    """A prize that no balance can hold ends with a sentence, and the next spin turns."""
    prizes(tmp_path, [{"name": "Win", "weight": 1, "grant_points": 500}])
    async with scene(tmp_path, NearPage()) as show:
        alice = await show.chat.viewer("alice")
        async with show.bot.services.database.write() as session:
            await post(session, [Entry(alice.id, MAX_BALANCE - 301, "test", show.chat.clock.now())])
        await show.buy("alice", "!spin")
        await show.becomes("SELECT COUNT(*) FROM queue_items WHERE page IS NOT NULL", 1)
        await show.buy("bob", "!spin")
        await show.becomes(
            "SELECT COUNT(*) FROM queue_items i JOIN users u ON u.id = i.user_id "
            "WHERE u.name = 'bob' AND i.status = 'done'",
            1,
        )


async def test_what_was_given_back_is_off_a_page_that_comes_back(show: Scene) -> None:
    token = await show.playing("alice", "!tts a long story")
    show.page.lose()
    await show.becomes("SELECT status FROM queue_items", "pending")
    await show.mod("!queue clear")
    assert token in show.page.playing
    await show.page.connect(show.bot.overlay)
    assert show.page.playing == {}


async def test_what_was_given_back_is_off_a_page_that_comes_back_after_a_restart(tmp_path: Path) -> None:
    page = NearPage(by_itself=False)
    async with scene(tmp_path, page) as before:
        token = await before.playing("alice", "!tts a long story")
        page.lose()
        await before.becomes("SELECT status FROM queue_items", "pending")
        await before.mod("!queue clear")
    assert token in page.playing
    async with scene(tmp_path, page):
        assert page.playing == {}


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
    assert show.chat.sent[-1] == "You asked: why?"


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


# Stock, and two dispatchers


async def test_ten_spins_at_once_never_take_more_than_there_is(tmp_path: Path) -> None:
    prizes(tmp_path, [{"name": "Rare", "weight": 1, "grant_points": 5, "stock": 3}])
    async with scene(tmp_path, NearPage()) as show:
        for number in range(10):
            await show.chat.viewer(f"fan{number}", points=100)
        for number in range(10):
            hears(show.chat, f"fan{number}", "!spin", f"m{number}")
        await show.ended()
        assert await show.scalar("SELECT COUNT(*) FROM draws WHERE cancelled_at IS NULL") == 3
        assert sum(line == "All prizes of the wheel are gone. Nothing was charged." for line in show.chat.sent) == 7


class Worker:
    """A dispatcher with services, a page and an effect of its own, on a file that it shares."""

    def __init__(self, services: Services, name: str) -> None:
        self.services = services
        self.page = NearPage(name, by_itself=False)
        self.ran: list[int] = []
        self.said: list[str] = []
        self.jobs = Dispatcher(services, Gate(), self._say, Limits(grace=1.0))
        self.jobs.effects.add(self)

    @effect("count")
    async def count(self, job: Job) -> None:
        self.ran.append(job.args["number"])
        await asyncio.sleep(0)

    async def _say(self, text: str, reply_to: str | None, platform: Platform) -> bool:
        self.said.append(text)
        return True


@asynccontextmanager
async def workers(folder: Path, clock: SettableClock) -> AsyncGenerator[list[Worker]]:
    async with AsyncExitStack() as stack:
        built: list[Worker] = []
        for name in ("one", "two"):
            services = await stack.enter_async_context(opened(settings_in(folder), "sandbox", clock))
            worker = Worker(services, name)
            await services.redeems.offer([COUNT, DING])
            await worker.page.connect(services.overlay)
            await worker.jobs.start()
            stack.push_async_callback(worker.jobs.stop)
            built.append(worker)
        yield built


COUNT = Offer("count", "Count", cost=1)
DING = Offer("ding", "Ding", cost=1)


async def test_two_dispatchers_on_one_file_run_each_item_once(tmp_path: Path, clock: SettableClock) -> None:
    """And no two sounds at once, whichever page they play on."""
    async with workers(tmp_path, clock) as (one, two):
        for number in range(8):
            viewer = await fan(one.services, f"fan{number}")
            shop = (one, two)[number % 2].services.shop
            await shop.buy(Order(COUNT, viewer, Run("count", {"number": number})))
            await shop.buy(Order(DING, viewer, PlaySound("ding")))
        async with asyncio.timeout(SECONDS):
            while await waiting(one.services):
                for worker in (one, two):
                    worker.jobs.wake()
                    for token in tuple(worker.page.playing):
                        assert len(one.page.playing) + len(two.page.playing) == 1
                        worker.page.begin(token)
                        worker.page.end(token)
                await asyncio.sleep(0.01)
        assert sorted(one.ran + two.ran) == list(range(8))
        assert sorted((one.page.ended + two.page.ended).values()) == [1] * 8
        assert await findings(one.services) == []
        assert await rows(one.services, "SELECT COUNT(*) FROM queue_items WHERE attempts <> 0") == [(0,)]


@pytest.mark.sqlite
async def test_a_second_bot_on_one_file_is_refused(tmp_path: Path) -> None:
    """It would take what the first one works for the leftovers of a crash."""
    async with live(tmp_path):
        with pytest.raises(SecondInstance):
            async with live(tmp_path):
                pass
    async with live(tmp_path) as again:
        assert await again.ask("alice", "!points") == "You have 0 points."


async def test_two_shops_on_one_file_keep_one_cooldown(tmp_path: Path, clock: SettableClock) -> None:
    async with workers(tmp_path, clock) as (one, two):
        viewer = await fan(one.services, "fan")
        await one.services.redeems.rest("ding", 30)
        orders = [w.services.shop.buy(Order(DING, viewer, PlaySound("ding"))) for w in (one, two) * 4]
        results = await asyncio.gather(*orders, return_exceptions=True)
        assert sum(isinstance(r, OnCooldown) for r in results) == 7
        assert (await one.services.viewers.find("fan")).points == 99


async def fan(services: Services, login: str) -> Viewer:
    streamer = await services.viewers.meet(Person(STREAMER.id, STREAMER.login, STREAMER.name))
    viewer = await services.viewers.meet(Person(secrets.token_hex(4), login, login))
    await services.economy.add(streamer, viewer, 100)
    return viewer


async def waiting(services: Services) -> int:
    async with services.database.readers() as session:
        query = "SELECT COUNT(*) FROM queue_items WHERE status IN ('pending', 'running')"
        return (await session.execute(text(query))).scalar_one()


# What a hand has written


@pytest.mark.parametrize("payload", ["not json", "", '"a word"', "[1]", '{"effect": "wheel"}', '{"effect": "run"}'])
@pytest.mark.sqlite
async def test_a_queue_that_a_hand_has_filled_stops_nobody(tmp_path: Path, payload: str) -> None:
    """Whatever stands in it, the bot starts, ends the item, and plays what comes next."""
    prizes(tmp_path, WIN)
    async with scene(tmp_path, NearPage()) as before:
        await before.mod("!queue pause")
    execute(
        tmp_path / "sandbox.db",
        f"INSERT INTO queue_items (kind, status, payload_json) VALUES ('wheel', 'pending', '{payload}')",
    )
    async with scene(tmp_path, NearPage()) as show:
        await show.mod("!queue resume")
        await show.buy("alice", "!spin")
        await show.buy("alice", "!sound ding")
        async with asyncio.timeout(SECONDS):
            await show.chat.settled()
        assert await show.scalar("SELECT COUNT(*) FROM queue_items WHERE status = 'done' AND user_id IS NOT NULL") == 2


async def test_refund_gives_back_what_was_paid_for_and_not_what_followed_for_free(tmp_path: Path) -> None:
    async with scene(tmp_path, NearPage(), ai_speak=True) as show:
        await show.buy("alice", "!pixel why?")
        await show.ended()
        assert "alice gets 50 points back" in " ".join(await show.mod("!refund @alice"))
        assert await show.chat.points("alice") == 300
