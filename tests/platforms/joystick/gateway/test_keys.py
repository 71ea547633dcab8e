"""The keys that open the gateway connection, and what follows when they are refused."""

import asyncio
import logging

import pytest

from pixel_bot.platforms.joystick.gateway_connection import NOT_AUTHORIZED
from pixel_bot.platforms.joystick.installations import WITHDRAWN
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.testing import SettableClock
from tests.harness.joystick_server import (
    BASIC,
    CHANNEL,
    RecordingListener,
    Server,
    grant,
)
from tests.platforms.joystick.gateway.gateway_helpers import until_down

UNAUTHORIZED = {"type": "disconnect", "reason": "unauthorized", "reconnect": False}


async def refuse(joystick: Server, how: str) -> str:
    """Turn the next client away. Returns the key that it came with."""
    door = await joystick.door()
    if how == "disconnect":
        await door.send(UNAUTHORIZED)
    await door.socket.close(code=4401)
    await door.left()
    return door.token


@pytest.mark.parametrize("how", ["4401", "disconnect"])
async def test_the_bots_own_key_where_the_token_is_refused(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, how: str
) -> None:
    assert await refuse(joystick, how) == "access-0"
    door = await joystick.subscribed()
    assert door.token == BASIC
    await platform.connection.ready()
    assert joystick.times("oauth/token") == 0
    await door.cut()
    assert (await joystick.subscribed()).token == BASIC, "it remembers which one worked"


async def test_a_refusal_before_the_socket_is_open(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener
) -> None:
    joystick.refuses = {"access-0"}
    assert (await joystick.subscribed()).token == BASIC


@pytest.mark.parametrize("how", ["4401", "disconnect"])
async def test_both_keys_refused_leads_to_one_refresh_and_then_to_the_page(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, clock: SettableClock, how: str
) -> None:
    tried = [await refuse(joystick, how) for _ in range(4)]
    assert tried == ["access-0", BASIC, "access-1", BASIC]
    assert await until_down(platform) == NOT_AUTHORIZED
    assert platform.problems() == [NOT_AUTHORIZED]
    before = list(joystick.requests)
    await asyncio.sleep(0.2)
    assert joystick.nobody_knocks
    assert joystick.requests == before
    assert joystick.times("oauth/token") == 1
    await platform.installations.keep(grant(clock, 7), CHANNEL, "Pixel_Street", pending=False)
    assert (await joystick.subscribed()).token == "access-7"


async def test_a_refused_subscription_counts_as_a_refused_key(joystick: Server, listener: RecordingListener) -> None:
    door = await joystick.door()
    await door.send({"type": "welcome"})
    await door.command()
    await door.socket.close(code=4401)
    assert (await joystick.subscribed()).token == BASIC


async def test_a_token_that_ends_while_it_is_used_is_renewed(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener
) -> None:
    door = await joystick.subscribed()
    await platform.connection.ready()
    await door.socket.close(code=4401)
    assert (await joystick.subscribed()).token == "access-1"
    await platform.connection.ready()
    assert joystick.times("oauth/token") == 1


async def test_a_refresh_that_fails_for_now_is_tried_again(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener
) -> None:
    joystick.answers["oauth/token"] = [(500, {}), (503, {})]
    assert [await refuse(joystick, "4401") for _ in range(2)] == ["access-0", BASIC]
    assert (await joystick.subscribed()).token == "access-1"
    assert joystick.times("oauth/token") == 3


async def test_a_withdrawn_bot_says_so_and_is_quiet(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener
) -> None:
    joystick.answers["oauth/token"] = [(400, {"error": "invalid_grant"})]
    await (await joystick.subscribed()).socket.close(code=4401)
    assert await until_down(platform) == WITHDRAWN
    before = list(joystick.requests)
    await asyncio.sleep(0.2)
    assert joystick.requests == before
    assert joystick.nobody_knocks
    assert platform.problems() == [WITHDRAWN]


async def test_another_channel_takes_the_connection_over(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, clock: SettableClock
) -> None:
    former = await joystick.subscribed()
    await platform.connection.ready()
    await platform.installations.keep(grant(clock, 5), "channel-2", "Elsewhere", pending=False)
    await former.left()
    door = await joystick.subscribed()
    assert door.token == "access-5"
    await door.say("old", channel_id=CHANNEL)
    await door.say("new", channel_id="channel-2")
    assert await listener.words(1) == ["new"]


async def test_a_bot_that_is_taken_out_leaves(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener
) -> None:
    door = await joystick.subscribed()
    await platform.installations.forget()
    await door.left()
    await asyncio.sleep(0.1)
    assert joystick.nobody_knocks


async def test_no_key_is_ever_logged(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    joystick.refuses = {"access-0", BASIC}
    joystick.answers["oauth/token"] = [(400, {"error": "invalid_grant"})]
    await until_down(platform)
    joystick.refuses.clear()
    for record in (record for record in caplog.records if record.name.startswith("pixel_bot")):
        shown = f"{record.getMessage()} {record.exc_info}"
        for secret in ("access-0", "refresh-0", BASIC, BASIC.replace("=", "%3D"), "client-secret"):
            assert secret not in shown
