"""KEEP_DAYS: what people wrote goes; points, the ledger and ids that guard against paying twice stay."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from pixel_bot.db.json_type import read_json
from pixel_bot.db.models import QueueItem
from pixel_bot.db.models_twitch import Redemption
from pixel_bot.earning.event_awards import award_for
from pixel_bot.model.channel_events import Cheer
from pixel_bot.model.outcome import Speak
from pixel_bot.points.audit import Act, begin_act
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.queue_items import Draft
from pixel_bot.services import Services
from pixel_bot.testing import SettableClock
from pixel_bot.upkeep.cleanup import Cleanup
from pixel_bot.upkeep.retention import DELETED, Retention
from tests.harness.database import findings, rows
from tests.upkeep.cleanup.former import ALICE, column, put_item

TEXT = {"kind": "speak", "text": "a secret wish of alice"}


def after(days: int, services: Services, folder: Path) -> Retention:
    return Retention(services.database, services.clock, days, folder)


async def dumped(services: Services) -> str:
    """All that the tables of the queue, changes and codes hold."""
    async with services.database.readers() as session:
        found = [(await session.execute(text(f"SELECT * FROM {table}"))).all() for table in ("queue_items", "changes")]
    return str(found)


@pytest.mark.parametrize(("days_ago", "goes"), [(2.01, True), (1.99, False)])
async def test_texts_of_ended_items_go_after_so_many_days(
    services: Services, tmp_path: Path, days_ago: float, goes: bool
) -> None:
    item = await put_item(services, days_ago, payload_json=TEXT, note="alice: it failed")
    assert await after(2, services, tmp_path).run() == goes
    assert ("secret wish" in await dumped(services), "it failed" in await dumped(services)) == (not goes, not goes)
    assert await column(services, "SELECT id FROM queue_items") == [item]
    assert await after(2, services, tmp_path).run() == 0


async def test_by_default_all_is_kept_for_ever(services: Services, tmp_path: Path) -> None:
    await put_item(services, 4_000, payload_json=TEXT)
    assert services.settings.keep_days == 0
    assert await after(0, services, tmp_path).run() == 0
    assert "secret wish" in await dumped(services)


@pytest.mark.parametrize("status", ["pending", "running"])
async def test_what_has_not_ended_keeps_its_text(services: Services, tmp_path: Path, status: str) -> None:
    await put_item(services, 30, status, payload_json=TEXT)
    assert await after(1, services, tmp_path).run() == 0
    assert "secret wish" in await dumped(services)


async def test_what_chat_or_twitch_must_still_hear_of_keeps_its_text(services: Services, tmp_path: Path) -> None:
    await put_item(services, 30, "failed", payload_json=TEXT, told=False, note="It failed.")
    redeemed = await put_item(services, 30, payload_json=TEXT, redemption="r1")
    row = {"id": "r1", "reward_id": "x", "item_id": redeemed, "created_at": services.clock.now()}
    async with services.database.write() as session:
        await session.execute(insert(Redemption).values(**row))
    assert await after(1, services, tmp_path).run() == 0


async def test_an_item_without_its_text_is_refunded_exactly_once(
    services: Services, clock: SettableClock, tmp_path: Path
) -> None:
    alice = await services.viewers.meet(ALICE)
    draft = Draft(Speak("a secret wish"), "tts", alice.id, clock.now(), cost=25)
    async with services.database.write() as session:
        item_id = await queue_items.put(session, draft)
        await queue_items.end(session, [QueueItem.id == item_id], "done", clock.now(), "", told=True)
    clock.advance(3 * 86_400)
    assert await after(2, services, tmp_path).run() == 1
    for points in (25, 25):
        async with services.database.write() as session:
            (item,) = await queue_items.load(session, QueueItem.id == item_id)
            await services.refunds.refund_finished(session, item)
        assert (await services.viewers.find("alice")).points == points
    assert await findings(services) == []


async def test_an_item_keeps_what_its_redeem_kept(services: Services, tmp_path: Path) -> None:
    await put_item(services, 30, "done", kind="wheel", payload_json={"kept": {"draw": 7}, "user": "alice"})
    assert await after(1, services, tmp_path).run() == 1
    async with services.database.readers() as session:
        (item,) = await queue_items.load(session, QueueItem.kind == "wheel")
    assert item.payload == {"kept": {"draw": 7}}


async def test_a_change_loses_its_names_and_can_still_be_undone(
    services: Services, clock: SettableClock, tmp_path: Path
) -> None:
    alice = await services.viewers.meet(ALICE)
    await services.economy.add(alice, alice, 100)
    clock.advance(10 * 86_400)
    assert await after(9, services, tmp_path).run() == 1
    assert await column(services, "SELECT summary FROM changes") == [DELETED]
    assert await services.economy.undo(alice) is not None
    assert (await services.viewers.find("alice")).points == 0
    assert await findings(services) == []


async def test_neither_the_ledger_nor_what_was_paid_is_forgotten(
    services: Services, clock: SettableClock, tmp_path: Path
) -> None:
    """Every row of the ledger stays as it is, and an event that is told of again pays nothing."""
    cheer = Cheer("cheer1", ALICE, clock.now(), bits=100)
    award = award_for(cheer, services.settings)
    assert award is not None
    assert await services.awards.event(award)
    before = await column(services, "SELECT points FROM users")
    ledger = await column(services, "SELECT id || reason || amount || created_at FROM transactions")
    clock.advance(1_000 * 86_400)
    await Cleanup(services.database, services.clock).run()
    await after(1, services, tmp_path).run()
    assert not await services.awards.event(award)
    assert await column(services, "SELECT points FROM users") == before
    assert await column(services, "SELECT id || reason || amount || created_at FROM transactions") == ledger
    assert await findings(services) == []


async def test_old_logs_go_and_never_the_present_one(services: Services, clock: SettableClock, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    old = (clock.now() - timedelta(days=40)).timestamp()
    for name in ("pixel.log", "pixel.log.1", "pixel-2026-01-31.log", "other.log"):
        (logs / name).write_text("alice")
        os.utime(logs / name, (old, old))
    (logs / "pixel.log.2").write_text("new")
    now = clock.now().timestamp()
    os.utime(logs / "pixel.log.2", (now, now))
    assert await after(30, services, tmp_path).run() == 2
    assert sorted(path.name for path in logs.iterdir()) == ["other.log", "pixel.log", "pixel.log.2"]


async def test_the_audit_log_keeps_who_and_loses_to_whom(
    services: Services, clock: SettableClock, tmp_path: Path
) -> None:
    alice = await services.viewers.meet(ALICE)
    begin_act(Act("mila", "chat", "admin", "!points add", clock.now()))
    await services.economy.add(alice, alice, 100)
    clock.advance(10 * 86_400)
    assert await after(9, services, tmp_path).run() == 2, "the change, and its row in the audit log"
    ((*act, before, now),) = await rows(services, "SELECT actor, action, target, before_json, after_json FROM audit")
    assert (act, read_json(before), read_json(now)) == (["mila", "!points add", ""], None, None)
    assert await after(9, services, tmp_path).run() == 0
