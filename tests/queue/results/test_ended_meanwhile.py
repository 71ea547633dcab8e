"""What a verdict writes where the item ended, or began, meanwhile."""

import asyncio
from collections.abc import Sequence

import pytest

from pixel_bot.cog_data.transaction import Transaction
from pixel_bot.model.outcome import Effect, Outcome
from pixel_bot.model.people import Viewer
from pixel_bot.points.levels import LevelUp
from pixel_bot.queue.attempt import DONE, Attempt, Result, ResultKind
from pixel_bot.queue.result_writer import GONE
from pixel_bot.redeems import queue_items
from pixel_bot.redeems.hooks import Bought, Hooks, is_final
from pixel_bot.redeems.queue_items import Q
from tests.harness.queue_rows import rows
from tests.queue.results.desk import CARD, SOUND, Desk, running, trying, win


@pytest.mark.parametrize("follow_up", [None, "it is done.", CARD])
async def test_what_ended_meanwhile_is_followed_by_nothing(
    desk: Desk, alice: Viewer, follow_up: Effect | str | None
) -> None:
    item_id = await running(desk, alice)
    attempt = Attempt(await desk.item(item_id))
    await desk.services.refunds.fail(reason="A mod skipped it.", told=True)
    before = await rows(desk.services)
    await desk.writer.settle(attempt, DONE, follow_up)
    assert (await rows(desk.services), desk.news, desk.more) == (before, 0, 0)
    assert await desk.points() == 115


async def test_what_was_given_back_meanwhile_brings_nothing(desk: Desk, alice: Viewer) -> None:
    attempt = Attempt(await desk.item(await trying(desk, alice)))
    await desk.services.refunds.fail(reason="A mod skipped it.", told=True)
    await desk.writer.settle(attempt, DONE)
    assert await desk.points() == 100


@pytest.mark.parametrize("begun", [True, False])
async def test_what_began_meanwhile_counts(desk: Desk, alice: Viewer, begun: bool) -> None:
    """Its attempt knows nothing of it, and may say what it wants."""
    item_id = await trying(desk, alice)
    attempt = Attempt(await desk.item(item_id))
    if begun:
        async with desk.services.database.write() as session:
            await queue_items.begin(session, item_id, desk.services.clock.now())
    await desk.writer.settle(attempt, Result.refund("It broke."))
    assert (await attempt.ended()).kind is (ResultKind.DONE if begun else ResultKind.REFUND)
    assert await desk.points() == (140 if begun else 100)
    assert (desk.news, desk.more) == (1, 0)


async def test_a_level_that_it_brings_is_told(desk: Desk, alice: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []

    async def tell(ups: Sequence[LevelUp]) -> None:
        told.extend(up.level for up in ups)

    monkeypatch.setattr(desk.services.levels, "notify", tell)
    await desk.settled(await trying(desk, alice), DONE)
    assert told == [2]


async def test_only_what_names_its_beginning_counts_from_there(desk: Desk, alice: Viewer) -> None:
    now = desk.services.clock.now()
    luck = await trying(desk, alice)
    sound = await running(desk, alice, begun_at=now)
    unknown = await running(desk, alice, begun_at=now, payload_json={"effect": "tea"})
    assert [is_final(await desk.item(i)) for i in (luck, sound, unknown)] == [False, False, False]
    async with desk.services.database.write() as session:
        await queue_items.begin(session, luck, now)
    assert is_final(await desk.item(luck))


async def test_an_effect_may_follow_and_is_made_up_for_if_it_does_not_happen(desk: Desk, alice: Viewer) -> None:
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
async def test_what_nobody_can_end_any_more_is_given_back(desk: Desk, alice: Viewer, result: Result) -> None:
    """Its cog has gone while it ran: neither the points that were won nor the price may be lost."""
    item_id = await trying(desk, alice)
    async with desk.services.database.write() as session:
        await queue_items.begin(session, item_id, desk.services.clock.now())
    desk.services.hooks.remove("luck")
    assert await desk.settled(item_id, result) == Result.refund(GONE)
    assert await desk.points() == 100


async def test_a_level_of_a_hook_that_fails_is_not_told(
    desk: Desk, alice: Viewer, monkeypatch: pytest.MonkeyPatch
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
