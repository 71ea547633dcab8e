"""What an odd server must not do to the bot."""

import asyncio

import pytest

from pixel_bot.platforms.joystick.api import ApiRefused
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.platforms.wire import NoAnswer
from pixel_bot.testing import SettableClock
from tests.harness.joystick_server import (
    V1,
    V2,
    RecordingListener,
    Server,
    grant,
)


@pytest.mark.parametrize("again", [True, False])
async def test_a_subscription_that_is_ended_is_noticed(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, again: bool
) -> None:
    door = await joystick.subscribed()
    await platform.connection.ready()
    if again:
        await door.send({"type": "welcome"})
        assert (await door.command())["identifier"] == V2
    await door.send({"type": "reject_subscription", "identifier": V2})
    async with asyncio.timeout(10):
        if again:
            assert (await door.command())["identifier"] == V1
        else:
            await joystick.door()


async def test_one_thing_that_is_not_for_us_does_not_end_the_installation(
    joystick: Server, platform: JoystickPlatform
) -> None:
    joystick.answers["v1/chat/whispers"] = [(401, {})] * 2
    with pytest.raises(ApiRefused):
        await platform.api.whisper("bob", "hi")
    assert platform.installations.current is not None
    assert platform.installations.current.problem == ""
    assert (await platform.api.identity()).username == "Pixel_Street"


async def test_a_page_of_something_on_the_way_ends_nothing(joystick: Server, platform: JoystickPlatform) -> None:
    joystick.answers["oauth/token"] = [(403, "<html>Attention required</html>")]
    with pytest.raises(NoAnswer):
        await platform.installations.refresh("access-0")
    assert platform.installations.current is not None
    assert platform.installations.current.problem == ""


async def test_two_yeses_at_once_leave_one_installation(platform: JoystickPlatform, clock: SettableClock) -> None:
    for number in (2, 3):
        await platform.installations.keep(grant(clock, number), f"channel-{number}", f"Other{number}", pending=True)
    answers = (platform.installations.confirm(f"channel-{number}") for number in (2, 3))
    await asyncio.gather(*answers, return_exceptions=True)
    assert platform.installations.current is not None
    assert platform.installations.pending == ()
