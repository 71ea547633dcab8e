"""What a verdict writes, also when the item ended meanwhile, or when the database cannot be written."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from pixel_bot.cog_data.transaction import Transaction
from pixel_bot.db.models import QueueItem
from pixel_bot.model.outcome import Effect, Outcome, PlaySound, ShowOverlay
from pixel_bot.model.people import Person, Viewer
from pixel_bot.points.levels import LevelUp
from pixel_bot.queue import result_writer
from pixel_bot.queue.attempt import DONE, LEFT, RETRY, Attempt, Result, ResultKind
from pixel_bot.queue.result_writer import CUT, GONE, UNCLEAR, ResultWriter
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.hooks import Bought, Hooks, is_final
from pixel_bot.redeems.offers import Offer
from pixel_bot.redeems.queue_items import Item, Q
from pixel_bot.redeems.shop import Order
from pixel_bot.run.running_bot import opened
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock, settings_in
from tests.harness.queue_rows import queued, rows

SOUND, CARD = PlaySound("ding"), ShowOverlay("Done!")
LUCK = Offer("luck", "Luck", cost=30, counts_from="begun")


@dataclass
class RedemptionHandler:
    """A settling, and how often it said that there is news for chat, and something to do."""

    services: Services
    settling: ResultWriter = field(init=False)
    news: int = 0
    more: int = 0

    def __post_init__(self) -> None:
        self.settling = ResultWriter(self.services, self._has_news, self._has_more)

    def _has_news(self) -> None:
        self.news += 1

    def _has_more(self) -> None:
        self.more += 1

    async def settled(self, item_id: int, result: Result, follow_up: Effect | str | None = None) -> Result:
        """Settle an attempt at an item as it stands. Returns what came of it."""
        attempt = Attempt(await self.item(item_id))
        await self.settling.settle(attempt, result, follow_up)
        return await attempt.ended()

    async def item(self, item_id: int) -> Item:
        async with self.services.database.readers() as session:
            return (await queue_items.load(session, Q.id == item_id))[0]

    async def row(self, item_id: int) -> dict[str, Any]:
        return dict((await rows(self.services))[item_id])

    async def points(self) -> int:
        return (await self.services.viewers.find("alice")).points


@pytest.fixture
async def desk(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[RedemptionHandler]:
    async with opened(settings_in(tmp_path), "sandbox", clock) as services:
        yield RedemptionHandler(services)


@pytest.fixture
async def alice(desk: RedemptionHandler) -> Viewer:
    """Somebody with 100 points."""
    viewer = await desk.services.viewers.meet(Person("1", "alice", "Alice"))
    await desk.services.economy.add(viewer, viewer, 100)
    return viewer


async def running(desk: RedemptionHandler, alice: Viewer, **columns: Any) -> int:
    (item_id,) = await queued(desk.services, SOUND, status="running", user_id=alice.id, cost=15, page="page", **columns)
    return item_id


async def draw(_: Transaction) -> dict[str, int]:
    return {"points": 70, "xp": 150}


async def win(tx: Transaction, bought: Bought) -> str:
    await tx.credit(bought.viewer, bought.kept["points"])
    await tx.give_xp(bought.viewer, bought.kept["xp"])
    return f"{bought.buyer} won!"


async def trying(desk: RedemptionHandler, alice: Viewer, on_done: Any = win) -> int:
    """Luck for 30 points that runs, and of which nobody has seen anything yet."""
    await desk.services.redeems.offer([LUCK])
    desk.services.hooks.add("luck", Hooks(on_done))
    item_id = (await desk.services.shop.buy(Order(LUCK, alice, CARD, on_buy=draw))).item_id
    async with desk.services.database.write() as session:
        (await session.get_one(QueueItem, item_id)).status = "running"
    return item_id


# Verdicts


async def test_what_is_left_to_the_next_start_stays_as_it_is(desk: RedemptionHandler, alice: Viewer) -> None:
    item_id = await running(desk, alice)
    before = await desk.row(item_id)
    assert await desk.settled(item_id, LEFT) == LEFT
    assert (await desk.row(item_id), desk.news, desk.more) == (before, 0, 0)


@pytest.mark.parametrize(("attempts", "released", "page"), [(0, False, "page"), (1, True, None)])
async def test_what_was_cut_off_begins_again(
    desk: RedemptionHandler, alice: Viewer, attempts: int, released: bool, page: str | None
) -> None:
    item_id = await running(desk, alice, attempts=attempts)
    result = Result(ResultKind.RETRY, released=released)
    assert await desk.settled(item_id, result) == result
    row = await desk.row(item_id)
    assert (row["status"], row["attempts"], row["page"]) == ("pending", attempts + 1, page)
    assert await desk.points() == 100


async def test_what_is_cut_off_a_third_time_is_given_back(desk: RedemptionHandler, alice: Viewer) -> None:
    item_id = await running(desk, alice, attempts=2)
    assert await desk.settled(item_id, RETRY) == Result.refund(CUT)
    row = await desk.row(item_id)
    assert (row["status"], row["note"], row["told"], desk.news) == ("failed", CUT, False, 1)
    assert await desk.points() == 115


async def test_a_refund_says_its_reason_and_leaves_others_alone(desk: RedemptionHandler, alice: Viewer) -> None:
    item_id, other = await running(desk, alice), await running(desk, alice)
    assert await desk.settled(item_id, Result.refund("It broke.")) == Result.refund("It broke.")
    row = await desk.row(item_id)
    assert (row["status"], row["note"], row["told"], desk.news, desk.more) == ("failed", "It broke.", False, 1, 0)
    assert (await desk.row(other))["status"] == "running"
    assert await desk.points() == 115


async def test_done_without_a_word_tells_nobody(desk: RedemptionHandler, alice: Viewer) -> None:
    item_id = await running(desk, alice)
    assert await desk.settled(item_id, DONE) == DONE
    row = await desk.row(item_id)
    assert (row["status"], row["note"], row["told"], desk.news, desk.more) == ("done", None, True, 0, 0)
    assert (len(await rows(desk.services)), await desk.points()) == (1, 100)


async def test_a_sentence_is_for_its_buyer(desk: RedemptionHandler, alice: Viewer) -> None:
    item_id = await running(desk, alice)
    await desk.settled(item_id, DONE, "it is done.")
    row = await desk.row(item_id)
    assert (row["status"], row["note"], row["told"]) == ("done", "@Alice it is done.", False)
    assert (desk.news, desk.more, len(await rows(desk.services))) == (1, 0, 1)


@pytest.mark.parametrize(("message", "follower"), [("m1", None), ("joystick:m1", "joystick:")])
async def test_what_follows_is_free_and_answered_where_it_was_asked(
    desk: RedemptionHandler, alice: Viewer, message: str, follower: str | None
) -> None:
    await desk.settled(await running(desk, alice, message_id=message), DONE, CARD)
    first, second = (await rows(desk.services)).values()
    assert (first["status"], first["note"], desk.news, desk.more) == ("done", None, 0, 1)
    assert (second["status"], second["redeem"], second["cost"]) == ("pending", first["redeem"], 0)
    assert (second["user_id"], second["message_id"], second["payload_json"]["text"]) == (alice.id, follower, "Done!")


# What ended, or began, meanwhile


@pytest.mark.parametrize("follow_up", [None, "it is done.", CARD])
async def test_what_ended_meanwhile_is_followed_by_nothing(
    desk: RedemptionHandler, alice: Viewer, follow_up: Effect | str | None
) -> None:
    item_id = await running(desk, alice)
    attempt = Attempt(await desk.item(item_id))
    await desk.services.refunds.fail(reason="A mod skipped it.", told=True)
    before = await rows(desk.services)
    await desk.settling.settle(attempt, DONE, follow_up)
    assert (await rows(desk.services), desk.news, desk.more) == (before, 0, 0)
    assert await desk.points() == 115


async def test_what_was_given_back_meanwhile_brings_nothing(desk: RedemptionHandler, alice: Viewer) -> None:
    attempt = Attempt(await desk.item(await trying(desk, alice)))
    await desk.services.refunds.fail(reason="A mod skipped it.", told=True)
    await desk.settling.settle(attempt, DONE)
    assert await desk.points() == 100


@pytest.mark.parametrize("begun", [True, False])
async def test_what_began_meanwhile_counts(desk: RedemptionHandler, alice: Viewer, begun: bool) -> None:
    """Its attempt knows nothing of it, and may say what it wants."""
    item_id = await trying(desk, alice)
    attempt = Attempt(await desk.item(item_id))
    if begun:
        async with desk.services.database.write() as session:
            await queue_items.begin(session, item_id, desk.services.clock.now())
    await desk.settling.settle(attempt, Result.refund("It broke."))
    assert (await attempt.ended()).kind is (ResultKind.DONE if begun else ResultKind.REFUND)
    assert await desk.points() == (140 if begun else 100)
    assert (desk.news, desk.more) == (1, 0)


async def test_a_level_that_it_brings_is_told(
    desk: RedemptionHandler, alice: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []

    async def tell(ups: Sequence[LevelUp]) -> None:
        told.extend(up.level for up in ups)

    monkeypatch.setattr(desk.services.levels, "notify", tell)
    await desk.settled(await trying(desk, alice), DONE)
    assert told == [2]


async def test_only_what_names_its_beginning_counts_from_there(desk: RedemptionHandler, alice: Viewer) -> None:
    now = desk.services.clock.now()
    luck = await trying(desk, alice)
    sound = await running(desk, alice, begun_at=now)
    unknown = await running(desk, alice, begun_at=now, payload_json={"effect": "tea"})
    assert [is_final(await desk.item(i)) for i in (luck, sound, unknown)] == [False, False, False]
    async with desk.services.database.write() as session:
        await queue_items.begin(session, luck, now)
    assert is_final(await desk.item(luck))


async def test_an_effect_may_follow_and_is_made_up_for_if_it_does_not_happen(
    desk: RedemptionHandler, alice: Viewer
) -> None:
    async def win_a_sound(_: Transaction, bought: Bought) -> Outcome:
        return Outcome(f"{bought.buyer} won a sound!", SOUND)

    async def make_up(tx: Transaction, bought: Bought) -> str:
        await tx.credit(bought.viewer, bought.kept["points"])
        return "Take points for it."

    item_id = await trying(desk, alice, win_a_sound)
    desk.services.hooks.add("luck", Hooks(win_a_sound, on_missed=make_up))
    await desk.settled(item_id, DONE)
    assert (desk.news, desk.more) == (1, 1)
    first, second = (await rows(desk.services)).values()
    assert (first["status"], first["note"]) == ("done", "Alice won a sound!")
    assert (second["status"], second["redeem"], second["cost"]) == ("pending", "luck", 0)
    await desk.services.refunds.fail(Q.id == second["id"], reason="It broke.")
    assert (await desk.row(second["id"]))["note"] == "It broke. Take points for it."
    assert await desk.points() == 140


@pytest.mark.parametrize("result", [DONE, Result.refund("It broke.")])
async def test_what_nobody_can_end_any_more_is_given_back(
    desk: RedemptionHandler, alice: Viewer, result: Result
) -> None:
    """Its cog has gone while it ran: neither the points that were won nor the price may be lost."""
    item_id = await trying(desk, alice)
    async with desk.services.database.write() as session:
        await queue_items.begin(session, item_id, desk.services.clock.now())
    desk.services.hooks.remove("luck")
    assert await desk.settled(item_id, result) == Result.refund(GONE)
    assert await desk.points() == 100


async def test_a_level_of_a_hook_that_fails_is_not_told(
    desk: RedemptionHandler, alice: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[LevelUp] = []

    async def tell(ups: Sequence[LevelUp]) -> None:
        told.extend(ups)

    async def fail(tx: Transaction, bought: Bought) -> str:
        await win(tx, bought)
        raise RuntimeError("out of luck")

    monkeypatch.setattr(desk.services.levels, "notify", tell)
    item_id = await trying(desk, alice, fail)
    async with desk.services.database.write() as session:
        await queue_items.begin(session, item_id, desk.services.clock.now())
    await desk.services.refunds.fail(Q.id == item_id, reason="It broke.")
    await asyncio.sleep(0)
    assert told == []
    assert (await desk.row(item_id))["status"] == "done"
    assert await desk.points() == 70


# What cannot be written


async def test_while_the_database_is_away_it_is_tried_again(
    desk: RedemptionHandler, alice: Viewer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As often as it takes; the log says so once."""
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(result_writer, "asyncio", SimpleNamespace(sleep=wait))
    real, failures = queue_items.done, iter(range(3))

    async def away(*args: Any) -> bool:
        if next(failures, None) is not None:
            raise OperationalError("UPDATE", {}, RuntimeError("database is locked"))
        return await real(*args)

    monkeypatch.setattr(queue_items, "done", away)
    item_id = await running(desk, alice)
    with caplog.at_level(logging.DEBUG, "pixel_bot.queue.result_writer"):
        assert await desk.settled(item_id, DONE, "it is done.") == DONE
    assert ((await desk.row(item_id))["status"], desk.news) == ("done", 1)
    assert waited == [result_writer.RETRY_SECONDS] * 3
    assert [r.levelno for r in caplog.records] == [logging.ERROR, logging.DEBUG, logging.DEBUG]


async def broken(*args: Any, **named: Any) -> Any:
    raise ZeroDivisionError


async def test_a_verdict_that_cannot_be_written_is_a_refund(
    desk: RedemptionHandler, alice: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_items, "done", broken)
    item_id, other = await running(desk, alice), await running(desk, alice)
    assert await desk.settled(item_id, DONE) == Result.refund(UNCLEAR)
    row = await desk.row(item_id)
    assert (row["status"], row["note"], row["told"], desk.news) == ("failed", UNCLEAR, False, 1)
    assert ((await desk.row(other))["status"], await desk.points()) == ("running", 115)


async def test_a_refund_that_cannot_be_written_is_out_of_the_way(
    desk: RedemptionHandler, alice: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.services.refunds, "fail", broken)
    item_id, other = await running(desk, alice), await running(desk, alice)
    await desk.settled(item_id, Result.refund("It broke."))
    row = await desk.row(item_id)
    assert (row["status"], row["note"], row["told"], desk.news) == ("failed", UNCLEAR, False, 1)
    assert ((await desk.row(other))["status"], await desk.points()) == ("running", 100)


async def test_only_what_waits_is_given_back_unless_more_is_asked_for(desk: RedemptionHandler, alice: Viewer) -> None:
    effect_runner = await running(desk, alice)
    (waits,) = await queued(desk.services, SOUND, user_id=alice.id, cost=7)
    await desk.settling.refund(reason="A mod cleared the queue.")
    assert [(await desk.row(i))["status"] for i in (effect_runner, waits)] == ["running", "failed"]
    assert (await desk.points(), desk.news) == (107, 1)
