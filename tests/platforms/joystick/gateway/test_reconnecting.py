"""A gateway connection that is silent or lost is replaced."""

import asyncio
import time
from typing import Any, cast

import pytest
from aiohttp import WSMessage, WSMsgType

from pixel_bot.platforms.joystick.frame_dispatch import MOST_AHEAD
from pixel_bot.platforms.joystick.gateway_connection import STOPPED_BY_SERVER
from pixel_bot.platforms.joystick.gateway_socket import GatewayLost, GatewaySocket, GatewayTimeouts
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.testing import SettableClock
from tests.harness.joystick_server import (
    CHANNEL,
    RecordingListener,
    Server,
    grant,
)
from tests.platforms.joystick.frames import frame
from tests.platforms.joystick.gateway.gateway_helpers import hasty, until_down


async def test_silence_ends_the_connection(joystick: Server, platform: JoystickPlatform) -> None:
    hasty(platform, silence=0.3)
    door = await joystick.subscribed()
    for _ in range(4):
        await asyncio.sleep(0.15)
        await door.send({"type": "ping", "message": 1})
    assert platform.connection.is_up
    await door.left()
    await joystick.door()
    assert platform.connection.down_reason == "Joystick.tv fell silent"


async def test_a_busy_bot_is_not_a_silent_server(joystick: Server, platform: JoystickPlatform) -> None:
    listener = hasty(platform, silence=0.3)
    door = await joystick.subscribed()
    listener.is_congested = True
    for number in range(20):
        await door.say(f"line-{number}")
    async with asyncio.timeout(10):
        await listener.breathing.wait()
    for _ in range(6):
        await asyncio.sleep(0.1)
        await door.send({"type": "ping", "message": 1})
    assert listener.heard.empty()
    listener.is_congested = False
    listener.room.set()
    assert await listener.words(20) == [f"line-{number}" for number in range(20)]
    assert platform.connection.connections == 1


class Sleepy:
    """A socket with a frame that comes while the whole program stands still for so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._stalls = [seconds]

    async def receive(self) -> WSMessage:
        if self._stalls:
            time.sleep(self._stalls.pop())
            await asyncio.sleep(10)
        return WSMessage(WSMsgType.TEXT, '{"message":{"type":"x"}}', None)


async def test_a_program_that_stood_still_does_not_blame_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixel_bot.platforms.joystick.gateway_socket.STALL_SECONDS", 0.1)
    patience = GatewayTimeouts(silence=0.05)
    assert await GatewaySocket(cast(Any, Sleepy(0.3)), patience).read() == frame({"type": "x"})
    with pytest.raises(GatewayLost, match="fell silent"):
        await GatewaySocket(cast(Any, Sleepy(0.0)), patience).read()


async def test_what_was_read_before_a_cut_is_heard(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener
) -> None:
    door = await joystick.subscribed()
    listener.is_congested = True
    await door.say("one")
    await door.say("two")
    async with asyncio.timeout(10):
        await listener.breathing.wait()
    await asyncio.sleep(0.05)
    await door.cut()
    listener.is_congested = False
    listener.room.set()
    assert await listener.words(2) == ["one", "two"]


async def test_what_has_arrived_is_heard_before_the_end(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener
) -> None:
    door = await joystick.subscribed()
    await platform.connection.ready()
    for number in range(50):
        await door.say(f"line-{number}")
    await platform.stop_listening()
    assert listener.heard.qsize() == 50
    assert MOST_AHEAD > 50


# Lost


async def test_a_cut_leads_to_another_connection(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener
) -> None:
    for _ in range(3):
        door = await joystick.subscribed()
        await platform.connection.ready()
        await door.cut()
    door = await joystick.subscribed()
    await door.say("back")
    assert await listener.words(1) == ["back"]
    assert platform.connection.connections == 4
    assert platform.problems() == []


async def test_how_long_it_is_away_is_told(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, clock: SettableClock
) -> None:
    door = await joystick.subscribed()
    await platform.connection.ready()
    await door.cut()
    await joystick.door()
    clock.advance(90)
    assert platform.problems()[0].startswith("Joystick.tv has been away for 1m 30s: the connection ")
    assert platform.summary() == "away for 1m 30s"


async def test_a_server_that_asks_to_come_back(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener
) -> None:
    door = await joystick.subscribed()
    await door.send({"type": "disconnect", "reason": "server_restart", "reconnect": True})
    await door.left()
    await joystick.subscribed()
    assert platform.connection.down_reason == "Joystick.tv ended it (server_restart)"


@pytest.mark.parametrize("reason", ["invalid_request", "remote", "server_restart", None])
async def test_a_server_that_asks_not_to_come_back(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, clock: SettableClock, reason: str | None
) -> None:
    door = await joystick.subscribed()
    await door.send({"type": "disconnect", "reason": reason, "reconnect": False})
    assert await until_down(platform) == STOPPED_BY_SERVER
    assert platform.problems() == [STOPPED_BY_SERVER]
    await asyncio.sleep(0.2)
    assert joystick.nobody_knocks
    await platform.installations.keep(grant(clock, 1), CHANNEL, "Pixel_Street", pending=False)
    door = await joystick.subscribed()
    assert door.token == "access-1"
    await platform.connection.ready()
    assert platform.problems() == []
