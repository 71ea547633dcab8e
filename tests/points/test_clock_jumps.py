"""No cooldown lasts longer than its own length, whatever clocks and messages say."""

import asyncio
import logging
import secrets
import tempfile
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from pixel_bot.accounts import gift_pause
from pixel_bot.accounts.gift_pause import GivingPaused
from pixel_bot.clock import GRACE, micros
from pixel_bot.db.models import QueueItem
from pixel_bot.earning.award_batch import EventAward
from pixel_bot.earning.time_bound import TimeBound
from pixel_bot.errors import OnCooldown
from pixel_bot.model.chat_message import chat_message
from pixel_bot.model.outcome import PlaySound
from pixel_bot.model.people import Person, Viewer
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.shop import Order
from pixel_bot.run import clock_watch
from pixel_bot.run.clock_watch import ClockWatch
from pixel_bot.sandbox.twitch.users import sandbox_user
from pixel_bot.testing import Stage, stage
from pixel_bot.testing.clock import SettableClock
from pixel_bot.testing.stage import person_of
from tests.harness.rounds import rounds

FAR = datetime(2099, 1, 1, tzinfo=UTC)


async def test_a_clock_that_is_set_back_lengthens_no_cooldown_of_a_redeem(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", points=100)
        await chat.say("mila", "!redeem cooldown sound 60", "moderator")
        await chat.say("mila", "!redeem cooldown sound 60 everyone", "moderator")
        await chat.say("alice", "!sound ding")
        chat.clock.advance(-7_200)
        assert "2h" not in (await chat.say("alice", "!cooldowns"))[0]
        assert "Playing" in (await chat.say("alice", "!sound ding"))[0]


async def test_a_clock_that_is_set_back_does_not_pause_chat(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.say("alice", "hello")
        chat.clock.advance(-7_200)
        await chat.say("alice", "hello again")
        assert await chat.points("alice") == 2
        await chat.say("alice", "and at once")
        assert await chat.points("alice") == 2


def test_a_clock_that_is_set_back_is_noticed_by_the_next_message() -> None:
    clock = SettableClock()
    set_back: list[datetime] = []
    times = TimeBound(clock, lambda: set_back.append(clock.now()))
    assert times.cut(micros(clock.now() + GRACE)) == micros(clock.now() + GRACE)
    assert times.cut(micros(clock.now() + 2 * GRACE)) == micros(clock.now())
    assert times.cut(micros(clock.now() - timedelta(days=1))) == micros(clock.now() - timedelta(days=1))
    assert set_back == []
    clock.advance(-7_200)
    assert times.cut(micros(clock.now())) == micros(clock.now())
    assert set_back == [clock.now()]
    assert times.cut(micros(clock.now() + timedelta(hours=2))) == micros(clock.now())


async def test_a_message_from_the_future_pauses_points_for_no_longer_than_always(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await writes(chat, "alice", FAR)
        assert await chat.points("alice") == 1
        assert await chat.say("alice", "!cooldowns") == ["Still to wait: chat points 1m, chat XP 30s."]
        chat.clock.advance(60)
        await chat.say("alice", "a minute later")
        assert await chat.points("alice") == 2


async def test_a_pause_until_2099_that_an_older_version_wrote_is_over(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        alice = await chat.viewer("alice", points=100)
        async with chat.services.database.write() as session:
            for key in ("chat", "xp", "sound", "+give"):
                await chat.bot.cooldowns.start_until(session, alice.id, key, FAR)
            await session.execute(text("UPDATE cooldowns SET started_at = NULL"))
        await chat.viewer("bob")
        assert await chat.say("alice", "!cooldowns") == ["You are not on cooldown for anything."]
        await chat.say("alice", "hello")
        assert await chat.points("alice") == 101
        assert "Playing" in (await chat.say("alice", "!sound ding"))[0]
        assert (await chat.say("alice", "!give @bob 10"))[0].startswith("You gave bob 10 points.")


async def test_a_removal_before_the_clock_was_set_back_keeps_nobody_from_buying(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", points=100)
        await chat.bot.queue.drop_all()
        chat.clock.advance(-7_200)
        assert "Playing" in (await chat.say("alice", "!sound ding"))[0]


async def test_what_waits_for_an_overlay_waits_no_longer(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", points=100)
        chat.overlay.close()
        await chat.say("alice", "!sound ding")
        await chat.passes(-7_200)
        assert await chat.points("alice") == 100


@pytest.mark.parametrize("everyone", ["", " everyone"])
@pytest.mark.parametrize("hours", [2, 24])
async def test_a_refund_releases_the_cooldown_that_a_set_back_clock_moved(
    tmp_path: Path, hours: int, everyone: str
) -> None:
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", points=100)
        await chat.say("mila", "!redeem cooldown sound 0", "moderator")
        await chat.say("mila", f"!redeem cooldown sound 600{everyone}", "moderator")
        watch = ClockWatch(chat.services, lambda: 0.0)
        await chat.say("alice", "!sound ding")
        chat.clock.advance(-hours * 3_600)
        assert await watch.look() < timedelta()
        assert "Playing" not in (await chat.say("alice", "!sound ding"))[0]
        await chat.say("mila", "!refund @alice", "moderator")
        assert "Playing" in (await chat.say("alice", "!sound ding"))[0]


async def test_a_refund_after_a_set_back_leaves_the_cooldown_of_a_later_purchase(tmp_path: Path) -> None:
    async with stage(tmp_path) as chat:
        alice = await chat.viewer("alice", points=100)
        await chat.say("mila", "!redeem cooldown sound 600", "moderator")
        watch = ClockWatch(chat.services, lambda: 0.0)
        await chat.say("alice", "!sound ding")
        await chat.bot.cooldowns.reset(alice.id)
        chat.clock.advance(30)
        await chat.say("alice", "!sound ding")
        chat.clock.advance(-7_200)
        await watch.look()
        async with chat.services.database.write() as session:
            (item,) = await queue_items.load(session, QueueItem.id == 1)
            assert await chat.services.refunds.refund_finished(session, item) is not None
        assert "Playing" not in (await chat.say("alice", "!sound ding"))[0]


@pytest.mark.parametrize(("hours", "said"), [(2, "went forward by 2h"), (-2, "was set back by 2h")])
async def test_a_jump_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture, hours: int, said: str) -> None:
    async with stage(tmp_path) as chat:
        steady = 0.0
        watch = ClockWatch(chat.services, lambda: steady)
        chat.clock.advance(hours * 3_600)
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                await watch.look()
                steady += 5
                chat.clock.advance(5)
        assert [said in words for words in jumps_in(caplog)] == [True]
        chat.clock.advance(GRACE.total_seconds())
        assert await watch.look() == GRACE
        assert len(jumps_in(caplog)) == 1


def jumps_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of the clock."""
    return [record.getMessage() for record in caplog.records if record.name == clock_watch.__name__]


async def writes(chat: Stage, login: str, at: datetime) -> None:
    """A message that says of itself that it was sent at that moment."""
    chat.services.awards.chat(chat_message(person(login), secrets.token_hex(8), at, "hello"))
    await chat.settled()


def person(login: str) -> Person:
    return person_of(sandbox_user(login))


# The same for any clock

LENGTHS = {"chat": 60, "enter": 300, "sound": 600, "everyone": 120, "give": 3_600}
STEPS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 1_000)),
    st.tuples(st.just("jump"), st.sampled_from([-86_400, -7_200, -400, -90, 90, 7_200, 86_400])),
    st.tuples(st.just("restart"), st.sampled_from([0, 0, -200_000, 200_000])),
    st.tuples(st.just("use"), st.sampled_from([0, 0, 30, 7_200, 2_000_000_000])),
)


class Use:
    """Uses everything that has a cooldown, and checks each against a clock that nobody sets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SettableClock()
        self.steady = 0.0
        self.begun: dict[str, float] = {}
        self.count = 0
        self.told: list[tuple[str, float]] = []
        """What was paused, and for how many seconds more."""

    async def run(self, steps: Sequence[tuple[str, int]]) -> None:
        left = deque(steps)
        while left:
            async with stage(self.folder, self.clock) as chat:
                if not self.count:
                    await self.prepare(chat)
                watch = ClockWatch(chat.services, lambda: self.steady)
                while left:
                    kind, value = left.popleft()
                    if kind == "restart":
                        self.clock.advance(value)
                        break
                    await self.step(chat, watch, kind, value)

    async def prepare(self, chat: Stage) -> None:
        await chat.viewer("alice", points=1_000_000)
        await chat.bot.redeems.reprice("sound", 0)
        await chat.bot.redeems.set_cooldown("sound", LENGTHS["sound"])
        await chat.bot.redeems.set_cooldown("spin", LENGTHS["everyone"], everyone=True)
        await chat.bot.redeems.set_cooldown("spin", 0)

    async def step(self, chat: Stage, watch: ClockWatch, kind: str, value: int) -> None:
        if kind == "wait":
            self.steady += value
        if kind in {"wait", "jump"}:
            self.clock.advance(value)
            await watch.look()
            return
        for name in LENGTHS:
            worked = await self.use(chat, name, value)
            over = name not in self.begun or self.steady - self.begun[name] > LENGTHS[name] + GRACE.total_seconds()
            assert worked or not over, f"{name} is paused for longer than its length"
            if worked:
                self.begun[name] = self.steady
        assert all(seconds <= LENGTHS[name] for name, seconds in self.told)
        alice = await chat.bot.viewers.find("alice")
        for key, seconds in (await chat.bot.cooldowns.running(alice.id)).items():
            assert 0 < seconds <= LENGTHS[{"xp": "chat", "+enter": "enter", "+give": "give"}.get(key, key)]

    async def use(self, chat: Stage, name: str, ahead: int) -> bool:
        self.count += 1
        alice = await chat.bot.viewers.find("alice")
        at = self.clock.now() + timedelta(seconds=ahead)
        if name == "chat":
            await writes(chat, "alice", at)
            return (await chat.bot.viewers.find("alice")).points > alice.points
        if name == "enter":
            await chat.services.awards.event(
                EventAward(f"enter:{self.count}", "enter", person("alice"), 1, 0, at, LENGTHS["enter"])
            )
            return (await chat.bot.viewers.find("alice")).points > alice.points
        if name == "give":
            return await self.give(chat, name, alice)
        offer = Offer("sound" if name == "sound" else "spin", "Something")
        try:
            await chat.services.shop.buy(Order(offer, alice, PlaySound("ding")))
        except OnCooldown as exc:
            self.told.append((name, exc.seconds))
            return False
        finally:
            await chat.settled()
        return True

    async def give(self, chat: Stage, name: str, alice: Viewer) -> bool:
        async with chat.services.database.write() as session:
            try:
                await gift_pause.refuse(session, alice.id, self.clock.now())
            except GivingPaused as exc:
                self.told.append((name, exc.seconds))
                return False
            await gift_pause.begin(session, alice.id, self.clock.now())
        return True


@example([("use", 0), ("wait", 500), ("jump", -400), ("wait", 200), ("use", 0)])
@example([("use", 0), ("jump", -7_200), ("wait", 130), ("use", 0)])
@example([("use", 7_200), ("wait", 3_000), ("jump", -86_400), ("restart", 0), ("wait", 700), ("use", 30)])
@given(st.lists(STEPS, min_size=2, max_size=16))
@settings(max_examples=rounds(6), deadline=None)
def test_nothing_is_paused_for_longer_than_its_length(steps: Sequence[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(Use(Path(folder)).run(steps))
