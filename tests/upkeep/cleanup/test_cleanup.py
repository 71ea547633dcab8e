"""What is old goes, in small transactions; what is needed stays."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from pixel_bot.db.models import Draw, QueueItem
from pixel_bot.db.models_twitch import Redemption
from pixel_bot.earning.event_awards import award_for
from pixel_bot.model.channel_events import ChannelEvent, Cheer, HypeTrain, Source, Sub
from pixel_bot.model.chat_message import chat_message
from pixel_bot.model.outcome import PlaySound
from pixel_bot.model.people import Person
from pixel_bot.points import cooldowns as cooling
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.queue_items import Draft
from pixel_bot.sandbox.replay import parse_log, start_of
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock
from pixel_bot.upkeep import cleanup as cleaning
from pixel_bot.upkeep.cleanup import Cleaned, Cleanup
from tests.harness.database import findings, rows
from tests.upkeep.cleanup.former import ALICE, column, put_events, put_item

# Items


async def test_items_that_ended_a_week_ago_go(services: Services, cleanup: Cleanup) -> None:
    gone = [await put_item(services, 7.001), await put_item(services, 400, "failed")]
    stay = [await put_item(services, 6.999), await put_item(services, 0, "failed")]
    assert await cleanup.run() == Cleaned(0, 2, 0)
    assert await column(services, "SELECT id FROM queue_items ORDER BY id") == stay
    assert not set(gone) & set(stay)


@pytest.mark.parametrize("status", ["pending", "running"])
async def test_what_has_not_ended_stays_however_old(services: Services, cleanup: Cleanup, status: str) -> None:
    item = await put_item(services, None, status)
    odd = await put_item(services, 30, status)
    await put_item(services, 0)
    assert (await cleanup.run()).items == 0
    assert await column(services, "SELECT id FROM queue_items WHERE status IN ('pending', 'running')") == [item, odd]


async def test_what_chat_has_not_heard_of_stays(services: Services, cleanup: Cleanup) -> None:
    item = await put_item(services, 30, "failed", told=False, note="It failed.", refunded_at=services.clock.now())
    await put_item(services, 0)
    assert (await cleanup.run()).items == 0
    async with services.database.write() as session:
        await session.execute(text("UPDATE queue_items SET told = TRUE WHERE id = :id"), {"id": item})
    assert (await cleanup.run()).items == 1


async def test_what_twitch_does_not_know_of_stays(services: Services, cleanup: Cleanup) -> None:
    """Without its item a redemption has no verdict, and would never be reported."""
    item = await put_item(services, 30, redemption="r1")
    await put_item(services, 0)
    row = {"id": "r1", "reward_id": "x", "item_id": item, "created_at": services.clock.now()}
    async with services.database.write() as session:
        await session.execute(insert(Redemption).values(**row))
        await session.execute(insert(Redemption).values(**(row | {"id": "refused", "item_id": None})))
    assert (await cleanup.run()).items == 0
    (ours, _) = sorted(await services.channel_points.open(), key=lambda found: found.ref.redemption)
    assert ours.result == "FULFILLED"
    await services.channel_points.reported([ours.ref])
    assert (await cleanup.run()).items == 1


async def test_the_newest_stays_so_that_no_id_is_used_again(services: Services, cleanup: Cleanup) -> None:
    """SQLite gives the id of a removed newest row to the next one, whose refund would pass for one that was made."""
    alice = await services.viewers.meet(ALICE)
    old = await put_item(services, 30, "failed")
    async with services.database.write() as session:
        item = (await queue_items.load(session, QueueItem.id == old))[0]
        assert await services.refunds.refund_finished(session, item) is not None
    assert (await cleanup.run()).items == 0
    draft = Draft(PlaySound("ding"), "sound", alice.id, services.clock.now(), cost=15)
    async with services.database.write() as session:
        new = await queue_items.put(session, draft)
    assert new != old
    assert (await cleanup.run()).items == 1
    (refund,) = await services.refunds.fail(QueueItem.id == new, reason="It failed.")
    assert refund.amount == 15
    assert (await services.viewers.find("alice")).points == 15


async def test_many_items_go_in_small_transactions(
    services: Services, cleanup: Cleanup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "AT_ONCE", 7)
    for number in range(30):
        await put_item(services, 30, told=number % 5 != 0)
    commits: list[None] = []
    services.database.committed.add(lambda: commits.append(None))
    assert (await cleanup.run()).items == 23
    assert len(commits) >= 4
    assert await column(services, "SELECT COUNT(*) FROM queue_items WHERE told") == [1], "the newest"


# Cooldowns


async def test_many_cooldowns_go_in_small_transactions(
    services: Services, cleanup: Cleanup, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cooling, "AT_ONCE", 4)
    alice = await services.viewers.meet(ALICE)
    async with services.database.write() as session:
        for number in range(10):
            await services.cooldowns.start(session, alice.id, f"key{number}", 60 if number < 9 else 86_400)
    clock.advance(3_700)
    commits: list[None] = []
    services.database.committed.add(lambda: commits.append(None))
    assert await cleanup.run() == Cleaned(9, 0, 0)
    assert len(commits) == 3
    assert list(await services.cooldowns.running(alice.id)) == ["key9"]


async def test_old_uses_of_limits_go_unless_the_limit_is_for_ever(
    services: Services, cleanup: Cleanup, clock: SettableClock
) -> None:
    alice = await services.viewers.meet(ALICE)
    async with services.transactions.open("k", "catch", "catch") as tx:
        await tx.limit(alice, "catch", 3)
        await tx.limit(alice, "badge", 1, "ever")
    clock.advance(31 * 86_400)
    await cleanup.run()
    assert await rows(services, "SELECT name FROM limit_uses ORDER BY name") == [("badge",), ("catch",)]
    clock.advance(1)
    await cleanup.run()
    assert await rows(services, "SELECT name FROM limit_uses") == [("badge",)]


# Events

FOR_EVER = (
    "follow",
    "level",
    "link",
    "sandbox",
    "refund",
    "wheel",
    "sub",
    "gift",
    "cheer",
    "raid",
    "tip",
    "wheelclaim",
)


async def test_each_kind_of_event_has_its_time(services: Services, cleanup: Cleanup) -> None:
    passing = ["chat", "command", "enter", "watch"]
    for age, days in (("old", 7.001), ("new", 6.999)):
        kinds = [*passing, *FOR_EVER, "of a cog"]
        await put_events(services, [(f"{age}:{kind}", kind) for kind in kinds], days)
    assert (await cleanup.run()).events == len(passing)
    left = set(await column(services, "SELECT id FROM events"))
    assert {f"old:{kind}" for kind in passing}.isdisjoint(left)
    assert left == {f"new:{kind}" for kind in (*passing, *FOR_EVER, "of a cog")} | {
        f"old:{kind}" for kind in (*FOR_EVER, "of a cog")
    }


async def test_many_events_are_looked_through_span_by_span(
    services: Services, cleanup: Cleanup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "AT_ONCE", 3)
    monkeypatch.setattr(cleaning, "_SPAN_END", cleaning._SPAN_END.replace(str(cleaning.SPAN), "10"))
    await put_events(services, [(f"old-{n:03}", "chat" if n % 2 else "tip") for n in range(95)], 30)
    await put_events(services, [(f"new-{n:03}", "chat") for n in range(25)], 1)
    assert (await cleanup.run()).events == 47
    assert await column(services, "SELECT COUNT(*) FROM events WHERE kind = 'tip'") == [48]
    assert await column(services, "SELECT COUNT(*) FROM events WHERE kind = 'chat'") == [25]
    assert await cleanup.run() == Cleaned(0, 0, 0)


async def test_a_message_of_this_week_still_pays_once(
    services: Services, cleanup: Cleanup, clock: SettableClock
) -> None:
    said_at = clock.now()
    services.awards.chat(chat_message(ALICE, "m1", said_at))
    await services.awards.drained()
    clock.advance(6 * 86_400)
    await cleanup.run()
    services.awards.gate.forget()
    services.awards.chat(chat_message(ALICE, "m1", said_at))
    await services.awards.drained()
    assert (await services.viewers.find("alice")).points == 1


async def test_a_replay_that_goes_on_after_a_clean_up_pays_nothing_twice(
    services: Services, cleanup: Cleanup, clock: SettableClock
) -> None:
    """A log of a month, played as fast as it goes: its first messages are a month old at once."""
    log = parse_log("".join(f"{day * 86_400},alice,hello\n" for day in range(30)).encode())
    start = await start_of(services.database, log, clock.now() - timedelta(days=30))

    async def play(rows: int) -> None:
        services.awards.gate.forget()
        for row in log.rows[:rows]:
            at = start + timedelta(seconds=row.second)
            services.awards.chat(chat_message(ALICE, f"{log.id}-{row.line}", at))
        await services.awards.drained()

    await play(20)
    await put_events(services, [("ffffffffffffffff-1", "chat")], 30)
    cleaned = await cleanup.run()
    assert cleaned.cooldowns > 0
    assert cleaned.events == 1, "only that of nobody's log"
    await play(30)
    assert (await services.viewers.find("alice")).points == 30


# What is never touched


async def test_the_ledger_and_all_that_it_needs_stay(
    services: Services, cleanup: Cleanup, clock: SettableClock
) -> None:
    alice = await services.viewers.meet(ALICE)
    streamer = await services.viewers.meet(Person("1", "pixel_street", "Pixel_Street"))
    await services.economy.add(streamer, alice, 500)
    for number in range(20):
        services.awards.chat(chat_message(ALICE, f"m{number}", clock.now()))
        clock.advance(90)
    await services.awards.drained()
    async with services.database.write() as session:
        drawn: dict[str, Any] = {"user_id": alice.id, "seed": "", "odds_json": [], "prize": "P", "prize_json": {}}
        await session.execute(insert(Draw).values(**drawn, created_at=clock.now()))
    await put_item(services, 0)
    tables = ("users", "transactions", "xp_records", "changes", "draws", "links", "redeems", "accounts", "blocks")

    async def content() -> list[list[tuple[Any, ...]]]:
        async with services.database.readers() as session:
            return [
                [tuple(row) for row in await session.execute(text(f"SELECT * FROM {table} ORDER BY 1"))]
                for table in tables
            ]

    before = await content()
    clock.advance(400 * 86_400)
    cleaned = await cleanup.run()
    assert cleaned.events == 20
    assert await content() == before
    assert await findings(services) == []


async def test_awards_go_on_meanwhile(in_file: Services, clock: SettableClock) -> None:
    """Nobody who has something to write waits for more than one small transaction."""
    await put_events(in_file, [(f"old-{n:05}", "chat") for n in range(20_000)], 30)
    at_work = asyncio.create_task(Cleanup(in_file.database, clock).run())
    paid = 0
    while not at_work.done():
        clock.advance(61)
        in_file.awards.chat(chat_message(ALICE, f"m{paid}", clock.now()))
        await in_file.awards.drained()
        paid += 1
    assert (await at_work).events == 20_000
    assert paid > 10
    assert (await in_file.viewers.find("alice")).points == paid


async def test_claims_go_when_no_other_event_can_tell_of_the_same(services: Services, clock: SettableClock) -> None:
    alice = Person("1", "alice", "Alice")
    settings = services.settings
    events: list[ChannelEvent] = [
        Sub("sub", alice, clock.now(), source=Source.SUBSCRIBE),
        Cheer("cheer", alice, clock.now(), 5, source=Source.BITS),
        HypeTrain("train", None, clock.now()),
    ]
    for event in events:
        await services.awards.claim(award_for(event, settings))
    cleanup = Cleanup(services.database, clock)
    clock.advance(8 * 86_400)
    assert await cleanup.run() == Cleaned(0, 0, 2)  # the cheer's claim, and the id of the train
    # The month is shared on its last day.
    shared = Sub("share", alice, clock.now() + timedelta(days=19), months=3, source=Source.SHARE)
    claim = (await services.awards.claim(award_for(shared, settings))).claim
    assert claim is not None
    assert not claim.pays
    clock.advance(400 * 86_400)
    assert (await cleanup.run()).events == 1
    assert await rows(services, "SELECT id FROM event_claims") == []
