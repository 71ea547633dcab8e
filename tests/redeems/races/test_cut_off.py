"""What is cut off: restarts, pages that leave, and a database that is away."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from pixel_bot.overlay import overlay as bus
from pixel_bot.points.ledger import MAX_BALANCE, Entry, post
from pixel_bot.redeems import queue_items
from tests.harness.seed import execute
from tests.harness.waiting import until
from tests.redeems.page_model import NearPage
from tests.redeems.races.scene import SECONDS, WIN, Scene, prizes, scene

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
    show.page._overlay.ack(token, bus.Ack(bus.AckState.FAILED, reason="hidden"), show.page._screen)
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
