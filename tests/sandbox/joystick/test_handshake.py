"""Joystick's double: opening its socket, and subscribing."""

import json
import time

import pytest

from tests.sandbox.joystick.client import PROTOCOL, V1, V2, WELCOME, Double

SPACED = '{"event_version": "v2",  "channel": "GatewayChannel"}'


async def test_the_handshake(double: Double) -> None:
    double.joystick.gateway.ping_seconds = 0.01
    async with double.cable() as cable:
        assert cable.socket.protocol == PROTOCOL
        assert await cable.text() == WELCOME
        for _ in range(3):
            ping = await cable.frame()
            assert set(ping) == {"type", "message"}
            assert ping["type"] == "ping"
            assert abs(ping["message"] - time.time()) < 10


async def test_either_key_opens_and_the_other_may_be_closed(double: Double) -> None:
    for accepted, key, other in (("jwt", double.access, double.basic), ("basic", double.basic, double.access)):
        double.joystick.accepts = {accepted}
        async with double.cable(key) as cable:
            assert await cable.text() == WELCOME
        async with double.cable(other) as cable:
            assert await cable.frame() == {"type": "disconnect", "reason": "unauthorized", "reconnect": False}
            assert await cable.end() == 4401
    assert not double.joystick.gateway.connections


async def test_a_basic_key_must_be_quoted(double: Double) -> None:
    assert {"+", "/", "="} <= set(double.basic)
    async with double.cable(double.basic, quoted=False) as cable:
        assert (await cable.frame())["reason"] == "unauthorized"


@pytest.mark.parametrize("key", ["", "made up"])
async def test_who_is_not_known_is_turned_away(double: Double, key: str) -> None:
    async with double.cable(key) as cable:
        assert await cable.frame() == {"type": "disconnect", "reason": "unauthorized", "reconnect": False}
        assert await cable.end() == 4401


@pytest.mark.parametrize("identifier", [V1, V2, SPACED])
async def test_a_confirmation_repeats_the_identifier(double: Double, identifier: str) -> None:
    async with double.cable() as cable:
        await cable.text()
        await cable.command("subscribe", identifier)
        assert await cable.frame() == {"identifier": identifier, "type": "confirm_subscription"}
        await double.joystick.say("Jules", "hi")
        assert (await cable.frame())["identifier"] == identifier


async def test_a_version_that_is_not_there_is_rejected_until_it_is(double: Double) -> None:
    double.joystick.gateway.versions = {"v1"}
    async with double.cable() as cable:
        await cable.text()
        for identifier in (V2, V2.replace("v2", "v3")):
            await cable.command("subscribe", identifier)
            assert await cable.frame() == {"identifier": identifier, "type": "reject_subscription"}
        await cable.subscribe(V1)
        double.joystick.gateway.versions.add("v2")
        await cable.subscribe(V2)


async def test_each_subscription_hears_its_own_version(double: Double) -> None:
    async with double.subscribed(V1, V2) as cable:
        await double.joystick.say("Jules", "hi", message_id="m1")
        one, two = await cable.frame(), await cable.frame()
        assert (one["identifier"], one["message"]["messageId"]) == (V1, "m1")
        assert (two["identifier"], two["message"]["v"], two["message"]["id"]) == (V2, 2, "m1")
        assert double.joystick.notified == 2
        await cable.command("unsubscribe", V1)
        await cable.act(action="send_message", text="done", channel_id=double.joystick.channel_id)
        assert (await cable.frame())["identifier"] == V2


async def test_a_subscription_that_stands_is_not_confirmed_again(double: Double) -> None:
    async with double.subscribed() as cable:
        await cable.command("subscribe")
        await cable.until_read()
        await double.joystick.say("Jules", "hi")
        assert {(await cable.frame())["identifier"] for _ in range(2)} == {V1, V2}


ODD = (
    "nonsense",
    "[]",
    "5",
    "{}",
    json.dumps({"command": "subscribe"}),
    json.dumps({"command": "subscribe", "identifier": ["x"]}),
    json.dumps({"command": "subscribe", "identifier": "no json"}),
    json.dumps({"command": "subscribe", "identifier": "[]"}),
    json.dumps({"command": "subscribe", "identifier": '{"channel":"OtherChannel"}'}),
    json.dumps({"command": ["subscribe"], "identifier": V2}),
    json.dumps({"command": "sing", "identifier": V2}),
    json.dumps({"command": "unsubscribe", "identifier": V1}),
    json.dumps({"command": "unsubscribe", "identifier": [V1]}),
    json.dumps({"command": "message", "identifier": V2}),
    json.dumps({"command": "message", "identifier": V2, "data": {"action": "send_message"}}),
    json.dumps({"command": "message", "identifier": V2, "data": "[1]"}),
    json.dumps({"command": "message", "identifier": V1, "data": '{"action":"send_message","text":"not subscribed"}'}),
)


async def test_what_cannot_be_read_is_not_answered(double: Double) -> None:
    async with double.subscribed() as cable:
        for raw in ODD:
            await cable.socket.send_str(raw)
        await cable.socket.send_bytes(b"\xff\x00")
        await cable.until_read()
        assert not double.joystick.said
        assert len(double.joystick.gateway.connections) == 1
