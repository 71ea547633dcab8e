"""What a verdict writes."""

import pytest

from pixel_bot.model.people import Viewer
from pixel_bot.queue.attempt import DONE, LEFT, RETRY, Result, ResultKind
from pixel_bot.queue.result_writer import CUT
from tests.harness.queue_rows import rows
from tests.queue.results.desk import CARD, Desk, running


async def test_what_is_left_to_the_next_start_stays_as_it_is(desk: Desk, alice: Viewer) -> None:
    item_id = await running(desk, alice)
    before = await desk.row(item_id)
    assert await desk.settled(item_id, LEFT) == LEFT
    assert (await desk.row(item_id), desk.news, desk.more) == (before, 0, 0)


@pytest.mark.parametrize(("attempts", "released", "page"), [(0, False, "page"), (1, True, None)])
async def test_what_was_cut_off_begins_again(
    desk: Desk, alice: Viewer, attempts: int, released: bool, page: str | None
) -> None:
    item_id = await running(desk, alice, attempts=attempts)
    result = Result(ResultKind.RETRY, released=released)
    assert await desk.settled(item_id, result) == result
    row = await desk.row(item_id)
    assert (row["status"], row["attempts"], row["page"]) == ("pending", attempts + 1, page)
    assert await desk.points() == 100


async def test_what_is_cut_off_a_third_time_is_given_back(desk: Desk, alice: Viewer) -> None:
    item_id = await running(desk, alice, attempts=2)
    assert await desk.settled(item_id, RETRY) == Result.refund(CUT)
    row = await desk.row(item_id)
    assert (row["status"], row["note"], row["told"], desk.news) == ("failed", CUT, False, 1)
    assert await desk.points() == 115


async def test_a_refund_says_its_reason_and_leaves_others_alone(desk: Desk, alice: Viewer) -> None:
    item_id, other = await running(desk, alice), await running(desk, alice)
    assert await desk.settled(item_id, Result.refund("It broke.")) == Result.refund("It broke.")
    row = await desk.row(item_id)
    assert (row["status"], row["note"], row["told"], desk.news, desk.more) == ("failed", "It broke.", False, 1, 0)
    assert (await desk.row(other))["status"] == "running"
    assert await desk.points() == 115


async def test_done_without_a_word_tells_nobody(desk: Desk, alice: Viewer) -> None:
    item_id = await running(desk, alice)
    assert await desk.settled(item_id, DONE) == DONE
    row = await desk.row(item_id)
    assert (row["status"], row["note"], row["told"], desk.news, desk.more) == ("done", None, True, 0, 0)
    assert (len(await rows(desk.services)), await desk.points()) == (1, 100)


async def test_a_sentence_is_for_its_buyer(desk: Desk, alice: Viewer) -> None:
    item_id = await running(desk, alice)
    await desk.settled(item_id, DONE, "it is done.")
    row = await desk.row(item_id)
    assert (row["status"], row["note"], row["told"]) == ("done", "@Alice it is done.", False)
    assert (desk.news, desk.more, len(await rows(desk.services))) == (1, 0, 1)


@pytest.mark.parametrize(("message", "follower"), [("m1", None), ("joystick:m1", "joystick:")])
async def test_what_follows_is_free_and_answered_where_it_was_asked(
    desk: Desk, alice: Viewer, message: str, follower: str | None
) -> None:
    await desk.settled(await running(desk, alice, message_id=message), DONE, CARD)
    first, second = (await rows(desk.services)).values()
    assert (first["status"], first["note"], desk.news, desk.more) == ("done", None, 0, 1)
    assert (second["status"], second["redeem"], second["cost"]) == ("pending", first["redeem"], 0)
    assert (second["user_id"], second["message_id"], second["payload_json"]["text"]) == (alice.id, follower, "Done!")
