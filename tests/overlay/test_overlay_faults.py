"""Whatever goes wrong on the overlay, a viewer pays only for what was played."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from sqlalchemy import text

from pixel_bot.overlay import overlay as bus
from pixel_bot.queue.limits import Limits
from pixel_bot.testing import FakeOverlay, Stage, stage
from pixel_bot.upkeep.check import check
from tests.sounds.test_length import wav

SHORT = Limits(margin=0.3, begun=0.3, grace=1.0)


@pytest.fixture
async def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Stage]:
    """A chat whose overlay has little time, with a page that says nothing by itself."""
    monkeypatch.setattr(bus, "RETURN_SECONDS", 0.2)
    async with stage(tmp_path, limits=SHORT) as built:
        await built.viewer("alice", points=100)
        built.overlay.plays = False
        yield built
        async with built.bot.readers() as session:
            assert await check(session, built.bot.levels.curve.level_of) == []


async def begin(chat: Stage, line: str = "!sound ding", *, seconds: float = 1.0) -> None:
    """A redeem that the page has begun."""
    await ask(chat, line)
    chat.overlay.started(seconds)


async def ask(chat: Stage, line: str = "!sound ding") -> None:
    """A redeem that the page was asked to play."""
    async with asyncio.timeout(10):
        count = len(chat.overlay.played) + 1
        await asyncio.gather(chat.say("alice", line, wait=False), chat.overlay.asked(count))


async def asked_again(chat: Stage, page: FakeOverlay, count: int) -> None:
    async with asyncio.timeout(10):
        await page.asked(count)


async def statuses(chat: Stage) -> list[str]:
    async with chat.bot.readers() as session:
        return list((await session.execute(text("SELECT status FROM queue_items ORDER BY id"))).scalars())


async def test_played_to_its_end_it_is_done(quick: Stage) -> None:
    await begin(quick)
    assert await statuses(quick) == ["running"]
    quick.overlay.finished()
    await quick.settled()
    assert (await statuses(quick), await quick.points("alice")) == (["done"], 85)


@pytest.mark.parametrize("reason", ["load", "error", "something new"])
async def test_what_the_page_cannot_play_is_given_back(quick: Stage, reason: str) -> None:
    await begin(quick)
    quick.overlay.failed(reason)
    await quick.settled()
    assert quick.sent[-1] == "@alice sound: The overlay could not play it. Your 15 points are back."
    assert (await statuses(quick), await quick.points("alice")) == (["failed"], 100)


async def test_a_page_that_stays_silent(quick: Stage) -> None:
    await ask(quick)
    await quick.settled()
    assert quick.sent[-1] == "@alice sound: The overlay did not play it in time. Your 15 points are back."
    assert set(quick.overlay.stopped) == {quick.overlay.played[0]["id"]}


async def test_a_page_that_begins_and_never_ends(quick: Stage) -> None:
    await begin(quick, seconds=0.1)
    await quick.settled()
    assert await quick.points("alice") == 100


async def test_a_late_end_of_what_was_given_back_changes_nothing(quick: Stage) -> None:
    await begin(quick, seconds=0.1)
    await quick.settled()
    quick.overlay.finished()
    await quick.settled()
    assert (await statuses(quick), await quick.points("alice")) == (["failed"], 100)


async def test_the_length_that_a_page_tells_has_bounds(quick: Stage) -> None:
    await begin(quick, seconds=-1e9)
    quick.overlay.finished()
    await quick.settled()
    assert await statuses(quick) == ["done"]


async def test_a_hidden_page_lets_go_and_plays_it_when_it_is_back(quick: Stage) -> None:
    await begin(quick)
    quick.overlay.hide()
    quick.overlay.failed("hidden")
    await quick.settled()
    assert await statuses(quick) == ["pending"]
    quick.overlay.plays = True
    quick.overlay.hide(hidden=False)
    await quick.settled()
    assert (await statuses(quick), len(quick.overlay.played)) == (["done"], 2)
    assert quick.overlay.played[0]["id"] == quick.overlay.played[1]["id"]


async def test_a_page_whose_sound_is_blocked_waits_for_it(quick: Stage) -> None:
    quick.overlay.hide(hidden=False, sound=False)
    (answer,) = await quick.say("alice", "!sound ding")
    assert "The overlay is open, but its sound is blocked: click on the page. It plays when that changes" in answer
    assert quick.overlay.played == []
    assert await quick.passes(120) == [
        "@alice sound: The overlay was open, but its sound was blocked for too long. Your 15 points are back."
    ]
    quick.overlay.plays = True
    assert (await quick.say("alice", "!spin"))[0] == "The wheel is yours! 0 points left."


async def test_a_page_that_loses_its_connection_goes_on(quick: Stage) -> None:
    await begin(quick, seconds=5)
    quick.overlay.close(for_good=False)
    await quick.overlay.open()
    await asked_again(quick, quick.overlay, 2)
    quick.overlay.finished()
    await quick.settled()
    assert (await statuses(quick), await quick.points("alice")) == (["done"], 85)


async def test_a_page_that_does_not_come_back_is_replaced(quick: Stage) -> None:
    other = FakeOverlay(quick.bot.overlay, "other")
    await begin(quick, seconds=5)
    await other.open()
    quick.overlay.close(for_good=False)
    await asked_again(quick, other, 1)
    await quick.settled()
    assert (await statuses(quick), len(other.played)) == (["done"], 1)


async def test_a_page_that_closes_hands_over_at_once(quick: Stage) -> None:
    other = FakeOverlay(quick.bot.overlay, "other")
    await other.open()
    await begin(quick, seconds=5)
    quick.overlay.close()
    await asked_again(quick, other, 1)
    await quick.settled()
    assert await statuses(quick) == ["done"]


async def test_a_page_that_does_not_play_it_has_no_say(quick: Stage) -> None:
    other = FakeOverlay(quick.bot.overlay, "other")
    await other.open()
    await begin(quick, seconds=5)
    other.played.append(quick.overlay.played[0])
    other.finished()
    assert await statuses(quick) == ["running"]
    quick.overlay.finished()
    await quick.settled()
    assert await statuses(quick) == ["done"]


async def test_what_is_cut_off_again_and_again_is_given_back(quick: Stage) -> None:
    for number in range(3):
        if number:
            await asked_again(quick, quick.overlay, number + 1)
        else:
            await ask(quick)
        quick.overlay.failed("hidden")
    await quick.settled()
    assert quick.sent[-1] == "@alice sound: It was cut off too often. Your 15 points are back."
    assert await quick.points("alice") == 100


async def test_a_sound_that_is_gone_meanwhile(tmp_path: Path, quick: Stage) -> None:
    folder = tmp_path / "sounds"
    folder.mkdir(exist_ok=True)
    (folder / "mine.wav").write_bytes(wav(0.1))
    quick.overlay.close()
    await quick.say("alice", "!sound mine")
    (folder / "mine.wav").unlink()
    await quick.overlay.open()
    await quick.settled()
    assert quick.sent[-1] == "@alice sound: The sound mine is gone. Your 15 points are back."


async def test_after_a_restart_the_same_page_is_asked_and_not_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", points=100)
        chat.overlay.plays = False
        await begin(chat, seconds=5)
    async with stage(tmp_path, page="another") as again:
        had = FakeOverlay(again.bot.overlay, "fake")
        await had.open()
        await again.settled()
        assert (len(had.played), len(again.overlay.played)) == (1, 0)
        assert (await statuses(again), await again.points("alice")) == (["done"], 85)


async def test_after_a_restart_a_page_that_is_gone_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "RETURN_SECONDS", 0.2)
    async with stage(tmp_path) as chat:
        await chat.viewer("alice", points=100)
        chat.overlay.plays = False
        await begin(chat, seconds=5)
    async with stage(tmp_path, page="another") as again:
        await again.settled()
        assert (len(again.overlay.played), await again.points("alice")) == (1, 85)


async def test_alerts_are_shown_once(quick: Stage) -> None:
    from pixel_bot.sandbox.twitch import frames
    from pixel_bot.sandbox.twitch.users import sandbox_user

    for _ in range(2):
        await quick.hear("channel.follow", frames.follow(sandbox_user("bob"), quick.clock.now()), "f1")
    assert [dict(a) for a in quick.overlay.alerts] == [
        {"type": "alert", "kind": "follow", "name": "bob", "text": "bob followed"}
    ]
