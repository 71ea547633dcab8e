"""Twitch's double: faults, and the note of what was asked."""

import asyncio
import time

import aiohttp
import pytest

from pixel_bot.sandbox.twitch.users import BOT, STREAMER
from tests.sandbox.twitch.client import Double


async def test_faults_are_used_up_in_order(double: Double) -> None:
    faults = double.twitch.faults
    faults.add("users", status=429, headers={"Ratelimit-Reset": "12345"})
    faults.add("users", status=500, times=2)
    faults.add("users", method="POST", status=418)
    faults.add("users", body={"data": None})
    answers = [await double.ask("GET", "users") for _ in range(5)]
    assert [answer.status for answer in answers] == [429, 500, 500, 200, 200]
    assert answers[0].headers["Ratelimit-Reset"] == "12345"
    assert answers[0].body["error"] == "Too Many Requests"
    assert answers[3].body == {"data": None}
    assert answers[4].data[0]["id"] == STREAMER.id
    faults.add("oauth2/token", status=503, times=None)
    assert [(await double.token(grant_type="client_credentials")).status for _ in range(2)] == [503, 503]
    faults.clear()
    assert (await double.token(grant_type="client_credentials")).status == 200


async def test_an_answer_that_is_held_back(double: Double) -> None:
    double.twitch.faults.add("users", delay=60)
    timeout = aiohttp.ClientTimeout(total=0.2)
    headers = {"Authorization": f"Bearer {double.token_of(BOT)}", "Client-Id": double.world.client_id}
    with pytest.raises(TimeoutError):
        async with double.http.get(f"{double.url}/helix/users", headers=headers, timeout=timeout):
            pass
    double.twitch.faults.add("users", delay=0.05)
    assert (await double.ask("GET", "users")).status == 200


async def test_a_connection_that_is_cut(double: Double) -> None:
    # aiohttp itself asks once more where an old connection turns out to be dead.
    double.twitch.faults.add("users", drop=True, times=None)
    with pytest.raises(aiohttp.ClientConnectionError):
        await double.ask("GET", "users")
    double.twitch.faults.clear()
    assert (await double.ask("GET", "users")).status == 200


async def test_work_that_is_done_although_its_answer_is_lost(double: Double) -> None:
    double.twitch.faults.add("clips", drop=True, done=True)
    with pytest.raises(aiohttp.ClientConnectionError):
        await double.ask("POST", "clips", broadcaster_id=STREAMER.id)
    assert len(double.twitch.clips._clips) == 1


async def test_the_event_socket_can_refuse(double: Double) -> None:
    double.twitch.faults.add("ws", status=503)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await double.http.ws_connect(f"{double.url}/ws")
    assert refusal.value.status == 503
    double.twitch.faults.add("ws", drop=True, times=None)
    with pytest.raises(aiohttp.ClientConnectionError):
        await double.http.ws_connect(f"{double.url}/ws")


async def test_what_was_asked_is_noted_without_secrets(double: Double) -> None:
    waiting = asyncio.create_task(double.twitch.request_count("users", count=2))
    await double.token(grant_type="client_credentials")
    await double.ask("GET", "users", BOT, id=STREAMER.id)
    assert not waiting.done()
    await double.ask("GET", "users", None, id=STREAMER.id)
    async with asyncio.timeout(5):
        await waiting
    first, second, third = double.twitch.requests
    assert (second.method, second.path, second.query, second.who) == ("GET", "users", {"id": [STREAMER.id]}, BOT.login)
    assert third.who == ""
    assert (first.path, first.body["client_secret"]) == ("oauth2/token", "***")
    assert double.world.client_secret not in repr(list(double.twitch.requests))


async def test_limits_are_told(double: Double) -> None:
    headers = [(await double.ask("GET", "users")).headers for _ in range(2)]
    assert [h["Ratelimit-Limit"] for h in headers] == ["800", "800"]
    assert int(headers[1]["Ratelimit-Remaining"]) in {798, 799}
    assert time.time() - 1 < int(headers[1]["Ratelimit-Reset"]) <= time.time() + 60
