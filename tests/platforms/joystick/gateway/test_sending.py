"""Messages to Joystick's chat: over the socket and by the API."""

import asyncio

import orjson
import pytest

from pixel_bot.model.channel_events import Follow
from pixel_bot.model.outgoing import Outgoing, SendFailed
from pixel_bot.platforms.joystick.gateway_socket import GatewayLost
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.platforms.joystick.sender import JoystickSender
from tests.harness.joystick_server import (
    CHANNEL,
    V2,
    RecordingListener,
    Server,
)
from tests.platforms.joystick.gateway.gateway_helpers import FREE, PAID, WHISPER


async def test_free_words_go_over_the_socket(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, voice: JoystickSender
) -> None:
    door = await joystick.subscribed()
    await platform.connection.ready()
    sent = await voice.send(FREE)
    assert sent.startswith("joystick:")
    command = await door.command()
    assert (command["command"], command["identifier"]) == ("message", V2)
    assert orjson.loads(command["data"]) == {"action": "send_message", "text": "Hello there", "channel_id": CHANNEL}
    assert joystick.said == []


async def test_paid_words_and_whispers_go_by_the_api(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, voice: JoystickSender
) -> None:
    await joystick.subscribed()
    await platform.connection.ready()
    assert await voice.send(PAID) == "joystick:m1"
    assert await voice.send(WHISPER) == "joystick:m2"
    assert joystick.said == [{"text": "Bought it"}, {"text": "secret", "username": "bob"}]


async def test_without_a_socket_all_goes_by_the_api(joystick: Server, voice: JoystickSender) -> None:
    assert await voice.send(FREE) == "joystick:m1"
    assert joystick.said == [{"text": "Hello there"}]


@pytest.mark.parametrize("status", [403, 404, 405, 501])
async def test_where_the_api_takes_nothing_it_is_asked_once_a_connection(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, voice: JoystickSender, status: int
) -> None:
    door = await joystick.subscribed()
    await platform.connection.ready()
    joystick.answers["v1/chat/messages"] = [(status, {"error": "no"})]
    for _ in range(2):
        assert (await voice.send(PAID)).startswith("joystick:")
        assert (await door.action())["action"] == "send_message"
    assert joystick.times("v1/chat/messages") == 1
    await voice.send(WHISPER)
    assert joystick.said == [{"text": "secret", "username": "bob"}], "whispers are another matter"
    await door.cut()
    await joystick.subscribed()
    await platform.connection.ready()
    await voice.send(PAID)
    assert joystick.times("v1/chat/messages") == 2


async def test_a_whisper_over_the_socket(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, voice: JoystickSender
) -> None:
    door = await joystick.subscribed()
    await platform.connection.ready()
    joystick.answers["v1/chat/whispers"] = [(403, {})]
    await voice.send(WHISPER)
    expected = {"action": "send_whisper", "username": "bob", "text": "secret", "channel_id": CHANNEL}
    assert await door.action() == expected


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_refusal_on_the_socket_is_a_failure_of_what_was_paid_for(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, voice: JoystickSender, wrapped: bool
) -> None:
    door = await joystick.subscribed()
    await platform.connection.ready()
    joystick.answers["v1/chat/messages"] = [(404, {})]
    sending = asyncio.create_task(voice.send(PAID))
    await door.action()
    error = {"error": "You are muted"}
    await door.send({"identifier": V2, "message": error} if wrapped else error)
    with pytest.raises(SendFailed, match="You are muted") as refused:
        await sending
    assert (refused.value.retry, refused.value.unconfirmed) == (False, False)
    await door.say("still connected")
    assert await listener.words(1) == ["still connected"]


async def test_an_event_may_have_a_field_named_error(joystick: Server, listener: RecordingListener) -> None:
    door = await joystick.subscribed()
    await door.event("followed", {"who": "Bob"}, error="none")
    assert isinstance(await listener.next(), Follow)


async def test_one_unsure_message_at_a_time(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, voice: JoystickSender
) -> None:
    door = await joystick.subscribed()
    await platform.connection.ready()
    joystick.answers["v1/chat/messages"] = [(404, {})]
    paid = asyncio.create_task(voice.send(PAID))
    assert (await door.action())["text"] == "Bought it"
    rest = [asyncio.create_task(voice.send(message)) for message in (FREE, Outgoing("Second", paid=True))]
    await asyncio.sleep(0.05)
    assert door.commands.empty(), "an error that comes now belongs to the first"
    await door.send({"error": "no"})
    with pytest.raises(SendFailed):
        await paid
    assert (await door.action())["text"] == "Hello there"
    await door.action()
    await asyncio.gather(*rest)


async def test_a_connection_lost_on_the_way_leaves_it_unsure(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, voice: JoystickSender
) -> None:
    door = await joystick.subscribed()
    await platform.connection.ready()
    joystick.answers["v1/chat/messages"] = [(404, {})]
    sending = asyncio.create_task(voice.send(PAID))
    await door.action()
    await door.cut()
    await joystick.subscribed()
    with pytest.raises(SendFailed) as lost:
        await sending
    assert (lost.value.retry, lost.value.unconfirmed) == (True, True)


@pytest.mark.parametrize(("status", "retry"), [(400, False), (422, False), (429, True), (500, True), (503, True)])
async def test_what_the_api_refuses(joystick: Server, voice: JoystickSender, status: int, retry: bool) -> None:
    joystick.answers["v1/chat/messages"] = [(status, {"message": "no"})] * 2
    with pytest.raises(SendFailed) as refused:
        await voice.send(PAID)
    assert (refused.value.retry, refused.value.unconfirmed) == (retry, False)


async def test_no_answer_leaves_it_unsure(platform: JoystickPlatform, joystick: Server, voice: JoystickSender) -> None:
    platform.api._base = "http://127.0.0.1:1/"
    with pytest.raises(SendFailed) as lost:
        await voice.send(PAID)
    assert (lost.value.retry, lost.value.unconfirmed) == (True, True)


async def test_nothing_is_sent_by_a_bot_that_is_not_installed(
    platform: JoystickPlatform, joystick: Server, voice: JoystickSender
) -> None:
    await platform.installations.forget()
    with pytest.raises(SendFailed) as refused:
        await voice.send(PAID)
    assert not refused.value.retry
    assert joystick.said == []


async def test_words_are_cut(joystick: Server, voice: JoystickSender) -> None:
    await voice.send(Outgoing("x" * 2_000, paid=True))
    assert len(joystick.said[0]["text"]) == 500


async def test_a_command_without_a_connection(platform: JoystickPlatform, joystick: Server) -> None:
    with pytest.raises(GatewayLost):
        await platform.connection.perform("send_message", text="hello")
