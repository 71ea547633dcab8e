"""The gateway connection: how it is opened, and subscribed in either version."""

import asyncio

from pixel_bot.model.channel_events import Follow, Tip
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from tests.harness.joystick_server import (
    CHANNEL,
    V1,
    V2,
    RecordingListener,
    Server,
)
from tests.platforms.joystick.gateway.gateway_helpers import hasty

REJECT_V1 = {"type": "reject_subscription", "identifier": V1}
REJECT_V2 = {"type": "reject_subscription", "identifier": V2}
CONFIRM_V1 = {"type": "confirm_subscription", "identifier": V1}


async def test_the_access_token_opens_the_socket_and_the_second_version_is_asked_for(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener
) -> None:
    door = await joystick.subscribed()
    assert door.token == "access-0"
    await door.say("hello")
    assert await listener.words(1) == ["hello"]
    assert platform.problems() == []
    assert platform.summary() == "connected"


async def test_nothing_is_subscribed_before_the_welcome(joystick: Server, listener: RecordingListener) -> None:
    door = await joystick.door()
    await door.send({"type": "ping", "message": 1})
    await asyncio.sleep(0.1)
    assert door.commands.empty()
    await door.welcome()


async def test_no_welcome_leads_to_another_connection(joystick: Server, platform: JoystickPlatform) -> None:
    hasty(platform, welcome=0.1)
    await (await joystick.door()).left()
    await joystick.door()
    assert "no welcome" in platform.connection.down_reason


async def test_the_first_version_where_the_second_is_rejected(joystick: Server, listener: RecordingListener) -> None:
    door = await joystick.door()
    await door.send({"type": "welcome"})
    assert (await door.command())["identifier"] == V2
    await door.send(REJECT_V2)
    assert await door.command() == {"command": "subscribe", "identifier": V1}
    await door.send(CONFIRM_V1)
    metadata = '{"who":"Bob","what":"Tipped","how_much":2,"tip_menu_item":"Hydrate"}'
    message = {"id": "e1", "event": "StreamEvent", "type": "Tipped", "text": "<b>", "metadata": metadata}
    await door.send({"identifier": V1, "message": message | {"channelId": CHANNEL}})
    tip = await listener.next()
    assert isinstance(tip, Tip)
    assert (tip.tokens, tip.item) == (2, "Hydrate")


async def test_events_of_one_version_on_a_subscription_of_the_other(
    joystick: Server, listener: RecordingListener
) -> None:
    door = await joystick.subscribed()
    await door.send({"message": {"id": "e1", "type": "Followed", "metadata": '{"who":"Bob"}', "channelId": CHANNEL}})
    await door.event("followed", {"who": "Bob"})
    assert [type(await listener.next()) for _ in range(2)] == [Follow, Follow]


async def test_both_versions_rejected_is_told_and_tried_again(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener
) -> None:
    door = await joystick.door()
    await door.send({"type": "welcome"})
    for rejection in (REJECT_V2, REJECT_V1):
        await door.command()
        await door.send(rejection)
    await door.left()
    await joystick.door()
    assert "the subscription was rejected" in platform.problems()[0]


async def test_another_confirmation_is_none(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener
) -> None:
    door = await joystick.door()
    await door.send({"type": "welcome"})
    await door.command()
    await door.send({"type": "confirm_subscription", "identifier": V2.replace(",", ", ")})
    await door.send(CONFIRM_V1)
    await asyncio.sleep(0.1)
    assert not platform.connection.is_up


async def test_an_unconfirmed_subscription_is_asked_for_three_times(
    joystick: Server, platform: JoystickPlatform
) -> None:
    hasty(platform, confirm=0.05)
    door = await joystick.door()
    await door.send({"type": "welcome"})
    assert [(await door.command())["identifier"] for _ in range(3)] == [V2] * 3
    await door.left()
    await joystick.subscribed()
    assert "not confirmed" in platform.connection.down_reason
    await platform.connection.ready()


async def test_what_comes_before_the_confirmation_is_heard(joystick: Server, listener: RecordingListener) -> None:
    door = await joystick.door()
    await door.send({"type": "welcome"})
    await door.command()
    await door.say("early")
    await door.send({"type": "confirm_subscription", "identifier": V2})
    await door.say("late")
    assert await listener.words(2) == ["early", "late"]


async def test_another_welcome_is_answered_with_another_subscription(
    joystick: Server, listener: RecordingListener
) -> None:
    door = await joystick.subscribed()
    await door.welcome()
    await door.say("still here")
    assert await listener.words(1) == ["still here"]
