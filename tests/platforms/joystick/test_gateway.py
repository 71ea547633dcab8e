"""The connection to Joystick.tv, over real sockets: every way in which it can go wrong, and how the bot comes back."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, cast

import orjson
import pytest
from aiohttp import WSMessage, WSMsgType

from pixel_bot.model.channel_events import Follow, Tip
from pixel_bot.model.chat_message import ChatMessage, chat_message
from pixel_bot.model.outgoing import Outgoing, SendFailed
from pixel_bot.model.people import Person
from pixel_bot.platforms.joystick import gateway_connection as connection_module
from pixel_bot.platforms.joystick.api import ApiRefused
from pixel_bot.platforms.joystick.frame_dispatch import MOST_AHEAD
from pixel_bot.platforms.joystick.gateway_connection import NOT_AUTHORIZED, STOPPED_BY_SERVER
from pixel_bot.platforms.joystick.gateway_socket import GatewayLost, GatewaySocket, GatewayTimeouts
from pixel_bot.platforms.joystick.installations import WITHDRAWN
from pixel_bot.platforms.joystick.platform import JoystickPlatform
from pixel_bot.platforms.joystick.sender import JoystickSender
from pixel_bot.platforms.wire import NoAnswer
from pixel_bot.testing import SettableClock
from tests.harness.joystick_server import (
    BASIC,
    CHANNEL,
    V1,
    V2,
    RecordingListener,
    Server,
    client,
    grant,
    opened_database,
    server,
)

REJECT_V1 = {"type": "reject_subscription", "identifier": V1}
REJECT_V2 = {"type": "reject_subscription", "identifier": V2}
CONFIRM_V1 = {"type": "confirm_subscription", "identifier": V1}
UNAUTHORIZED = {"type": "disconnect", "reason": "unauthorized", "reconnect": False}


@pytest.fixture
async def joystick() -> AsyncGenerator[Server]:
    async with server() as built:
        yield built


@pytest.fixture
async def platform(
    joystick: Server, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[JoystickPlatform]:
    """Installed, and about to listen."""
    monkeypatch.setattr(connection_module, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(connection_module, "LONGEST_PAUSE", 0.05)
    async with opened_database(tmp_path) as database, client(joystick.base, database, clock) as built:
        await built.installations.keep(grant(clock), CHANNEL, "Pixel_Street", pending=False)
        yield built


@pytest.fixture
async def listener(platform: JoystickPlatform) -> RecordingListener:
    """Who listens, from the start of the test."""
    listening = RecordingListener()
    platform.listen(listening)
    return listening


def hasty(platform: JoystickPlatform, **seconds: float) -> RecordingListener:
    """Who listens to a bot that is impatient in one respect."""
    platform.connection.timeouts = GatewayTimeouts(**({"welcome": 10.0, "confirm": 10.0, "silence": 10.0} | seconds))
    listener = RecordingListener()
    platform.listen(listener)
    return listener


async def until_down(platform: JoystickPlatform) -> str:
    """Wait until the connection is not tried any more. Returns the sentence for people."""
    async with asyncio.timeout(10):
        while not platform.connection.problem:
            await asyncio.sleep(0.01)
    return platform.connection.problem


# In


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


# What arrives


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


# Busy or silent


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
    assert await GatewaySocket(cast(Any, Sleepy(0.3)), patience).read() == {"type": "x"}
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


# Keys


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


# Speaking


@pytest.fixture
def voice(platform: JoystickPlatform) -> JoystickSender:
    platform.sender._error_seconds = 0.2
    return platform.sender


FREE, PAID = Outgoing("Hello\n there"), Outgoing("Bought\n it", paid=True)
WHISPER = Outgoing("secret", whisper_to="bob")


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


# Its own words


def spoken(text: str, login: str = "somebody") -> ChatMessage:
    return chat_message(Person(login, login, login, "joystick"), "joystick:1", SettableClock().now(), text)


async def test_its_own_words_are_known_once(joystick: Server, voice: JoystickSender) -> None:
    await voice.send(Outgoing("Tea & <cake>\n now", paid=True))
    assert voice.is_own(spoken("Tea &amp; ‹cake&gt; now"))
    assert not voice.is_own(spoken("Tea & ‹cake> now")), "a viewer says it again"


async def test_whispers_and_failures_do_not_come_back(joystick: Server, voice: JoystickSender) -> None:
    await voice.send(WHISPER)
    joystick.answers["v1/chat/messages"] = [(422, {})]
    with pytest.raises(SendFailed):
        await voice.send(PAID)
    assert not voice.is_own(spoken("secret"))
    assert not voice.is_own(spoken("Bought it"))


async def test_words_that_come_back_late_are_somebody_elses(
    joystick: Server, voice: JoystickSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_bot.platforms.joystick.sender.ECHO_SECONDS", -1.0)
    await voice.send(PAID)
    assert not voice.is_own(spoken("Bought it"))


async def test_the_bots_name_is_what_joystick_says_and_never_the_streamers(
    joystick: Server, platform: JoystickPlatform, voice: JoystickSender
) -> None:
    await platform.monitor.check()
    assert voice.is_own(spoken("anything", "pixel_bot"))
    assert not voice.is_own(spoken("anything", "pixel_street"))
    joystick.answers["oauth/introspect"] = [(200, {"active": True, "username": "PIXEL_street"})]
    await platform.monitor.check()
    assert not voice.is_own(spoken("anything", "pixel_street"))
    assert not voice.is_own(spoken("anything", "pixel_bot"))


async def test_its_own_words_are_not_heard(
    joystick: Server, platform: JoystickPlatform, listener: RecordingListener, voice: JoystickSender
) -> None:
    door = await joystick.subscribed()
    await platform.connection.ready()
    await voice.send(FREE)
    await door.say("Hello there", "Pixel_Street")
    await door.say("hi", "Bob")
    assert await listener.words(1) == ["hi"]


# What an odd server must not do to us


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
