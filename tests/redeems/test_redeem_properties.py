"""Whatever viewers, mods, the page and the power do: what was paid was played once, or given back once."""

import asyncio
import itertools
import json
import random
import shutil
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from pixel_bot.backends.tts.speech import Speech
from pixel_bot.db.engine import Database
from pixel_bot.db.models import Cooldown, Draw, QueueItem, Redeem
from pixel_bot.errors import ChatError, EffectFailed
from pixel_bot.model.outcome import Effect, PlaySound, Run, Speak, SpinWheel
from pixel_bot.model.people import Platform, Viewer
from pixel_bot.overlay import overlay as bus
from pixel_bot.points.idempotency import AlreadyProcessed, use_idempotency_key
from pixel_bot.queue.dispatcher import Dispatcher
from pixel_bot.queue.effects import Job, effect
from pixel_bot.queue.limits import Limits
from pixel_bot.queue.queue import Queue
from pixel_bot.redeems import wheel
from pixel_bot.redeems.catalogue import Offer
from pixel_bot.redeems.shop import Order
from pixel_bot.services import Services, build_services
from pixel_bot.testing import SettableClock, settings_in
from pixel_bot.upkeep.check import check
from pixel_bot.upkeep.upgrade import upgrade
from tests.harness.page_model import NearPage
from tests.harness.seed import execute, url_of
from tests.points.test_ledger_properties import modest

USERS = (1, 2, 3)
START = 400
VIEWERS = {i: Viewer(i, f"user{i}", f"user{i}", START) for i in USERS}
STOCK = 2
PRIZES = [
    {"name": "Points", "weight": 3, "grant_points": 70},
    {"name": "Rare", "weight": 3, "grant_points": 250, "stock": STOCK},
    {"name": "Nothing", "weight": 1, "grant_points": 0},
    {"name": "Fanfare", "weight": 1, "effect": "sound:fanfare"},
]
GRANTS = {"Points": 70, "Rare": 250}
SHELF: dict[str, tuple[Offer, Effect]] = {
    "say": (Offer("say", "Say", cost=25, cooldown=10, lane="tts"), Speak("hello")),
    "ding": (Offer("ding", "Ding", cost=15, cooldown=5), PlaySound("ding")),
    "spin": (Offer("spin", "Spin", cost=100, cooldown=30, everyone_cooldown=7, lane="wheel"), SpinWheel()),
    "ask": (Offer("ask", "Ask", cost=50, cooldown=20), Run("ask")),
}
SECONDS = 10.0

Kind = Literal[
    "buy", "again", "cancel", "refund", "skip", "clear", "delete", "panic", "calm", "pause", "resume",
    "begin", "end", "break", "hide", "look", "lose", "bye", "come", "answer", "err", "pass", "restart", "kill",
]  # fmt: skip
KINDS: tuple[Kind, ...] = Kind.__args__  # pyright: ignore[reportAttributeAccessIssue]


@dataclass(frozen=True)
class Op:
    """One thing that happens. ``pick`` chooses among what there is to choose from."""

    kind: Kind
    user: int = 1
    what: str = "say"
    pick: int = 0


def often(*kinds: Kind) -> st.SearchStrategy[Op]:
    return st.builds(
        Op,
        kind=st.sampled_from(kinds),
        user=st.sampled_from(USERS),
        what=st.sampled_from(sorted(SHELF)),
        pick=st.integers(0, 3),
    )


ops = st.one_of(often("buy"), often("buy", "begin", "end", "answer"), often(*KINDS))
programs = st.lists(st.lists(ops, min_size=1, max_size=4), min_size=2, max_size=12)


class Voice:
    async def speak(self, text: str, voice: str = "") -> Speech:
        return Speech(b"RIFF", 1.0)

    async def voices(self) -> Sequence[str]:
        return []

    async def close(self) -> None:
        """Nothing is held."""


class Seeds:
    """Draws that are the same in every run."""

    def __init__(self) -> None:
        self._dice = random.Random(7)

    def token_hex(self, size: int) -> str:
        return self._dice.randbytes(size).hex()


class Show:
    """A bot without chat over a file, and a page, which both come and go."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.clock = SettableClock()
        self.page = NearPage(by_itself=False)
        self.said: list[str] = []
        self.answers = 0
        self.thinking: list[asyncio.Future[bool]] = []
        self.bought: list[tuple[str, Op]] = []
        self.by_mod: set[int] = set()
        self.crossed: set[str] = set()
        """Ids that were played to their end while no bot could hear it, or in the very moment of something else."""
        self._numbers = itertools.count()
        self.services: Services
        self.jobs: Dispatcher
        self.queue: Queue

    async def start(self) -> None:
        database = Database(url_of(self._folder / "pixel.db"))
        self.services = build_services(settings_in(self._folder), database, self.clock)
        await self.services.redeems.offer([offer for offer, _ in SHELF.values()])
        self.jobs = Dispatcher(self.services, Voice(), self._say, Limits(margin=30, wheel=30, grace=0.01))
        self.jobs.effects.add(self)
        self.queue = Queue(self.services, self.jobs)
        await self.jobs.start()

    async def end(self) -> None:
        self.page.lose()
        await self.jobs.stop()
        await self.services.database.close()

    async def kill(self) -> None:
        """Nothing more is written, and nobody says good-bye."""
        self.page.lose()
        tasks = [*self.jobs._tasks, *self.jobs.effect_runner._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.services.database.close()

    @effect("ask")
    async def ask(self, job: Job) -> None:
        gate: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.thinking.append(gate)
        try:
            knows = await gate
        finally:
            self.thinking.remove(gate)
        if not knows:
            raise EffectFailed("No idea.")
        await job.say("Because.")

    async def _say(self, words: str, reply_to: str | None, platform: Platform) -> bool:
        self.said.append(words)
        self.answers += words == "Because."
        return True

    # What happens

    async def do(self, op: Op) -> None:
        """One thing, in a task of its own, as chat would start it. A refusal changes nothing."""
        with suppress(ChatError):
            await self._do(op)

    async def _do(self, op: Op) -> None:
        viewer = VIEWERS[op.user]
        lane = ("", "tts", "wheel", "effect")[op.pick]
        use_idempotency_key(f"m{next(self._numbers)}", self.clock.now())
        match op.kind:
            case "buy":
                await self._buy(op)
            case "again":
                await self._again(op)
            case "cancel":
                given = await self.queue.cancel(viewer)
                seen = {*self.page.finished, *(t for t, begun in self.page.playing.items() if begun)}
                assert given is None or given.item.token not in seen, "played, and cancelled"
            case "refund":
                given = await self.queue.refund(viewer)
                if given is not None:
                    self.by_mod.add(given.item.id)
                    assert await self._value(QueueItem.refunded_at, given.item.id) is not None, "a lie"
            case "skip":
                await self.queue.skip(lane)
            case "clear":
                await self.queue.clear(lane)
            case "delete" if self.bought:
                await self.queue.drop_message(self.bought[op.pick % len(self.bought)][0])
            case "panic":
                await self.queue.panic()
            case "calm":
                await self.queue.calm()
            case "pause":
                await self.queue.pause(lane)
            case "resume":
                await self.queue.resume(lane)
            case _:
                await self._on_the_page(op)

    async def _on_the_page(self, op: Op) -> None:
        playing = list(self.page.playing)
        token = playing[op.pick % len(playing)] if playing else ""
        match op.kind:
            case "begin" if token:
                self.page.begin(token)
            case "end" if token:
                if not self.page.playing[token]:
                    self.page.begin(token)
                if not self.page.connected:
                    self.crossed.add(token)
                self.page.end(token)
            case "break" if token:
                self.page.fail(token, ("load", "error", "hidden", "blocked")[op.pick])
            case "hide" | "look":
                self.page.look(visible=op.kind == "look")
            case "lose" | "bye":
                self.page.lose(for_good=op.kind == "bye")
            case "come" if not self.page.connected:
                await self.page.connect(self.services.overlay)
            case "answer" | "err":
                open_ = [gate for gate in self.thinking if not gate.done()]
                if open_:
                    open_[op.pick % len(open_)].set_result(op.kind == "answer")
            case "pass":
                self.clock.advance((1, 11, 31, 121)[op.pick])
                self.jobs.wake()
            case _:
                return

    async def _buy(self, op: Op) -> None:
        offer, what = SHELF[op.what]
        message = f"buy{next(self._numbers)}"
        use_idempotency_key(message, self.clock.now())
        await self.services.shop.buy(Order(offer, VIEWERS[op.user], what, message_id=message))
        self.bought.append((message, op))

    async def _again(self, op: Op) -> None:
        """A purchase is delivered again."""
        if not self.bought:
            return
        message, before = self.bought[op.pick % len(self.bought)]
        offer, what = SHELF[before.what]
        use_idempotency_key(message, self.clock.now())
        with pytest.raises(AlreadyProcessed):
            await self.services.shop.buy(Order(offer, VIEWERS[before.user], what, message_id=message))

    async def _value(self, column: Any, item_id: int) -> Any:
        async with self.services.database.readers() as session:
            return (await session.execute(select(column).where(QueueItem.id == item_id))).scalar()

    # What must hold

    async def calm_down(self) -> None:
        """Wait until all that is left waits for the page, an answer, a mod or time."""
        quiet = 0
        async with asyncio.timeout(SECONDS):
            while quiet < 3:
                await asyncio.sleep(0.001)
                quiet = quiet + 1 if self._is_quiet() else 0

    def _is_quiet(self) -> bool:
        overlay = self.services.overlay
        for track in self.jobs.lane_workers:
            playback = overlay._playbacks.get(track.attempt.item.token) if track.attempt else None
            waits = playback is not None and playback._acks.empty()
            if not (waits or (track.is_idle and track.attempt is None)):
                return False
        runs = self.jobs.effect_runner
        works = len(runs.attempts) > len(self.thinking) or any(gate.done() for gate in self.thinking)
        busy = works or runs._wake.is_set() or not all(t.is_idle for t in self.jobs._notifiers)
        return not (busy or self.services.database._write_lock.locked() or overlay._lost_timers)

    async def is_right(self) -> None:
        """Everything that the design promises, read from the file."""
        async with self.services.database.readers() as session:
            assert await check(session, self.services.levels.curve.level_of) == []
            rows = (await session.execute(select(QueueItem).order_by(QueueItem.id))).scalars().all()
            draws = {d.id: d for d in (await session.execute(select(Draw))).scalars()}
            ledger = await session.execute(text("SELECT user_id, reason, amount FROM transactions"))
            entries = [(int(user), str(reason), int(amount)) for user, reason, amount in ledger]
            rests = (await session.execute(select(Cooldown))).scalars().all()
            everyone = (await session.execute(select(Redeem.everyone_until).where(Redeem.key == "spin"))).scalar()
        self._points(rows, draws, entries)
        self._wheel(rows, draws)
        self._effects(rows)
        cooldowns = {(rest.user_id, rest.key): rest.expires_at for rest in rests}
        self._cooldowns(rows, cooldowns, everyone)

    def _points(
        self, rows: Sequence[QueueItem], draws: dict[int, Draw], entries: Sequence[tuple[int, str, int]]
    ) -> None:
        for user in USERS:
            mine = [i for i in rows if i.user_id == user and i.cost]
            won = sum(GRANTS.get(d.prize, 0) for d in draws.values() if d.user_id == user and d.landed_at)
            kept = sum(i.cost for i in mine if i.refunded_at is None)
            assert sum(a for u, _, a in entries if u == user) == START - kept + won
            assert sum(a for u, r, a in entries if u == user and r == "wheel") == won
            back = Counter(r for u, r, _ in entries if u == user and r.startswith("refund:"))
            paid = Counter(r for u, r, _ in entries if u == user and r.startswith("redeem:"))
            assert back == Counter(f"refund:{i.redeem}" for i in mine if i.refunded_at)
            assert paid == Counter(f"redeem:{i.redeem}" for i in mine)

    def _wheel(self, rows: Sequence[QueueItem], draws: dict[int, Draw]) -> None:
        spins = [i for i in rows if i.kind == "wheel"]
        assert len(draws) == len(spins)
        for item in spins:
            assert item.payload_json is not None
            draw = draws[item.payload_json["draw"]]
            assert (draw.landed_at is not None) == (item.status == "done")
            assert (draw.cancelled_at is not None) == (item.status == "failed")
            assert not (item.begun_at and item.refunded_at), "once started, never given back"
            turns = item.status == "running" and self.page.connected and self.page.playing.get(item.token or "")
            assert item.begun_at or not turns, "it turns, and a crash would forget that"
        assert sum(d.prize == "Rare" and d.cancelled_at is None for d in draws.values()) <= STOCK

    def _effects(self, rows: Sequence[QueueItem]) -> None:
        for item in rows:
            ended = self.page.ended[item.token or ""]
            assert ended <= 1
            if item.status == "done":
                assert item.refunded_at is None or item.id in self.by_mod
                assert ended == 1 or item.track in {None, "wheel"}
            assert (item.refunded_at is not None) or item.status != "failed"
            if item.status == "failed" and item.token not in self.crossed:
                assert ended == 0, "played and given back"
            if item.status == "failed" and self.page.connected:
                assert item.token not in self.page.playing, "given back and still on the page"
        running = Counter(i.track for i in rows if i.status == "running")
        assert all(count == 1 for track, count in running.items() if track is not None)
        assert sum(i.status == "done" and i.redeem == "ask" for i in rows) <= self.answers
        assert all(i.told for i in rows)

    def _cooldowns(
        self, rows: Sequence[QueueItem], rests: dict[tuple[int, str], datetime], everyone: datetime | None
    ) -> None:
        """The newest purchase decides: its cooldown stands as long as it was not given back."""
        newest = {(i.user_id, i.redeem): i for i in rows if i.cost}
        for (user, key), item in newest.items():
            assert rests.get((user or 0, key or "")) == (None if item.refunded_at else item.cooldown_until)
        spin = next((i for i in reversed(rows) if i.redeem == "spin" and i.cost), None)
        if spin is not None:
            assert everyone == (None if spin.refunded_at else spin.everyone_until)


async def play(template: Path, folder: Path, program: Sequence[Sequence[Op]]) -> None:
    for old in folder.glob("pixel.db*"):
        old.unlink()
    shutil.copyfile(template, folder / "pixel.db")
    (folder / "prizes.json").write_text(json.dumps(PRIZES), encoding="utf-8")
    show = Show(folder)
    await show.start()
    await show.page.connect(show.services.overlay)
    try:
        for batch in program:
            await one_moment(show, batch)
            await show.calm_down()
            await show.is_right()
        await all_clear(show)
    finally:
        await show.end()


async def one_moment(show: Show, batch: Sequence[Op]) -> None:
    """All at once; then a restart, where one is among them."""
    before = set(show.page.finished)
    work = [op for op in batch if op.kind not in {"restart", "kill"}]
    async with asyncio.timeout(SECONDS):
        await asyncio.gather(*(asyncio.create_task(show.do(op)) for op in work))
    if len(batch) > 1:
        show.crossed |= show.page.finished - before
    for op in batch:
        if op.kind in {"restart", "kill"}:
            there = show.page.connected
            await (show.end() if op.kind == "restart" else show.kill())
            await show.start()
            if there:
                await show.page.connect(show.services.overlay)


async def all_clear(show: Show) -> None:
    """In the end everything has ended: what could be played was, and what could not was given back."""
    await show.do(Op("calm"))
    for _ in range(20):
        await show.calm_down()
        if not await left(show):
            break
        for _ in range(len(show.page.playing)):
            await show.do(Op("end"))
        for _ in range(len(show.thinking)):
            await show.do(Op("answer"))
        await show.do(Op("look") if show.page.connected else Op("pass", pick=3))
    assert await left(show) == 0
    await show.is_right()


async def left(show: Show) -> int:
    async with show.services.database.readers() as session:
        query = "SELECT COUNT(*) FROM queue_items WHERE status IN ('pending', 'running')"
        return (await session.execute(text(query))).scalar_one()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which three users have points."""
    path = tmp_path_factory.mktemp("template") / "pixel.db"

    async def make() -> None:
        database = Database(url_of(path))
        await upgrade(database, path.parent / "backups")
        await database.close()

    asyncio.run(make())
    for i in USERS:
        execute(
            path,
            f"INSERT INTO users (id, name, points) VALUES ({i}, 'user{i}', {START})",
            f"INSERT INTO transactions (user_id, amount, reason, balance_after) VALUES ({i}, {START}, 'x', {START})",
        )
    return path


@pytest.fixture(autouse=True, scope="module")
def _quick_and_the_same_every_time() -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bus, "RETURN_SECONDS", 0.02)
        patch.setattr(wheel, "secrets", Seeds())
        yield


def steps(*kinds: Kind, what: str = "say") -> list[list[Op]]:
    return [[Op(kind, what=what)] for kind in kinds]


@given(program=programs)
@example(program=steps("buy", "begin", "lose", "end", "cancel", "come"))
@example(program=steps("buy", "begin", "restart", "restart", "restart", "end"))
@example(program=steps("buy", "begin", "kill", "kill", "kill", "kill", "end"))
@example(program=steps("buy", "hide", "look", "hide", "look", "begin", "hide", "look", what="spin"))
@example(program=[*steps("bye", "buy"), [Op("pass", pick=1)], *steps("buy", "skip", "come")])
@example(program=steps("buy", "begin", "kill", "hide", "pass", "cancel", what="spin"))
@example(program=[[Op("buy", what="spin")], [Op("begin")], [Op("refund"), Op("end"), Op("refund"), Op("skip")]])
@example(program=[[Op("buy", what="ask")], [Op("answer"), Op("skip"), Op("refund"), Op("panic")], [Op("calm")]])
@example(program=[[Op("buy", u, w) for u in USERS] for w in SHELF] + [[Op("panic"), Op("end")], [Op("calm")]])
@example(program=[[Op("buy", what=w) for w in SHELF], [Op("kill")], [Op("clear"), Op("come")], [Op("again")]])
@settings(modest, max_examples=12)
def test_any_show_keeps_its_promises(template: Path, tmp_path: Path, program: list[list[Op]]) -> None:
    asyncio.run(play(template, tmp_path, program))


@given(program=st.lists(often(*KINDS), min_size=8, max_size=25))
@settings(modest, max_examples=6)
def test_one_thing_after_another_keeps_its_promises(template: Path, tmp_path: Path, program: list[Op]) -> None:
    """Longer, with no two things in one moment: here nothing at all may be played and given back."""
    asyncio.run(play(template, tmp_path, [[Op("buy", 1, w) for w in SHELF], *([op] for op in program)]))
