"""Joystick's double: what goes wrong when told."""

import asyncio
import contextlib
import time

import pytest

from tests.sandbox.joystick.client import SECONDS, V1, V2, Cable, Double


async def test_a_connection_is_cut(double: Double) -> None:
    async with double.subscribed() as one, double.subscribed() as two:
        double.joystick.gateway.cut()
        assert await one.end() == 1006
        assert await two.end() == 1006
        await double.joystick.gateway.left()


async def test_a_connection_is_cut_in_a_frame(double: Double) -> None:
    async with double.subscribed() as cable:
        await double.joystick.gateway.cut_in_a_frame()
        assert await cable.end() == 1006
        await double.joystick.gateway.left()


async def heard_before_silence(cable: Cable) -> list[str]:
    """What kinds of frames come before nothing comes any more."""
    kinds: list[str] = []
    with contextlib.suppress(TimeoutError):
        for _ in range(20):
            kinds.append((await cable.socket.receive(0.3)).json()["type"])
        pytest.fail("It goes on talking.")
    return kinds


async def test_a_connection_falls_silent_and_stays_open(double: Double) -> None:
    double.joystick.gateway.ping_seconds = 0.01
    async with double.subscribed() as cable:
        double.joystick.gateway.fall_silent()
        await double.joystick.say("Jules", "hi")
        # A ping may have been on its way.
        assert set(await heard_before_silence(cable)) <= {"ping"}
        assert not cable.socket.closed
        assert len(double.joystick.gateway.connections) == 1
        async with double.subscribed():
            pass


async def test_nobody_is_welcomed(double: Double) -> None:
    double.joystick.gateway.welcomes = False
    double.joystick.gateway.ping_seconds = 0.01
    async with double.cable() as cable:
        assert [(await cable.frame())["type"] for _ in range(3)] == ["ping"] * 3


@pytest.mark.parametrize("reconnect", [True, False])
async def test_all_are_asked_to_leave(double: Double, reconnect: bool) -> None:
    async with double.subscribed() as cable:
        await double.joystick.gateway.disconnect(reconnect=reconnect)
        frame = {"type": "disconnect", "reason": "server_restart", "reconnect": reconnect}
        assert await cable.frame() == frame
        assert await cable.end() == 1000


@pytest.mark.parametrize("code", [4401, 1012])
async def test_a_connection_is_closed_with_a_code(double: Double, code: int) -> None:
    async with double.subscribed() as cable:
        await double.joystick.gateway.close_all(code)
        assert await cable.end() == code


async def test_a_subscription_is_lost_once(double: Double) -> None:
    double.joystick.gateway.unconfirmed = 1
    async with double.cable() as cable:
        await cable.text()
        await cable.command("subscribe")
        await cable.subscribe()


async def test_a_subscription_is_confirmed_late_and_once(double: Double) -> None:
    double.joystick.gateway.confirm_after = 0.2
    async with double.cable() as cable:
        await cable.text()
        asked = time.monotonic()
        await cable.command("subscribe")
        await cable.command("subscribe")
        while not double.joystick.gateway.commands:
            await asyncio.sleep(0.01)
        await double.joystick.say("Jules", "too early")
        assert (await cable.frame())["type"] == "confirm_subscription"
        assert time.monotonic() - asked >= 0.2
        await double.joystick.say("Jules", "hi")
        assert (await cable.frame())["message"]["text"] == "hi"


async def test_anything_can_be_sent(double: Double) -> None:
    async with double.subscribed() as cable:
        for raw in ("nonsense", '{"type":"unheard_of"}', '{"identifier":"x","message":{"type":5}}'):
            await double.joystick.gateway.send_raw(raw)
            assert await cable.text() == raw


async def test_it_is_told_when_a_client_is_there_and_gone(double: Double) -> None:
    async with asyncio.timeout(SECONDS):
        async with double.subscribed(V1, V2):
            await double.joystick.gateway.subscribed(2)
        await double.joystick.gateway.left()
    assert double.joystick.gateway.opened == 1
