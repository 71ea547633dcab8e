"""What arrives over the gateway connection."""

import asyncio
from typing import Any

import pytest

from pixel_bot.platforms.joystick.platform import JoystickPlatform
from tests.harness.joystick_server import (
    V2,
    RecordingListener,
    Server,
)


async def test_odd_frames_are_left_out(
    joystick: Server, listener: RecordingListener, caplog: pytest.LogCaptureFixture
) -> None:
    door = await joystick.subscribed()
    await door.socket.send_bytes(b"\x00\x01")
    odd: list[Any] = ["not json", "[1]", "null", "{}", '{"type":"news"}', '{"message":5}', '{"message":"tipped"}']
    odd += [{"identifier": V2, "message": {"type": "brand_new", "id": "x"}}, {"type": "tipped", "message": {"id": "x"}}]
    odd += [{"message": {"type": "tipped", "id": "e1", "data": {"how_much": -1}}}, {"message": {"id": "no type"}}]
    for frame in odd:
        await door.send(frame)
    await door.say("hello")
    assert await listener.words(1) == ["hello"]
    assert listener.heard.empty()
    assert caplog.text.count("cannot be read") == 2
    assert caplog.text.count("no JSON object") == 3


async def test_another_channel_is_not_heard(
    joystick: Server, listener: RecordingListener, caplog: pytest.LogCaptureFixture
) -> None:
    door = await joystick.subscribed()
    for _ in range(2):
        await door.event("tipped", {"who": "Bob", "how_much": 50}, channel_id="channel-2")
        await door.send({"message": {"id": "e1", "type": "Followed", "metadata": "{}", "channelId": "channel-2"}})
    await door.say("ours")
    assert await listener.words(1) == ["ours"]
    assert caplog.text.count("another channel") == 1


async def test_a_listener_that_fails_costs_one_message(
    joystick: Server, listener: RecordingListener, caplog: pytest.LogCaptureFixture
) -> None:
    listener.fails = lambda spoken: spoken.text == "poison"
    door = await joystick.subscribed()
    for word in ("one", "poison", "two"):
        await door.say(word)
    assert await listener.words(2) == ["one", "two"]
    assert "what nobody foresaw" in caplog.text
    caplog.clear()


async def test_the_stream_is_asked_for_at_each_connection_and_told_meanwhile(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener
) -> None:
    joystick.is_live = True
    changes: asyncio.Queue[bool] = asyncio.Queue()
    platform.stream.changed.add(lambda: changes.put_nowait(platform.stream.is_live))

    async def told() -> bool:
        async with asyncio.timeout(10):
            return await changes.get()

    door = await joystick.subscribed()
    assert await told() is True
    started = platform.stream.now
    await door.event("stream_started", {})
    await door.event("stream_ended", {})
    assert await told() is False
    await door.event("stream_started", {}, id="again")
    assert await told() is True
    assert platform.stream.now is not None
    assert started is not None
    joystick.is_live = False
    await door.cut()
    await joystick.subscribed()
    assert await told() is False
