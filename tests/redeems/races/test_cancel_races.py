"""Cancelling, pausing and deleting in the moment in which an item is claimed or played."""

import asyncio
from typing import Any

import pytest

from pixel_bot.queue.lane_worker import LaneWorker
from pixel_bot.redeems.shop import Order
from pixel_bot.sandbox.twitch.users import sandbox_user
from tests.harness.waiting import until
from tests.redeems.races.scene import Scene, deleted, hears, notification

pytestmark = pytest.mark.repeated

# Cancel and claim


def gate_of(track: LaneWorker, monkeypatch: pytest.MonkeyPatch, step: str) -> tuple[asyncio.Event, asyncio.Event]:
    """Stops a track before a step of its. Returns what tells that it stands there, and what lets it go on."""
    reached, may = asyncio.Event(), asyncio.Event()
    real = getattr(track, step)

    async def hold(*args: Any) -> Any:
        found = await real() if step == "_head" else None
        reached.set()
        await may.wait()
        return found if step == "_head" else await real(*args)

    monkeypatch.setattr(track, step, hold)
    return reached, may


def track_of(show: Scene, name: str) -> LaneWorker:
    (track,) = [t for t in show.bot.dispatcher.lane_workers if t.name == name]
    return track


async def test_cancelled_before_it_is_claimed(show: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, may = gate_of(track_of(show, "sound"), monkeypatch, "_claim")
    await show.buy("alice", "!sound ding")
    await reached.wait()
    assert "15 points back" in (await show.chat.say("alice", "!cancel", wait=False))[-1]
    may.set()
    assert (await show.ended(), await show.chat.points("alice")) == (["failed"], 300)
    assert show.page.asked == []


async def test_claimed_before_it_is_cancelled(show: Scene) -> None:
    await show.buy("alice", "!sound ding")
    token = await show.asked()
    assert "nothing waiting" in (await show.chat.say("alice", "!cancel", wait=False))[-1]
    show.page.begin(token)
    show.page.end(token)
    assert (await show.ended(), await show.chat.points("alice")) == (["done"], 285)


async def test_cancel_and_claim_in_one_moment(show: Scene) -> None:
    """Whoever comes first: played or given back, never both. Pausing and resuming makes the moments meet."""
    show.page.by_itself = True
    for number in range(12):
        await show.bot.queue.pause("effect")
        await show.buy("alice", "!sound ding")
        work = [show.bot.queue.resume("effect"), show.chat.say("alice", "!cancel", wait=False)]
        await asyncio.gather(*(work if number % 2 else reversed(work)))
        await show.ended()
        show.chat.clock.advance(60)
    done = await show.scalar("SELECT COUNT(*) FROM queue_items WHERE status = 'done'")
    assert done == len(show.page.ended)
    assert await show.chat.points("alice") == 300 - 15 * done


# A lane that is paused in the very moment


@pytest.mark.parametrize("step", ["_head", "_claim"])
async def test_panic_while_the_next_is_being_looked_at(show: Scene, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Nothing begins once a mod has heard that everything is stopped."""
    reached, may = gate_of(track_of(show, "sound"), monkeypatch, step)
    await show.buy("alice", "!sound ding")
    await reached.wait()
    assert "Everything is stopped" in (await show.mod("!panic"))[-1]
    may.set()
    await until(lambda: bool(show.page.asked) or track_of(show, "sound").is_idle)
    assert show.page.asked == []


async def test_panic_while_speech_is_being_made(show: Scene) -> None:
    show.voice.may.clear()
    await show.buy("alice", "!tts something rude")
    await show.voice.asked.wait()
    assert "Everything is stopped" in (await show.mod("!panic"))[0]
    show.voice.may.set()
    await until(lambda: bool(show.page.asked) or track_of(show, "tts").is_idle)
    assert show.page.asked == []


async def test_skip_while_speech_is_being_made(show: Scene) -> None:
    """It is the one that is on, and not the one behind it."""
    show.voice.may.clear()
    await show.buy("alice", "!tts one")
    await show.voice.asked.wait()
    await show.buy("bob", "!tts two")
    assert "Skipped tts of alice." in await show.mod("!queue skip tts")
    show.voice.may.set()
    token = await show.asked()
    assert show.page.asked[0]["text"] == "two"
    show.page.begin(token)
    show.page.end(token)
    assert await show.ended() == ["failed", "done"]
    assert await show.chat.points("alice") == 300


# A message that is deleted


async def test_deleted_while_speech_is_being_made(show: Scene) -> None:
    show.voice.may.clear()
    await show.buy("alice", "!tts something rude", "m1")
    await show.voice.asked.wait()
    await deleted(show.chat, "m1")
    show.voice.may.set()
    await until(lambda: bool(show.page.asked) or track_of(show, "tts").is_idle)
    assert show.page.asked == []
    assert (await show.ended(), await show.chat.points("alice")) == (["failed"], 300)


@pytest.mark.parametrize("step", ["_head", "_claim"])
async def test_deleted_while_it_is_being_claimed(show: Scene, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    reached, may = gate_of(track_of(show, "tts"), monkeypatch, step)
    await show.buy("alice", "!tts something rude", "m1")
    await reached.wait()
    await deleted(show.chat, "m1")
    may.set()
    assert (await show.ended(), await show.chat.points("alice")) == (["failed"], 300)
    assert show.page.asked == []


async def test_deleted_before_it_is_bought(show: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The word of a mod overtakes the purchase."""
    reached, may = asyncio.Event(), asyncio.Event()
    real = show.bot.shop.buy

    async def slow(order: Order) -> Any:
        reached.set()
        await may.wait()
        return await real(order)

    monkeypatch.setattr(show.bot.shop, "buy", slow)
    hears(show.chat, "alice", "!tts something rude", "m1")
    await reached.wait()
    event = {"message_id": "m1", "target_user_id": sandbox_user("alice").id}
    show.bot.notifications.on_notification(notification(show.chat, "channel.chat.message_delete", event, "m2"))
    await show.bot.channels["twitch"].tasks.idle()
    may.set()
    await show.bot.settled()
    await until(lambda: bool(show.page.asked) or track_of(show, "tts").is_idle)
    assert show.page.asked == []
    assert await show.chat.points("alice") == 300


async def test_deleted_while_it_is_read_out(show: Scene) -> None:
    await show.buy("alice", "!tts something rude", "m1")
    token = await show.asked()
    show.page.begin(token)
    await deleted(show.chat, "m1")
    assert (await show.ended(), await show.chat.points("alice")) == (["failed"], 300)
    assert show.page.playing == {}
