"""A show that does what a program says, and what must hold after each moment."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from pixel_bot.db.engine import Database
from pixel_bot.db.models import Cooldown, Draw, QueueItem, Redeem
from pixel_bot.errors import ChatError, EffectFailed
from pixel_bot.model.people import Platform
from pixel_bot.points.idempotency import AlreadyProcessed, use_idempotency_key
from pixel_bot.queue.dispatcher import Dispatcher
from pixel_bot.queue.effects import Job, effect
from pixel_bot.queue.limits import Limits
from pixel_bot.queue.queue import Queue
from pixel_bot.redeems.shop import Order
from pixel_bot.services import Services, build_services
from pixel_bot.testing import SettableClock, settings_in
from tests.cogs.wheel.wheel_parts import WheelParts
from tests.harness.database import findings
from tests.harness.seed import url_of
from tests.redeems.page_model import NearPage
from tests.redeems.redeem_programs import GRANTS, SECONDS, SHELF, START, STOCK, USERS, VIEWERS, FakeSpeech, Op


class RedeemModel:
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
        self.wheel: WheelParts
        self.jobs: Dispatcher
        self.queue: Queue

    async def start(self) -> None:
        database = Database(url_of(self._folder / "pixel.db"))
        self.services = build_services(settings_in(self._folder), database, self.clock)
        await self.services.redeems.offer([offer for offer, _ in SHELF.values()])
        self.wheel = WheelParts(self.services)
        self.jobs = Dispatcher(self.services, FakeSpeech(), self._say, Limits(margin=30, begun=30, grace=0.01))
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

    async def _say(self, text: str, reply_to: str | None, platform: Platform, viewer: str = "") -> bool:
        self.said.append(text)
        self.answers += text == "Because."
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

    def _order(self, op: Op, message: str) -> Order:
        offer, what = SHELF[op.what]
        viewer = VIEWERS[op.user]
        on_buy = self.wheel.on_buy(viewer) if op.what == "spin" else None
        return Order(offer, viewer, what, message_id=message, on_buy=on_buy)

    async def _buy(self, op: Op) -> None:
        message = f"buy{next(self._numbers)}"
        use_idempotency_key(message, self.clock.now())
        await self.services.shop.buy(self._order(op, message))
        self.bought.append((message, op))

    async def _again(self, op: Op) -> None:
        """A purchase is delivered again."""
        if not self.bought:
            return
        message, before = self.bought[op.pick % len(self.bought)]
        use_idempotency_key(message, self.clock.now())
        with pytest.raises(AlreadyProcessed):
            await self.services.shop.buy(self._order(before, message))

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
        assert await findings(self.services) == []
        async with self.services.database.readers() as session:
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
            draw = draws[item.payload_json["kept"]["draw"]]
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
