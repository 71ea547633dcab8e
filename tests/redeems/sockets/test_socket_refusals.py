"""What is refused over real sockets, and what harms nobody."""

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.harness.page_double import PageDouble
from tests.redeems.sockets.running import RunningRedeems


async def test_the_wrong_key_opens_nothing(show: RunningRedeems) -> None:
    for key in ("", "wrong", show.key[:-1]):
        with pytest.raises((ConnectionClosed, InvalidStatus)):
            await (await connect(f"ws://{show.address}/overlay/ws?key={key}")).recv()
    double = PageDouble(show.address, show.key)
    for path in ("/overlay", f"/overlay?key={show.key[:-1]}", "/overlay/sound/coin?key=x", "/overlay/audio/1?key=x"):
        with pytest.raises(AssertionError):
            await double.fetch(path)
    assert b"<html" in await double.fetch(f"/overlay?key={show.key}")


async def test_another_web_page_cannot_reach_the_overlay(show: RunningRedeems) -> None:
    url = f"ws://{show.address}/overlay/ws?key={show.key}"
    with pytest.raises((ConnectionClosed, InvalidStatus)):
        await (await connect(url, origin="https://evil.example")).recv()  # pyright: ignore[reportArgumentType]


async def test_odd_words_of_a_page_harm_nobody(show: RunningRedeems, page: PageDouble) -> None:
    odd: list[dict[str, Any]] = [
        {"do": "ack"},
        {"do": "ack", "id": 5, "state": "finished"},
        {"do": "ack", "id": "x", "state": "finished"},
        {"do": "ack", "id": "x", "state": "started", "seconds": "long"},
        {"do": ["hello"]},
        {"do": None},
    ]
    for message in odd:
        await page.send(**message)
    await page._socket.send("[not json")  # pyright: ignore[reportOptionalMemberAccess]
    await page._socket.send(b"\xff\xfe")  # pyright: ignore[reportOptionalMemberAccess]
    await show.live.ask("alice", "!sound coin")
    assert await show.ended() == ["done"]


async def test_events_are_shown_on_the_page(show: RunningRedeems, page: PageDouble) -> None:
    from datetime import UTC, datetime

    from pixel_bot.sandbox.twitch import frames
    from pixel_bot.sandbox.twitch.users import sandbox_user

    now = datetime.now(UTC)
    await show.live.twitch.notify("channel.bits.use", frames.bits_use(sandbox_user("bob"), 50), "c1", now)
    async with asyncio.timeout(20):
        while not page.alerts:
            page._news.clear()
            await page._news.wait()
    assert page.alerts == [{"type": "alert", "kind": "cheer", "name": "bob", "text": "bob cheered 50 bits"}]


async def test_a_redeem_costs_guests_of_a_shared_chat_nothing(show: RunningRedeems) -> None:
    from datetime import UTC, datetime

    from pixel_bot.sandbox.twitch import frames
    from pixel_bot.sandbox.twitch.users import sandbox_user

    event = frames.chat_message(sandbox_user("alice"), "!sound coin", "g1") | {"source_broadcaster_user_id": "77"}
    await show.live.twitch.notify("channel.chat.message", event, "g1", datetime.now(UTC))
    await show.live.settled()
    assert await show.points() == 1_000


REDEEMS = {"tts": "!tts hello", "pixel": "!pixel hi?", "sound": "!sound coin", "spin": "!spin", "clip": "!clip"}
NAMES = {
    "tts": "Text-to-Speech",
    "pixel": "AI chat response",
    "sound": "Play sound effect",
    "spin": "Prize wheel",
    "clip": "Save OBS clip",
}


@pytest.mark.parametrize("key", REDEEMS)
async def test_each_refusal_of_each_redeem(show: RunningRedeems, page: PageDouble, key: str) -> None:
    """Off, blocked, on cooldown, no room, nothing typed, too poor: each has its sentence, and none costs anything."""
    ask, line = show.live.ask, REDEEMS[key]
    await ask("mila", f"!redeem off {key}", "moderator")
    assert await ask("alice", line) == f"{NAMES[key]} is switched off right now."
    await ask("mila", f"!redeem on {key}", "moderator")
    await ask("mila", f"!block @alice {key}", "moderator")
    assert await ask("alice", line) == f"A mod has blocked you from {NAMES[key]}."
    await ask("mila", f"!unblock @alice {key}", "moderator")
    await ask("mila", f"!redeem cost {key} 600", "moderator")
    await ask("mila", "!queue pause", "moderator")

    assert "400 points left." in await ask("alice", line)
    assert (await ask("alice", line)).startswith(f"You are on cooldown for {NAMES[key]}: ")
    await ask("mila", f"!redeem cooldown {key} 0", "moderator")
    await ask("mila", "!cooldowns reset @alice", "moderator")
    short = "That takes 600 points, you have 400 (200 short)."
    assert await ask("alice", line) == short
    if key in {"tts", "pixel"}:
        assert "like this: !" in await ask("alice", f"!{key}")
    await ask("mila", f"!redeem cost {key} 0", "moderator")
    await ask("alice", line)
    assert await ask("alice", line) == (
        f"No room for {NAMES[key]} right now. You have enough waiting there already; try again in a moment. "
        "Nothing was charged."
    )
    assert await show.points() == 400
    await ask("mila", "!queue clear", "moderator")
    assert await show.points() == 1_000
